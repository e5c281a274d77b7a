"""Passwords in 389 DS, which tells of accounts by other codes than invalidCredentials."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.errors import (
    AccountConstraint,
    AccountUnwilling,
    ConstraintViolation,
    InvalidCredentials,
    LocalProtocolError,
    Reason,
    ResultCode,
    ResultError,
    UnwillingToPerform,
)
from ldapom.protocol.credentials import Anonymous, Simple
from ldapom.protocol.io.tls import Tls
from tests.protocol.logins import NEW, PASSWORD, as_user, changed, reason, refused
from tests.servers import ds389 as ds389_module
from tests.servers.slapd import BASE
from tests.servers.targets import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.pki import Pki

CONFIG: Final = "cn=config"
PEOPLE: Final = f"ou=people,{BASE}"


@pytest.fixture(scope="module")
def host(pki: Pki) -> Iterator[Server]:
    """A server whose rules these tests change as they like."""
    manager = Simple(ds389_module.MANAGER_DN, ds389_module.MANAGER_PASSWORD)
    with ds389_module.Ds389(pki) as running:
        running.load(
            f"dn: {BASE}\nobjectClass: domain\ndc: example\n"
            f'aci: (targetattr="userPassword")(version 3.0; acl "self"; '
            f'allow (write) userdn="ldap:///self";)\n\n'
            f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n"
        )
        tls = Tls(ca_file=str(pki.ca_file))
        yield Server("ds389", running.tls_url, tls, admin=manager)


def user(host: Server, **more: str) -> str:
    """Add a user and return its DN."""
    uid = f"u-{uuid.uuid4()}"
    dn = f"uid={uid},{PEOPLE}"
    person = {"objectClass": "inetOrgPerson", "uid": uid, "cn": uid, "sn": uid}
    with host.connection() as admin:
        admin.add(dn, {**person, "userPassword": PASSWORD, **more})
    return dn


def test_plain(host: Server) -> None:
    """Without rules nothing is said, and a wrong password is a wrong password."""
    dn = user(host)
    with as_user(host, dn) as connection:
        assert connection.password_policy is None
        assert connection.authenticate(dn, PASSWORD)
        assert not connection.authenticate(dn, "bad")
    assert reason(host, dn, "bad") is Reason.wrong
    assert reason(host, f"uid=nobody,{PEOPLE}") is Reason.wrong


def test_disabled(host: Server) -> None:
    """Told by unwillingToPerform, and caught as what it means."""
    error = refused(host, user(host, nsAccountLock="true"))
    assert error.reason is Reason.disabled
    assert isinstance(error, AccountUnwilling)
    assert isinstance(error, UnwillingToPerform)
    assert error.code is ResultCode.unwillingToPerform


def test_locked(host: Server) -> None:
    """Told by constraintViolation, and caught as what it means."""
    dn = user(host)
    rules = {"passwordLockout": "on", "passwordMaxFailure": "2"}
    with changed(host, CONFIG, rules):
        reasons = [reason(host, dn, "bad") for _ in range(3)]
        assert reasons == [Reason.wrong, Reason.wrong, Reason.locked]
        error = refused(host, dn)
        assert error.reason is Reason.locked
        assert isinstance(error, AccountConstraint)
        assert isinstance(error, ConstraintViolation)
        with (
            host.connection() as connection,
            pytest.raises(InvalidCredentials) as caught,
        ):
            connection.authenticate(dn, PASSWORD)
        assert caught.value.reason is Reason.locked


def test_must_change(host: Server) -> None:
    """The bind succeeds and says so; all else is refused until it is done."""
    with changed(host, CONFIG, {"passwordMustChange": "on"}):
        dn = user(host)
        with as_user(host, dn) as connection:
            assert connection.password_policy is not None
            assert connection.password_policy.must_change
            with pytest.raises(UnwillingToPerform) as refusal:
                connection.compare(dn, "cn", "x")
            assert refusal.value.reason is Reason.must_change
            with pytest.raises(UnwillingToPerform) as refusal:
                list(connection.search(dn, scope="base"))
            assert refusal.value.reason is Reason.must_change
            with pytest.raises(InvalidCredentials) as caught:
                connection.authenticate(dn, PASSWORD)
            assert caught.value.reason is Reason.must_change
            connection.change_password(dn, PASSWORD, NEW)
            assert connection.authenticate(dn, NEW)


def test_expiry(host: Server) -> None:
    """First a warning, then grace, then the end."""
    rules = {"passwordExp": "on", "passwordMaxAge": "2", "passwordWarning": "1"}
    more = {"passwordGraceLimit": "1", "passwordSendExpiringTime": "on"}
    with changed(host, CONFIG, rules | more):
        dn = user(host)
        with as_user(host, dn) as connection:
            policy = connection.password_policy
            assert policy is not None
            assert policy.expires_in is not None
            assert policy.expires_in <= timedelta(seconds=2)
            assert policy.grace_logins_left is None
        time.sleep(3)
        with as_user(host, dn) as connection:
            assert connection.password_policy is not None
            assert connection.password_policy.grace_logins_left == 0
            assert not connection.password_policy.must_change
        assert reason(host, dn) is Reason.expired


@pytest.mark.parametrize(
    ("new", "expected"),
    [("short", Reason.insufficient_quality), ("Xyzzy+Plugh9", Reason.in_history)],
)
def test_change(host: Server, new: str, expected: Reason) -> None:
    """What is wrong with a new password is told; then nothing was changed."""
    # No three characters of it may stand in the random name: 389 calls that trivial.
    rules = {"passwordCheckSyntax": "on", "passwordMinLength": "8"}
    rules |= {"passwordHistory": "on", "passwordInHistory": "3"}
    dn = user(host)
    with changed(host, CONFIG, rules), as_user(host, dn) as connection:
        connection.change_password(dn, PASSWORD, "Xyzzy+Plugh9")
        connection.change_password(dn, "Xyzzy+Plugh9", NEW)
        with pytest.raises(ResultError) as caught:
            connection.change_password(dn, NEW, new)
        assert caught.value.reason is expected
        assert not isinstance(caught.value, InvalidCredentials)
        assert connection.authenticate(dn, NEW)


def test_set_and_change(host: Server) -> None:
    """A reset, a change, one that the server makes up, and a wrong old password."""
    dn = user(host)
    with host.session() as session:
        assert session.set_password(dn, NEW) is None
        assert session.authenticate(dn, NEW)
        made = session.set_password(dn)
        assert made is not None
        assert session.authenticate(dn, made)
    with as_user(host, dn, made) as connection:
        assert connection.change_password(dn, made, PASSWORD) is None
        with pytest.raises(InvalidCredentials) as caught:
            connection.change_password(dn, made, NEW)
        assert caught.value.reason is Reason.wrong
        assert connection.authenticate(dn, PASSWORD)


@pytest.mark.parametrize("name", [" ", "\n", "\0"])
def test_a_blank_name_lets_nobody_in(host: Server, name: str) -> None:
    """The server takes it for anonymous, with any password; here it is no name."""

    class Blank(Anonymous):
        """What `Simple` refuses to be."""

        @property
        def name(self) -> str:
            return name

        @property
        def password_octets(self) -> bytes:
            return b"whatever"

    with host.connection() as connection:
        with pytest.raises(LocalProtocolError, match="the name of somebody"):
            connection.authenticate(name, "whatever")
        connection.rebind(Blank())
        assert connection.who_am_i() == ""
