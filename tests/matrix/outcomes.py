"""What each cell of the matrix is to come to: the bind works, or is refused so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from ldapom.errors import (
    AuthMethodNotSupported,
    ConnectionLost,
    InappropriateAuthentication,
    InvalidCredentials,
    LocalProtocolError,
    StrongerAuthRequired,
)
from tests.matrix.logins import LOGINS
from tests.matrix.places import WAYS

if TYPE_CHECKING:
    from ldapom.errors import LDAPError
    from tests.matrix.places import Way


@frozen
class Works:
    """The bind works, and so does what follows.

    Attributes:
        layer: What protects the connection beside TLS; None is nothing.
        reads: Whether whoever it is may read the entries.
    """

    layer: str | None = None
    reads: bool = True


@frozen
class Refused:
    """The bind is refused, by one side or the other.

    Attributes:
        error: What is raised.
        says: What it says, or a note of it does.
        mark: How the table calls it.
        why: The sentence below the table.
    """

    error: type[LDAPError]
    says: str
    mark: str
    why: str


Outcome: TypeAlias = Works | Refused
Row: TypeAlias = tuple[Outcome, Outcome, Outcome, Outcome]

WORKS: Final = Works()
SEALED: Final = Works("Kerberos, sealed")
SIGNED: Final = Works("Kerberos, signed")
DIGEST: Final = Works("DIGEST-MD5, signed")
NTLM: Final = Works("NTLM, sealed")
NOBODY: Final = Works(reads=False)

NOT_LISTED: Final = Refused(
    LocalProtocolError,
    "does not offer",
    "not listed",
    "`LocalProtocolError`: the server's list of mechanisms is read first, and this one "
    "is not in it; nothing secret was sent. The error lists what is offered.",
)
UNKNOWN: Final = Refused(
    AuthMethodNotSupported,
    "does not offer",
    "not offered",
    "`AuthMethodNotSupported`: the server refused the first message, in which there is "
    "no secret. A note of the error lists what is offered.",
)
WANTS_TLS: Final = Refused(
    LocalProtocolError,
    "binds to TLS: use ldaps:// or start_tls=True",
    "wants TLS",
    "`LocalProtocolError`: channel binding is to TLS, and there is none; nothing was "
    "sent.",
)
NO_PEER: Final = Refused(
    InappropriateAuthentication,
    "a client certificate",
    "wants a certificate",
    "`InappropriateAuthentication`: nothing below says who we are; use TLS with a "
    "client certificate, or `ldapi://`.",
)
NOT_IN_CLEAR: Final = Refused(
    StrongerAuthRequired,
    "use ldaps:// or start_tls=True",
    "TLS only",
    "`StrongerAuthRequired`: the server takes passwords inside TLS alone. This one was "
    "sent by then, which is done in clear to this very machine alone.",
)
NOT_BOTH: Final = Refused(
    StrongerAuthRequired,
    "without TLS",
    "wants no TLS",
    "`StrongerAuthRequired`: `ldap server require strong auth = yes` wants SASL to "
    "sign, and inside TLS nothing signs (Windows itself takes it there). Use `ldap://` "
    "without StartTLS, where it is sealed.",
)
NO_TICKETS: Final = Refused(
    InvalidCredentials,
    "only NTLM is spoken here",
    "no Kerberos",
    "`InvalidCredentials`: GSS-SPNEGO is there, and has NTLM alone in it.",
)
HANGS_UP: Final = Refused(
    ConnectionLost,
    "leave sicily=True out",
    "hangs up",
    "`ConnectionLost`: Samba can not decode Sicily and closes the connection; a note "
    "of the error says what to leave out.",
)


def _all(outcome: Outcome) -> Row:
    return (outcome, outcome, outcome, outcome)


def _clear(outcome: Outcome, private: Outcome = WORKS) -> Row:
    """One outcome without TLS, another inside."""
    return (outcome, private, private, outcome)


_PASSWORDS: Final[dict[str, Row]] = {
    "Anonymous": _all(WORKS),
    "Simple": _all(WORKS),
    "PLAIN": _all(WORKS),
    "DIGEST-MD5": _clear(DIGEST),
    "SCRAM-SHA-1": _all(WORKS),
    "SCRAM-SHA-256": _all(WORKS),
    "SCRAM-SHA-512": _all(WORKS),
}
#: Cyrus SASL, in OpenLDAP and 389 DS.
_CYRUS: Final[dict[str, Row]] = {
    **_PASSWORDS,
    "GSSAPI": _clear(SEALED),
    "GSSAPI, signed": _clear(SIGNED),
    "GSS-SPNEGO, Kerberos": _clear(SEALED),
    # NTLM inside of GSS-SPNEGO is refused, and taken by itself.
    "GSS-SPNEGO, NTLM": _all(WORKS),
    "NTLM": _all(WORKS),
}
#: What the mechanism binds to is not there, or it is not known.
_NO_BINDING: Final = _clear(WANTS_TLS, NOT_LISTED)
#: Samba has none of them. Inside TLS SCRAM looks for channel binding first.
_NOT_IN_SAMBA: Final[dict[str, Row]] = {
    "Anonymous": _all(NOBODY),
    "EXTERNAL": _all(UNKNOWN),
    "PLAIN": _all(NOT_LISTED),
    "DIGEST-MD5": _all(UNKNOWN),
    **{f"SCRAM-SHA-{n}": _clear(UNKNOWN, NOT_LISTED) for n in ("1", "256", "512")},
    "SCRAM-SHA-256-PLUS": _NO_BINDING,
    "Sicily": _all(HANGS_UP),
}

OUTCOMES: Final[dict[str, dict[str, Row]]] = {
    "OpenLDAP": {
        **_CYRUS,
        "EXTERNAL": (UNKNOWN, WORKS, WORKS, WORKS),
        "SCRAM-SHA-256-PLUS": _clear(WANTS_TLS),
        "Sicily": _all(UNKNOWN),
    },
    "389 DS": {
        **_CYRUS,
        "EXTERNAL": (NO_PEER, WORKS, WORKS, WORKS),
        "SCRAM-SHA-256-PLUS": _NO_BINDING,
        "Sicily": _all(UNKNOWN),
    },
    "Samba AD": {
        **_NOT_IN_SAMBA,
        "Simple": _all(WORKS),
        "GSSAPI": _clear(SEALED),
        "GSSAPI, signed": _clear(SIGNED),
        "GSS-SPNEGO, Kerberos": _clear(SEALED),
        "GSS-SPNEGO, NTLM": _clear(NTLM),
        "NTLM": _clear(NTLM),
    },
    "Samba AD, strong": {
        **_NOT_IN_SAMBA,
        "Simple": _clear(NOT_IN_CLEAR),
        "GSSAPI": _clear(SEALED, NOT_BOTH),
        "GSSAPI, signed": _clear(SIGNED, NOT_BOTH),
        "GSS-SPNEGO, Kerberos": _clear(SEALED, NOT_BOTH),
        "GSS-SPNEGO, NTLM": _clear(NTLM, NOT_BOTH),
        "NTLM": _clear(NTLM, NOT_BOTH),
    },
    "The directory in the box": {
        **_PASSWORDS,
        "EXTERNAL": (UNKNOWN, WORKS, WORKS, WORKS),
        "SCRAM-SHA-256-PLUS": _clear(WANTS_TLS),
        "GSSAPI": _all(UNKNOWN),
        "GSSAPI, signed": _all(UNKNOWN),
        "GSS-SPNEGO, Kerberos": _all(NO_TICKETS),
        "GSS-SPNEGO, NTLM": _clear(NTLM),
        "NTLM": _clear(NTLM),
        "Sicily": _clear(NTLM),
    },
}

#: Server, login, transport, outcome: each is a test.
CELLS: Final[list[tuple[str, str, Way, Outcome]]] = [
    (server, login, way, outcome)
    for server, rows in OUTCOMES.items()
    for login in LOGINS
    for way, outcome in zip(WAYS, rows[login], strict=True)
]
