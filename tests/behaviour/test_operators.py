"""Every operator, against a thousand entries and what Python says of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from ldapom import DN, Filter, Session
from ldapom.testing import Directory
from tests.behaviour.people import COUNT, PIECES, SHELLS, User, person
from tests.servers.targets import Server, delete_tree

Values = dict[str, list[str]]


@pytest.fixture(scope="module", params=["box", "slapd"])
def bulk(request: pytest.FixtureRequest) -> Iterator[tuple[Server, str]]:
    """A server and the subtree that holds the people."""
    if request.param == "box":
        server = Server("box", Directory.sample())
    else:
        server = request.getfixturevalue("slapd_server")
    base = f"ou=operators-{uuid.uuid4()},{server.base}"
    with server.connection() as connection:
        connection.add(
            base,
            {
                "objectClass": "organizationalUnit",
                "ou": DN.parse(base).rdns[0][0].value,
            },
        )
        for number in range(COUNT):
            connection.add(*person(number, base))
    yield server, base
    delete_tree(server, base)


@pytest.fixture
def session(bulk: tuple[Server, str]) -> Iterator[Session]:
    """A session with it."""
    with bulk[0].session() as running:
        yield running


@pytest.fixture
def base(bulk: tuple[Server, str]) -> str:
    """Where the people are."""
    return bulk[1]


def people(holds: Callable[[int, Values], bool]) -> set[int]:
    """The numbers of those for whom it holds."""
    return {n for n in range(COUNT) if holds(n, person(n, "dc=x")[1])}


def any_of(values: Values, name: str, holds: Callable[[str], bool]) -> bool:
    """Whether it holds for any value, without regard to case."""
    return any(holds(value.lower()) for value in values.get(name, []))


Case = tuple[Filter, Callable[[int, Values], bool]]

CASES: dict[str, Callable[[], Case]] = {
    "==": lambda: (User.sn == "surname3", lambda n, v: n % 10 == 3),
    "== int": lambda: (User.uidNumber == 77, lambda n, v: n == 77),
    "!=": lambda: (User.sn != "Surname3", lambda n, v: n % 10 != 3),
    "!= takes the absent in": lambda: (
        User.mail != "u1@example.com",
        lambda n, v: n != 1,
    ),
    "== None": lambda: (User.employeeNumber == None, lambda n, v: True),  # noqa: E711
    "!= None": lambda: (User.loginShell != None, lambda n, v: True),  # noqa: E711
    ">=": lambda: (User.uidNumber >= 1000, lambda n, v: n >= 1000),
    "<=": lambda: (User.uidNumber <= 12, lambda n, v: n <= 12),
    "between": lambda: (
        (User.uidNumber >= 10) & (User.uidNumber <= 20),
        lambda n, v: 10 <= n <= 20,
    ),
    "startswith": lambda: (
        User.cn.startswith("*star"),
        lambda n, v: any_of(v, "cn", lambda t: t.startswith("*star")),
    ),
    "endswith": lambda: (
        User.mail.endswith(".org"),
        lambda n, v: n % 2 == 1,
    ),
    "contains": lambda: (
        User.cn.contains("e) per"),
        lambda n, v: any_of(v, "cn", lambda t: "e) per" in t),
    ),
    "contains, nothing": lambda: (User.cn.contains("*)(uid=*"), lambda n, v: False),
    "like": lambda: (
        User.cn.like("größe*son*7"),
        lambda n, v: any_of(
            v,
            "cn",
            lambda t: t.startswith("größe") and t.endswith("7") and "son" in t[5:-1],
        ),
    ),
    "like, a literal star": lambda: (
        User.cn.like(r"\*star\* person *"),
        lambda n, v: any_of(v, "cn", lambda t: t.startswith("*star* person ")),
    ),
    "in_": lambda: (
        User.uidNumber.in_([1, 5, 999, 5_000]),
        lambda n, v: n in (1, 5, 999),
    ),
    "in_ nothing": lambda: (User.uidNumber.in_([]), lambda n, v: False),
    "not in_ nothing": lambda: (~User.uidNumber.in_([]), lambda n, v: True),
    "present": lambda: (User.mail.present(), lambda n, v: n % 2 == 1),
    "not present": lambda: (~User.mail.present(), lambda n, v: n % 2 == 0),
    "matches": lambda: (
        User.cn.matches("caseExactMatch", "Alias3"),
        lambda n, v: n % 7 == 3,
    ),
    "matches, case": lambda: (
        User.cn.matches("caseExactMatch", "alias3"),
        lambda n, v: False,
    ),
    "case counts": lambda: (User.loginShell == "/BIN/BASH", lambda n, v: False),
    "and": lambda: (
        (User.gidNumber == 3) & (User.loginShell == SHELLS[1]),
        lambda n, v: n % 5 == 3 and n % 3 == 1,
    ),
    "or": lambda: (
        (User.gidNumber == 3) | (User.loginShell == SHELLS[1]),
        lambda n, v: n % 5 == 3 or n % 3 == 1,
    ),
    "not": lambda: (
        ~((User.gidNumber == 3) | User.mail.present()),
        lambda n, v: n % 5 != 3 and n % 2 == 0,
    ),
    "raw text": lambda: (
        Filter.parse("(&(sn=?)(!(gidNumber=0)))", "surname5"),
        lambda n, v: n % 10 == 5 and n % 5 != 0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_operator(session: Session, base: str, name: str) -> None:
    """The server finds whom Python finds."""
    condition, holds = CASES[name]()
    query = session.query(User, condition).base(base)
    assert {user.uidNumber for user in query} == people(holds)
    assert query.count() == len(people(holds))
    assert query.exists() is bool(people(holds))


def test_approx_finds_at_least_the_equal(session: Session, base: str) -> None:
    """What is approximate is the server's business; equal values always are."""
    found = session.query(User, User.sn.approx("Surname3")).base(base)
    assert {user.uidNumber for user in found} >= people(lambda n, v: n % 10 == 3)


@pytest.mark.parametrize("piece", PIECES)
def test_awkward_values_find_themselves(
    session: Session, base: str, piece: str
) -> None:
    """By keyword, by operator, by DN, and as a base."""
    number = PIECES.index(piece) + len(PIECES)
    dn, values = person(number, base)
    (uid,) = values["uid"]
    query = session.query(User, uid=uid).base(base)
    found = query.one()
    assert found.uidNumber == number
    assert found.uid == [uid]
    assert found.dn == dn
    assert session.get(User, dn).uidNumber == number
    assert session.query(User).base(found.dn).scope("base").one().uidNumber == number
    exact = session.query(User, User.uid.startswith(uid) & User.cn.contains(piece))
    assert number in {user.uidNumber for user in exact.base(base)}


def test_dn_values_are_conditions(session: Session, base: str) -> None:
    """A DN that came from the server finds the entries that name it."""
    for user in session.query(User, User.seeAlso.present()).base(base):
        (target,) = user.seeAlso
        assert target == user.dn
        again = session.query(User, seeAlso=target).base(base).one()
        assert again.uidNumber == user.uidNumber


def test_shaping(session: Session, base: str) -> None:
    """Order, limit, only, scope, page size."""
    query = session.query(User, loginShell=SHELLS[0]).base(base)
    limited = query.limit(7).all()
    assert len(limited) == 7
    ordered = query.order_by("sn").all()
    names = [user.sn.first or "" for user in ordered]
    assert names == sorted(names)
    assert len(query.page_size(50).all()) == len(query.page_size(1000).all())
    assert query.scope("base").all() == []
    assert len(query.scope("one").all()) == len(ordered)
    some = query.only("cn").reader()[0]
    assert some.cn
    with pytest.raises(Exception, match="only"):
        _ = some.mail


def test_streams_side_by_side(session: Session, base: str) -> None:
    """A query inside the loop over another one."""
    seen = 0
    for user in session.query(User, gidNumber=1).base(base).page_size(20):
        seen += 1
        same = session.query(User, uidNumber=user.uidNumber).base(base)
        if seen <= 3:
            inner = same.page_size(5)
            assert [other.uidNumber for other in inner] == [user.uidNumber]
    assert seen == len(people(lambda n, v: n % 5 == 1))


def test_leaving_a_stream_early(session: Session, base: str) -> None:
    """Again and again, and the session goes on."""
    for _ in range(30):
        for _user in session.query(User).base(base).page_size(10):
            break
    assert session.query(User).base(base).count() == COUNT
