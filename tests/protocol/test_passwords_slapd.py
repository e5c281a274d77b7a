"""Passwords in OpenLDAP: the overlay ``ppolicy``, by the control of the draft."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from ldapom.errors import (
    ConfidentialityRequired,
    InsufficientAccessRights,
    InvalidCredentials,
    NoSuchObject,
    Reason,
    ResultError,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Anonymous, Simple
from ldapom.protocol.io.tls import Tls
from tests.protocol.logins import NEW, PASSWORD, as_user, reason
from tests.servers import slapd as slapd_module
from tests.servers.policies import policed
from tests.servers.targets import Server

if TYPE_CHECKING:
    from tests.servers.pki import Pki
    from tests.servers.slapd import Slapd


@pytest.fixture
def host(slapd_sasl: Slapd) -> Server:
    """OpenLDAP with password policies, over TLS."""
    manager = Simple(slapd_module.MANAGER_DN, slapd_module.MANAGER_PASSWORD)
    return Server(
        "slapd",
        slapd_sasl.tls_url,
        Tls(ca_file=str(slapd_sasl.pki.ca_file)),
        admin=manager,
    )


@pytest.mark.parametrize(
    ("kind", "expected"), [("locked", Reason.locked), ("expired", Reason.expired)]
)
def test_refused(host: Server, slapd_sasl: Slapd, kind: str, expected: Reason) -> None:
    """The right password is not enough, and the error says why."""
    dn = policed(slapd_sasl, kind)
    assert reason(host, dn, "secret") is expected
    with (
        host.connection(Anonymous()) as connection,
        pytest.raises(InvalidCredentials) as caught,
    ):
        connection.authenticate(dn, "secret")
    assert caught.value.reason is expected


def test_locked_by_failures(host: Server, slapd_sasl: Slapd) -> None:
    """Wrong until the policy has enough, locked from then on."""
    dn = policed(slapd_sasl)
    reasons = [reason(host, dn, "bad") for _ in range(4)]
    assert reasons[0] is Reason.wrong
    assert reasons[-1] is Reason.locked
    assert reason(host, dn, "secret") is Reason.locked


def test_good(host: Server, slapd_sasl: Slapd) -> None:
    """A good password has nothing to be told; who was told once is so no more."""
    expiring = policed(slapd_sasl, "expiring")
    with as_user(host, policed(slapd_sasl), "secret") as connection:
        policy = connection.password_policy
        assert policy is not None
        assert (policy.expires_in, policy.must_change) == (None, False)
        connection.rebind(Simple(expiring, "secret"))
        assert connection.password_policy != policy
        connection.rebind(Anonymous())
        assert connection.password_policy is None


def test_expiring(host: Server, slapd_sasl: Slapd) -> None:
    """The time that is left is told."""
    with as_user(host, policed(slapd_sasl, "expiring"), "secret") as connection:
        policy = connection.password_policy
        assert policy is not None
        assert policy.expires_in is not None
        assert timedelta() < policy.expires_in <= timedelta(hours=1)
    assert connection.password_policy is None


def test_grace(host: Server, slapd_sasl: Slapd) -> None:
    """Each bind with an expired password uses up one of those that are left."""
    dn = policed(slapd_sasl, "grace")
    left = []
    for _ in range(2):
        with as_user(host, dn, "secret") as connection:
            assert connection.password_policy is not None
            left.append(connection.password_policy.grace_logins_left)
    assert left == [1, 0]
    assert reason(host, dn, "secret") is Reason.expired


def test_must_change(host: Server, slapd_sasl: Slapd) -> None:
    """The bind succeeds and says so; all else is refused until it is done."""
    dn = policed(slapd_sasl, "must-change")
    with as_user(host, dn, "secret") as connection:
        assert connection.password_policy is not None
        assert connection.password_policy.must_change
        with pytest.raises(InsufficientAccessRights) as refusal:
            connection.compare(dn, "cn", "x")
        assert refusal.value.reason is Reason.must_change
        with pytest.raises(InvalidCredentials) as caught:
            connection.authenticate(dn, "secret")
        assert caught.value.reason is Reason.must_change
        connection.change_password(dn, "secret", NEW)
        assert connection.password_policy is None
        assert not connection.compare(dn, "cn", "x")
        assert connection.authenticate(dn, NEW)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("secret", "short", Reason.too_short),
        (PASSWORD, PASSWORD, Reason.in_history),
        ("bad", NEW, Reason.wrong),
    ],
)
def test_change(
    host: Server,
    slapd_sasl: Slapd,
    old: str,
    new: str,
    expected: Reason,
) -> None:
    """What is wrong with a change is told; then nothing was changed."""
    dn = policed(slapd_sasl)
    current = "secret"
    with as_user(host, dn, current) as connection:
        if old == PASSWORD:
            connection.change_password(dn, current, PASSWORD)
            current = PASSWORD
        with pytest.raises(ResultError) as caught:
            connection.change_password(dn, old, new)
        assert caught.value.reason is expected
        assert isinstance(caught.value, InvalidCredentials) is (old == "bad")
        assert connection.authenticate(dn, current)


def test_reset(host: Server, slapd_sasl: Slapd) -> None:
    """A policy may want users to change what an administrator has set."""
    dn = policed(slapd_sasl)
    with host.connection() as admin:
        assert admin.set_password(dn, NEW) is None
        with pytest.raises(InvalidCredentials) as caught:
            admin.authenticate(dn, NEW)
        assert caught.value.reason is Reason.must_change
        assert not admin.authenticate(dn, "bad")


def test_generated(host: Server, slapd_sasl: Slapd) -> None:
    """The server can make a password up; both calls return it."""
    dn = policed(slapd_sasl, "expired")
    with host.connection() as admin:
        made = admin.set_password(dn)
        assert made is not None
        assert admin.authenticate(dn, made)
    with as_user(host, dn, made) as connection:
        again = connection.change_password(dn, made)
        assert again is not None
        assert again != made
        assert connection.authenticate(dn, again)


def test_session(host: Server, slapd_sasl: Slapd) -> None:
    """A session does the same and stays who it is."""
    dn = policed(slapd_sasl, "expired")
    with host.session() as session:
        before = session.who_am_i()
        assert session.set_password(dn, NEW) is None
        assert session.authenticate(dn, NEW)
        assert not session.authenticate(dn, "bad")
        assert not session.authenticate(dn, "")
        assert not session.authenticate(f"uid=nobody-{uuid.uuid4()},{dn}", "x")
        assert session.change_password(dn, NEW, PASSWORD) is None
        assert session.authenticate(dn, PASSWORD)
        assert session.who_am_i() == before
        with pytest.raises(NoSuchObject):
            session.set_password(f"uid=nobody,{dn}", NEW)


def test_start_tls(host: Server, slapd_sasl: Slapd) -> None:
    """As good as ldaps; the settings go for the check's own connection too."""
    dn = policed(slapd_sasl, "expired")
    clear = evolve(host, target=slapd_sasl.url)
    with clear.connection(start_tls=True) as connection:
        connection.set_password(dn, NEW)
        assert connection.authenticate(dn, NEW)


def test_confidentiality(pki: Pki) -> None:
    """A server that wants TLS says so; the remedy is in the error."""
    options = slapd_module.Options(require=("security tls=1",))
    with slapd_module.Slapd(pki, options) as strict:
        who = Simple(slapd_module.MANAGER_DN, slapd_module.MANAGER_PASSWORD)
        with (
            pytest.raises(ConfidentialityRequired, match=r"start_tls=True"),
            Connection(strict.url, who),
        ):
            pytest.fail("let in")
