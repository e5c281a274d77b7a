"""Accounts under a password policy (draft-behera-ldap-password-policy 5 to 7).

1. What is known of an account stands in its entry, as the draft's operational
   attributes; so a dump has it, and a test can set it: ``pwdReset: TRUE``,
   ``pwdAccountLockedTime: 000001010000Z`` (for ever), ``pwdChangedTime: …``.
2. The rules are the directory's: see `Directory.password_rules`. Without rules the
   attributes that stand there count all the same.
3. Binds by password (simple, PLAIN) are judged here; the admin of the directory is not.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import Reason, ResultCode, ResultError
from ldapom.protocol.password_policy import ERRORS, PasswordPolicyResponse
from ldapom.testing import passwords
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.protocol.messages import Control
    from ldapom.testing.store import Store
    from ldapom.testing.tree import Entry

_NUMBERS = {reason: number for number, reason in ERRORS.items()}
_FOR_EVER = b"000001010000Z"
_NEVER = datetime.max.replace(tzinfo=UTC)


@frozen
class PasswordRules:
    """What passwords have to keep to; the default forbids nothing.

    Attributes:
        max_failures: After so many wrong passwords in a row an account is locked;
            0 locks none.
        lockout: How long; None until an administrator sets a new password.
        max_age: How long a password is good.
        warn_before: How long before its end that is told.
        grace_logins: Binds that an expired password is still good for.
        min_length: Characters that a new password needs.
        in_history: So many former passwords can not be taken again.
        change_after_reset: Whether a password that an administrator has set has to be
            changed by its user before anything else.
    """

    max_failures: int = 0
    lockout: timedelta | None = None
    max_age: timedelta | None = None
    warn_before: timedelta = timedelta(days=7)
    grace_logins: int = 0
    min_length: int = 0
    in_history: int = 0
    change_after_reset: bool = False


class PolicyRefusal(ResultError):
    """A refusal with the control that tells why, for those who ask."""

    def __init__(self, code: ResultCode, reason: Reason) -> None:
        # As OpenLDAP: without the control nothing tells who is locked from who is not.
        said = "" if code is ResultCode.invalidCredentials else reason.explanation
        super().__init__(code, diagnostic_message=said)
        self.control = PasswordPolicyResponse(error=_NUMBERS.get(reason)).control()


def said_by(error: ResultError) -> tuple[Control, ...]:
    """The controls that go with a refusal."""
    return (error.control,) if isinstance(error, PolicyRefusal) else ()


class Accounts:
    """Judges binds and new passwords, and writes down what comes of them.

    Args:
        store: Where the entries are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rules = PasswordRules()

    def judge(self, entry: Entry, *, fits: bool) -> PasswordPolicyResponse | None:
        """Decide on a bind by password.

        Args:
            entry: Whose.
            fits: Whether the password is the right one.

        Returns:
            What there is to tell of an accepted one; None where there are no rules.

        Raises:
            ResultError: It is wrong, or right and not enough.
        """
        with self._store.lock:
            if self._is_locked(entry):
                raise _refused(Reason.locked)
            if not fits:
                raise self._failure(entry)
            if entry.values.get("pwdFailureTime") or _has_lock(entry):
                entry = self._note(entry, pwdFailureTime=(), pwdAccountLockedTime=())
            if entry.values.get("pwdReset") == (b"TRUE",):
                return PasswordPolicyResponse(error=_NUMBERS[Reason.must_change])
            return self._age(entry) if self._has_rules else None

    @property
    def _has_rules(self) -> bool:
        return self.rules != PasswordRules()

    def _is_locked(self, entry: Entry) -> bool:
        if not _has_lock(entry):
            return False
        (since,) = entry.values["pwdAccountLockedTime"]
        if since == _FOR_EVER or self.rules.lockout is None:
            return True
        return datetime.now(UTC) < _moment(since) + self.rules.lockout

    def _failure(self, entry: Entry) -> ResultError:
        """Count a wrong password; returns the refusal."""
        if not self._has_rules:
            return refusal(ResultCode.invalidCredentials)
        now = _stamp()
        failures = (*entry.values.get("pwdFailureTime", ()), now)
        locked = 0 < self.rules.max_failures <= len(failures)
        lock = (now,) if locked else ()
        self._note(entry, pwdFailureTime=failures, pwdAccountLockedTime=lock)
        return _refused(Reason.wrong)

    def _age(self, entry: Entry) -> PasswordPolicyResponse:
        left = self._expires(entry) - datetime.now(UTC)
        if left <= timedelta():
            used = entry.values.get("pwdGraceUseTime", ())
            grace = self.rules.grace_logins - len(used)
            if grace <= 0:
                raise _refused(Reason.expired)
            self._note(entry, pwdGraceUseTime=(*used, _stamp()))
            return PasswordPolicyResponse(grace_logins_left=grace - 1)
        if left <= self.rules.warn_before:
            return PasswordPolicyResponse(expires_in=int(left.total_seconds()))
        return PasswordPolicyResponse()

    def _expires(self, entry: Entry) -> datetime:
        if self.rules.max_age is None:
            return _NEVER
        changed = entry.values.get("pwdChangedTime") or entry.values["createTimestamp"]
        return _moment(changed[0]) + self.rules.max_age

    def check_new(self, entry: Entry, password: bytes) -> None:
        """Refuse a new password that breaks the rules.

        Raises:
            PolicyRefusal: Told by constraintViolation.
        """
        if len(password.decode("utf-8", "replace")) < self.rules.min_length:
            raise PolicyRefusal(ResultCode.constraintViolation, Reason.too_short)
        if self.rules.in_history:
            former = entry.values.get("pwdHistory", ())
            stored = (*entry.values.get("userPassword", ()), *former)
            if any(passwords.fits(password, value) for value in stored):
                raise PolicyRefusal(ResultCode.constraintViolation, Reason.in_history)

    def changed(self, before: Entry, after: Entry, *, by_admin: bool) -> None:
        """Write down that a password was changed.

        Args:
            before: The entry with the old password.
            after: The entry with the new one.
            by_admin: Whether it was set, and not changed by its user.
        """
        kept = self.rules.in_history
        former = (
            *before.values.get("userPassword", ()),
            *before.values.get("pwdHistory", ()),
        )
        reset = by_admin and self.rules.change_after_reset
        self._note(
            after,
            pwdChangedTime=(_stamp(),),
            pwdHistory=former[:kept],
            pwdReset=(b"TRUE",) if reset else (),
            pwdFailureTime=(),
            pwdAccountLockedTime=(),
            pwdGraceUseTime=(),
        )

    def _note(self, entry: Entry, **values: Iterable[bytes]) -> Entry:
        found = {name: tuple(noted) for name, noted in values.items()}
        return self._store.note(entry, found)


def made_up() -> bytes:
    """A new password by chance, as RFC 3062 lets a server make one."""
    return secrets.token_urlsafe(12).encode()


def _refused(reason: Reason) -> PolicyRefusal:
    return PolicyRefusal(ResultCode.invalidCredentials, reason)


def _has_lock(entry: Entry) -> bool:
    return bool(entry.values.get("pwdAccountLockedTime"))


def _stamp() -> bytes:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S.%fZ").encode()


def _moment(value: bytes) -> datetime:
    """A GeneralizedTime in UTC, with a fraction or without."""
    text = value.decode("ascii").removesuffix("Z")
    pattern = "%Y%m%d%H%M%S.%f" if "." in text else "%Y%m%d%H%M%S"
    return datetime.strptime(text, pattern).replace(tzinfo=UTC)
