"""The three messages of NTLM as frozen values with their octets (MS-NLMP 2.2.1).

1. Numbers are little-endian. A field is two lengths and an offset into the message.
2. Text is UTF-16-LE: a peer without ``unicode`` is refused.
3. What a peer sends is checked against the message's end; nothing is read beyond it.
"""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from ldapom.errors import RemoteProtocolError
from ldapom.secrets import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGNATURE = b"NTLMSSP\0"
#: MS-NLMP 2.2.2.10: 10.0.17763, NTLMSSP_REVISION_W2K3; for debugging only.
VERSION = bytes((10, 0)) + struct.pack("<H", 17763) + bytes((0, 0, 0, 15))
#: A client that sends no LM response sends so many zeros.
NO_LM_RESPONSE = bytes(24)

Pairs: TypeAlias = "tuple[tuple[int, bytes], ...]"


class Flag(IntFlag):
    """What is negotiated (MS-NLMP 2.2.2.5)."""

    unicode = 0x00000001
    oem = 0x00000002
    request_target = 0x00000004
    sign = 0x00000010
    seal = 0x00000020
    ntlm = 0x00000200
    anonymous = 0x00000800
    always_sign = 0x00008000
    target_type_domain = 0x00010000
    target_type_server = 0x00020000
    extended_session_security = 0x00080000
    target_info = 0x00800000
    version = 0x02000000
    key_128 = 0x20000000
    key_exchange = 0x40000000
    key_56 = 0x80000000


class AvId(IntEnum):
    """What a pair of the target information is (MS-NLMP 2.2.2.1)."""

    end = 0
    computer_name = 1
    domain_name = 2
    dns_computer_name = 3
    dns_domain_name = 4
    flags = 6
    timestamp = 7
    target_name = 9
    channel_bindings = 10


#: The bit of `AvId.flags` that says: this message has a MIC.
AV_FLAG_MIC = 0x00000002


def write_pairs(pairs: Iterable[tuple[int, bytes]]) -> bytes:
    """The octets of target information, with its end."""
    parts = [struct.pack("<HH", number, len(value)) + value for number, value in pairs]
    return b"".join((*parts, bytes(4)))


def read_pairs(data: bytes) -> Pairs:
    """The pairs of target information up to its end; nothing at all is no pairs.

    Raises:
        RemoteProtocolError: It ends too early.
    """
    found: list[tuple[int, bytes]] = []
    position = 0
    while data:
        if position + 4 > len(data):
            raise _broken("the target information has no end")
        number, size = struct.unpack_from("<HH", data, position)
        position += 4
        if number == AvId.end:
            break
        value = data[position : position + size]
        if len(value) != size:
            raise _broken("a pair of the target information is cut off")
        found.append((number, value))
        position += size
    return tuple(found)


@frozen
class Negotiate:
    """What the client can do (MS-NLMP 2.2.1.1)."""

    flags: int

    def pack(self) -> bytes:
        """The message's octets; no domain and no workstation are told."""
        empty = _fields((b"", b""), 40)[0]
        return _head(1) + struct.pack("<I", self.flags) + empty + VERSION

    @classmethod
    def unpack(cls, data: bytes) -> Negotiate:
        """Read a NEGOTIATE_MESSAGE.

        Raises:
            RemoteProtocolError: It is none.
        """
        _check_head(data, 1, 16)
        return cls(*struct.unpack_from("<I", data, 12))


@frozen
class Challenge:
    """What the server wants proved (MS-NLMP 2.2.1.2).

    Attributes:
        flags: What it chose of what the client can do.
        server_challenge: Eight octets by chance.
        target_name: Its domain or its own name.
        pairs: The target information: more names, and its time.
    """

    flags: int
    server_challenge: bytes
    target_name: str = ""
    pairs: Pairs = ()

    def pack(self) -> bytes:
        """The message's octets."""
        info = write_pairs(self.pairs) if self.flags & Flag.target_info else b""
        name = self.target_name.encode("utf-16-le")
        (name_field, info_field), payload = _split_fields((name, info), 56)
        numbers = struct.pack("<I", self.flags) + self.server_challenge + bytes(8)
        return b"".join((_head(2), name_field, numbers, info_field, VERSION, payload))

    @classmethod
    def unpack(cls, data: bytes) -> Challenge:
        """Read a CHALLENGE_MESSAGE.

        Raises:
            RemoteProtocolError: It is none.
        """
        _check_head(data, 2, 32)
        (flags,) = struct.unpack_from("<I", data, 20)
        name = info = b""
        if flags & (Flag.target_type_domain | Flag.target_type_server):
            name = _field(data, 12, "target name")
        if flags & Flag.target_info:
            info = _field(data, 40, "target information")
        return cls(flags, data[24:32], _text(name, flags), read_pairs(info))

    def pair(self, number: int) -> bytes | None:
        """The value of a pair; None without one."""
        return dict(self.pairs).get(number)


@frozen
class Authenticate:
    """The proof (MS-NLMP 2.2.1.3).

    Attributes:
        flags: What both sides can do.
        domain, user, workstation: Who it is, and where.
        lm_response: Zeros: LMv2 is not spoken.
        nt_response: The NTLMv2 response.
        session_key: The exported session key, encrypted.
        mic: What binds the three messages together; None leaves out its place.
        version: The eight octets that say what sent this.
    """

    flags: int
    domain: str
    user: str
    nt_response: bytes = field(repr=hidden)
    workstation: str = ""
    session_key: bytes = field(default=b"", repr=hidden)
    mic: bytes | None = field(default=None, repr=lambda _: "hidden")
    lm_response: bytes = field(default=NO_LM_RESPONSE, repr=hidden)
    version: bytes = VERSION

    #: Where the MIC stands.
    MIC_AT = 72

    def pack(self) -> bytes:
        """The message's octets."""
        texts = [self.domain, self.user, self.workstation]
        names = [text.encode("utf-16-le") for text in texts]
        parts = (*names, self.lm_response, self.nt_response, self.session_key)
        mic = self.mic or b""
        fields, payload = _split_fields(parts, self.MIC_AT + len(mic))
        domain, user, workstation, lm, nt, key = fields
        heads = (_head(3), lm, nt, domain, user, workstation, key)
        flags = struct.pack("<I", self.flags)
        return b"".join((*heads, flags, self.version, mic, payload))

    @classmethod
    def unpack(cls, data: bytes) -> Authenticate:
        """Read an AUTHENTICATE_MESSAGE; whatever stands at its place is the MIC.

        Raises:
            RemoteProtocolError: It is none.
        """
        _check_head(data, 3, 64)
        (flags,) = struct.unpack_from("<I", data, 60)
        return cls(
            flags,
            domain=_text(_field(data, 28, "domain"), flags),
            user=_text(_field(data, 36, "user"), flags),
            workstation=_text(_field(data, 44, "workstation"), flags),
            lm_response=_field(data, 12, "LM response"),
            nt_response=_field(data, 20, "NT response"),
            session_key=_field(data, 52, "session key"),
            mic=data[cls.MIC_AT : cls.MIC_AT + 16],
            version=data[64:72],
        )


# --- octets --------------------------------------------------------------------


def _head(kind: int) -> bytes:
    return SIGNATURE + struct.pack("<I", kind)


def _check_head(data: bytes, kind: int, least: int) -> None:
    if data[:12] != _head(kind) or len(data) < least:
        raise _broken(f"these {len(data)} octets are no message of type {kind}")


def _split_fields(
    parts: Sequence[bytes], start: int
) -> tuple[tuple[bytes, ...], bytes]:
    """The places of the parts, and the parts one behind the other."""
    places: list[bytes] = []
    for part in parts:
        places.append(struct.pack("<HHI", len(part), len(part), start))
        start += len(part)
    return tuple(places), b"".join(parts)


def _fields(parts: Sequence[bytes], start: int) -> tuple[bytes, bytes]:
    places, payload = _split_fields(parts, start)
    return b"".join(places), payload


def _field(data: bytes, at: int, what: str) -> bytes:
    if len(data) < at + 8:
        raise _broken(f"it ends before the place of the {what}")
    size, _, start = struct.unpack_from("<HHI", data, at)
    value = data[start : start + size]
    if len(value) != size:
        raise _broken(f"the {what} is cut off")
    return value


def _text(value: bytes, flags: int) -> str:
    if not flags & Flag.unicode:
        raise _broken("its text is not in Unicode")
    try:
        return value.decode("utf-16-le")
    except UnicodeDecodeError:
        raise _broken("its text is no UTF-16") from None


def _broken(reason: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"NTLM: the peer's message is broken: {reason}")
