"""Controls that a query sends beside its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import (
    AsyncSession,
    Control,
    LocalProtocolError,
    Session,
    UnavailableCriticalExtension,
)
from ldapom.protocol import messages as m
from ldapom.protocol.controls import ManageDsaIT, PagedResults, ServerSideSort
from tests.mapper.changes import CREDENTIALS, PEOPLE
from tests.mapper.models import User

if TYPE_CHECKING:
    from ldapom.testing import Directory

MINE = ManageDsaIT().control()
UNKNOWN = Control("1.3.6.1.4.1.99999.1")


def types(requests: list[m.LDAPMessage]) -> list[list[str]]:
    """The controls of each search but of those that read the root DSE."""
    return [
        [control.type for control in message.controls]
        for message in requests
        if isinstance(message.op, m.SearchRequest) and message.op.base_object
    ]


def test_every_way_to_ask_sends_them(box: Directory) -> None:
    """Some few entries, all of them, in order, in parts, their number, whether any."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        query = session.query(User).base(PEOPLE).controls(MINE, UNKNOWN)
        ada = query.where(uid="ada")
        assert ada.first() is not None
        assert ada.exists()
        assert ada.one().uid == ["ada"]
        assert list(query)
        assert query.limit(2).all()
        assert query.order_by("uid").limit(1).all()
        assert query.count()
        assert len(query.reader()) > 1
        assert query.order_by("uid").window(0, 2)
    sent = types(requests)
    assert len(sent) > 8
    assert all({MINE.type, UNKNOWN.type} <= set(each) for each in sent)
    assert any(PagedResults.OID in each for each in sent)
    assert any(ServerSideSort.OID in each for each in sent)


async def test_asyncio_sends_them(box: Directory) -> None:
    """The same with the twin."""
    with box.recording() as requests:
        async with AsyncSession(box, CREDENTIALS) as session:
            query = session.query(User).base(PEOPLE).controls(MINE)
            assert await query.where(uid="ada").first() is not None
            assert await query.count()
            assert [user async for user in query.limit(3)]
            assert [user async for user in query.order_by("uid")]
            assert await query.order_by("uid").window(0, 2)
    sent = types(requests)
    assert len(sent) > 3
    assert all(MINE.type in each for each in sent)


def test_a_query_is_a_value(box: Directory) -> None:
    """Calls add up, and the query they are made of stays without."""
    with box.recording() as requests, Session(box, CREDENTIALS) as session:
        plain = session.query(User, uid="ada").base(PEOPLE)
        assert plain.controls(MINE).controls(UNKNOWN).exists()
        assert plain.exists()
    assert types(requests) == [[MINE.type, UNKNOWN.type], []]


def test_a_control_that_must_be_known(box: Directory) -> None:
    """The server's refusal is the error, not an answer without it."""
    with Session(box, CREDENTIALS) as session:
        query = session.query(User, uid="ada")
        with pytest.raises(UnavailableCriticalExtension):
            query.controls(Control(UNKNOWN.type, criticality=True)).first()


def test_what_can_not_be_sent_so() -> None:
    """It says what to write instead, before anything is asked."""
    with pytest.raises(TypeError, match=r"\.control\(\)"):
        User.query().controls(ManageDsaIT())  # type: ignore[arg-type]  # that is it
    with pytest.raises(ValueError, match="page_size"):
        User.query().controls(PagedResults(5).control())


def test_a_watch_has_its_own(box: Directory) -> None:
    """It says so, instead of leaving them out."""
    with Session(box, CREDENTIALS) as session:
        with pytest.raises(LocalProtocolError, match="leave controls"):
            session.watch(session.query(User).controls(MINE))
