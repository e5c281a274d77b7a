"""How the values of a syntax become Python values and bytes again (RFC 4517 3.3).

1. A decoder takes the bytes of one value and raises ValueError when they are none.
2. An encoder takes any object: TypeError for another type than its syntax's,
   ValueError for a value that can not be written.
3. Text and bytes may be a secret: no error shows or carries them, only their type or
   place. So no UnicodeError leaves this module, and none is the context of another.
4. An empty text is read and written; whether it is allowed is the server's to say.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from ldapom.dn import DN
from ldapom.schema.values import PostalAddress, Sid, split_uid

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V")

#: More digits than this are refused: reading them takes quadratic time.
MAX_DIGITS: Final = 4300
_LIMIT: Final = 10**MAX_DIGITS
#: How much of a value a message shows.
_SHOWN: Final = 40

_TAKES: Final[dict[type, str]] = {
    str: "a str",
    int: "an int",
    bool: "a bool",
    bytes: "bytes",
    datetime: "an aware datetime",
    timedelta: "a timedelta",
    DN: "a DN",
    UUID: "a UUID",
    Sid: "a Sid",
    PostalAddress: "a PostalAddress",
}

_REMEDIES: Final[dict[tuple[type, type], str]] = {
    (bytes, str): ": encode it, as in text.encode()",
    (str, bytes): ": decode it, as in raw.decode()",
    (int, bool): ": a truth value is no number",
    (DN, str): ": read it with DN.parse(text)",
    (UUID, str): ": read it with UUID(text)",
    (Sid, str): ": read it with Sid.parse(text)",
    (PostalAddress, str): ": give its lines, as in PostalAddress([line, line])",
}


def shown(raw: bytes) -> str:
    """Show the start of a value in a message, as a literal."""
    return repr(raw[:_SHOWN])[1:] + ("…" if len(raw) > _SHOWN else "")


def with_article(name: str) -> str:
    """Put ``a`` or ``an`` before the name of a syntax."""
    spoken = name.startswith(("A", "E", "I", "O", "SID", "X.509"))
    return f"{'an' if spoken else 'a'} {name}"


def typed(
    name: str, python: type[V], write: Callable[[V], bytes]
) -> Callable[[object], bytes]:
    """Make the encoder of a syntax from what writes its values.

    Args:
        name: The name of the syntax, for messages.
        python: The type of its values; subclasses are welcome, `bool` is no `int`.
        write: What turns such a value into bytes.
    """

    def encode(value: object) -> bytes:
        if type(value) is python or (
            isinstance(value, python) and not isinstance(value, bool)
        ):
            return write(value)
        raise TypeError(_wrong_type(name, python, value))

    return encode


def _wrong_type(name: str, python: type, value: object) -> str:
    given = type(value).__name__
    if python not in {str, bytes} and not isinstance(value, bytes):
        given += _shown_value(value)
    remedy = _REMEDIES.get((python, type(value)), "")
    takes = _TAKES.get(python, python.__name__)
    return f"{with_article(name)} takes {takes}, not {given}{remedy}"


def _shown_value(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a long int, or whatever a foreign repr does
        return ""
    return f" {text[:_SHOWN]}" + ("…" if len(text) > _SHOWN else "")


# --- text ---------------------------------------------------------------------


def decode_text(raw: bytes) -> str:
    """Read UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        place = error.start
    raise ValueError(f"no UTF-8 from octet {place} on")


def encode_text(text: str) -> bytes:
    """Write UTF-8."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        place = error.start
    raise ValueError(f"no UTF-8 for the character at position {place}")


def encode_octets(text: str) -> bytes:
    """Write UTF-8; surrogates that stand for octets become these octets again."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        place = error.start
    raise ValueError(f"no UTF-8 for the character at position {place}")


def decode_ascii(raw: bytes) -> str:
    """Read an IA5 String (RFC 4517 3.3.15), which has 7 bits a character."""
    if raw.isascii():
        return raw.decode("ascii")
    raise ValueError("no IA5 String: it has an octet above 7F")


def encode_ascii(text: str) -> bytes:
    """Write an IA5 String."""
    if text.isascii():
        return text.encode("ascii")
    raise ValueError("no IA5 String: it has a character that is not ASCII")


def restricted(
    name: str, pattern: bytes, form: str
) -> tuple[Callable[[bytes], str], Callable[[str], bytes]]:
    """Make reader and writer of a text of a given form.

    Args:
        name: The name of the syntax, for messages.
        pattern: What a whole value matches.
        form: The same in words, after "it ".
    """
    whole = re.compile(pattern, re.DOTALL).fullmatch
    message = f"no {name}: it {form}"

    def decode(raw: bytes) -> str:
        if whole(raw) is None:
            raise ValueError(message)
        return raw.decode()

    def encode(text: str) -> bytes:
        raw = encode_text(text)
        if whole(raw) is None:
            raise ValueError(message)
        return raw

    return decode, encode


# --- bytes --------------------------------------------------------------------


def decode_bytes(raw: bytes) -> bytes:
    """Give the value as it is."""
    return raw


def encode_bytes(value: bytes) -> bytes:
    """Give the value as it is."""
    return bytes(value)


def _ascii(raw: bytes) -> str:
    return raw.decode("ascii")


#: The same with less around it, for who reads many: what these raise shows the octets
#: and goes no further; the decoder itself says what is wrong.
SOONER: Final[dict[Callable[[bytes], object], Callable[[bytes], object]]] = {
    decode_text: bytes.decode,
    decode_ascii: _ascii,
    decode_bytes: bytes,
}


# --- numbers and truth --------------------------------------------------------

_INTEGER: Final = re.compile(rb"-?[0-9]+")


def decode_integer(raw: bytes) -> int:
    """Read an Integer (RFC 4517 3.3.16) of up to 4300 digits.

    Leading zeros and ``-0`` are read though the RFC forbids them, a plus sign and
    spaces are not.
    """
    if raw.isdigit() and len(raw) <= MAX_DIGITS:
        return int(raw)
    if _INTEGER.fullmatch(raw) is None or len(raw) > MAX_DIGITS:
        raise ValueError(f"{shown(raw)} is no Integer")
    return int(raw)


def encode_integer(value: int) -> bytes:
    """Write an Integer."""
    if not -_LIMIT < value < _LIMIT:
        raise ValueError(f"an Integer of more than {MAX_DIGITS} digits is not written")
    return b"%d" % value


_BOOLEANS: Final = {b"true": True, b"false": False}


def decode_boolean(raw: bytes) -> bool:
    """Read a Boolean (RFC 4517 3.3.3), in any case."""
    value = _BOOLEANS.get(raw.lower())
    if value is None:
        raise ValueError(f"{shown(raw)} is no Boolean: it is TRUE or FALSE")
    return value


def encode_boolean(value: bool) -> bytes:
    """Write a Boolean."""
    return b"TRUE" if value else b"FALSE"


# --- names --------------------------------------------------------------------


def decode_dn(raw: bytes) -> DN:
    """Read a DN; one that does not parse is opaque, and goes back as it came."""
    return DN.from_server(raw.decode("utf-8", "surrogateescape"))


def decode_name_and_uid(raw: bytes) -> DN:
    """Read a Name And Optional UID (RFC 4517 3.3.21); with a UID it is opaque.

    `ldapom.schema.values.name_and_uid` splits it.
    """
    text = raw.decode("utf-8", "surrogateescape")
    if text.endswith("'B") and split_uid(text)[1] is not None:
        return DN.opaque(text)
    return DN.from_server(text)


def encode_dn(name: DN) -> bytes:
    """Write a DN in the spelling it was given in."""
    return encode_octets(str(name))


_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GUID_SIZE: Final = 16


def decode_uuid(raw: bytes) -> UUID:
    """Read a UUID in its text form (RFC 4530 2.1)."""
    if _UUID.fullmatch(raw) is None:
        raise ValueError(f"{shown(raw)} is no UUID")
    return UUID(raw.decode("ascii"))


def encode_uuid(value: UUID) -> bytes:
    """Write a UUID in its text form, in lower case."""
    return str(value).encode("ascii")


def decode_guid(raw: bytes) -> UUID:
    """Read the 16 bytes of a GUID in network order, as eDirectory keeps it."""
    if len(raw) != _GUID_SIZE:
        raise ValueError(f"a GUID has 16 bytes, not {len(raw)}")
    return UUID(bytes=raw)


def encode_guid(value: UUID) -> bytes:
    """Write the 16 bytes of a GUID in network order."""
    return value.bytes


def decode_ad_guid(raw: bytes) -> UUID:
    """Read the 16 bytes of a GUID as Active Directory keeps it, first parts little."""
    if len(raw) != _GUID_SIZE:
        raise ValueError(f"a GUID has 16 bytes, not {len(raw)}")
    return UUID(bytes_le=raw)


def encode_ad_guid(value: UUID) -> bytes:
    """Write the 16 bytes of a GUID, its first three parts little endian."""
    return value.bytes_le


# --- addresses ----------------------------------------------------------------

_ESCAPED: Final = re.compile(r"\\(24|5[cC])")


def decode_postal_address(raw: bytes) -> PostalAddress:
    r"""Read a Postal Address (RFC 4517 3.3.28): lines between ``$``.

    ``\24`` and ``\5C`` are undone; a backslash before anything else stays.
    """
    return PostalAddress(
        _ESCAPED.sub(_unescaped, line) for line in decode_text(raw).split("$")
    )


def _unescaped(found: re.Match[str]) -> str:
    return "$" if found[1] == "24" else "\\"


def encode_postal_address(address: PostalAddress) -> bytes:
    """Write a Postal Address."""
    if not address.lines:
        raise ValueError("a Postal Address has at least one line")
    lines = (line.replace("\\", "\\5C").replace("$", "\\24") for line in address.lines)
    return encode_text("$".join(lines))
