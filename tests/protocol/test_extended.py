"""Extended operations: known octets, both ways, and what is no such value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError, LocalProtocolError
from ldapom.protocol import extended
from ldapom.protocol.extended import Cancel, PasswordModify, generated_password
from tests.protocol.codec.vectors import octets
from tests.strategies import numbers, optional_texts, optional_values


def test_names() -> None:
    """The OIDs are those of their RFCs."""
    assert extended.START_TLS == "1.3.6.1.4.1.1466.20037"
    assert extended.WHO_AM_I == "1.3.6.1.4.1.4203.1.11.3"
    assert extended.PASSWORD_MODIFY == "1.3.6.1.4.1.4203.1.11.1"
    assert extended.CANCEL == "1.3.6.1.1.8"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (PasswordModify(), None),
        (PasswordModify("u"), '30 03 80 01 "u"'),
        (PasswordModify(None, b"o", b"n"), '30 06 81 01 "o" 82 01 "n"'),
        (PasswordModify("u", b"o", b"n"), '30 09 80 01 "u" 81 01 "o" 82 01 "n"'),
    ],
)
def test_password_modify(value: PasswordModify, text: str | None) -> None:
    """A request is written as these octets and read back from them."""
    request = value.request()
    assert request.name == extended.PASSWORD_MODIFY
    assert request.value == (None if text is None else octets(text))
    assert PasswordModify.decode(request.value) == value


@given(optional_texts, optional_values, optional_values)
def test_password_modify_round_trip(
    identity: str | None, old: bytes | None, new: bytes | None
) -> None:
    """Every combination of the three parts comes back."""
    value = PasswordModify(identity, old, new)
    assert PasswordModify.decode(value.request().value) == value


def test_passwords_are_hidden() -> None:
    """No text shows a password."""
    value = PasswordModify("u", b"hunter2", b"hunter2")
    assert "hunter2" not in repr(value) + repr(value.request())


def test_generated_password() -> None:
    """The password a server made up is read; none is None."""
    assert generated_password(octets('30 04 80 02 "pw"')) == b"pw"
    assert generated_password(octets("30 00")) is None
    assert generated_password(None) is None


@given(numbers)
def test_cancel(message_id: int) -> None:
    """Every message id comes back."""
    request = Cancel(message_id).request()
    assert request.name == extended.CANCEL
    assert Cancel.decode(request.value) == Cancel(message_id)


def test_cancel_vector() -> None:
    """A cancel of operation one is these octets."""
    assert Cancel(1).request().value == octets("30 03 02 01 01")


@pytest.mark.parametrize("message_id", [-1, 2**31])
def test_cancel_out_of_range(message_id: int) -> None:
    """An id that no operation can have is not sent."""
    with pytest.raises(LocalProtocolError):
        Cancel(message_id).request()


@pytest.mark.parametrize(
    "value", [None, b"", octets("30 03 02 01 ff"), octets("30 00")]
)
def test_cancel_malformed(value: bytes | None) -> None:
    """A cancel that names no operation is malformed."""
    with pytest.raises(DecodeError):
        Cancel.decode(value)


@given(st.binary(max_size=20))
def test_noise(data: bytes) -> None:
    """Any octets give a value, or a DecodeError."""
    for decode in (PasswordModify.decode, Cancel.decode, generated_password):
        try:
            decode(data)
        except DecodeError as error:
            assert 0 <= error.offset <= len(data)
