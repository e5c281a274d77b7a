"""Queries asked of every server: each condition, each way to shape and to ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    DN,
    Entry,
    Filter,
    MultipleResults,
    NoResult,
    NoSuchObject,
    NotLoaded,
    ReadOnlyEntry,
    Session,
    Simple,
    State,
)
from ldapom.testing import Directory
from tests.mapper.models import GroupOfNames, InetOrgPerson, Person, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.servers.targets import Server

ADMIN_DN = DN.parse("uid=admin,ou=people,dc=example,dc=com")

#: Values that text would have to escape, in conditions and in names.
ODD_VALUES = [
    "a*b",
    "(c)",
    "d\\e",
    "üñî",
    "f, g",
    "#h",
    "i+j=k",
    'l"m',
    "<n>;o",
    "p q",
    " r",
    "s ",
    "t\0u",
    "=",
    "\\2a",
    "日本",
]


@pytest.fixture
def session(server: Server) -> Iterator[Session]:
    """An open session with each server in turn."""
    with server.session() as session:
        yield session


def uids(found: Iterable[User]) -> set[str]:
    """The first uid of each."""
    return {entry.uid[0] for entry in found}


def test_the_first_line_of_the_manual(session: Session) -> None:
    """``User.query(uid="admin").first()`` gives the typed entry."""
    admin = User.query(uid="admin").first()
    assert admin is not None
    assert type(admin) is User
    assert admin.uidNumber == 1000
    assert admin.mail == ["admin@example.com", "root@example.com"]
    assert admin.dn == DN.parse("uid=admin,ou=people,dc=example,dc=com")
    assert admin.state in {State.clean, State.read_only}
    assert "inetOrgPerson" in admin.objectClass


def test_nothing_found_is_empty(session: Session) -> None:
    """None, an empty list, zero, False; only `one` raises."""
    query = User.query(uid="nobody")
    assert query.first() is None
    assert query.one_or_none() is None
    assert query.all() == []
    assert query.count() == 0
    assert not query.exists()
    assert list(query) == []
    with pytest.raises(NoResult, match=r"\(uid=nobody\)"):
        query.one()


def test_one(session: Session) -> None:
    """The only entry; several are an error."""
    assert User.query(uid="ada").one().uid == ["ada"]
    assert User.query(uid="ada").exists()
    for several in (User.query().one, User.query().one_or_none):
        with pytest.raises(MultipleResults, match="more than one"):
            several()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda: User.uid == "ADA", {"ada"}),
        (lambda: User.cn == "Augusta Ada King", {"ada"}),
        (lambda: (User.uid != "ada") & User.uid.in_(["ada", "bob"]), {"bob"}),
        (lambda: User.uidNumber <= 1001, {"admin", "ada"}),
        (lambda: (User.uidNumber >= 1000) & (User.uidNumber <= 1000), {"admin"}),
        (lambda: User.cn.startswith("gra"), {"grace"}),
        (lambda: User.cn.endswith("HOPPER"), {"grace"}),
        (lambda: User.cn.contains('"Amazing'), {"grace"}),
        (lambda: User.cn.contains("(the"), {"bob"}),
        (lambda: User.cn.like("a*a*king"), {"ada"}),
        (lambda: User.mail.like(r"root@*"), {"admin"}),
        (lambda: User.uid.in_(["ada", "bob", "zz"]), {"ada", "bob"}),
        (lambda: User.uid.in_([]), set()),
        (lambda: User.uid.in_([]) | (User.uid == "ada"), {"ada"}),
        (lambda: User.sn.approx("Lovelace"), {"ada"}),
        (lambda: User.uid.matches("caseExactMatch", "ada"), {"ada"}),
        (lambda: User.uid.matches("caseExactMatch", "ADA"), set()),
        (lambda: (User.uid == "ada") & User.gecos.present(), set()),
        (lambda: (User.uid == "ada") & (User.gecos == None), {"ada"}),  # noqa: E711  # a condition
        (lambda: ~(User.uidNumber >= 1001), {"admin"}),
        (lambda: Filter.parse("(uid=?)", "ada"), {"ada"}),
        (lambda: Filter.parse("(|(uid=ada)(uid=bo*))"), {"ada", "bob"}),
    ],
)
def test_conditions(
    session: Session, condition: Callable[[], Filter], expected: set[str]
) -> None:
    """Each operator finds who it describes."""
    query = User.query(condition())
    assert uids(query.all()) == expected
    assert query.count() == len(expected)
    assert query.exists() == bool(expected)


def test_a_name_as_a_condition(session: Session) -> None:
    """A DN that a server gave is found again, whatever is in it."""
    for user in User.query():
        groups = GroupOfNames.query(member=user.dn).base("dc=example,dc=com").all()
        assert all(user.dn in group.member for group in groups)
    assert GroupOfNames.query().base("dc=example,dc=com").count() > 0


@pytest.mark.parametrize("value", ODD_VALUES)
def test_odd_values_in_conditions_and_names(
    server: Server, session: Session, subtree: str, value: str
) -> None:
    """Written by the untyped client, found by value, by part and by name."""
    value = server.can_hold(value)
    dn = DN.of(("cn", value), subtree)
    session.connection.add(
        dn,
        {"objectClass": ["inetOrgPerson"], "cn": [value], "sn": [value, f"x{value}y"]},
    )
    people = InetOrgPerson.query().base(subtree)
    for condition in (
        InetOrgPerson.cn == value,
        InetOrgPerson.sn.contains(value),
        InetOrgPerson.sn.startswith("x" + value),
        InetOrgPerson.sn.endswith(value + "y"),
        InetOrgPerson.sn.in_([value, "other"]),
    ):
        assert people.where(condition).one().cn == [value]
    assert not people.where(InetOrgPerson.sn == value + "z").exists()
    found = session.get(InetOrgPerson, dn)
    assert session.get(InetOrgPerson, found.dn).dn == dn
    assert set(found.sn) == {value, f"x{value}y"}


def test_scope_and_base(session: Session) -> None:
    """The base alone, its children, or all below."""
    everything = Entry.query().base("dc=example,dc=com")
    assert [str(each.dn) for each in everything.scope("base")] == ["dc=example,dc=com"]
    children = {str(each.dn) for each in everything.scope("one")}
    assert "ou=people,dc=example,dc=com" in children
    assert "dc=example,dc=com" not in children
    assert everything.count() > len(children)
    with pytest.raises(NoSuchObject):
        User.query().base("ou=nowhere,dc=example,dc=com").first()


def test_superclasses_find_their_subclasses_entries(session: Session) -> None:
    """As objects of the class that was asked for."""
    found = Person.query(cn="Ada Lovelace").base("dc=example,dc=com").one()
    assert type(found) is Person
    assert not hasattr(found, "uidNumber")


def test_only(session: Session) -> None:
    """What was not asked for raises, what is absent does not."""
    ada = User.query(uid="ada").only("uid", "gecos").one()
    assert ada.uid == ["ada"]
    assert ada.gecos is None
    assert ada.objectClass
    with pytest.raises(NotLoaded, match="mail"):
        _ = ada.mail
    assert set(ada.raw) == {"objectClass", "uid"}


def test_with_operational(session: Session) -> None:
    """They are extra where the class does not map them."""
    ada = User.query(uid="ada").with_operational().one()
    assert "createTimestamp" in ada.extra
    assert "modifiersName" in ada.extra
    # While it is held, the same object is given again, with all that it has.
    del ada
    assert "modifiersName" not in User.query(uid="ada").one().extra


def test_a_class_that_maps_nothing_shows_everything_as_extra(session: Session) -> None:
    """``session.get(Entry, dn)`` looks at an entry of any class."""
    found = session.get(Entry, "ou=people,dc=example,dc=com")
    assert found.extra["ou"] == [b"people"]
    assert "organizationalUnit" in found.objectClass


def test_limit(session: Session) -> None:
    """That there are more is no error; that there are fewer neither."""
    assert len(User.query().limit(3).all()) == 3
    assert len(list(User.query().limit(3))) == 3
    assert len(User.query(uid="ada").limit(3).all()) == 1
    assert User.query().limit(3).count() == 3
    assert User.query().limit(1).one().uid


def test_pages_make_no_difference(session: Session) -> None:
    """Any page size gives the same entries, once each."""
    every = sorted(each.uid[0] for each in User.query().page_size(0))
    assert len(every) == len(set(every)) == User.query().count()
    for size in (1, 2, 5, 1000):
        assert sorted(each.uid[0] for each in User.query().page_size(size)) == every
        assert User.query().page_size(size).count() == len(every)


@pytest.mark.parametrize("key", ["sn", "-sn", "uidNumber", "-uidNumber", "cn"])
def test_order_by(session: Session, key: str) -> None:
    """In order, wherever it was sorted; by the least of several values."""
    name = key.removeprefix("-")
    query = User.query(User.uidNumber >= 1000).order_by(key)

    def place(user: User) -> object:
        value = getattr(user, name)
        return min(map(str.casefold, value)) if isinstance(value, list) else value

    found = [place(each) for each in query]
    ascii_only = [each for each in found if str(each).isascii()]
    expected = sorted(ascii_only, reverse=key.startswith("-"))  # type: ignore[type-var]  # of one type
    assert ascii_only == expected
    assert len(found) == User.query().count()
    first = query.first()
    assert first is not None
    assert place(first) == found[0]
    assert [place(each) for each in query.limit(3)] == found[:3]


def test_order_by_what_was_not_asked_for(session: Session) -> None:
    """The entries are sorted all the same."""
    found = [each.uid[0] for each in User.query().only("uid").order_by("-uidNumber")]
    expected = [each.uid[0] for each in User.query().order_by("-uidNumber")]
    assert found == expected


def test_entries_of_a_reader_only_read(session: Session) -> None:
    """Also those that were sorted; the others can be changed, however they came."""
    for entry in (
        User.query(uid="ada").reader()[0],
        User.query().order_by("cn").limit(1).reader()[0],
    ):
        with pytest.raises(ReadOnlyEntry):
            entry.mail.append("x")
    for entry in (
        User.query(uid="ada").one(),
        session.get(User, "uid=admin,ou=people,dc=example,dc=com"),
        User.query().order_by("-uidNumber").limit(1).all()[0],
    ):
        entry.mail.append("x@example.com")
        assert entry.state is State.changed
    assert len(session.pending) == 3
    session.discard()


def test_explicit_sessions(server: Server) -> None:
    """``session.query`` is asked in its own session, whatever surrounds it."""
    with server.session() as outer, server.session():
        query = outer.query(User, User.uid == "ada", sn="Lovelace")
        assert query.session is outer
        assert query.one().uid == ["ada"]
        assert query.where(cn="nobody").session is outer


def test_a_query_survives_its_session(server: Server) -> None:
    """As a value it can be asked in the next one; entries stay usable."""
    query = User.query(uid="ada")
    with server.session():
        first = query.one()
    with server.session():
        second = query.one()
    assert first.cn == second.cn
    assert first is not second


def test_every_operator_over_many_entries() -> None:
    """Over two thousand entries each operator finds what Python finds."""
    directory = Directory.sample(2000)
    with Session(directory, Simple(str(ADMIN_DN), "secret")):
        everyone = User.query().all()
        assert len(everyone) == 2000
        some = [everyone[index].uid[0] for index in range(0, 2000, 97)]
        cases: list[tuple[Filter, Callable[[User], bool]]] = [
            (User.uidNumber >= 1500, lambda user: user.uidNumber >= 1500),
            (User.uidNumber <= 1500, lambda user: user.uidNumber <= 1500),
            (User.uid == some[3], lambda user: some[3] in user.uid),
            (User.uid != some[3], lambda user: some[3] not in user.uid),
            (User.uid.in_(some), lambda user: user.uid[0] in some),
            (User.uid.startswith("user0"), lambda user: user.uid[0][:5] == "user0"),
            (User.uid.endswith("7"), lambda user: user.uid[0][-1] == "7"),
            (User.uid.contains("99"), lambda user: "99" in user.uid[0]),
            (
                User.uid.like("u*1*3"),
                lambda user: bool(re.fullmatch("u.*1.*3", user.uid[0])),
            ),
            (User.manager.present(), lambda user: bool(user.manager)),
            (User.gecos == None, lambda user: user.gecos is None),  # noqa: E711  # a condition
            (
                (User.uidNumber >= 1100) & ~(User.uid.endswith("5")),
                lambda user: user.uidNumber >= 1100 and user.uid[0][-1] != "5",
            ),
        ]
        for condition, holds in cases:
            found = uids(User.query(condition))
            assert found == {user.uid[0] for user in everyone if holds(user)}
            assert User.query(condition).count() == len(found)
