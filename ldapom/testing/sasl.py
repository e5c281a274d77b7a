"""SASL binds (RFC 4513 5.2) and Sicily's: which exchange answers, and how far it is.

An exchange is one run of a mechanism: tokens in, challenges out, until it is `Done` or
raises. A mechanism is a row of `MECHANISMS`; those with more than one step have files
of their own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

from attrs import frozen

from ldapom.errors import RemoteProtocolError, ResultCode
from ldapom.protocol import messages as m
from ldapom.protocol.sasl.scram import PLUS
from ldapom.testing.checks import refusal
from ldapom.testing.sasl_digest import DigestExchange
from ldapom.testing.sasl_ntlm import BareNtlm, NegotiatedNtlm, SicilyNtlm
from ldapom.testing.sasl_scram import SCRAM, ScramExchange
from ldapom.testing.sasl_steps import Challenge, Done

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.layers import Layer
    from ldapom.testing.handler import Handler


class Exchange(Protocol):
    """One run of a mechanism."""

    def step(self, token: bytes | None) -> Challenge | Done:
        """Take the client's next token.

        Raises:
            ResultError: The client is not who it says.
            RemoteProtocolError: The token makes no sense.
        """
        ...


Start: TypeAlias = "Callable[[Handler], Exchange]"


@frozen
class _External:
    """RFC 4422 appendix A: who the connection itself says it is."""

    handler: Handler

    def step(self, token: bytes | None) -> Done:
        """Accept that, and no other authorization identity."""
        found = self.handler.peer.external
        if found is None or token:
            raise _no_other()
        return Done(found)


@frozen
class _Plain:
    """RFC 4616: authzid NUL authcid NUL passwd."""

    handler: Handler

    def step(self, token: bytes | None) -> Done:
        """Check the password."""
        authzid, *rest = (token or b"").split(b"\0")
        if len(rest) != 2:  # noqa: PLR2004  # authcid and passwd
            raise refusal(ResultCode.invalidCredentials, "PLAIN has three parts")
        authcid, password = rest
        if authzid not in {b"", authcid}:
            raise _no_other()
        access = self.handler.access
        return Done(access.plain(authcid.decode("utf-8", "replace"), password))


def _no_other() -> Exception:
    return refusal(
        ResultCode.invalidCredentials, "no other authorization identity is taken"
    )


#: In the order they are offered; EXTERNAL where the connection says who it is, channel
#: binding where there is one.
MECHANISMS: dict[str, Start] = {
    "EXTERNAL": _External,
    **{name: partial(ScramExchange, name) for name in SCRAM},
    "DIGEST-MD5": DigestExchange,
    "GSS-SPNEGO": NegotiatedNtlm,
    "NTLM": BareNtlm,
    "PLAIN": _Plain,
}


class Logins:
    """The SASL and Sicily binds of one connection.

    Args:
        handler: Whose identity they make.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._name = ""
        self._exchange: Exchange | None = None
        self._layer: Layer | None = None

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms this connection can use."""
        peer = self._handler.peer
        return tuple(
            name
            for name in MECHANISMS
            if (peer.external or name != "EXTERNAL")
            and (peer.end_point or not name.endswith(PLUS))
        )

    def forget(self) -> None:
        """Give up on a bind that was not ended (RFC 4513 5.2.1.2)."""
        self._exchange = None
        self._layer = None

    def take_layer(self) -> Layer | None:
        """The layer that the last bind negotiated, once; None is none."""
        layer, self._layer = self._layer, None
        return layer

    def sasl(self, how: m.SaslCredentials) -> m.BindResponse:
        """Answer one step of a SASL bind.

        Raises:
            ResultError: `AuthMethodNotSupported` or `InvalidCredentials`.
        """
        name = how.mechanism.upper()
        if name not in self.mechanisms:
            raise refusal(
                ResultCode.authMethodNotSupported,
                f"{how.mechanism} is not offered; {', '.join(self.mechanisms)} is",
            )
        if self._exchange is None or self._name != name:
            self._begin(name, MECHANISMS[name])
        found = self._step(how.credentials)
        if isinstance(found, Challenge):
            return m.BindResponse(
                ResultCode.saslBindInProgress, server_sasl_creds=found.token
            )
        return m.BindResponse(server_sasl_creds=found.final)

    def sicily(self, how: m.SicilyAuthentication) -> m.BindResponse:
        """Answer one leg of a Sicily bind (MS-ADTS 5.1.1.1.3).

        Raises:
            ResultError: `InvalidCredentials`.
        """
        if how.choice is m.SicilyChoice.package_discovery:
            self.forget()
            return m.BindResponse(matched_dn="NTLM")
        if how.choice is m.SicilyChoice.negotiate:
            self._begin("Sicily", SicilyNtlm)
        elif self._exchange is None or self._name != "Sicily":
            raise refusal(ResultCode.invalidCredentials, "no Sicily bind has begun")
        found = self._step(how.token)
        if isinstance(found, Challenge):
            text = found.token.decode("utf-8", "surrogateescape")
            return m.BindResponse(matched_dn=text)
        return m.BindResponse()

    def _begin(self, name: str, start: Start) -> None:
        self._name = name
        self._exchange = start(self._handler)

    def _step(self, token: bytes | None) -> Challenge | Done:
        exchange, self._exchange = self._exchange, None
        assert exchange is not None  # noqa: S101  # begun, or going on
        try:
            found = exchange.step(token)
        except RemoteProtocolError as error:
            raise refusal(ResultCode.invalidCredentials, str(error)) from error
        if isinstance(found, Challenge):
            self._exchange = exchange
        else:
            self._handler.identity = found.identity
            self._layer = found.layer
        return found
