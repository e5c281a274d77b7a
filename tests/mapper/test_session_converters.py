"""A session's table of converters: who wins, and what is read and written."""

from __future__ import annotations

import asyncio
import pickle
import threading
import traceback
from enum import StrEnum
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Literal

import pytest
from attrs import frozen

from ldapom import (
    DN,
    AsyncSession,
    Attr,
    ConversionError,
    Converter,
    Converters,
    Entry,
    Many,
    NoResult,
    Reference,
    References,
    Session,
    State,
    ValidationError,
    attribute,
)
from ldapom.mapper.queries.conditions import said
from ldapom.protocol.apool import AsyncPool
from ldapom.protocol.pool import Pool
from tests.mapper.changes import CREDENTIALS, PEOPLE
from tests.mapper.tables import (
    BASE,
    FIRST,
    OTHER,
    REMEDY,
    SECOND,
    TABLE,
    Device,
    Host,
    IpHost,
    Worker,
    a_host,
    a_worker,
    held,
    sent,
    store,
    under,
    worker,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory


def test_a_session_has_its_table(box: Directory) -> None:
    """It shows it, also over a pool, and takes nothing else for one."""
    with Session(box, converters=TABLE) as session:
        assert session.converters is TABLE
        assert "<Converters for IPv4Address, employeenumber, Boolean>" in repr(session)
    assert Session(box).converters is None
    with Pool(box, CREDENTIALS) as pool, Session(pool, converters=TABLE) as session:
        a_worker(session)
        assert session.query(Worker, active=True).one().number == "42"
    with pytest.raises(TypeError, match="pool takes credentials"):
        Session(pool, CREDENTIALS, converters=TABLE)
    for wrong in ({"x": TABLE}, Converter.text(str), 5):
        with pytest.raises(TypeError, match=r"takes Converters\(\{\.\.\.\}\)"):
            Session(box, converters=wrong)  # type: ignore[arg-type]  # the mistake


def test_a_query_is_shown_as_it_is_sent(
    box: Directory, tabled: Session, session: Session
) -> None:
    """Its text, and that of its errors, have the words of the session's table."""
    query = Worker.query(number="42")
    assert "(employeeNumber=42)" in str(query)
    assert "(employeeNumber=00000042)" in str(query.using(tabled))
    assert "(employeeNumber=42)" in str(query.using(session))
    with pytest.raises(NoResult, match=r"\(employeeNumber=00000042\)"):
        query.using(tabled).one()
    said = pytest.raises(NoResult, match=r"\(employeeNumber=00000042\)")
    with Session(box, converters=TABLE), said:
        query.one()


def test_a_query_that_can_not_be_said_is_shown(session: Session) -> None:
    """Looking at it raises nothing; asking does."""
    query = session.query(IpHost, address=IPv4Address("192.0.2.1"))
    assert "IpHost.query" in str(query)
    with pytest.raises(TypeError, match="no syntax has values"):
        query.first()


def test_over_a_pool_of_asyncio(box: Directory) -> None:
    """The same."""

    async def work() -> None:
        async with (
            AsyncPool(box, CREDENTIALS) as pool,
            AsyncSession(pool, converters=TABLE) as session,
        ):
            session.add(worker("w", active=False))
            await session.commit()
            assert (await session.query(Worker, active=False).one()).active is False

    asyncio.run(work())


def upper(text: str) -> str:
    """A converter that is easily told from others."""
    return text.upper()


class Ranked(Entry, converters=Converters({"title": Converter.text(str.title)})):
    """Attributes of which somebody says something already."""

    own: Attr[str | None] = attribute(
        "cn", default=None, convert=Converter.text(str.swapcase, str.swapcase)
    )
    table: Attr[str | None] = attribute("title", default=None)
    named: Attr[str | None] = attribute("sn", default=None)
    typed: Attr[bool | None] = attribute("employeeType", default=None)
    nobodys: Attr[int | None] = attribute("roomNumber", default=None)


def test_who_wins() -> None:
    """The attribute, the class, the session, the library; in the table as ever."""
    table = Converters(
        {
            "cn": Converter.text(upper),
            "title": Converter.text(upper),
            "sn": Converter.text(upper),
            str: Converter.text(lambda text: f"<{text}>"),
            bool: Converter(lambda raw: raw == b"on", lambda _: b"on"),
            "Boolean": Converter(lambda raw: raw == b"off", lambda _: b"off"),
        }
    )
    raw = {"cn": [b"aB"], "title": [b"aB"], "sn": [b"aB"], "employeeType": [b"on"]}
    entry = under(Ranked, table, **raw, roomNumber=[b"7"])
    assert entry.own == "Ab"
    assert entry.table == "Ab"
    assert entry.named == "AB"
    assert entry.typed is True
    assert entry.nobodys == 7
    assert sent(Ranked.own == "x", table) == "(cn=X)"
    assert sent(Ranked.typed == True, table) == "(employeeType=on)"  # noqa: E712  # a condition


def test_a_subclass_with_another_type(tabled: Session) -> None:
    """The class that reads says the type; the table is asked for that."""

    class Counted(Worker):
        number: Attr[int | None] = attribute("employeeNumber", default=None)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # another type

    a_worker(tabled)
    with pytest.raises(ConversionError, match="gave str, and the class says int"):
        _ = tabled.query(Counted, uid="w").one().number
    fitting = Converters({"employeeNumber": Converter.number(int, int)})
    entry = under(Counted, fitting, employeeNumber=[b"0042"])
    assert entry.number == 42


def test_the_class_says_the_type() -> None:
    """What a session's converter gives is of it, or there is no value."""
    given_none: Converter[Any] = Converter(lambda _: None, lambda _: b"x")
    for name, table, words in (
        (
            "active",
            Converters({"employeeType": Converter.text(str)}),
            "gave str.*says bool",
        ),
        ("active", Converters({"employeeType": given_none}), "gave None.*says bool"),
        (
            "rooms",
            Converters({"roomNumber": Converter(bool, lambda _: b"x")}),
            "gave bool",
        ),
        ("side", Converters({"title": Converter.text(upper)}), "gave str.*'left'"),
        ("side", Converters({"title": Converter(len, lambda _: b"")}), "gave int"),
    ):
        raw = {"employeeType": [b"yes"], "roomNumber": [b"7"], "title": [b"left"]}
        entry = under(Worker, table, **raw)
        with pytest.raises(ConversionError, match=words) as caught:
            getattr(entry, name)
        assert caught.value.raw in {(b"yes",), (b"7",), (b"left",)}
        assert caught.value.raw[0].decode() in str(entry)


class Shell(StrEnum):
    """A closed set of text."""

    bash = "/bin/bash"
    none = "/bin/false"


class Closed(Entry):
    """Closed sets over the values of a syntax."""

    shell: Attr[Shell | None] = attribute(
        "loginShell", default=None, syntax="IA5 String"
    )
    side: Attr[Literal["left", "right"] | None] = attribute("title", default=None)
    flags: Attr[Literal[1, 2] | None] = attribute("roomNumber", default=None)


SHOUTED = Converter.text(str.lower, upper)


def test_closed_sets_are_made_of_what_a_syntax_gives() -> None:
    """A table by syntax says how that is written, and the class what there is."""
    table = Converters({"IA5 String": SHOUTED, "Directory String": SHOUTED})
    entry = under(
        Closed, table, loginShell=[b"/BIN/BASH"], title=[b"LEFT"], roomNumber=[b"2"]
    )
    assert entry.shell is Shell.bash
    assert entry.side == "left"
    assert entry.flags == 2
    assert sent(Closed.shell == Shell.bash, table) == "(loginShell=/BIN/BASH)"
    assert sent(Closed.side == "left", table) == "(title=LEFT)"
    wrong = under(Closed, table, loginShell=[b"/BIN/ZSH"], title=[b"MIDDLE"])
    with pytest.raises(ConversionError, match="'/bin/zsh' is none of Shell"):
        _ = wrong.shell
    with pytest.raises(ConversionError, match="'middle' is none of 'left', 'right'"):
        _ = wrong.side

    class Said(Closed, converters=table):
        """The same where the class says it."""

    assert under(Said, None, loginShell=[b"/BIN/BASH"]).shell is Shell.bash
    assert str(Said.shell == Shell.bash) == "(loginShell=/BIN/BASH)"
    made = Converters({Shell: Converter(lambda _: Shell.none, lambda _: b"x")})
    assert under(Closed, made, loginShell=[b"-"]).shell is Shell.none


@pytest.mark.parametrize("error", [KeyError, ValueError, RuntimeError, AssertionError])
def test_what_a_converter_raises(error: type[Exception]) -> None:
    """It is a conversion error when one reads, and says what it was."""

    def broken(_: object) -> Any:
        raise error("broken")

    table = Converters({"employeeNumber": Converter(broken, broken)})
    entry = under(Worker, table, employeeNumber=[b"1"], roomNumber=[b"7"])
    with pytest.raises(ConversionError, match="broken") as caught:
        _ = entry.number
    assert caught.value.raw == (b"1",)
    assert entry.rooms == [7]
    assert "number:" in str(entry)
    with pytest.raises(ValueError, match="broken"):
        said(Worker.number == "1", table)


def test_one_bad_value_of_many() -> None:
    """None of them reads; the octets of all are there."""
    entry = under(Host, TABLE, ipHostNumber=[b"192.0.2.7", b"x"])
    with pytest.raises(ConversionError, match="Expected 4 octets") as caught:
        _ = entry.address
    assert caught.value.raw == (b"192.0.2.7", b"x")
    assert entry.raw["ipHostNumber"] == [b"192.0.2.7", b"x"]


def test_secrets_are_not_shown() -> None:
    """Not by errors, tracebacks and texts, whatever the converter says."""
    word = "hunter2"

    def picky(text: str) -> str:
        raise ValueError(text)

    class Locked(Entry):
        pin: Attr[str | None] = attribute("olcRootPW", default=None)
        open: Many[IPv4Address] = attribute("unicodePwd", default=())

    table = Converters(
        {"olcRootPW": Converter.text(picky, picky), "unicodePwd": SHOUTED}
    )
    entry = under(Locked, table, olcRootPW=[word.encode()], unicodePwd=[word.encode()])
    new = Locked(dn="cn=x", pin=word)
    asks: list[Callable[[], object]] = [
        lambda: entry.pin,
        lambda: entry.open,
        lambda: said(Locked.pin == word, table),
        lambda: entry.to_dict(secrets=True),
        lambda: table.own(new._state.described("pin")).encode(word),
    ]
    for ask in asks:
        with pytest.raises((ConversionError, ValueError)) as caught:
            ask()
        assert word not in "".join(traceback.format_exception(caught.value))
    condition = Locked.open == FIRST
    for shown in (str(condition), repr(condition), str(Locked.query(condition))):
        assert "192.0.2.7" not in shown


def test_a_stream_read_attribute_by_attribute(box: Directory, tabled: Session) -> None:
    """Every entry, in whatever order its attributes are read."""
    with Session(box, CREDENTIALS) as session:
        for number in range(50):
            truth = "yes" if number % 2 else "no"
            dn = f"uid=s{number},{PEOPLE}"
            values = {
                "objectClass": ["inetOrgPerson"],
                "cn": [f"S{number}"],
                "sn": ["Streamed"],
                "employeeType": [truth],
                "employeeNumber": [f"{number + 1:08}"],
            }
            session.connection.add(dn, values)
    query = tabled.query(Worker, sn="Streamed").page_size(7)
    for way in (query, query.order_by("number"), query.reader()):
        found = [(e.number, e.active, e.cn.one, e.uid.one, e.rooms) for e in way]
        assert sorted(found, key=lambda each: int(each[0] or 0)) == [
            (str(n + 1), bool(n % 2), f"S{n}", f"s{n}", []) for n in range(50)
        ]
    assert [e.number for e in query.order_by("-number").limit(2)] == ["50", "49"]


def test_nothing_changed_sends_nothing(tabled: Session) -> None:
    """Reading, assigning what is there, and values spelled otherwise."""
    found = a_worker(tabled)
    found.active, found.number = True, "42"
    found.rooms = []
    assert not tabled.pending
    found.active = False
    assert tabled.pending.ldif().count("employeeType:") == 2
    assert "employeeType: no" in tabled.pending.ldif()
    tabled.discard()
    assert found.active is True


def test_changes_of_many_values(tabled: Session) -> None:
    """In place and by assignment, held lists, discard, refresh and a second commit."""
    host = a_host(tabled)
    values = host.address
    values.append(IPv4Address("192.0.2.9"))
    host.address += [IPv4Address("192.0.2.10")]
    assert host.address is values
    assert "add: ipHostNumber\nipHostNumber: 192.0.2.9\n" in tabled.pending.ldif()
    tabled.discard()
    assert host.address is values
    assert values == [FIRST, SECOND]
    values.remove(SECOND)
    tabled.commit()
    tabled.refresh(host)
    assert host.address == [FIRST]
    with pytest.raises(TypeError, match="takes IPv4Address, not str"):
        values.append("192.0.2.9")  # type: ignore[arg-type]  # the mistake
    del host.cn[:]
    with pytest.raises(ValidationError, match="cn must have a value"):
        tabled.commit()


def test_a_new_entry(tabled: Session, session: Session) -> None:
    """It is named by its session, and by nobody before."""
    host = Host(cn=["www"], address=[FIRST])
    assert str(host.dn) == ""
    assert "www" in str(host)
    assert "address=[IPv4Address('192.0.2.7')]" in repr(host)
    session.add(host)
    assert host.state is State.adding
    with pytest.raises(ValidationError, match=REMEDY) as caught:
        session.commit()
    assert any("'ipHostNumber'" in each for each in caught.value.findings)
    session.discard()
    tabled.add(host)
    assert str(host.dn) == f"ipHostNumber=192.0.2.7,{BASE}"
    tabled.delete(host)
    assert str(host.dn) == ""
    tabled.add(host)
    values = host.address
    tabled.commit()
    assert host.address is values
    values.append(SECOND)
    tabled.commit()
    assert tabled.query(Host, address=SECOND).one() is host


def test_all_findings_at_once(session: Session) -> None:
    """With whatever else is wrong."""
    session.add(Host(dn=f"cn=x,{BASE}", cn=[], address=[FIRST]))
    with pytest.raises(ValidationError) as caught:
        session.commit()
    findings = "\n".join(caught.value.findings)
    assert "cn must have a value" in findings
    assert "'ipHostNumber': no syntax" in findings
    session.discard()


def test_an_open_value_without_a_table(tabled: Session, session: Session) -> None:
    """Reading it says what to do; entries that have none read as ever."""
    a_host(tabled)
    found = session.query(Host, cn="www").one()
    with pytest.raises(TypeError, match=REMEDY):
        _ = found.address
    assert "192.0.2.7" in str(found)
    assert "address" not in repr(found)
    assert found.cn == ["www"]
    assert under(Host, None).address == []
    found.address = [SECOND]
    with pytest.raises(ValidationError, match="no syntax"):
        session.commit()
    session.discard()


def test_an_entry_in_a_second_session(box: Directory, tabled: Session) -> None:
    """It stays with the first while that is open; a new one goes where it is added."""
    found = a_worker(tabled)
    new = Worker(cn=["n"], sn=["n"], uid=["n"], active=True)
    with Session(box, CREDENTIALS, converters=OTHER) as other:
        tabled.add(new)
        for each in (found, new):
            with pytest.raises(ValidationError, match="only a new entry"):
                other.add(each)
        tabled.discard()
        other.add(new)
        other.commit()
        assert held(box, new.dn, "employeeType") == ["1"]
        assert other.query(Worker, active=True).one() is new
        assert other.query(Worker, uid="w").one().active is False
        assert found.active is True


def test_rename_by_a_converted_attribute(box: Directory, tabled: Session) -> None:
    """By rename, and by its value; the DN says it as the session does."""

    class Numbered(Worker, rdn="employeeNumber"):
        """Named by its number."""

    new = tabled.add(Numbered(cn=["n"], sn=["n"], uid=["n"], number="7"))
    tabled.commit()
    assert str(new.dn) == f"employeeNumber=00000007,{PEOPLE}"
    tabled.rename(new, number="8")
    assert new.number == "8"
    tabled.commit()
    assert str(new.dn) == f"employeeNumber=00000008,{PEOPLE}"
    new.number = "9"
    assert "newrdn: employeeNumber=00000009" in tabled.pending.ldif()
    tabled.commit()
    assert held(box, new.dn, "employeeNumber") == ["00000009"]
    assert tabled.get(Numbered, new.dn).number == "9"


def test_views_variants_and_what_the_server_keeps(tabled: Session) -> None:
    """All of them are read as the session says."""
    device = Device(dn=f"cn=box,{BASE}", cn=["box"])
    tabled.add(device)
    tabled.commit()
    view = device.extend(IpHost, address=[FIRST])
    tabled.commit()
    assert tabled.query(Host, address=FIRST).one().address == [FIRST]
    view.address.append(SECOND)
    tabled.commit()
    assert device.as_(IpHost).address == [FIRST, SECOND]
    found = a_worker(tabled)
    found.variants(Worker.number)["lang-de"] = ["7"]
    tabled.commit()
    assert found.raw["employeeNumber;lang-de"] == [b"00000007"]
    again = tabled.query(Worker, uid="w").reader()[0]
    assert dict(again.variants(Worker.number)) == {"lang-de": ["7"]}
    assert tabled.query(Worker, Worker.number.lang("de") == "7").exists()
    stamps = Converters({"modifyTimestamp": Converter(lambda _: NOW, lambda _: b"")})
    shown = under(Worker, stamps, modifyTimestamp=[b"odd"])
    with pytest.raises(ConversionError, match="gave int, and the class says datetime"):
        _ = shown.operational.modifyTimestamp


NOW: Any = 5


class Late(Worker):
    """With a type whose name its module gets later."""

    later: Attr[Soon | None] = attribute("carLicense", default=None)


def test_a_type_that_is_named_later(box: Directory) -> None:
    """Queries and pickles do not stumble over it, and then it is open."""
    store(box, "late", carLicense=["x"])
    both = TABLE | Converters({Sooner: Converter.text(Sooner, lambda each: each.text)})
    with Session(box, CREDENTIALS, converters=both) as session:
        found = session.query(Late, uid="late").reader()[0]
        assert pickle.loads(pickle.dumps(found)).cn == ["W"]
        globals()["Soon"] = Sooner
        assert found.later == Sooner("x")
        assert session.query(Late, Late.later == Sooner("x")).exists()


@frozen
class Sooner:
    """A type of one's own, which cattrs would make of a mapping."""

    text: str


if TYPE_CHECKING:
    Soon = Sooner


def test_increments(tabled: Session) -> None:
    """The server counts; the table reads what it has made of it."""
    hexed = Converters({"roomNumber": Converter.number(lambda n: n, lambda n: n)})
    found = under(Worker, hexed, roomNumber=[b"0007"])
    assert found.rooms == [7]
    stored = a_worker(tabled, rooms=[7])
    tabled.increment(stored, "rooms", 3)
    assert stored.rooms == [10]
    assert "increment: roomNumber\nroomNumber: 3\n" in tabled.pending.ldif()


def test_matching_entries_that_were_read(box: Directory, tabled: Session) -> None:
    """By the octets that the session writes; by the type where nobody does."""
    a_host(tabled)
    a_worker(tabled)
    workers, hosts = tabled.query(Worker).reader(), tabled.query(Host).reader()
    assert [each.uid.one for each in workers.match(active=True, number="42")] == ["w"]
    assert workers.match(active=False) == []
    assert len(hosts.match(address=SECOND)) == 1
    with pytest.raises(TypeError, match="takes IPv4Address"):
        hosts.match(address="192.0.2.7")
    with Session(box, CREDENTIALS) as plain:
        reader = plain.query(Host).reader()
        assert len(reader.match(cn="www")) == 1
        with pytest.raises(TypeError, match=REMEDY):
            reader.match(address=FIRST)


def test_watching(box: Directory) -> None:
    """Events have entries as the session reads them."""
    with Session(box, CREDENTIALS, converters=TABLE) as session:
        new = a_worker(session)
        with session.watch(Worker.query(active=True)) as watch:
            event: Any = watch.next(5)
            assert (event.entry.number, event.entry.active) == ("42", True)
        assert new.active


def test_relations(box: Directory) -> None:
    """Names go by the table too, to the entries and back."""

    class Chief(Worker):
        boss: Reference[Worker] = attribute("secretary", default=None)

    class Team(Entry, object_class="groupOfNames", base=BASE, rdn="cn"):
        cn: Many[str] = attribute("cn", must=True)
        member: References[Worker] = attribute("member", must=True)

    shouted = Converters(
        {DN: Converter(lambda raw: DN.parse(raw.decode()), lambda v: str(v).upper().encode())}
    )  # fmt: skip
    with Session(box, CREDENTIALS, converters=TABLE | shouted) as session:
        w = a_worker(session)
        chief = Chief(cn=["c"], sn=["c"], uid=["c"], boss=w)
        session.add(chief)
        session.add(Team(cn=["crew"], member=[w]))
        session.commit()
        assert held(box, chief.dn, "secretary") == [str(w.dn).upper()]
        crew = session.query(Team, Team.member == w).one()
        assert [each.number for each in crew.member.entries()] == ["42"]
        assert [each.cn.one for each in w.referenced_by(Team.member)] == ["crew"]
        fresh = session.query(Chief, uid="c").reader()[0]
        assert fresh.boss is not None
        assert fresh.boss.entry(session) is w
        assert str(said(Team.member == w, session.converters)).isupper() is False
        assert f"(member={str(w.dn).upper()})" == sent(Team.member == w, shouted)


def test_two_threads_with_two_tables(box: Directory) -> None:
    """Each reads and asks by its own, of one class."""
    store(box, "yes", employeeType=["yes"])
    store(box, "one", employeeType=["1"])
    found: dict[str, list[object]] = {"yes": [], "one": []}
    barrier = threading.Barrier(2)

    def work(uid: str, table: Converters) -> None:
        with Session(box, CREDENTIALS, converters=table) as session:
            barrier.wait()
            for _ in range(30):
                (each,) = session.query(Worker, active=True).reader()
                found[uid].append((each.uid.one, each.active))

    threads = [
        threading.Thread(target=work, args=("yes", Converters({"Boolean": YES}))),
        threading.Thread(target=work, args=("one", OTHER)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {uid: [(uid, True)] * 30 for uid in found}


YES = Converter(lambda raw: raw == b"yes", lambda v: b"yes" if v else b"no")
