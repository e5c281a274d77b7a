"""The values of RFC 5805: known octets, both ways, and what is no such value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol import extended
from ldapom.protocol.extended import (
    EndTransaction,
    StartTransaction,
    TransactionEnd,
    UpdateControls,
    transaction_identifier,
)
from ldapom.protocol.messages import Control
from tests.protocol.codec.vectors import octets
from tests.strategies import controls, numbers, values

if TYPE_CHECKING:
    from collections.abc import Callable

#: Control(type="1.2", criticality=True, value=b"x")
CONTROL = '30 0b 04 03 "1.2" 01 01 ff 04 01 "x"'


def test_names() -> None:
    """The OIDs are those of RFC 5805 section 6."""
    assert extended.START_TRANSACTION == "1.3.6.1.1.21.1"
    assert extended.END_TRANSACTION == "1.3.6.1.1.21.3"
    assert extended.ABORTED_TRANSACTION == "1.3.6.1.1.21.4"


def test_start() -> None:
    """The request has no value; the answer's is the identifier, perhaps an empty one."""
    request = StartTransaction().request()
    assert (request.name, request.value) == (extended.START_TRANSACTION, None)
    assert transaction_identifier(b"t1") == b"t1"
    assert transaction_identifier(b"") == b""
    with pytest.raises(DecodeError, match="transaction identifier"):
        transaction_identifier(None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (EndTransaction(b"t1"), '30 04 04 02 "t1"'),
        (EndTransaction(b"", commit=False), "30 05 01 01 00 04 00"),
    ],
)
def test_end_request(value: EndTransaction, text: str) -> None:
    """A request is written as these octets and read back from them."""
    request = value.request()
    assert request.name == extended.END_TRANSACTION
    assert request.value == octets(text)
    assert EndTransaction.decode(request.value) == value


def test_end_request_with_the_default_written_out() -> None:
    """A sender that writes commit TRUE is understood."""
    value = octets('30 07 01 01 ff 04 02 "t1"')
    assert EndTransaction.decode(value) == EndTransaction(b"t1")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (TransactionEnd(), None),
        (TransactionEnd(5), "30 03 02 01 05"),
        (
            TransactionEnd(updates=[UpdateControls(2, [Control("1.2", True, b"x")])]),
            f"30 16 30 14 30 12 02 01 02 30 0d {CONTROL}",
        ),
        (
            TransactionEnd(4, [UpdateControls(2, ()), UpdateControls(3, ())]),
            "30 13 02 01 04 30 0e 30 05 02 01 02 30 00 30 05 02 01 03 30 00",
        ),
    ],
)
def test_end_response(value: TransactionEnd, text: str | None) -> None:
    """An answer is written as these octets and read back from them."""
    written = None if text is None else octets(text)
    assert value.value() == written
    assert TransactionEnd.decode(written) == value


def test_controls_as_openldap_tags_them() -> None:
    """OpenLDAP gives the controls the tag that they have in a message."""
    value = octets(f"30 16 30 14 30 12 02 01 02 a0 0d {CONTROL}")
    update = UpdateControls(2, [Control("1.2", True, b"x")])
    assert TransactionEnd.decode(value) == TransactionEnd(updates=[update])


@given(values, st.booleans())
def test_end_request_round_trip(identifier: bytes, commit: bool) -> None:
    """Every identifier comes back."""
    value = EndTransaction(identifier, commit)
    assert EndTransaction.decode(value.request().value) == value


@given(
    st.none() | numbers,
    st.lists(st.builds(UpdateControls, numbers, st.lists(controls, max_size=3))),
)
def test_end_response_round_trip(
    message_id: int | None, updates: list[UpdateControls]
) -> None:
    """Every answer comes back."""
    value = TransactionEnd(message_id, updates)
    assert TransactionEnd.decode(value.value()) == value


@pytest.mark.parametrize("decode", [EndTransaction.decode, TransactionEnd.decode])
@given(data=st.binary(max_size=40))
def test_noise(decode: Callable[[bytes], Any], data: bytes) -> None:
    """Any octets are read, or refused at a place within them."""
    try:
        decode(data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data)


@pytest.mark.parametrize(
    ("decode", "text"),
    [
        (EndTransaction.decode, ""),
        (EndTransaction.decode, "30 00"),
        (EndTransaction.decode, "30 05 04 00 01 01 00"),
        (EndTransaction.decode, "30 02 04 00 00"),
        (TransactionEnd.decode, ""),
        (TransactionEnd.decode, "30 03 02 01 ff"),
        (TransactionEnd.decode, "30 05 02 01 05 04 00"),
        (TransactionEnd.decode, "30 09 30 07 30 05 02 01 02 31 00"),
        (TransactionEnd.decode, "30 0b 30 09 30 07 02 01 02 30 00 04 00"),
        (TransactionEnd.decode, "30 0b 30 09 30 07 02 01 02 30 02 30 00"),
    ],
)
def test_malformed(decode: Callable[[bytes], Any], text: str) -> None:
    """Octets that are no such value are refused."""
    with pytest.raises(DecodeError):
        decode(octets(text))


def test_malformed_control_says_where() -> None:
    """The place is counted in the whole value, not in the list of controls."""
    value = octets("30 0b 30 09 30 07 02 01 02 30 02 30 00")
    with pytest.raises(DecodeError) as caught:
        TransactionEnd.decode(value)
    assert caught.value.offset == len(value)


@pytest.mark.parametrize(
    "value",
    [
        TransactionEnd(-1),
        TransactionEnd(2**31),
        TransactionEnd(updates=[UpdateControls(-1, ())]),
        TransactionEnd(updates=[UpdateControls(1, [Control("\ud800")])]),
    ],
)
def test_unwritable(value: TransactionEnd) -> None:
    """What can not be sent is refused before it is."""
    with pytest.raises(LocalProtocolError):
        value.value()
