"""`EntryState`: raw attributes gathered once, by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import ReadOnlyEntry, State
from ldapom.mapper.names import canonical
from ldapom.mapper.state import EntryState, gather
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
    state = EntryState("cn=x", [PartialAttribute("cn", [b"a"])], None, State.read)
    assert state.collected() is state.collected()
    assert list(state.values("cn")) == [b"a"]
    assert list(state.values("sn")) == []


def test_only_what_was_read_refuses_changes() -> None:
    """New and detached entries are free."""
    for status in (State.new, State.detached):
        EntryState("", (), None, status).may_change("cn")
    with pytest.raises(ReadOnlyEntry, match="cn of 'cn=x'"):
        EntryState("cn=x", (), None, State.read).may_change("cn")


def test_forgetting_one_attribute() -> None:
    """Under any spelling; what is forgotten counts as known to be absent."""
    parts = [PartialAttribute("CN", [b"a"]), PartialAttribute("sn", [b"b"])]
    state = EntryState("cn=x", parts, frozenset({"sn"}), State.detached)
    state.forget("cn")
    assert list(state.values("cn")) == []
    assert state.is_loaded("cn")
    assert [part.type for part in state.attributes] == ["sn"]
