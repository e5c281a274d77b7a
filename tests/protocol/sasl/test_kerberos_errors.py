"""What goes wrong with Kerberos: each thing by its code, by its words, and its remedy."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import (
    ClockSkew,
    ConnectError,
    InvalidCredentials,
    LDAPError,
    LocalProtocolError,
    Reason,
    RemoteProtocolError,
)
from ldapom.protocol.sasl.kerberos_errors import BASE, Failure, Request

SERVICE: Final = "ldap/ldap.example.com"
BY_TICKET: Final = Request("ada@EXAMPLE.COM", SERVICE)
BY_KEYTAB: Final = Request("ada@EXAMPLE.COM", SERVICE, keytab="/etc/ada.keytab")
BY_CACHE: Final = Request(None, SERVICE, ccache="FILE:/tmp/ada")
BY_PASSWORD: Final = Request("ada@EXAMPLE.COM", SERVICE, password=True)

#: Code, words of MIT Kerberos 1.20, class, what the message must name, other ways in.
LOCAL: Final = {
    "user": (
        *(6, "Client 'ada@EXAMPLE.COM' not found in Kerberos database"),
        *(LocalProtocolError, "name", True),
    ),
    "service": (
        *(7, "Server ldap/x@EXAMPLE.COM not found in Kerberos database"),
        *(LocalProtocolError, "host=", True),
    ),
    "expired": (32, "Ticket expired", LocalProtocolError, "kinit ada", True),
    "skew": (37, "Clock skew too great", ClockSkew, "clocks", True),
    "realm": (
        *(154, 'Cannot find KDC for realm "NIX"', ConnectError, "krb5.conf", True),
    ),
    "down": (
        *(156, "Cannot contact any KDC for realm 'NIX'", ConnectError, "run", True),
    ),
    "default realm": (
        *(224, "Configuration file does not specify default realm"),
        *(LocalProtocolError, "user@REALM", True),
    ),
}


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("signed", [True, False])
def test_each_failure_by_its_code(name: str, *, signed: bool) -> None:
    """The number decides, as the library gives it or as 32 bits without a sign."""
    code, words, kind, remedy, _ = LOCAL[name]
    minor = BASE + code if signed else (BASE + code) % (1 << 32)
    error = Failure(minor, "?").error(BY_TICKET)
    assert type(error) is kind
    assert remedy in str(error)
    assert words not in str(error)


@pytest.mark.parametrize("name", LOCAL)
def test_each_failure_by_its_words(name: str) -> None:
    """Inside SPNEGO the numbers are others; the words stay, and are shown."""
    _, words, kind, remedy, no_ticket = LOCAL[name]
    failure = Failure(100_006, words, no_credentials=True)
    error = failure.error(BY_TICKET)
    assert failure.trouble.no_ticket is no_ticket
    assert type(error) is kind
    assert remedy in str(error)
    assert words in str(error)
    assert SERVICE in str(error)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1, Reason.account_expired),
        (18, Reason.restricted),
        (23, Reason.expired),
        (24, Reason.wrong),
        (31, Reason.wrong),
    ],
)
def test_a_refused_password_is_what_it_is_elsewhere(code: int, reason: Reason) -> None:
    """The KDC's word counts as a server's, and no other way in may be tried."""
    failure = Failure(BASE + code, "refused", no_credentials=True)
    error = failure.error(BY_PASSWORD)
    assert isinstance(error, InvalidCredentials)
    assert error.reason is reason
    assert not failure.trouble.no_ticket


def test_an_old_keytab_is_no_wrong_password() -> None:
    """Nobody has typed one; the keytab is named."""
    failure = Failure(BASE + 31, "Decrypt integrity check failed")
    error = failure.error(BY_KEYTAB)
    assert type(error) is LocalProtocolError
    assert "is /etc/ada.keytab older" in str(error)


@pytest.mark.parametrize(
    ("request_", "remedy"),
    [
        (BY_TICKET, "run kinit ada@EXAMPLE.COM, or give keytab="),
        (BY_KEYTAB, "can /etc/ada.keytab be read, and does it have a key of ada@"),
        (BY_CACHE, "run kinit -c FILE:/tmp/ada, or give keytab="),
    ],
)
def test_without_a_ticket_the_way_to_one_is_told(
    request_: Request, remedy: str
) -> None:
    """Whatever the library calls it, as long as it says that there are none."""
    failure = Failure(39756032, "something of the library", no_credentials=True)
    error = failure.error(request_)
    assert type(error) is LocalProtocolError
    assert remedy in str(error)
    assert failure.trouble.no_ticket


@pytest.mark.parametrize(
    ("code", "kind", "remedy"),
    [
        (31, RemoteProtocolError, "keytab"),
        (32, RemoteProtocolError, "kinit"),
        (37, ClockSkew, "clocks"),
        (44, RemoteProtocolError, "keytab"),
        (45, RemoteProtocolError, "keytab"),
        (99, RemoteProtocolError, "some words"),
    ],
)
def test_a_server_that_does_not_prove_itself(
    code: int, kind: type[LDAPError], remedy: str
) -> None:
    """It is named, and what it should look after."""
    error = Failure(BASE + code, "some words").error_of_server(BY_TICKET)
    assert type(error) is kind
    assert remedy in str(error)
    assert f"did not prove to be {SERVICE}" in str(error)


@given(minor=st.integers(0, (1 << 32) - 1), text=st.text(max_size=20), no=st.booleans())
def test_every_failure_is_an_error_of_ours(*, minor: int, text: str, no: bool) -> None:
    """Whatever the library says, it is shown, and braces in it mean nothing."""
    failure = Failure(minor, "{ticket} {" + text, no_credentials=no)
    for error in (failure.error(BY_TICKET), failure.error_of_server(BY_TICKET)):
        assert isinstance(error, LDAPError)
        assert "{ticket} {" in str(error)
