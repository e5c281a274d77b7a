"""`EntryState`: raw attributes gathered once, by key."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import Entry, ReadOnlyEntry, State
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.raw import gather
from ldapom.mapper.entries.state import EntryState
from ldapom.protocol import codec
from ldapom.protocol.messages import (
    LDAPMessage,
    PartialAttribute,
    SearchResultEntry,
)

NAMES = st.sampled_from(
    ["cn", "CN", "commonName", "cn;lang-de", "mail", "MAIL;binary", "2.5.4.3", "x"]
)
PARTS = st.lists(
    st.builds(PartialAttribute, NAMES, st.lists(st.binary(max_size=8), max_size=3))
)


@given(PARTS)
def test_gathering_loses_nothing(parts: list[PartialAttribute]) -> None:
    """Every value is under its attribute's key, in the order they came."""
    found = gather(parts)
    assert set(found) == {canonical(part.type) for part in parts}
    for key, values in found.items():
        same = [part for part in parts if canonical(part.type) == key]
        assert sorted(values) == sorted(v for part in same for v in part.values)


@given(PARTS)
def test_a_received_list_gathers_like_the_tuple(parts: list[PartialAttribute]) -> None:
    """Lazy or not makes no difference."""
    octets = codec.encode(LDAPMessage(1, SearchResultEntry("cn=x", tuple(parts))))
    received = codec.receive(octets)
    assert received is not None
    assert isinstance(received[0].op, SearchResultEntry)
    assert gather(received[0].op.attributes) == gather(parts)


def test_gathered_once() -> None:
    """The same mapping is given again."""
    state = EntryState(
        "cn=x", [PartialAttribute("cn", [b"a"])], None, State.clean, Entry
    )
    assert state.collected() is state.collected()
    assert list(state.values("cn")) == [b"a"]
    assert list(state.values("sn")) == []


def test_only_a_readers_and_deleted_entries_refuse_changes() -> None:
    """Everything else is free."""
    refusing = {State.read_only, State.deleted}
    for status in (State.new, State.clean, State.unknown, State.detached):
        EntryState("", (), None, status, Entry).may_change("cn")
    for status in refusing:
        with pytest.raises(ReadOnlyEntry, match="cn of 'cn=x'"):
            EntryState("cn=x", (), None, status, Entry).may_change("cn")


def test_a_state_has_all_of_its_fields() -> None:
    """Its constructor, which is written by hand, leaves none out."""
    state = EntryState("cn=x", (), None, State.clean, Entry)
    known = {one.name: getattr(state, one.name) for one in attrs.fields(EntryState)}
    for one in attrs.fields(EntryState):
        if one.default is not attrs.NOTHING:
            assert known[one.name] == one.default
    assert (state.dn, state.received, state.status) == ("cn=x", (), State.clean)
