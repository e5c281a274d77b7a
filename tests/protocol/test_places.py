"""The places of a pool: nobody is overtaken, no place is lost."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from ldapom.errors import LocalProtocolError
from ldapom.protocol._places import Place, Places, Ticket


def nothing() -> None:
    """Wake nobody."""


class Order(RuleBasedStateMachine):
    """Callers come, wait, give up, open, break and give back, in any order."""

    @initialize(count=st.integers(1, 4))
    def begin(self, count: int) -> None:
        """Nobody has come yet."""
        self.count = count
        self.places = Places[str](count, "the pool")
        self.line: deque[Ticket[str]] = deque()
        self.holding: list[Ticket[str]] = []
        self.woken: list[int] = []
        self.callers = 0

    @rule()
    def ask(self) -> None:
        """A caller that finds no place free stands in line, behind the others."""
        self.callers += 1
        number = self.callers
        ticket = self.places.ask(number, lambda: self.woken.append(number))
        if ticket.place is None:
            assert len(self.holding) == self.count
            self.line.append(ticket)
        else:
            assert not self.line
            self.holding.append(ticket)

    @precondition(lambda self: self.holding)
    @rule(data=st.data(), breaks=st.booleans())
    def put_back(self, data: st.DataObject, breaks: bool) -> None:
        """What comes free goes to the first in line."""
        ticket = data.draw(st.sampled_from(self.holding))
        self.holding.remove(ticket)
        place = ticket.place
        assert place is not None
        place.connection = None if breaks else "open"
        self.places.put_back(place)
        if self.line:
            first = self.line.popleft()
            assert first.place is place
            assert self.woken.pop() == first.owner
            self.holding.append(first)
        assert not self.woken

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """Who stops waiting takes nothing along."""
        ticket = data.draw(st.sampled_from(list(self.line)))
        self.line.remove(ticket)
        self.places.leave(ticket)

    @precondition(lambda self: self.holding)
    @rule(data=st.data())
    def give_up_too_late(self, data: st.DataObject) -> None:
        """Who stops waiting as a place came passes it on."""
        ticket = data.draw(st.sampled_from(self.holding))
        self.holding.remove(ticket)
        self.places.leave(ticket)
        if self.line:
            first = self.line.popleft()
            assert first.place is ticket.place
            assert self.woken.pop() == first.owner
            self.holding.append(first)

    @rule()
    def grow_old(self) -> None:
        """What nobody has used is emptied, and the place is there again."""
        place = self.places.overdue(-1.0, 0)
        if place is not None:
            assert place.connection == "open"
            place.connection = None
            self.places.put_back(place)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every place is free, or somebody has it; nobody waits for a free one."""
        now = self.places.statistics()
        assert now.in_use == len(self.holding)
        assert now.waiting == len(self.line)
        assert now.size == now.idle + now.in_use <= self.count
        held = [ticket.place for ticket in self.holding]
        assert len(set(map(id, held))) == len(held)
        assert not (self.line and len(self.holding) < self.count)


TestOrder = Order.TestCase


def test_the_last_used_goes_first() -> None:
    """A busy pool leaves alone what it does not need, so that it can grow old."""
    places = Places[str](3, "the pool")
    taken = [places.ask(n, nothing).place for n in range(3)]
    for place in taken:
        assert place is not None
        place.connection = "open"
        places.put_back(place)
    assert places.ask("x", nothing).place is taken[2]
    assert places.overdue(1000.0, 0) is None
    assert places.overdue(-1.0, 3) is None
    assert places.overdue(-1.0, 2) is taken[0]


def test_nobody_waits_for_themselves() -> None:
    """Who has all the places is told so, and does not wait until the time is over."""
    places = Places[str](2, "the pool")
    held = [places.ask("me", nothing), places.ask("me", nothing)]
    with pytest.raises(LocalProtocolError, match="has all 2 connections of the pool"):
        places.ask("me", nothing)
    assert places.ask("you", nothing).place is None
    assert all(ticket.place for ticket in held)


def test_the_end_is_told_to_all() -> None:
    """Who waits as it is closed gets the error, each an own one, and nobody after."""
    places = Places[str](1, "the pool")
    places.ask("me", nothing)
    woken: list[int] = []
    waiting = [places.ask(n, lambda n=n: woken.append(n)) for n in range(2)]  # type: ignore[misc]  # a lambda's default
    assert places.end(LocalProtocolError("over")) == []
    assert woken == [0, 1]
    errors = []
    for ticket in waiting:
        with pytest.raises(LocalProtocolError, match="over") as caught:
            places.served(ticket)
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    with pytest.raises(LocalProtocolError, match="the pool is closed"):
        places.ask("you", nothing)


def test_statistics_are_a_table() -> None:
    """What is printed names every number."""
    places = Places[str](2, "the pool")
    places.ask("me", nothing)
    shown = str(places.statistics())
    assert "connections   1 of 2" in shown
    assert "in use      1" in shown
    assert Place().connection is None
