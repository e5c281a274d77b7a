"""Attribute options: values under languages, read and changed like any other."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    Add,
    Attr,
    Auxiliary,
    Delete,
    Entry,
    Many,
    NotLoaded,
    ReadOnlyEntry,
    Replace,
    Session,
    ValidationError,
    Values,
    attribute,
)
from ldapom.mapper.commits.checks import findings
from ldapom.mapper.entries import diff
from tests.behaviour.people import InetOrgPerson
from tests.mapper.models import Odd, Person, User, read, user
from tests.mapper.units import Holding, stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.targets import Server


def person(unit: Holding | None = None) -> Person:
    """Someone with names in three languages."""
    return stored(
        Person,
        ("cn", [b"Ada"]),
        ("CN;Lang-DE", ["Gräfin Ada".encode()]),
        ("cn;lang-fr;x-old", [b"Comtesse"]),
        ("cn;range=0-1", [b"no option"]),
        unit=unit,
    )


def test_a_language_is_read_by_itself() -> None:
    """The plain attribute has none of it; a language that is not there is empty."""
    entry = person()
    assert entry.cn == ["Ada"]
    assert entry.cn.lang("de") == entry.cn.lang("DE") == ["Gräfin Ada"]
    assert entry.cn.lang("it") == []
    assert entry.cn.lang("de").lang("it") == []
    assert entry.raw["cn;lang-de"] == ["Gräfin Ada".encode()]


def test_variants_are_a_mapping() -> None:
    """By the options in any order and case, of what has values."""
    variants = person().variants(Person.cn)
    assert list(variants) == ["lang-de", "lang-fr;x-old"]
    assert len(variants) == 2
    assert variants["X-Old;lang-FR"] == ["Comtesse"]
    assert "lang-de" in variants
    assert "lang-it" not in variants
    assert "Gräfin" in repr(variants)
    assert dict(person().variants("cn")) == dict(variants)


def test_all_who_ask_share_the_values() -> None:
    """So that no change is lost, whoever makes it."""
    entry = person()
    first, second = entry.cn.lang("it"), entry.cn.lang("it")
    first.append("a")
    second.append("b")
    entry.variants("cn")["lang-it"].append("c")
    assert entry.cn.lang("it") == ["a", "b", "c"]
    assert diff.modifications(entry._state) == (Add("cn;lang-it", ["a", "b", "c"]),)


def test_changes_name_the_variant() -> None:
    """Added, deleted and emptied values go to their own description."""
    unit = Holding()
    entry = person(unit)
    entry.cn.lang("de").append("Ada")
    entry.variants("cn")["lang-de"].remove("Gräfin Ada")
    del entry.variants("cn")["lang-fr;x-old"]
    assert diff.modifications(entry._state) == (
        Delete("cn;lang-de", ["Gräfin Ada"]),
        Add("cn;lang-de", ["Ada"]),
        Delete("cn;lang-fr;x-old", ["Comtesse"]),
    )
    assert entry._state in unit.held
    assert list(entry.variants("cn")) == ["lang-de"]
    assert "cn;lang-de:   Ada\n" in str(entry)
    assert "Comtesse" not in str(entry)


def test_assigning_a_variant() -> None:
    """It takes any iterable, and what was set to what it was sends nothing."""
    entry = person()
    entry.variants(Person.cn)["lang-de"] = (text for text in ["Gräfin Ada"])
    assert diff.modifications(entry._state) == ()
    held = entry.cn.lang("de")
    entry.variants(Person.cn)["lang-de"] = held
    assert held == ["Gräfin Ada"]
    with pytest.raises(TypeError, match="bare"):
        entry.variants(Person.cn)["lang-de"] = "Ada"
    with pytest.raises(TypeError, match="Person.cn;lang-de takes str, not int"):
        entry.variants("cn")["lang-de"] = [5]


def test_one_value_has_variants_too() -> None:
    """An `Attr` is changed through ``variants``; its rules hold for them."""
    entry = user(displayName="Ada")
    entry.variants(User.displayName)["lang-de"] = ["Ada"]
    assert ("displayName;lang-de", (b"Ada",)) in [
        (part.type, part.values) for part in diff.additions(entry._state)
    ]
    entry.cn.lang("de").extend(["A", "a"])
    assert any("twice" in each for each in findings(entry._state))


def test_discarding_and_restoring() -> None:
    """Values that are held change back in place."""
    entry = person()
    held = entry.cn.lang("de")
    held.append("x")
    entry._state.restore()
    assert held == ["Gräfin Ada"]
    assert held is entry.cn.lang("de")
    assert diff.modifications(entry._state) == ()


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda entry: pickle.loads(pickle.dumps(entry))],
)
def test_copies_have_their_own(duplicate: Callable[[Person], Person]) -> None:
    """A change travels with a copy and reaches neither the other."""
    entry = person()
    entry.cn.lang("de").append("x")
    entry.cn.lang("it").clear()
    again = duplicate(entry)
    assert again.cn.lang("de") == ["Gräfin Ada", "x"]
    again.cn.lang("de").append("y")
    assert entry.cn.lang("de") == ["Gräfin Ada", "x"]
    assert again.to_dict()["cn;lang-de"] == ["Gräfin Ada", "x", "y"]


def test_what_is_refused() -> None:
    """What makes no attribute of its own, and what can not be changed."""
    entry = person()
    for options in ("binary", "range=0-5", "", "lang_de", "lang-de;", "a=b"):
        with pytest.raises(ValueError, match="no options"):
            entry.variants("cn")[options]
    with pytest.raises(LookupError, match="did you mean 'cn'"):
        entry.variants("cnn")
    with pytest.raises(LookupError, match="belong to no entry"):
        Values(["x"]).lang("de")
    with pytest.raises(LookupError, match="declared, as Both.cn_de"):
        read(Both, ("cn", [b"x"])).cn.lang("de")
    with pytest.raises(ReadOnlyEntry):
        read(Person, ("cn", [b"x"])).cn.lang("de").append("x")
    with pytest.raises(NotLoaded):
        read(Person, loaded=frozenset({"sn"})).variants("cn")["lang-de"]


class Both(Entry):
    """A class that declares one of the variants."""

    cn: Many[str] = attribute("cn", default=())
    cn_de: Many[str] = attribute("cn;lang-de", default=())


class Extra(Auxiliary, object_class="extra"):
    """An auxiliary class that shares the attribute."""

    cn: Many[str] = attribute("cn", must=True)
    quota: Attr[int | None] = attribute("quota", default=None)


def test_declared_variants_go_on_as_attributes() -> None:
    """A class may give one a name of its own."""
    entry = stored(Odd, ("cn;lang-de", [b"x"]))
    entry.cn_de.append("y")
    assert diff.modifications(entry._state) == (Add("cn;lang-de", ["y"]),)


def test_views_share_variants() -> None:
    """As they share everything."""
    entry = stored(Person, ("objectClass", [b"person", b"extra"]), ("cn", [b"x"]))
    entry.as_(Extra).cn.lang("de").append("y")
    assert entry.cn.lang("de") == ["y"]


def test_without_equality_all_are_replaced() -> None:
    """The rule of the attribute is that of its variants."""
    entry = stored(InetOrgPerson, ("jpegPhoto", [b"a"]), ("jpegPhoto;x-big", [b"b"]))
    entry.variants("jpegPhoto")["x-big"].append(b"c")
    assert diff.modifications(entry._state) == (
        Replace("jpegPhoto;x-big", [b"b", b"c"]),
    )


def test_on_servers(server: Server, subtree: str) -> None:
    """Written, read back with the plain attribute, searched for, changed, refreshed."""
    dn = f"uid=ada,{subtree}"
    with server.session() as session:
        entry = InetOrgPerson(dn=dn, uid=["ada"], cn=["Ada"], sn=["Lovelace"])
        entry.cn.lang("de").append("Gräfin Ada")
        session.add(entry)
        session.commit()
        held = entry.cn.lang("de")
        assert entry.state.name == "clean"
    with server.session() as session:
        again = session.get(InetOrgPerson, dn)
        assert again.cn == ["Ada"]
        assert again.cn.lang("de") == ["Gräfin Ada"] == held
        again.cn.lang("de").append("Ada Gräfin Lovelace")
        again.variants(InetOrgPerson.sn)["lang-fr"] = ["Lovelace"]
        assert "add: cn;lang-de" in session.pending.ldif()
        session.commit()
        assert session.pending.ldif() == "version: 1\n"
    check_again(server, dn)


def check_again(server: Server, dn: str) -> None:
    """What the server has, and what a refresh shows."""
    with server.session() as session, server.session() as other:
        entry = session.get(InetOrgPerson, dn)
        held = entry.cn.lang("de")
        assert sorted(held) == ["Ada Gräfin Lovelace", "Gräfin Ada"]
        assert entry.variants("sn")["lang-fr"] == ["Lovelace"]
        theirs = other.get(InetOrgPerson, dn)
        del theirs.variants("cn")["lang-de"]
        other.commit()
        session.refresh(entry)
        assert held == []
        assert entry.cn == ["Ada"]


def test_a_double_is_refused_before_it_is_sent(session: Session) -> None:
    """As for the plain attribute."""
    ada = session.get(User, "uid=ada,ou=people,dc=example,dc=com")
    ada.cn.lang("de").extend(["Ada", "ADA"])
    with pytest.raises(ValidationError, match="Person.cn;lang-de has 'ADA' twice"):
        session.commit()
