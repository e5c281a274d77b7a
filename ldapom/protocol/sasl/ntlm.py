"""NTLMv2 as a way to bind: inside GSS-SPNEGO, as the mechanism NTLM, and in Sicily.

1. On a clear connection everything after the bind is signed and sealed. Inside TLS
   there is no layer; the channel binding goes along.
2. Without TLS and without a layer NTLM runs only where the connection may expose
   what passwords can be guessed from; else nothing of the user is sent.
3. NTLM proves the server to us only by what it signs: the list of mechanisms in
   SPNEGO, and each buffer of a layer. Inside TLS its certificate does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import DecodeError, RemoteProtocolError
from ldapom.protocol.sasl import _negotiation as spnego
from ldapom.protocol.sasl._ntlm_client import Account, Chance, NtlmClient, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.layers import Layer
    from ldapom.protocol.sasl import Surroundings
    from ldapom.protocol.sasl._ntlm_session import Session


class NtlmExchange:
    """NTLM's messages, one a leg.

    Args:
        account: Who it is.
        around: What is known of the connection.
        now: Seconds since 1970, for servers that do not tell their own time.
        chance: Makes what has to be unpredictable; tests give their own.
    """

    name: str = "NTLM"
    look_first: bool = False
    blocks: bool = False
    #: Whether the way to bind has room for a security layer.
    layered = True

    def __init__(
        self,
        account: Account,
        around: Surroundings,
        *,
        now: float = 0.0,
        chance: Callable[[], Chance] = Chance,
    ) -> None:
        self._around = around
        wishes = Wishes(
            target=f"ldap/{around.host}" if around.host else "",
            layer=self.layered and not around.protected,
            demanded=not around.may_expose,
            end_point=around.end_point,
            now=now,
        )
        self._client = NtlmClient(account, wishes, chance)
        self._legs = 0

    def step(self, challenge: bytes | None) -> bytes | None:
        """The response to a challenge; the first call gets None.

        Raises:
            LocalProtocolError: The proof would be open to whoever is on the way.
            RemoteProtocolError: The challenge makes no sense at this point.
        """
        self._legs += 1
        if self._legs == 1:
            if not self.layered:
                self._around.check_guessable(self.name)
            return self._begin(self._client.negotiate())
        if self._legs > 2 or not challenge:  # noqa: PLR2004  # two messages are ours
            raise RemoteProtocolError(f"{self.name}: a challenge is not due here")
        return self._prove(challenge)

    def _begin(self, message: bytes) -> bytes:
        return message

    def _prove(self, challenge: bytes) -> bytes:
        return self._client.authenticate(challenge)

    def finish(self, final: bytes | None) -> None:
        """Accept the end, if it is one.

        Raises:
            RemoteProtocolError: The server did not ask for the proof.
        """
        self._established()
        if final:
            raise RemoteProtocolError(f"{self.name}: more came than was due")

    def _established(self) -> Session:
        session = self._client.session
        if session is None:
            raise RemoteProtocolError(
                f"{self.name}: the server says success and never asked for a proof"
            )
        return session

    @property
    def proved(self) -> bool:
        """Whether anything that depends on the password is sent."""
        return self._client.session is not None

    @property
    def layer(self) -> Layer | None:
        """What protects everything after a successful bind; None is nothing."""
        session = self._client.session
        if session is None or not self.layered:
            return None
        return session.layer(self._around.max_size)


class BareNtlmMechanism(NtlmExchange):
    """The mechanism NTLM of OpenLDAP's and 389's SASL library; it has no layer."""

    layered = False


class SicilyMechanism(NtlmExchange):
    """Active Directory's own bind (MS-ADTS 5.1.1.1.3); `flows.sicily` carries it."""

    name: str = "Sicily"


class NtlmMechanism(NtlmExchange):
    """NTLM inside GSS-SPNEGO (RFC 4178), which offers nothing but NTLM."""

    name: str = "GSS-SPNEGO"
    _mechanisms = spnego.mechanism_list(spnego.NTLM)

    def _begin(self, message: bytes) -> bytes:
        return spnego.Proposal(self._mechanisms, message).pack()

    def _prove(self, challenge: bytes) -> bytes:
        answer = self._read(challenge)
        if answer.token is None:
            raise RemoteProtocolError("GSS-SPNEGO: the server sent no challenge")
        proof = self._client.authenticate(answer.token)
        session = self._established()
        # MS-SPNG 3.2.5.1: a proof with a MIC goes with a signature of the list.
        mic = session.outgoing.sign(self._mechanisms)
        session.outgoing.restart()
        return spnego.Answer(token=proof, mic=mic).pack()

    def finish(self, final: bytes | None) -> None:
        """Check the server's signature of the list of mechanisms.

        Raises:
            RemoteProtocolError: It is missing or wrong, where one was due.
        """
        session = self._established()
        mic = self._read(final).mic if final else None
        if not session.signs:
            return
        if mic is None:
            raise RemoteProtocolError(
                "GSS-SPNEGO: the server did not prove that it knows the user"
            )
        session.incoming.check(self._mechanisms, mic)
        session.incoming.restart()

    def _read(self, token: bytes) -> spnego.Answer:
        try:
            answer = spnego.Answer.unpack(token)
        except DecodeError as error:
            raise RemoteProtocolError(f"GSS-SPNEGO: {error}") from None
        if answer.mechanism not in {None, spnego.NTLM}:
            raise RemoteProtocolError(
                "GSS-SPNEGO: the server chose a mechanism that was not offered"
            )
        if answer.state is spnego.State.reject:
            raise RemoteProtocolError("GSS-SPNEGO: the server takes no NTLM")
        return answer
