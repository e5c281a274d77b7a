"""SASL binds (RFC 4513 5.2): EXTERNAL and PLAIN, each done in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import ResultCode
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from ldapom.protocol.messages import SaslCredentials
    from ldapom.testing.access import Identity
    from ldapom.testing.handler import Handler


def identity(handler: Handler, how: SaslCredentials) -> Identity:
    """Who a SASL bind makes of the other end.

    Raises:
        ResultError: `AuthMethodNotSupported` or `InvalidCredentials`.
    """
    mechanism = how.mechanism.upper()
    if mechanism not in handler.mechanisms:
        raise refusal(
            ResultCode.authMethodNotSupported,
            f"{how.mechanism} is not offered; {', '.join(handler.mechanisms)} is",
        )
    if mechanism == "EXTERNAL":
        return _external(handler, how.credentials or b"")
    return _plain(handler, how.credentials or b"")


def _external(handler: Handler, credentials: bytes) -> Identity:
    """RFC 4422 appendix A: who the connection itself says it is."""
    found = handler.peer.external
    if found is None or credentials:
        raise refusal(
            ResultCode.invalidCredentials, "no other authorization identity is taken"
        )
    return found


def _plain(handler: Handler, credentials: bytes) -> Identity:
    """RFC 4616: authzid NUL authcid NUL passwd."""
    authzid, *rest = credentials.split(b"\0")
    if len(rest) != 2:  # noqa: PLR2004  # authcid and passwd
        raise refusal(ResultCode.invalidCredentials, "PLAIN has three parts")
    authcid, password = rest
    if authzid not in {b"", authcid}:
        raise refusal(
            ResultCode.invalidCredentials, "no other authorization identity is taken"
        )
    return handler.access.plain(authcid.decode("utf-8", "replace"), password)
