"""What servers say of a password: octets that were seen, and all that could be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import DecodeError, Reason
from ldapom.protocol.controls import find
from ldapom.protocol.messages import Control
from ldapom.protocol.password_policy import (
    ASK,
    ERRORS,
    PasswordExpired,
    PasswordExpiring,
    PasswordPolicy,
    PasswordPolicyRequest,
    PasswordPolicyResponse,
    policy_in,
    reason_in,
)

OID = PasswordPolicyResponse.OID
NUMBERS = st.integers(0, 2**31 - 1)

#: As OpenLDAP 2.5 and 389 DS 2.3 (long lengths) sent them.
SEEN = {
    "3000": PasswordPolicyResponse(),
    "3003810100": PasswordPolicyResponse(error=0),
    "3003810102": PasswordPolicyResponse(error=2),
    "3006a00480020e10": PasswordPolicyResponse(expires_in=3600),
    "3005a003810101": PasswordPolicyResponse(grace_logins_left=1),
    "308400000003810101": PasswordPolicyResponse(error=1),
    "308400000009a08400000003800103": PasswordPolicyResponse(expires_in=3),
    "308400000009a08400000003810101": PasswordPolicyResponse(grace_logins_left=1),
    "3008a003810101810102": PasswordPolicyResponse(grace_logins_left=1, error=2),
    "3005a0038001ff": PasswordPolicyResponse(expires_in=0),
}


def answer(text: str) -> Control:
    """Make a response control of these octets."""
    return Control(OID, False, bytes.fromhex(text))


@pytest.mark.parametrize("text", SEEN)
def test_vectors(text: str) -> None:
    """Octets from the wire."""
    assert PasswordPolicyResponse.decode(answer(text)) == SEEN[text]


def test_no_value_says_that_all_is_well() -> None:
    """Some servers send the control bare."""
    assert find([Control(OID)], PasswordPolicyResponse) == PasswordPolicyResponse()
    assert policy_in([Control(OID)]) == PasswordPolicy()


@given(st.none() | NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS)
def test_round_trip(expires: int | None, grace: int | None, error: int | None) -> None:
    """What is written is read again; of the warnings there is one."""
    value = PasswordPolicyResponse(expires, None if expires else grace, error)
    if expires is not None and grace is not None:
        value = PasswordPolicyResponse(expires, None, error)
    assert PasswordPolicyResponse.decode(value.control()) == value


@given(st.binary(max_size=40))
def test_any_octets(value: bytes) -> None:
    """They are a value, or a `DecodeError`; advice that can not be read is none."""
    control = Control(OID, False, value)
    try:
        PasswordPolicyResponse.decode(control)
    except DecodeError:
        assert policy_in([control]) is None
        assert reason_in([control], is_bind=True) is None


@pytest.mark.parametrize(
    "text",
    [
        *("30", "3001", "310381 0100", "30038101", "30050101008100", "3004810100 00"),
        *("3002a000", "3008a006800101800101", "3005a003820101", "3003820100"),
    ],
)
def test_malformed(text: str) -> None:
    """Truncated, of other tags, with octets left over."""
    with pytest.raises(DecodeError, match="PasswordPolicyResponseValue"):
        PasswordPolicyResponse.decode(answer(text))


def test_the_request() -> None:
    """It is asked for without a value, and never critical."""
    (asked,) = ASK
    assert asked == Control("1.3.6.1.4.1.42.2.27.8.5.1", False)
    assert PasswordPolicyRequest.decode(asked) == PasswordPolicyRequest()


def test_netscape_controls() -> None:
    """389 sends them unasked; the draft's control says more and wins."""
    expired = Control(PasswordExpired.OID, False, b"0")
    soon = Control(PasswordExpiring.OID, False, b"3600")
    assert PasswordExpiring.decode(soon).seconds == 3600
    assert PasswordExpiring(7).control().value == b"7"
    assert policy_in([expired]) == PasswordPolicy(must_change=True)
    assert policy_in([soon]) == PasswordPolicy(timedelta(hours=1))
    grace = answer("3005a003810101")
    assert policy_in([grace, expired]) == PasswordPolicy(grace_logins_left=1)
    assert reason_in([expired], is_bind=True) is Reason.expired
    assert reason_in([expired], is_bind=False) is Reason.must_change
    assert reason_in([answer("3003810101"), expired], is_bind=True) is Reason.locked
    for octets in (b"", b"-1", b"x", "٣".encode(), b"9" * 11, None):
        broken = Control(PasswordExpiring.OID, False, octets)
        assert policy_in([broken]) is None
        with pytest.raises(DecodeError):
            PasswordExpiring.decode(broken)


@pytest.mark.parametrize("number", ERRORS)
def test_errors(number: int) -> None:
    """Each number has a reason that explains itself; only one wants a change."""
    control = PasswordPolicyResponse(error=number).control()
    reason = reason_in([control], is_bind=True)
    assert reason is not None
    assert reason is ERRORS[number]
    assert reason.explanation
    policy = policy_in([control])
    assert policy is not None
    assert policy.must_change is (reason is Reason.must_change)


def test_unknown_errors_and_other_controls() -> None:
    """A number that is none says nothing, and neither does another control."""
    assert reason_in([PasswordPolicyResponse(error=99).control()], is_bind=True) is None
    assert reason_in([Control("1.2.3")], is_bind=True) is None
    assert policy_in([]) is None
    twice = [answer("3003810102"), answer("3000")]
    assert policy_in(twice) == PasswordPolicy(must_change=True)
