"""What a query asks for, as a value and as the message that is sent."""

from __future__ import annotations

import pytest

from ldapom import Entry, Filter, Scope
from ldapom.filters import FALSE, And, Equality, Not, Or, Present, Substrings
from ldapom.mapper.queries.request import search_request
from ldapom.mapper.queries.shape import Shape, joined, shown
from tests.mapper.models import GroupOfNames, Odd, Person, User


def test_the_filter_asserts_the_models_object_classes() -> None:
    """The structural one and each auxiliary, behind what says more; no superior."""
    query = User.query(User.uidNumber >= 1000, uid="x")
    assert query.shape.filter() == And(
        (
            User.uidNumber >= 1000,
            Equality("uid", b"x"),
            Equality("objectClass", b"inetOrgPerson"),
            Equality("objectClass", b"posixAccount"),
        )
    )
    assert Person.query().shape.filter() == Equality("objectClass", b"person")


def test_a_class_without_object_class_takes_every_entry() -> None:
    """And one that maps nothing asks for everything."""
    request = search_request(Shape(Entry), "dc=x")
    assert request.filter == Present("objectClass")
    assert request.attributes == ("objectClass", "*")


def test_it_asks_for_the_models_attributes() -> None:
    """And objectClass; nothing else."""
    request = search_request(GroupOfNames.query().shape, "dc=x")
    assert request.attributes == ("objectClass", "cn", "member")
    assert request.base_object == "dc=x"
    assert request.scope is Scope.sub
    assert request.size_limit == 0
    assert not request.types_only


def test_only_takes_python_and_ldap_names() -> None:
    """In any spelling, with options, each once."""
    shape = Odd.query().only("shell", "loginShell", "ACTIVE", "cn_de").shape
    assert shape.attributes() == (
        "objectClass",
        "loginShell",
        "active",
        "cn;lang-de",
    )
    assert shape.loaded() == {"objectclass", "loginshell", "active", "cn;lang-de"}
    assert User.query().only("cn;lang-de").shape.attributes()[1] == "cn;lang-de"
    assert "cn" not in User.query().only("cn;lang-de").shape.loaded()
    assert User.query().only().shape.attributes() == ("objectClass",)


def test_all_user_and_all_operational_attributes() -> None:
    """``*`` and ``+`` load what they stand for."""
    shape = Odd.query().only("*").shape
    assert shape.attributes() == ("objectClass", "*")
    assert "active" in shape.loaded()
    assert "entryuuid" not in shape.loaded()
    assert "entryuuid" in Odd.query().only("+").shape.loaded()
    operational = Odd.query().only("active").with_operational().shape
    assert operational.attributes()[:3] == ("objectClass", "active", "+")
    # Active Directory knows no "+".
    assert {"createTimestamp", "whenCreated"} <= set(operational.attributes())
    assert "entryuuid" in operational.loaded()
    assert "since" not in operational.loaded()


@pytest.mark.parametrize("method", ["only", "order_by"])
def test_unknown_names_are_refused_with_a_suggestion(method: str) -> None:
    """At once, before anything is asked."""
    with pytest.raises(LookupError, match="did you mean 'uid'"):
        getattr(User.query(), method)("uidd")


def test_unknown_keywords_are_refused_with_a_suggestion() -> None:
    """Like an unexpected keyword argument."""
    with pytest.raises(TypeError, match="did you mean 'uid'"):
        User.query(uidd="x")
    with pytest.raises(TypeError, match="no attribute 'zzz'$"):
        User.query().where(zzz="x")


def test_keywords_are_equality() -> None:
    """With None for no value, and values of the attribute's type alone."""
    assert joined(User, [], {"uidNumber": 5}) == Equality("uidNumber", b"5")
    assert joined(User, [], {"gecos": None}) == Not(Present("gecos"))
    assert joined(User, [], {"SN": "x"}) == Equality("sn", b"x")
    with pytest.raises(TypeError, match="takes int, not str"):
        User.query(uidNumber="5")
    with pytest.raises(TypeError, match=r"\.in_"):
        User.query(uid=["a", "b"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("(uid=x)", r"Filter\.parse\('\(uid=x\)'\)"),
        (False, "not bool"),
        (("uid", "x"), "not tuple"),
    ],
)
def test_what_is_no_condition(given: object, words: str) -> None:
    """Text and truth values are refused, and the remedy is named."""
    with pytest.raises(TypeError, match=words):
        User.query(given)  # type: ignore[arg-type]  # the mistake


def test_every_method_copies() -> None:
    """A query is a value: the one it came from stays as it was."""
    first = User.query(uid="x")
    second = first.where(User.cn == "y").base("dc=x").scope("one").limit(3)
    assert first == User.query(uid="x")
    assert hash(first) == hash(User.query(uid="x"))
    assert first != second
    assert second.shape.base == "dc=x"
    assert second.shape.scope is Scope.one
    assert search_request(second.shape, "dc=x").size_limit == 3


@pytest.mark.parametrize(
    ("method", "value"),
    [("limit", 0), ("limit", -1), ("page_size", -1), ("scope", "all")],
)
def test_numbers_and_words_that_mean_nothing(method: str, value: object) -> None:
    """They raise at once; a limit of 0 would be none on the wire."""
    with pytest.raises(ValueError, match="not"):
        getattr(User.query(), method)(value)


def test_the_false_filter_makes_the_query_empty() -> None:
    """However deep it stands in a conjunction."""
    never = User.uid.in_([])
    assert User.query(never).shape.is_empty
    assert User.query(User.cn == "x", (User.sn == "y") & never).shape.is_empty
    assert not User.query(never | (User.cn == "x")).shape.is_empty
    assert User.query(~never).shape.filter() == User.query().shape.filter()
    assert User.query(never).shape.conditions == FALSE


def test_sort_keys() -> None:
    """``-`` turns an order round; the wire has LDAP names."""
    keys = Odd.query().order_by("shell", "-active").shape.order
    assert [(key.attribute, key.reverse) for key in keys] == [
        ("loginShell", False),
        ("active", True),
    ]


def test_raw_filters_are_conditions() -> None:
    """What `Filter.parse` gives combines with the rest."""
    query = User.query(Filter.parse("(cn=?*)", "a*b") | (User.uid == "x"))
    assert query.shape.conditions == Or(
        (Substrings("cn", b"a*b"), Equality("uid", b"x"))
    )


def test_secrets_of_a_condition_are_not_shown() -> None:
    """The text of a query goes into errors."""
    query = User.query(~(User.userPassword == b"hunter2"), uid="ada")
    assert "hunter2" not in str(query)
    assert "(uid=ada)" in str(query)
    assert shown(Present("userPassword")) == "(userPassword=*)"
