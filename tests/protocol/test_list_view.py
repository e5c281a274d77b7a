"""The virtual list view controls: octets there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol.codec import ber
from ldapom.protocol.list_view import VirtualListView, VirtualListViewResponse
from ldapom.protocol.messages import Control

numbers = st.integers(0, ber.MAX_INT)
context = st.none() | st.binary(max_size=8)


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        # As OpenLDAP's ldapsearch sends them: -E vlv=0/9/1/0 and -E vlv=1/2:ab.
        (VirtualListView(0, 9, 1, 0), "300e020100020109a006020101020100"),
        (VirtualListView(1, 2, value=b"ab"), "300a02010102010281026162"),
        (VirtualListView(context=b"x"), "3011020100020100a006020101020100040178"),
        (VirtualListViewResponse(2, 30), "300902010202011e0a0100"),
        (VirtualListViewResponse(0, 0, 61, b""), "300b0201000201000a013d0400"),
    ],
)
def test_octets(value: VirtualListView | VirtualListViewResponse, octets: str) -> None:
    """They are what the draft says, and read back equal."""
    control = value.control()
    assert control.value is not None
    assert control.value.hex() == octets
    assert type(value).decode(control) == value


@given(numbers, numbers, st.integers(1, ber.MAX_INT), numbers, context)
def test_by_offset(
    before: int, after: int, offset: int, count: int, ctx: bytes | None
) -> None:
    """Whatever the numbers are."""
    view = VirtualListView(before, after, offset, count, context=ctx)
    assert VirtualListView.decode(view.control()) == view


@given(numbers, numbers, st.integers(0, 200), context)
def test_response(position: int, count: int, code: int, ctx: bytes | None) -> None:
    """Whatever a server answers, codes without a name among it."""
    answer = VirtualListViewResponse(position, count, code, ctx)
    assert VirtualListViewResponse.decode(answer.control()) == answer


@pytest.mark.parametrize("view", [VirtualListView(-1), VirtualListView(offset=0)])
def test_out_of_range(view: VirtualListView) -> None:
    """Such numbers are not sent."""
    with pytest.raises(LocalProtocolError, match="out of range"):
        view.control()


@given(st.none() | st.binary(max_size=24))
def test_any_octets(octets: bytes | None) -> None:
    """They are read, or refused by the one documented error."""
    for kind in (VirtualListView, VirtualListViewResponse):
        try:
            made = kind.decode(Control(kind.OID, False, octets))
        except DecodeError:
            continue
        assert kind.decode(made.control()) == made
