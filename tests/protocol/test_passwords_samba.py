"""Passwords in an Active Directory domain: sub-codes of refusals, and ``unicodePwd``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

import pytest
from attrs import evolve

from ldapom.changes import Replace
from ldapom.errors import (
    AccountConstraint,
    ConstraintViolation,
    InvalidCredentials,
    LocalProtocolError,
    Reason,
    ResultError,
    StrongerAuthRequired,
)
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple
from ldapom.protocol.io.tls import Tls
from tests.protocol.logins import NEW, PASSWORD, as_user, changed, reason
from tests.servers import samba as samba_module
from tests.servers.process import run
from tests.servers.targets import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.pki import Pki
    from tests.servers.samba import Samba

BASE: Final = samba_module.BASE
USERS: Final = f"CN=Users,{BASE}"
#: A span as the domain keeps it: in units of 100 ns, below zero.
DAY: Final = -864_000_000_000
MINUTE: Final = -600_000_000


@pytest.fixture(scope="module")
def running(pki: Pki, _domain: Path) -> Iterator[Samba]:
    """A domain whose rules these tests change as they like."""
    with samba_module.Samba(pki, _domain) as running:
        yield running


@pytest.fixture
def host(running: Samba) -> Server:
    """The domain over TLS."""
    admin = Simple(samba_module.ADMIN, samba_module.ADMIN_PASSWORD)
    tls = Tls(ca_file=str(running.pki.ca_file))
    return Server("samba", running.tls_url, tls, base=BASE, admin=admin)


def user(host: Server, **more: str | bytes) -> str:
    """Add a user and return its DN; the password is set by `set_password`."""
    name = f"u{uuid.uuid4().hex[:16]}"
    dn = f"CN={name},{USERS}"
    values = {"objectClass": "user", "sAMAccountName": name, **more}
    values["userPrincipalName"] = f"{name}@{samba_module.REALM.lower()}"
    with host.connection() as admin:
        admin.add(dn, values)
        assert admin.set_password(dn, PASSWORD) is None
        admin.modify(dn, [Replace("userAccountControl", "512")])
    return dn


CASES: Final = {
    "disabled": ("userAccountControl", b"514", Reason.disabled),
    "account": ("accountExpires", b"131000000000000000", Reason.account_expired),
    "must change": ("pwdLastSet", b"0", Reason.must_change),
    "hours": ("logonHours", bytes(21), Reason.hours),
    "workstation": ("userWorkstations", b"ELSEWHERE", Reason.workstation),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(host: Server, case: str) -> None:
    """The right password is not enough, and the error says why; a wrong one is wrong."""
    attribute, value, expected = CASES[case]
    dn = user(host)
    with host.connection() as admin:
        admin.modify(dn, [Replace(attribute, value)])
        with pytest.raises(InvalidCredentials) as caught:
            admin.authenticate(dn, PASSWORD)
        assert caught.value.reason is expected
        assert not admin.authenticate(dn, "bad")
    assert reason(host, dn) is expected
    assert reason(host, dn, "bad") is Reason.wrong


def test_locked(host: Server) -> None:
    """Wrong until the domain has enough, locked from then on."""
    dn = user(host)
    spans = ("lockoutDuration", "lockOutObservationWindow")
    rules = {"lockoutThreshold": "2", **dict.fromkeys(spans, str(30 * MINUTE))}
    with changed(host, BASE, rules):
        reasons = [reason(host, dn, "bad") for _ in range(3)]
        assert reasons == [Reason.wrong, Reason.wrong, Reason.locked]
        assert reason(host, dn) is Reason.locked


def test_expired(host: Server, running: Samba) -> None:
    """A password that is older than the domain allows."""
    dn = user(host)
    # Samba lets nobody set the time, so it is put where Samba keeps it.
    folder = running.directory / "private" / "sam.ldb.d"
    run(
        *("ldbmodify", "-H", f"tdb://{folder}/{BASE.upper()}.ldb"),
        text=f"dn: {dn}\nchangetype: modify\nreplace: pwdLastSet\n"
        "pwdLastSet: 130000000000000000\n",
    )
    with changed(host, BASE, {"maxPwdAge": str(10 * DAY)}):
        assert reason(host, dn) is Reason.expired
        assert reason(host, dn, "bad") is Reason.wrong


def test_names(host: Server) -> None:
    r"""A user may be named by DN, as ``user@realm``, and as ``DOMAIN\user``."""
    dn = user(host)
    name = dn.partition(",")[0].removeprefix("CN=")
    names = (dn, f"{name}@{samba_module.REALM.lower()}", f"SAMBADOM\\{name}")
    with host.session() as session:
        before = session.connection.bound_as
        for each in names:
            assert session.authenticate(each, PASSWORD), each
            assert not session.authenticate(each, "bad"), each
        assert not session.authenticate("nobody@samba.test", PASSWORD)
        assert session.connection.bound_as is before


def test_change(host: Server) -> None:
    """One call as everywhere: a Delete and an Add of the quoted text in one Modify."""
    dn = user(host)
    with as_user(host, dn) as connection:
        assert connection.change_password(dn, PASSWORD, "Grüße-€-🎉") is None
        assert connection.authenticate(dn, "Grüße-€-🎉")
        with pytest.raises(InvalidCredentials) as caught:
            connection.change_password(dn, PASSWORD, NEW)
        assert caught.value.reason is Reason.wrong
        assert isinstance(caught.value, AccountConstraint)


@pytest.mark.parametrize(
    ("rules", "new", "expected"),
    [
        ({"minPwdLength": "7"}, "aB1!", Reason.too_short),
        ({"pwdProperties": "1"}, "aaaaaaaaaaaa", Reason.insufficient_quality),
        ({"pwdHistoryLength": "5"}, PASSWORD, Reason.in_history),
        ({"minPwdAge": str(DAY)}, NEW, Reason.too_young),
    ],
)
def test_rules(host: Server, rules: dict[str, str], new: str, expected: Reason) -> None:
    """What is wrong with a new password is told."""
    dn = user(host)
    with changed(host, BASE, rules), as_user(host, dn) as connection:
        with pytest.raises(ConstraintViolation) as caught:
            connection.change_password(dn, PASSWORD, new)
        assert caught.value.reason is expected
        assert not isinstance(caught.value, InvalidCredentials)
        assert connection.authenticate(dn, PASSWORD)


def test_a_user_may_not_reset(host: Server) -> None:
    """Setting without the old one is for administrators."""
    dn = user(host)
    with (
        as_user(host, dn) as connection,
        pytest.raises(ResultError, match="insufficient"),
    ):
        connection.set_password(dn, NEW)


def test_nothing_is_made_up(host: Server) -> None:
    """Active Directory has no such operation; the error says so."""
    with (
        host.connection() as connection,
        pytest.raises(LocalProtocolError, match="makes up no passwords"),
    ):
        connection.set_password(f"CN=x,{USERS}")


def test_start_tls(host: Server, running: Samba) -> None:
    """As good as ldaps."""
    dn = user(host)
    with evolve(host, target=running.url).connection(start_tls=True) as connection:
        connection.set_password(dn, NEW)
        assert connection.authenticate(dn, NEW)


def test_stronger_auth(samba_strong: Samba) -> None:
    """A clear simple bind is refused; the error names the ways, not the password."""
    who = Simple(samba_module.ADMIN, samba_module.ADMIN_PASSWORD)
    with (
        pytest.raises(
            StrongerAuthRequired, match=r"start_tls=True.*Kerberos"
        ) as caught,
        Connection(samba_strong.url, who),
    ):
        pytest.fail("let in")
    assert caught.value.reason is None
