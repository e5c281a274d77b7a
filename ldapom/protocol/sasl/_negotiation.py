"""The tokens of SPNEGO (RFC 4178 4.2), as far as a negotiation of NTLM needs them."""

from __future__ import annotations

from enum import IntEnum

from attrs import field, frozen

from ldapom.errors import DecodeError, RemoteProtocolError
from ldapom.protocol.codec import ber
from ldapom.secrets import hidden

#: 1.3.6.1.5.5.2, SPNEGO, and 1.3.6.1.4.1.311.2.2.10, NTLM, with tag and length.
SPNEGO = bytes.fromhex("06062b0601050502")
NTLM = bytes.fromhex("060a2b06010401823702020a")

_INIT = "NegTokenInit"
_RESPONSE = "NegTokenResp"


class State(IntEnum):
    """How far the negotiation is (RFC 4178 4.2.2)."""

    accept_completed = 0
    accept_incomplete = 1
    reject = 2
    request_mic = 3


def mechanism_list(*mechanisms: bytes) -> bytes:
    """The MechTypeList, which both sides sign."""
    return ber.element(0x30, b"".join(mechanisms))


@frozen
class Proposal:
    """What the client begins with (RFC 4178 4.2.1)."""

    # NegTokenInit ::= SEQUENCE {
    #      mechTypes       [0] MechTypeList,
    #      reqFlags        [1] ContextFlags OPTIONAL,
    #      mechToken       [2] OCTET STRING OPTIONAL,
    #      mechListMIC     [3] OCTET STRING OPTIONAL }
    mechanisms: bytes
    token: bytes = field(default=b"", repr=hidden)

    def pack(self) -> bytes:
        """The octets, inside the frame of RFC 2743 3.1."""
        parts = ber.element(0xA0, self.mechanisms)
        if self.token:
            parts += ber.element(0xA2, ber.element(0x04, self.token))
        body = ber.element(0xA0, ber.element(0x30, parts))
        return ber.element(0x60, SPNEGO + body)

    @classmethod
    def unpack(cls, data: bytes) -> Proposal:
        """Read a proposal.

        Raises:
            DecodeError: It is none.
        """
        start, end = ber.enter(data, 0, len(data), 0x60, _INIT)
        if data[start : start + len(SPNEGO)] != SPNEGO:
            raise DecodeError("not a SPNEGO token", field=_INIT, offset=start)
        start, end = ber.enter(data, start + len(SPNEGO), end, 0xA0, _INIT)
        parts = _parts(data, start, end, _INIT)
        mechanisms = parts.get(0xA0)
        if mechanisms is None:
            raise DecodeError("no mechanisms", field=_INIT, offset=start)
        return cls(mechanisms, _octets(parts.get(0xA2), _INIT) or b"")


@frozen
class Answer:
    """What both sides go on with (RFC 4178 4.2.2)."""

    # NegTokenResp ::= SEQUENCE {
    #      negState        [0] ENUMERATED { accept-completed (0),
    #                          accept-incomplete (1), reject (2), request-mic (3) }
    #                          OPTIONAL,
    #      supportedMech   [1] MechType OPTIONAL,
    #      responseToken   [2] OCTET STRING OPTIONAL,
    #      mechListMIC     [3] OCTET STRING OPTIONAL }
    state: State | None = None
    mechanism: bytes | None = None
    token: bytes | None = field(default=None, repr=lambda _: "hidden")
    mic: bytes | None = None

    def pack(self) -> bytes:
        """The octets."""
        parts = b""
        if self.state is not None:
            parts += ber.element(0xA0, ber.element(0x0A, bytes((self.state,))))
        if self.mechanism is not None:
            parts += ber.element(0xA1, self.mechanism)
        if self.token is not None:
            parts += ber.element(0xA2, ber.element(0x04, self.token))
        if self.mic is not None:
            parts += ber.element(0xA3, ber.element(0x04, self.mic))
        return ber.element(0xA1, ber.element(0x30, parts))

    @classmethod
    def unpack(cls, data: bytes) -> Answer:
        """Read an answer.

        Raises:
            DecodeError: It is none.
        """
        start, end = ber.enter(data, 0, len(data), 0xA1, _RESPONSE)
        parts = _parts(data, start, end, _RESPONSE)
        token = _octets(parts.get(0xA2), _RESPONSE)
        mic = _octets(parts.get(0xA3), _RESPONSE)
        # Old servers repeat the token where the signature belongs.
        mic = None if mic == token else mic
        return cls(_state(parts.get(0xA0)), parts.get(0xA1), token, mic)


def _parts(data: bytes, start: int, end: int, name: str) -> dict[int, bytes]:
    """The contents of a SEQUENCE's tagged components, by their tags."""
    start, end = ber.enter(data, start, end, 0x30, name)
    found: dict[int, bytes] = {}
    while start < end:
        tag, inner, start = ber.any_element(data, start, end, name)
        if tag in found:
            raise DecodeError("a component comes twice", field=name, offset=inner)
        found[tag] = data[inner:start]
    return found


def _octets(element: bytes | None, name: str) -> bytes | None:
    if element is None:
        return None
    start, end = ber.enter(element, 0, len(element), 0x04, name)
    return element[start:end]


def _state(element: bytes | None) -> State | None:
    if element is None:
        return None
    start, end = ber.enter(element, 0, len(element), 0x0A, _RESPONSE)
    try:
        return State(ber.integer(element, start, end, _RESPONSE))
    except ValueError:
        raise RemoteProtocolError(
            "SPNEGO: the negotiation is in no state that is known"
        ) from None
