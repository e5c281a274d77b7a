"""Accounts under password rules in the directory in the box, as users of it see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Replace
from ldapom.errors import (
    ConstraintViolation,
    InsufficientAccessRights,
    InvalidCredentials,
    Reason,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Plain, Simple
from ldapom.testing import Directory, PasswordRules
from tests.testing.asker import ADA, ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.credentials import Credentials

WHO = Simple(ADA, "secret")
NEW = "Other-2word"


def reason(box: Directory, who: Credentials = WHO) -> Reason:
    """Bind and return why that was refused."""
    with pytest.raises(InvalidCredentials) as caught, Connection(box, who):
        pytest.fail("let in")
    return caught.value.reason


def noted(box: Directory, **values: str) -> None:
    """Put operational values into the entry."""
    before = box.store.locate(ADA)
    box.store.note(before, {name: (value.encode(),) for name, value in values.items()})


def ago(**span: float) -> str:
    """Return a moment in the past as GeneralizedTime."""
    moment = datetime.now(UTC) - timedelta(**span)
    return moment.strftime("%Y%m%d%H%M%SZ")


@pytest.fixture
def admin(box: Directory) -> Iterator[Connection]:
    """The administrator's connection."""
    with Connection(box, Simple(ADMIN, "secret")) as connection:
        yield connection


def test_without_rules_nothing_is_told(box: Directory) -> None:
    """And failures are not counted."""
    for _ in range(5):
        assert reason(box, Simple(ADA, "bad")) is Reason.wrong
    assert "pwdFailureTime" not in box.store.locate(ADA).values
    with Connection(box, WHO) as connection:
        assert connection.password_policy is None


@pytest.mark.parametrize("kind", ["simple", "PLAIN"])
def test_locked(box: Directory, kind: str) -> None:
    """After too many failures in a row, until an administrator sets a password."""
    box.password_rules = PasswordRules(max_failures=3)
    bad = Simple(ADA, "bad") if kind == "simple" else Plain("ada", "bad")
    assert reason(box, bad) is Reason.wrong
    with Connection(box, WHO):
        pass  # A success in between begins the count anew.
    reasons = [reason(box, bad) for _ in range(4)]
    assert reasons == [*[Reason.wrong] * 3, Reason.locked]
    assert reason(box) is Reason.locked
    assert reason(box.copy()) is Reason.locked
    with Connection(box, Simple(ADMIN, "secret")) as admin:
        admin.set_password(ADA, NEW)
        assert admin.authenticate(ADA, NEW)


def test_a_lock_may_end(box: Directory) -> None:
    """After the time that the rules say; one for ever does not."""
    box.password_rules = PasswordRules(max_failures=1, lockout=timedelta(hours=1))
    noted(box, pwdAccountLockedTime=ago(minutes=50))
    assert reason(box) is Reason.locked
    noted(box, pwdAccountLockedTime=ago(minutes=70))
    with Connection(box, WHO):
        pass
    assert "pwdAccountLockedTime" not in box.store.locate(ADA).values
    noted(box, pwdAccountLockedTime="000001010000Z")
    assert reason(box) is Reason.locked


def test_expiry(box: Directory) -> None:
    """First a warning, then grace, then the end."""
    box.password_rules = PasswordRules(
        max_age=timedelta(days=10), warn_before=timedelta(days=2), grace_logins=1
    )
    seen = []
    for days in (1, 9, 11):
        noted(box, pwdChangedTime=ago(days=days))
        with Connection(box, WHO) as connection:
            assert connection.password_policy is not None
            seen.append(connection.password_policy)
    assert [policy.grace_logins_left for policy in seen] == [None, None, 0]
    assert seen[0].expires_in is None
    assert seen[1].expires_in is not None
    assert timedelta(hours=23) < seen[1].expires_in <= timedelta(days=1)
    assert reason(box) is Reason.expired


def test_must_change(box: Directory, admin: Connection) -> None:
    """What an administrator has set lets in to change it, and to nothing else."""
    box.password_rules = PasswordRules(change_after_reset=True)
    admin.set_password(ADA, NEW)
    with pytest.raises(InvalidCredentials) as caught:
        admin.authenticate(ADA, NEW)
    assert caught.value.reason is Reason.must_change
    with Connection(box, Simple(ADA, NEW)) as connection:
        assert connection.password_policy is not None
        assert connection.password_policy.must_change
        with pytest.raises(InsufficientAccessRights) as refusal:
            list(connection.search(ADA))
        assert refusal.value.reason is Reason.must_change
        connection.change_password(ADA, NEW, "third")
        assert connection.password_policy is None
        assert list(connection.search(ADA))
    assert admin.authenticate(ADA, "third")


def test_a_reset_that_was_loaded(box: Directory) -> None:
    """The attribute counts without any rules."""
    noted(box, pwdReset="TRUE")
    with Connection(box, WHO) as connection:
        assert connection.password_policy is not None
        assert connection.password_policy.must_change


def test_new_passwords(box: Directory, admin: Connection) -> None:
    """Rules for new ones hold for users, not for the administrator."""
    box.password_rules = PasswordRules(min_length=5, in_history=2)
    with Connection(box, WHO) as connection:
        connection.change_password(ADA, "secret", "second")
        for new, expected in {
            "äöüä": Reason.too_short,
            "second": Reason.in_history,
            "secret": Reason.in_history,
        }.items():
            with pytest.raises(ConstraintViolation) as caught:
                connection.change_password(ADA, "second", new)
            assert caught.value.reason is expected
        with pytest.raises(InvalidCredentials) as wrong:
            connection.change_password(ADA, "secret", "third")
        assert wrong.value.reason is Reason.wrong
        connection.change_password(ADA, "second", "third")
        connection.change_password(ADA, "third", "fourth")
        connection.change_password(ADA, "fourth", "secret")
        (entry,) = connection.search(ADA, attributes=["+", "*"])
        assert "pwdHistory" not in entry
    admin.set_password(ADA, "a")
    assert admin.authenticate(ADA, "a")


def test_made_up(admin: Connection) -> None:
    """RFC 3062: without a new password the server makes one up."""
    made = {admin.set_password(ADA) for _ in range(2)}
    assert len(made) == 2
    assert [admin.authenticate(ADA, each or "") for each in made].count(True) == 1


def test_accounts_load(box: Directory) -> None:
    """What a dump says of an account is taken back."""
    noted(box, pwdAccountLockedTime="000001010000Z", pwdReset="TRUE")
    again = Directory("dc=example,dc=com", admin=(ADMIN, "secret")).load(box.dump())
    assert reason(again) is Reason.locked


def test_rules_change_as_they_are_set(box: Directory, admin: Connection) -> None:
    """Also for connections that are open."""
    box.password_rules = PasswordRules(min_length=8)
    admin.modify(ADA, [Replace("description", "a user of hers")])
    with Connection(box, WHO) as connection:
        box.password_rules = PasswordRules()
        connection.change_password(ADA, "secret", "short")
    assert admin.authenticate(ADA, "short")
