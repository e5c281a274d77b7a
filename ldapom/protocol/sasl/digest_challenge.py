"""Directives of DIGEST-MD5 (RFC 2831 7.1): ``name=value, name="quoted value"``.

Challenges come from strangers: a single directive that comes twice, one that is no
directive, or more octets than the RFC allows, and there is no challenge.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from ldapom._printable import printable
from ldapom.errors import RemoteProtocolError

#: RFC 2831 2.1.1: a challenge is shorter than this.
MAX_CHALLENGE: Final = 2048
#: The same for what a client sends (2.1.2).
MAX_RESPONSE: Final = 4096

_TOKEN: Final = rb"[!#$%&'*+\-.0-9A-Z^_`a-z|~]+"
_DIRECTIVE: Final = re.compile(
    rb"(%b)[ \t\r\n]*=[ \t\r\n]*(?:\"((?:[^\"\\]|\\.)*+)\"|(%b))[ \t\r\n]*"
    % (_TOKEN, _TOKEN),
    re.DOTALL,
)
#: Elements of a list (RFC 2616 2.1): empty ones are allowed.
_BETWEEN: Final = re.compile(rb"[ \t\r\n]*+(?:,[ \t\r\n]*+)*+")
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)

#: RFC 2831 2.1: of these there is one. Of `realm` there may be more, and what is not
#: known is ignored.
_ONCE: Final = (
    *("nonce", "qop", "stale", "maxbuf", "charset", "algorithm", "cipher", "rspauth"),
    *("username", "cnonce", "nc", "digest-uri", "response", "authzid"),
)


def read(message: bytes, limit: int) -> dict[str, list[bytes]]:
    """Read directives; quoted values without their quotes and backslashes.

    Args:
        message: The octets.
        limit: How many there may be.

    Raises:
        RemoteProtocolError: They are none, too many, or one comes twice.
    """
    if len(message) > limit:
        raise RemoteProtocolError(
            f"DIGEST-MD5: a message of {len(message)} octets came; {limit} are the most"
        )
    found: dict[str, list[bytes]] = {}
    position = _skip(message, 0)
    while position < len(message):
        directive = _DIRECTIVE.match(message, position)
        if directive is None:
            raise _no_directive(message, position)
        position = _skip(message, directive.end())
        if position == directive.end() < len(message):
            raise _no_directive(message, position)
        name, quoted, token = directive.groups()
        value = token if quoted is None else _ESCAPED.sub(rb"\1", quoted)
        found.setdefault(name.lower().decode("ascii"), []).append(value)
    for name, values in found.items():
        if len(values) > 1 and name in _ONCE:
            raise RemoteProtocolError(f"DIGEST-MD5: {name} came {len(values)} times")
    return found


def _skip(message: bytes, position: int) -> int:
    between = _BETWEEN.match(message, position)
    return between.end() if between else position


def _no_directive(message: bytes, position: int) -> RemoteProtocolError:
    shown = printable(message[position : position + 40].decode("utf-8", "replace"))
    return RemoteProtocolError(f"DIGEST-MD5: no directive at {position}: {shown!r}")


def quoted(value: bytes) -> bytes:
    r"""A quoted-string: ``"`` and ``\`` get a backslash."""
    return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


@frozen
class Challenge:
    """What the server asks (RFC 2831 2.1.1).

    Attributes:
        nonce: Of the server.
        realms: What it offers, perhaps nothing.
        qop: The qualities of protection, such as ``auth-int``, in lower case.
        utf8: Whether names travel as UTF-8; else as Latin-1.
        maxbuf: The largest buffer the server takes, in octets.
        stale: Whether only the nonce of the last answer was too old.
    """

    nonce: bytes
    realms: tuple[bytes, ...]
    qop: frozenset[str]
    utf8: bool
    maxbuf: int
    stale: bool

    @classmethod
    def parse(cls, message: bytes) -> Challenge:
        """Read and check a challenge.

        Raises:
            RemoteProtocolError: It is none, or none of this mechanism.
        """
        found = read(message, MAX_CHALLENGE)

        def one(name: str, default: bytes = b"") -> bytes:
            return found.get(name, [default])[0]

        if not one("nonce"):
            raise RemoteProtocolError("DIGEST-MD5: the server sent no nonce")
        if one("algorithm").lower() != b"md5-sess":
            raise RemoteProtocolError("DIGEST-MD5: the algorithm is not md5-sess")
        if one("charset", b"utf-8").lower() != b"utf-8":
            raise RemoteProtocolError("DIGEST-MD5: the charset is not utf-8")
        # Some servers send an empty list where they mean the default.
        offered = one("qop").decode("ascii", "replace").lower() or "auth"
        return cls(
            nonce=one("nonce"),
            realms=tuple(found.get("realm", ())),
            qop=frozenset(word.strip() for word in offered.split(",")),
            utf8="charset" in found,
            maxbuf=_maxbuf(one("maxbuf", b"65536")),
            stale=one("stale").lower() == b"true",
        )


def _maxbuf(text: bytes) -> int:
    """RFC 2831 2.1.1: more than 16, and at most 24 bits."""
    size = int(text) if text.isdigit() and len(text) <= 8 else 0  # noqa: PLR2004
    if not 16 < size <= 0xFFFFFF:  # noqa: PLR2004
        shown = printable(text[:20].decode("utf-8", "replace"))
        raise RemoteProtocolError(f"DIGEST-MD5: {shown!r} is no maxbuf")
    return size
