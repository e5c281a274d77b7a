"""What servers say of a password beside the result (draft-behera-ldap-password-policy).

OpenLDAP and 389 Directory Server answer the control of the draft; 389 also sends the
older ones of Netscape, asked or not. Active Directory has words instead, which
`ldapom.errors.refusals` reads.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Self

from attrs import frozen

from ldapom.errors import DecodeError, Reason
from ldapom.protocol.codec import ber
from ldapom.protocol.controls import Valueless
from ldapom.protocol.messages import Control

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ASK",
    "ERRORS",
    "PasswordExpired",
    "PasswordExpiring",
    "PasswordPolicy",
    "PasswordPolicyRequest",
    "PasswordPolicyResponse",
    "policy_in",
    "reason_in",
]

#: draft-behera 6.2: the numbers of ``error``; 9 since version 11.
ERRORS: Final = {
    0: Reason.expired,
    1: Reason.locked,
    2: Reason.must_change,
    3: Reason.not_allowed,
    4: Reason.must_supply_old,
    5: Reason.insufficient_quality,
    6: Reason.too_short,
    7: Reason.too_young,
    8: Reason.in_history,
    9: Reason.too_long,
}
_MUST_CHANGE: Final = 2
_NAME: Final = "PasswordPolicyResponseValue"


@frozen
class PasswordPolicyRequest(Valueless):
    """draft-behera 6.1: tell what the password policy says."""

    OID: ClassVar[str] = "1.3.6.1.4.1.42.2.27.8.5.1"

    criticality: bool = False


#: It goes with every bind that has a password, and with every change of one. Servers
#: that do not know it pass it over.
ASK: Final = (PasswordPolicyRequest().control(),)


@frozen
class PasswordPolicyResponse:
    """draft-behera 6.2: what the password policy says.

    Attributes:
        expires_in: Seconds until the password expires; only when that is near.
        grace_logins_left: How many more binds the expired password is good for.
        error: A number of `ERRORS`.
    """

    # PasswordPolicyResponseValue ::= SEQUENCE {
    #      warning [0] CHOICE {
    #         timeBeforeExpiration [0] INTEGER (0 .. maxInt),
    #         graceAuthNsRemaining [1] INTEGER (0 .. maxInt) } OPTIONAL,
    #      error   [1] ENUMERATED { ... } OPTIONAL }
    OID: ClassVar[str] = PasswordPolicyRequest.OID

    expires_in: int | None = None
    grace_logins_left: int | None = None
    error: int | None = None
    criticality: bool = False

    def control(self) -> Control:
        """Give the control; of the two warnings it can carry one."""
        parts: list[bytes] = []
        if self.expires_in is not None:
            warning = ber.write_integer(self.expires_in, 0x80)
            parts.append(ber.element(0xA0, warning))
        elif self.grace_logins_left is not None:
            warning = ber.write_integer(self.grace_logins_left, 0x81)
            parts.append(ber.element(0xA0, warning))
        if self.error is not None:
            parts.append(ber.write_integer(self.error, 0x81))
        return Control(self.OID, self.criticality, ber.sequence(parts))

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value; none, or an empty one, says that all is well.

        Raises:
            DecodeError: If it is no PasswordPolicyResponseValue.
        """
        value = control.value
        if not value:
            return cls(criticality=control.criticality)
        pos, end = ber.enter(value, 0, len(value), ber.SEQUENCE, _NAME)
        expires = grace = error = None
        if pos < end and value[pos] == 0xA0:  # noqa: PLR2004  # [0] warning
            start, pos = ber.enter(value, pos, end, 0xA0, f"{_NAME}.warning")
            expires, grace = _warning(value, start, pos)
        if pos < end:
            start, pos = ber.enter(value, pos, end, 0x81, f"{_NAME}.error")
            error = ber.integer(value, start, pos, f"{_NAME}.error")
        ber.finish(value, pos, end, _NAME)
        return cls(expires, grace, error, control.criticality)


def _warning(value: bytes, pos: int, stop: int) -> tuple[int | None, int | None]:
    name = f"{_NAME}.warning"
    tag = 0x81 if pos < stop and value[pos] == 0x81 else 0x80  # noqa: PLR2004  # [1]
    start, pos = ber.enter(value, pos, stop, tag, name)
    # Less than nothing left is nothing.
    number = max(ber.integer(value, start, pos, name), 0)
    if pos != stop:
        raise DecodeError("octets left over", field=name, offset=pos)
    return (None, number) if tag == 0x81 else (number, None)  # noqa: PLR2004  # [1]


@frozen
class PasswordExpired(Valueless):
    """draft-vchu-ldap-pwd-policy: the password has expired, or must be changed."""

    OID: ClassVar[str] = "2.16.840.1.113730.3.4.4"

    criticality: bool = False


@frozen
class PasswordExpiring:
    """draft-vchu-ldap-pwd-policy: the password expires soon.

    Attributes:
        seconds: In how many seconds; the value is text of digits.
    """

    OID: ClassVar[str] = "2.16.840.1.113730.3.4.5"

    seconds: int
    criticality: bool = False

    def control(self) -> Control:
        """Give the control."""
        return Control(self.OID, self.criticality, b"%d" % self.seconds)

    @classmethod
    def decode(cls, control: Control) -> Self:
        """Read the value.

        Raises:
            DecodeError: If it is no number.
        """
        value = (control.value or b"").strip(b"\0 ")
        if not value.isdigit() or len(value) > 10:  # noqa: PLR2004  # digits of 2^31
            raise DecodeError("no number of seconds", field="pwdExpiring", offset=0)
        return cls(int(value), control.criticality)


@frozen
class PasswordPolicy:
    """What the server said of the password as it accepted it.

    Attributes:
        expires_in: How long the password is still good; only when that is near.
        grace_logins_left: The password has expired; so many more binds are let in.
        must_change: The server refuses everything but a new password.
    """

    expires_in: timedelta | None = None
    grace_logins_left: int | None = None
    must_change: bool = False


def policy_in(controls: Iterable[Control]) -> PasswordPolicy | None:
    """What a successful bind says of the password; None when it says nothing.

    What can not be read says nothing: it is advice, and the bind has succeeded.
    """
    found = _read(controls)
    if not found:
        return None
    response = found.get(PasswordPolicyResponse.OID)
    if isinstance(response, PasswordPolicyResponse):
        left = response.expires_in
        return PasswordPolicy(
            None if left is None else timedelta(seconds=left),
            response.grace_logins_left,
            response.error == _MUST_CHANGE,
        )
    if PasswordExpired.OID in found:
        return PasswordPolicy(must_change=True)
    expiring = found.get(PasswordExpiring.OID)
    if isinstance(expiring, PasswordExpiring):
        return PasswordPolicy(timedelta(seconds=expiring.seconds))
    return None


def reason_in(controls: Iterable[Control], *, is_bind: bool) -> Reason | None:
    """Why something was refused, as far as the controls of the answer tell."""
    found = _read(controls)
    response = found.get(PasswordPolicyResponse.OID)
    if isinstance(response, PasswordPolicyResponse) and response.error is not None:
        return ERRORS.get(response.error)
    if PasswordExpired.OID in found:
        # 389 sends it along with whatever it refuses until the password is changed.
        return Reason.expired if is_bind else Reason.must_change
    return None


_Value = PasswordPolicyResponse | PasswordExpired | PasswordExpiring
_KINDS: Final[dict[str, type[_Value]]] = {
    kind.OID: kind
    for kind in (PasswordPolicyResponse, PasswordExpired, PasswordExpiring)
}


def _read(controls: Iterable[Control]) -> dict[str, _Value]:
    """Decode the first control of each kind that can be read."""
    found: dict[str, _Value] = {}
    for control in controls:
        kind = _KINDS.get(control.type)
        if kind is None or control.type in found:
            continue
        try:
            found[control.type] = kind.decode(control)
        except DecodeError:
            continue
    return found
