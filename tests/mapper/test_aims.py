"""Entries of a search, decoded together as the table of a session has them."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from ldapom import Attr, Converter, Converters, Entry, Many, Session, attribute
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.making import make
from ldapom.protocol import messages as m
from ldapom.protocol.codec.attributes import LazyAttributes
from ldapom.protocol.codec.wanted import Wanted
from tests.mapper.changes import CREDENTIALS
from tests.mapper.tables import OTHER, TABLE, Worker
from tests.protocol.codec.test_wanted import raw_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.testing import Directory


def stream(
    cls: type[Entry], table: Converters | None, entries: Sequence[dict[str, list[str]]]
) -> list[Entry]:
    """Entries as a search of a session with a table gives them."""
    wanted, made = Wanted(canonical), []
    for number, values in enumerate(entries):
        parts = [
            m.PartialAttribute(name, [each.encode() for each in several])
            for name, several in values.items()
        ]
        name = f"uid=u{number},dc=x"
        received = LazyAttributes(raw_of(tuple(parts)))
        entry = make(cls, name, received, cls.__ldapom__.loaded, wanted=wanted)
        entry._state.converters = table
        made.append(entry)
    return made


def people(count: int) -> list[dict[str, list[str]]]:
    """Workers as a peculiar server has them."""
    return [
        {
            "cn": [f"W {number}", "W"],
            "employeeNumber": [f"{number:08}"],
            "employeeType": ["yes" if number % 2 else "no"],
            "roomNumber": ["1", "2"],
        }
        for number in range(1, count + 1)
    ]


def test_they_are_decoded_as_the_table_says() -> None:
    """Along with others too, which is where the second entry has them from."""
    found = stream(Worker, TABLE, people(6))
    for number, each in enumerate(found, 1):
        assert isinstance(each, Worker)
        if number > 2:
            assert each.cn == [f"W {number}", "W"]
            assert vars(each)["number"] == str(number)
            assert vars(each)["active"] is bool(number % 2)
        assert each.number == str(number)
        assert each.active is bool(number % 2)
        assert each.cn == [f"W {number}", "W"]


def test_tables_do_not_mix() -> None:
    """One class, read in turns by two tables and by none."""
    values = people(4)
    tabled = stream(Worker, TABLE, values)
    bare = stream(Worker, None, values)
    other = stream(Worker, OTHER, [{**v, "employeeType": ["1"]} for v in values])
    for number, (a, b, c) in enumerate(zip(tabled, bare, other, strict=True), 1):
        assert isinstance(a, Worker)
        assert isinstance(b, Worker)
        assert isinstance(c, Worker)
        assert (a.number, b.number, c.number) == (
            str(number),
            f"{number:08}",
            f"{number:08}",
        )
        assert a.active is bool(number % 2)
        assert c.active is True


def test_a_value_that_does_not_decode_spoils_no_other() -> None:
    """It raises where it is read."""
    values = people(5)
    values[3]["employeeType"] = ["perhaps"]
    found = stream(Worker, TABLE, values)
    for number, each in enumerate(found):
        assert isinstance(each, Worker)
        assert each.number == str(number + 1)
        if number == 3:
            with pytest.raises(Exception, match="perhaps"):
                _ = each.active
        else:
            assert each.active is not None
        assert len(each.cn) == 2


class Unsettled(Entry):
    """One of its types is not there yet."""

    uid: Attr[str | None] = attribute("uid", default=None)
    cn: Many[str] = attribute("cn", default=())
    later: Attr[Missing | None] = attribute("description", default=None)  # type: ignore[name-defined]  # noqa: F821  # on purpose


def test_an_attribute_that_nobody_reads_spoils_no_other() -> None:
    """Its class names a type that there is not."""
    first, *others = stream(Unsettled, TABLE, [{"cn": ["a"], "uid": ["b"]}] * 4)
    assert first._state.wanted is not None
    first._state.wanted.expect("description")
    for each in (first, *others):
        assert isinstance(each, Unsettled)
        assert (each.cn, each.uid) == (["a"], "b")


def test_a_table_keeps_no_class() -> None:
    """Also where its entries were decoded together."""
    table = Converters({"cn": Converter.text(str.upper, str.lower)})

    def use() -> weakref.ref[object]:
        class Short(Entry):
            cn: Many[str] = attribute("cn", default=())

        for each in stream(Short, table, [{"cn": ["a"]}] * 4):
            assert isinstance(each, Short)
            assert each.cn == ["A"]
        return weakref.ref(Short.__ldapom__.attributes["cn"])

    gone = use()
    gc.collect()
    gc.collect()  # of what the first one has let go
    assert gone() is None
    assert not table._aims


def test_a_page_of_a_session(box: Directory) -> None:
    """A stream, a limited query and a reader read the same."""
    upper = Converters({"cn": Converter.text(str.upper, str.lower)})
    with (
        Session(box, CREDENTIALS, converters=upper) as tabled,
        Session(box, CREDENTIALS) as session,
    ):
        query = Worker.query().page_size(3)
        expected = [
            ([name.upper() for name in each.cn], each.sn)
            for each in query.using(session)
        ]
        own = query.using(tabled)
        assert [(each.cn, each.sn) for each in own] == expected
        assert [(each.cn, each.sn) for each in own.reader()] == expected
        assert [(each.cn, each.sn) for each in own.limit(4)] == expected[:4]
        assert len(expected) > 4
