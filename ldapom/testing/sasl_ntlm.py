"""NTLMv2 as Active Directory has it: the server's half of three ways to bind.

1. NTLMv1, LMv2 and a proof without a MIC are refused.
2. On a clear connection what the client asks for is signed and sealed. Inside TLS that
   is refused, and a channel binding has to be the right one, where that is known.
3. A user needs a password that is known in clear; see `Access.secret_of`.
"""

from __future__ import annotations

import hmac
import secrets
import time
from typing import TYPE_CHECKING, ClassVar

from ldapom.errors import RemoteProtocolError, ResultCode
from ldapom.protocol.sasl import _negotiation as spnego
from ldapom.protocol.sasl._ntlm_client import (
    file_time,
    hashed_binding,
    mic_of,
    prove,
)
from ldapom.protocol.sasl._ntlm_crypto import nt_hash, rc4, response_key
from ldapom.protocol.sasl._ntlm_messages import (
    AV_FLAG_MIC,
    SIGNATURE,
    Authenticate,
    AvId,
    Challenge,
    Flag,
    Negotiate,
    Pairs,
    read_pairs,
)
from ldapom.protocol.sasl._ntlm_session import Session
from ldapom.secrets import Secret
from ldapom.testing import sasl_steps
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from ldapom.testing.access import Identity
    from ldapom.testing.handler import Handler

#: What the server can do beside what it always does.
_OPTIONAL = (
    Flag.sign
    | Flag.seal
    | Flag.always_sign
    | Flag.key_exchange
    | Flag.key_128
    | Flag.key_56
    | Flag.extended_session_security
    | Flag.version
)
_ALWAYS = Flag.unicode | Flag.ntlm | Flag.target_info | Flag.target_type_domain
#: In the NTLMv2 response: the proof, and where time, chance and names begin.
_PROOF, _PAIRS_AT = 16, 44
#: MS-NLMP 2.2.2.1: no binding.
_UNBOUND = bytes(16)
_MAX_BUFFER = 0xFFFFFF


class BareNtlm:
    """The mechanism NTLM; it has no layer.

    Args:
        handler: Whose users they are.
    """

    layered: ClassVar[bool] = False

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._negotiate = b""
        self._challenge: Challenge | None = None

    def step(self, token: bytes | None) -> sasl_steps.Challenge | sasl_steps.Done:
        """Take the client's next message.

        Raises:
            ResultError: The client is not who it says.
            RemoteProtocolError: The message makes no sense.
        """
        if self._challenge is None:
            return sasl_steps.Challenge(self.challenge(token or b""))
        identity, session = self.check(token or b"")
        layer = session.layer(_MAX_BUFFER) if self.layered else None
        return sasl_steps.Done(identity, layer=layer)

    def challenge(self, token: bytes) -> bytes:
        """The CHALLENGE_MESSAGE for a NEGOTIATE_MESSAGE."""
        asked = Negotiate.unpack(token).flags
        able = _OPTIONAL if self.layered else _OPTIONAL & ~(Flag.sign | Flag.seal)
        self._negotiate = token
        self._challenge = Challenge(
            int(asked & able | _ALWAYS),
            secrets.token_bytes(8),
            self._domain,
            self._names(),
        )
        return self._challenge.pack()

    @property
    def _domain(self) -> str:
        """The first name of the first suffix, as NetBIOS has names."""
        suffix = self._handler.store.suffixes[0]
        return suffix.split(",")[0].partition("=")[2].upper()[:15]

    def _names(self) -> Pairs:
        return (
            (AvId.domain_name, self._domain.encode("utf-16-le")),
            (AvId.computer_name, "BOX".encode("utf-16-le")),
            (AvId.timestamp, file_time(time.time())),
        )

    def check(self, token: bytes) -> tuple[Identity, Session]:
        """Check an AUTHENTICATE_MESSAGE.

        Raises:
            ResultError: `InvalidCredentials`, or `UnwillingToPerform` for a layer
                inside TLS.
        """
        message = Authenticate.unpack(token)
        challenge = self._challenge
        assert challenge is not None  # noqa: S101  # the first step makes it
        if message.flags & ~challenge.flags & _OPTIONAL:
            raise RemoteProtocolError("NTLM: the client does more than was agreed")
        found = self._handler.access.secret_of(message.user)
        if found is None:
            raise _wrong("52e")
        identity, password = found
        key = self._key(message, challenge, password)
        self._check_mic(message, token, key)
        self._check_around(message)
        return identity, Session(message.flags, key, server=True)

    def _key(
        self, message: Authenticate, challenge: Challenge, password: Secret
    ) -> Secret:
        """The exported session key of a proof that is right (MS-NLMP 3.3.2)."""
        proof, blob = message.nt_response[:_PROOF], message.nt_response[_PROOF:]
        if len(message.nt_response) < _PAIRS_AT or any(message.lm_response):
            raise RemoteProtocolError("NTLM: version 2 and no LM response are wanted")
        own = response_key(nt_hash(password), message.user, message.domain)
        expected, key = prove(own, challenge.server_challenge, blob)
        if not hmac.compare_digest(expected[:_PROOF], proof):
            raise _wrong("52e")
        if message.flags & Flag.key_exchange:
            return Secret(rc4(key).update(message.session_key))
        return key

    def _check_mic(self, message: Authenticate, token: bytes, key: Secret) -> None:
        flags = dict(_pairs(message)).get(AvId.flags, b"")
        challenge = self._challenge
        assert challenge is not None  # noqa: S101  # the first step makes it
        at = message.MIC_AT
        unsigned = token[:at] + bytes(16) + token[at + 16 :]
        expected = mic_of(key, self._negotiate, challenge.pack(), unsigned)
        marked = int.from_bytes(flags, "little") & AV_FLAG_MIC
        if not marked or not hmac.compare_digest(expected, message.mic or b""):
            raise _wrong("57")

    def _check_around(self, message: Authenticate) -> None:
        peer = self._handler.peer
        if peer.tls and message.flags & (Flag.sign | Flag.seal):
            raise refusal(
                ResultCode.unwillingToPerform, "no signing or sealing inside TLS"
            )
        binding = dict(_pairs(message)).get(AvId.channel_bindings, _UNBOUND)
        if peer.end_point and binding != hashed_binding(peer.end_point):
            raise _wrong("80090346", code="80090346")


class SicilyNtlm(BareNtlm):
    """Active Directory's own bind, layer included."""

    layered: ClassVar[bool] = True


class NegotiatedNtlm(SicilyNtlm):
    """NTLM inside GSS-SPNEGO (RFC 4178)."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler)
        self._mechanisms = b""

    def step(self, token: bytes | None) -> sasl_steps.Challenge | sasl_steps.Done:
        """Take the client's next token."""
        token = token or b""
        if not self._mechanisms:
            return self._begin(token)
        answer = spnego.Answer.unpack(token)
        identity, session = self.check(answer.token or b"")
        session.incoming.check(self._mechanisms, answer.mic or b"")
        session.incoming.restart()
        mic = session.outgoing.sign(self._mechanisms)
        session.outgoing.restart()
        final = spnego.Answer(spnego.State.accept_completed, mic=mic).pack()
        return sasl_steps.Done(identity, final, session.layer(_MAX_BUFFER))

    def _begin(self, token: bytes) -> sasl_steps.Challenge:
        proposal = spnego.Proposal.unpack(token)
        self._mechanisms = proposal.mechanisms
        if not proposal.token.startswith(SIGNATURE):
            raise RemoteProtocolError("only NTLM is spoken here, and it has to lead")
        answer = spnego.Answer(
            spnego.State.accept_incomplete,
            spnego.NTLM,
            self.challenge(proposal.token),
        )
        return sasl_steps.Challenge(answer.pack())


def _pairs(message: Authenticate) -> Pairs:
    return read_pairs(message.nt_response[_PAIRS_AT:])


def _wrong(data: str, *, code: str = "8009030C") -> Exception:
    """The refusal in the words of Active Directory, which tell more than the code."""
    return refusal(
        ResultCode.invalidCredentials,
        f"{code}: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, "
        f"data {data}, v4563",
    )
