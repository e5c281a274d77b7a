"""A change is worked out once, and what need not be looked at is left alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import (
    DN,
    Attr,
    Converter,
    Entry,
    Many,
    NotLoaded,
    ReadOnlyEntry,
    State,
    ValidationError,
    attribute,
)
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.commits.plan import steps
from ldapom.mapper.entries import naming
from ldapom.mapper.entries.draft import Draft, draft_of
from ldapom.protocol import messages as m
from ldapom.protocol.codec.attributes import LazyAttributes
from tests.mapper.models import User, user
from tests.mapper.units import Holding, stored
from tests.protocol.codec.test_wanted import raw_of

#: First RDNs and what may follow, of which some are no names.
FIRST = st.sampled_from(
    [
        "uid=x",
        "UID = x ",
        "userid=x",
        "0.9.2342.19200300.100.1.1=x",
        "oid.0.9.2342.19200300.100.1.1=x",
        "uid=#040178",
        "uid= #x",
        'uid="x, y"',
        "uid=x\\, y",
        "uid=x\\2cy ",
        "uid=x+cn=y",
        "cn=y + uid=x",
        "cn=uid=x",
        "uid=",
        "uid=é",
        "uid=<x",
        "uid_x=y",
        "sn=z",
        "",
        "uid",
    ]
)
REST = st.sampled_from(
    ["", ",dc=x", " , dc=x", ";dc=x", ",uid=x", ",", ",dc=a\\", "\n"]
)
NAMES = st.builds(str.__add__, FIRST, REST)


class Operating(Entry, object_class="operating"):
    """An entry with attributes that only the server writes."""

    cn: Many[str] = attribute("cn", must=True)
    entryUUID: Attr[UUID | None] = attribute("entryUUID", read_only=True)
    memberOf: Many[DN] = attribute("memberOf", read_only=True)


WRITTEN: list[str] = []


def _write(word: str) -> bytes:
    WRITTEN.append(word)
    return word.encode()


class Counted(Entry, object_class="counted", base="dc=x", rdn="name"):
    """An entry whose converter tells of each value that it writes."""

    name: Many[str] = attribute("name", must=True)
    word: Many[str] = attribute(
        "word", default=(), convert=Converter(bytes.decode, _write)
    )


def test_a_value_is_written_once_for_checks_request_and_state() -> None:
    """However often a commit looks at it."""
    entry = Counted(name=["a"], word=["x", "y"])
    entry._state.mark = State.adding
    WRITTEN.clear()
    drafts: dict[object, Draft] = {}
    (step,) = steps([entry._state], drafts=drafts)  # type: ignore[arg-type]  # of states
    assert WRITTEN == ["x", "y"]
    entry._state.settle(str(step.dn), drafts[entry._state])
    assert WRITTEN == ["x", "y"]
    assert entry.raw["word"] == [b"x", b"y"]


@given(NAMES)
def test_the_parts_of_a_name_are_found_without_the_rest(text: str) -> None:
    """They are those of the whole name; a text that is none has none."""
    dn = DN.from_server(text)
    assert list(naming.parts_of(DN.from_server(text))) == list(dn.rdn or ())


@given(NAMES, st.sampled_from(["uid", "cn", "sn", "mail"]))
def test_what_seems_to_keep_its_name_does(text: str, name: str) -> None:
    """The first look may be too careful, and is never careless."""
    entry = stored(User, dn=text)
    setattr(entry, name, ["new"])
    if naming.keeps_name(entry._state):
        keys = {canonical(ava.type) for ava in DN.from_server(text).rdn or ()}
        assert User.__ldapom__.attributes[name].key not in keys
        assert naming.rename_of(entry._state) is None


def test_what_a_rename_has_done_is_worked_out_anew() -> None:
    """The raw values are others by then."""
    entry = stored(User, ("uid", [b"x"]), ("sn", [b"S"]))
    entry.sn = ["T"]
    draft = Draft(entry._state)
    assert draft_of(entry._state, draft) is draft
    assert draft_of(entry._state, None) is not draft
    entry.uid = ["y"]
    draft = Draft(entry._state)
    assert draft.rename == ("uid=y", None)
    assert draft_of(entry._state, draft) is not draft


def test_of_what_its_maker_says_nothing_nothing_is_kept() -> None:
    """It reads as no value all the same, and can be changed."""
    entry = user(dn="uid=x,dc=x")
    assert entry._state.changes is not None
    assert "mail" not in entry._state.changes
    assert (entry.mail, entry.displayName) == ([], None)
    entry.mail.append("a@x")
    assert list(entry._state.changes["mail"]) == ["a@x"]  # type: ignore[call-overload]  # a list
    entry.mail = []
    assert entry._state.changes["mail"] == []


@pytest.mark.parametrize(
    "other", ["UID=X, DC=example,dc=com", "uid=\\78,dc=Example,dc=com"]
)
def test_two_spellings_of_one_name_are_one_entry(other: str) -> None:
    """Also where a first look at the names can not say so."""
    one, two = stored(User), stored(User, dn=other)
    one.sn, two.mail = ["S"], ["a@x"]
    (step,) = steps([one._state, two._state], check=False)
    assert step.states == (one._state, two._state)
    third = stored(User, dn="uid=z,dc=example,dc=com")
    third.sn = ["T"]
    assert len(steps([one._state, two._state, third._state], check=False)) == 2


def test_one_name_is_added_once() -> None:
    """Every further entry that is to have it is told of."""
    several = [user(dn=dn) for dn in ("uid=a,dc=x", "UID=A,dc=x", "uid=b,dc=x")]
    for each in several:
        each._state.mark = State.adding
    with pytest.raises(ValidationError) as caught:
        steps([each._state for each in several])
    assert caught.value.findings == ("'UID=A,dc=x' is added twice",)


def test_values_that_were_replaced_are_seen_everywhere() -> None:
    """Whether the others were walked before or not."""
    sent = (
        m.PartialAttribute("uid", (b"x",)),
        m.PartialAttribute("SN", (b"S", b"s2")),
        m.PartialAttribute("mail", (b"a@x",)),
    )
    for walked_before in (False, True):
        entry = stored(User, unit=Holding())
        state = entry._state
        state.receive(LazyAttributes(raw_of(sent)))
        if walked_before:
            assert state.collected()["sn"] == [b"S", b"s2"]
        state.replace_raw(
            {"sn": ("sn", [b"T"]), "mail": ("mail", ()), "l": ("l", [b"L"])}
        )
        now = {"uid": [b"x"], "sn": [b"T"], "l": [b"L"]}
        assert [list(state.values(key)) for key in ("sn", "mail", "l", "uid")] == [
            [b"T"],
            [],
            [b"L"],
            [b"x"],
        ]
        assert state.collected() == now
        assert {part.type: list(part.values) for part in state.attributes} == now
        assert state.collected() == now


def test_text_that_is_read_again_as_it_was_stays_the_same_object() -> None:
    """Any other value is read from what came."""
    entry = stored(User, ("sn", [b"S"]), ("mail", [b"a@x"]), ("uidNumber", [b"1"]))
    sn, mail = entry.sn, entry.mail
    text = sn[0]
    parts = [
        m.PartialAttribute("sn", (b"S",)),
        m.PartialAttribute("mail", (b"b@x",)),
        m.PartialAttribute("uidNumber", (b"2",)),
    ]
    entry._state.renew(entry._state.dn, parts, entry._state.loaded, held=vars(entry))
    assert sn is entry.sn
    assert sn[0] is text
    assert (mail, entry.uidNumber) == (["b@x"], 2)


def test_what_only_the_server_writes_is_refused_without_a_value_too() -> None:
    """Saying nothing of it is no assignment; assigning nothing is one."""
    entry = Operating(cn=["x"])
    for name, value in (("objectClass", ()), ("entryUUID", None), ("memberOf", ())):
        with pytest.raises(ReadOnlyEntry):
            setattr(entry, name, value)


def test_an_added_entry_has_the_value_that_its_name_brought() -> None:
    """Also in lists that somebody holds; what only the server writes it has not."""
    text = "dn: cn=y,dc=x\nobjectClass: operating\ncn: x\nmemberOf: cn=g\n"
    entry = Operating.from_ldif(text)
    names, groups = entry.cn, entry.memberOf
    assert (names, groups) == (["x"], [DN.parse("cn=g")])
    entry._state.mark = State.adding
    entry._state.settle(str(entry.dn))
    assert names is entry.cn
    assert names == ["x", "y"]
    with pytest.raises(NotLoaded, match="refresh the entry"):
        _ = entry.memberOf
    assert "memberOf" not in entry.raw


def test_a_rename_does_not_say_all_values_of_what_was_not_read() -> None:
    """There may be others beside the one that names the entry."""
    entry = stored(User, ("sn", [b"S"]), loaded=frozenset({"sn"}))
    entry._state.new_rdn = "uid=y"
    assert naming.renamed_raw(entry._state) == {}
    entry._state.settle("uid=y,dc=example,dc=com")
    assert str(entry.dn) == "uid=y,dc=example,dc=com"
    with pytest.raises(NotLoaded):
        _ = entry.uid
