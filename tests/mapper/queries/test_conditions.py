"""Conditions as the table of a session says them."""

from __future__ import annotations

import asyncio
import copy
import pickle
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import (
    DN,
    AsyncSession,
    Filter,
    LocalProtocolError,
    Session,
    Wire,
)
from ldapom.filters import And, Equality, Not, Or, Substrings
from ldapom.mapper.queries.conditions import said
from tests.mapper.changes import CREDENTIALS
from tests.mapper.tables import (
    BASE,
    FIRST,
    OTHER,
    REMEDY,
    SECOND,
    TABLE,
    Device,
    Host,
    SaidHost,
    SaidWorker,
    Worker,
    a_host,
    sent,
    store,
    under,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.mapper.queries.query import Query
    from ldapom.testing import Directory


def test_what_is_said_anew() -> None:
    """Values of attributes; not what is text, octets, or made by hand."""
    active, number = Worker.active, Worker.number
    cases: list[tuple[Filter, str]] = [
        (active == True, "(employeeType=yes)"),  # noqa: E712  # a condition
        (active != False, "(!(employeeType=no))"),  # noqa: E712  # a condition
        (active == None, "(!(employeeType=*))"),  # noqa: E711  # a condition
        (number >= "7", "(employeeNumber>=00000007)"),
        (number <= "7", "(employeeNumber<=00000007)"),
        (number.approx("7"), "(employeeNumber~=00000007)"),
        (number.in_(["7", "8"]), "(|(employeeNumber=00000007)(employeeNumber=00000008))"),
        (number.matches("caseExactMatch", "7"), "(employeeNumber:caseExactMatch:=00000007)"),
        (number.matches("caseExactMatch", b"7"), "(employeeNumber:caseExactMatch:=7)"),
        (number.startswith("7"), "(employeeNumber=7*)"),
        (number.like("7*"), "(employeeNumber=7*)"),
        (number.like("7"), "(employeeNumber=7)"),
        (number.present(), "(employeeNumber=*)"),
        (number.lang("de") == "7", "(employeeNumber;lang-de=00000007)"),
        (Filter.parse("(employeeNumber=7)"), "(employeeNumber=7)"),
        (Filter.parse("(employeeNumber=?)", "7"), "(employeeNumber=7)"),
        (Equality("employeeNumber", b"7"), "(employeeNumber=7)"),
        (Worker.cn == "7", "(cn=7)"),
        (Host.address == FIRST, "(ipHostNumber=192.0.2.7)"),
        (Host.address >= FIRST, "(ipHostNumber>=192.0.2.7)"),
        (Host.address <= FIRST, "(ipHostNumber<=192.0.2.7)"),
        (Host.address.approx(FIRST), "(ipHostNumber~=192.0.2.7)"),
        (Host.address != FIRST, "(!(ipHostNumber=192.0.2.7))"),
        (Host.address.matches("m", FIRST, dn_attributes=True), "(ipHostNumber:dn:m:=192.0.2.7)"),
        (
            ~((Host.address == FIRST) & (number == "7") | (Worker.cn == "x")),
            "(!(|(&(ipHostNumber=192.0.2.7)(employeeNumber=00000007))(cn=x)))",
        ),
    ]  # fmt: skip
    for condition, text in cases:
        assert sent(condition) == text
        # What was said is not said again.
        assert sent(said(condition, TABLE), OTHER) == text


def test_what_nothing_is_to_be_said_of_stays() -> None:
    """The very same nodes, and no table changes anything."""
    condition = (Worker.cn == "x") & ~(Worker.sn >= "y") | Filter.parse("(a=b)")
    assert said(condition, TABLE) is condition
    assert said(condition, None) is condition
    assert sent(Worker.active == True, None) == "(employeeType=TRUE)"  # noqa: E712  # a condition


def test_a_deep_condition() -> None:
    """As deep as memory allows."""
    condition: Filter = Worker.number == "7"
    for _ in range(20_000):
        condition = Not(Or([And([condition])]))
    inner: Any = said(condition, TABLE)
    while not isinstance(inner, Equality):
        inner = inner.filter if isinstance(inner, Not) else inner.filters[0]
    assert inner == Equality("employeeNumber", b"00000007")


def test_one_query_in_two_sessions(box: Directory) -> None:
    """Each says it in its own words, and the query stays what it is."""
    store(box, "yes", employeeType=["yes"])
    store(box, "one", employeeType=["1"])
    store(box, "true", employeeType=["TRUE"])
    query = Worker.query(Worker.active == True)  # noqa: E712  # a condition
    found = {}
    for name, table in (("yes", TABLE), ("one", OTHER), ("true", None), ("yes", TABLE)):
        with Session(box, CREDENTIALS, converters=table) as session:
            found[name] = [each.uid.one for each in query.using(session)]
    assert found == {"yes": ["yes"], "one": ["one"], "true": ["true"]}
    assert "employeeType=TRUE" in str(query)


def asked(query: Query[Host]) -> Iterator[Callable[[], object]]:
    """Every way to ask a query."""
    yield query.first
    yield query.one
    yield query.one_or_none
    yield query.all
    yield query.count
    yield query.exists
    yield query.reader
    yield query.writer
    yield lambda: list(query)
    yield lambda: query.order_by("cn").all()
    yield lambda: query.order_by("cn").window(0, 1)
    yield lambda: query.order_by("cn").around("a")


def test_every_way_to_ask(tabled: Session, session: Session) -> None:
    """Says it with a table, and raises what is missing without, before it sends."""
    a_host(tabled)
    for ask in asked(tabled.query(Host, Host.address == FIRST)):
        assert ask()
    session.query(Device).first()
    before = session.usage
    for ask in asked(session.query(Host, Host.address == FIRST)):
        with pytest.raises(TypeError, match=REMEDY):
            ask()
    for ask in asked(session.query(Host, address=FIRST)):
        with pytest.raises(TypeError, match="'ipHostNumber'"):
            ask()
    with pytest.raises(TypeError, match=REMEDY):
        session.watch(Host.query(address=FIRST))
    assert session.usage.operations == before.operations


def test_around_an_open_value(tabled: Session) -> None:
    """The value to stand at is said as well."""
    a_host(tabled)
    window = tabled.query(Host).order_by("address").around(FIRST, after=3)
    assert [each.cn.one for each in window] == ["www"]


def test_every_way_to_ask_awaited(box: Directory) -> None:
    """The same in asyncio."""

    async def work() -> None:
        async with AsyncSession(box, CREDENTIALS) as session:
            query = session.query(Host, address=FIRST)
            asks: list[Callable[[], Any]] = [
                query.first,
                query.one,
                query.all,
                query.count,
                query.exists,
                query.reader,
                query.writer,
                query.order_by("cn").all,
                lambda: query.order_by("cn").window(0, 1),
                lambda: query.order_by("cn").around("a"),
            ]
            for ask in asks:
                with pytest.raises(TypeError, match=REMEDY):
                    await ask()
            with pytest.raises(TypeError, match=REMEDY):
                session.watch(Host.query(address=FIRST))

    asyncio.run(work())


def test_an_open_condition_by_itself(box: Directory) -> None:
    """It compares, shows itself and copies; it is not sent, and not pickled."""
    condition = (Host.address == FIRST) & (Host.cn == "x")
    assert condition == ((Host.address == FIRST) & (Host.cn == "x"))
    assert condition != ((Host.address == SECOND) & (Host.cn == "x"))
    assert str(condition) == "(&(ipHostNumber=<IPv4Address('192.0.2.7')>)(cn=x))"
    assert "IPv4Address('192.0.2.7')" in repr(condition)
    assert "192.0.2.7" in str(Host.query(condition))
    for copied in (copy.copy(condition), copy.deepcopy(condition)):
        assert sent(copied) == "(&(ipHostNumber=192.0.2.7)(cn=x))"
    opened = Host.address == FIRST
    assert copy.copy(opened) is opened
    with pytest.raises(TypeError, match="can not be pickled"):
        pickle.dumps(condition)
    for codec in ("fast", "spec"):
        with Session(box, CREDENTIALS, wire=Wire(codec=codec)) as session:
            with pytest.raises(LocalProtocolError, match="OpenCondition.*converters="):
                list(session.connection.search(BASE, condition))
            assert session.query(Device).count() == 0


def test_what_an_open_condition_does_not_take() -> None:
    """The type is checked at once, though nobody here can write it."""
    with pytest.raises(TypeError, match="IpHost.address takes IPv4Address, not str"):
        _ = Host.address == "192.0.2.7"
    with pytest.raises(TypeError, match="None is no value"):
        _ = Host.address >= None  # type: ignore[operator]  # the mistake
    with pytest.raises(TypeError, match="use .*in_"):
        _ = Host.address == [FIRST]
    with pytest.raises(TypeError, match="looks into text"):
        Host.address.startswith("192")  # type: ignore[misc]  # the mistake


def test_names_of_conditions_are_text() -> None:
    """They print, compare, hash and pickle as such; copies say what they said."""
    condition = Worker.number == "7"
    assert isinstance(condition, Equality)
    assert condition == Equality("employeeNumber", b"7")
    assert hash(condition) == hash(Equality("employeeNumber", b"7"))
    assert repr(condition) == "Equality(attribute='employeeNumber', value=b'7')"
    unpickled = pickle.loads(pickle.dumps(condition))
    assert type(unpickled.attribute) is str
    assert unpickled == condition
    assert sent(copy.deepcopy(condition)) == "(employeeNumber=00000007)"
    assert sent(copy.copy(condition)) == "(employeeNumber=00000007)"
    assert copy.copy(condition.attribute) is condition.attribute
    assert isinstance(Worker.number.startswith("x"), Substrings)


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
CONDITIONS: list[tuple[str, st.SearchStrategy[Any]]] = [
    ("number", TEXT),
    ("active", st.booleans()),
    ("side", st.sampled_from(["left", "right"])),
    ("rooms", st.integers(-(10**20), 10**20)),
    ("mail", TEXT),
    ("manager", TEXT.map(lambda text: DN.of(("cn", text or "x")))),
    ("jpegPhoto", st.binary(max_size=9)),
]
OPERATORS: list[Callable[[Any, Any], Filter]] = [
    lambda a, v: a == v,
    lambda a, v: a != v,
    lambda a, v: a >= v,
    lambda a, v: a <= v,
    lambda a, v: a.approx(v),
    lambda a, v: a.in_([v]),
]


@given(st.data())
def test_a_session_sends_what_its_class_would(data: st.DataObject) -> None:
    """By way of any table before; the condition itself stays what it was."""
    name, values = data.draw(st.sampled_from(CONDITIONS))
    operator = data.draw(st.sampled_from(OPERATORS))
    value = data.draw(values)
    condition = operator(getattr(Worker, name), value)
    before = str(condition)
    said(condition, OTHER)
    assert sent(condition) == str(operator(getattr(SaidWorker, name), value))
    assert str(condition) == before


@given(st.ip_addresses(v=4), st.sampled_from(OPERATORS))
def test_an_open_one_too(value: IPv4Address, operator: Callable[..., Filter]) -> None:
    """As a class that reads it."""
    condition = operator(Host.address, value)
    assert sent(condition) == str(operator(SaidHost.address, value))


@given(st.integers(0, 2**32 - 1), st.booleans(), st.text("0123456789", max_size=8))
def test_values_come_back(address: int, active: bool, number: str) -> None:
    """What is written in a session is read so, and by a class that says the same."""
    number = number.lstrip("0")
    state = Worker(cn=["x"], sn=["x"], number=number or "1", active=active)._state
    state.converters = TABLE
    raw = {
        one.ldap_name: [one.encode(value)]
        for one, value in state.changed()
        if not one.has_many
    }
    for cls, table in ((Worker, TABLE), (SaidWorker, None)):
        entry = under(cls, table, **raw)
        assert (entry.number, entry.active) == (number or "1", active)
    host = under(Host, TABLE, ipHostNumber=[str(IPv4Address(address)).encode()])
    assert host.address == [IPv4Address(address)]
