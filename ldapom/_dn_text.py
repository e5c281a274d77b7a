r"""The text form of a DN (RFC 4514): scanning and escaping, without the values.

What is read beyond the grammar of RFC 4514 section 3:

========================  =====================================  ================
text                      read as                                from
========================  =====================================  ================
``cn = x , dc = y``       spaces around ``= , +``, at the ends   RFC 4514 4
``cn=x;dc=y``             ``;`` separates RDNs like ``,``        RFC 2253 4
``cn="x, y"``             a quoted value                         RFC 2253 4
``OID.2.5.4.3=x``         the prefix, in any case, is dropped    RFC 2253 4
``email_verified=x``      ``_`` inside a type's name             servers' schemas
========================  =====================================  ================

Nothing else is: no empty RDN, no escape of a character that needs none
(``\?``), no raw ``"<>`` or NUL, no ``#`` value that is no single BER element.
Each text is read once from left to right, without recursion.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from ldapom.errors import DNSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The arguments of an AVA: type, value, BER.
Part: TypeAlias = tuple[str, str, bytes | None]

TYPE_REASON = "an attribute type is a name such as 'cn' or an OID such as '2.5.4.3'"

_NUMBER = r"(?:0|[1-9][0-9]*+)"
_TYPE = rf"[A-Za-z][A-Za-z0-9_-]*+|{_NUMBER}(?:\.{_NUMBER})++"
_SURROGATES = "\ud800-\udfff"
#: Characters that stand for themselves in an unquoted value.
_PLAIN = rf'[^"+,;<>\\\0{_SURROGATES}]'
_ESCAPED = r'\\(?:[0-9A-Fa-f]{2}|[ "#+,;<=>\\])'

_IS_TYPE = re.compile(_TYPE)
_PREFIX = r" *+(?:[Oo][Ii][Dd]\.(?=[0-9]))?"
_PREFIX_ONLY = re.compile(_PREFIX)
_ATTRIBUTE = re.compile(rf"{_PREFIX}({_TYPE}) *+= *+")
_PLAIN_PART = rf"{_PREFIX}(?:{_TYPE}) *+= *+(?!\#)(?:{_PLAIN}++|{_ESCAPED})*+"
_PLAIN_NAME = re.compile(rf"{_PLAIN_PART}(?:[,+;]{_PLAIN_PART})*+\Z")
_VALUE = re.compile(rf"(?:{_PLAIN}++|{_ESCAPED})*+")
_QUOTED = re.compile(rf'"((?:[^"\\\0{_SURROGATES}]++|{_ESCAPED})*+)')
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*+")
_SPACES = re.compile(" *+")
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2}|.)")
_NOT_UNICODE = re.compile(f"[{_SURROGATES}]")
_NEEDS_ESCAPE = re.compile(r'["+,;<>\\]|\A[ #]| \Z')
_NEEDS_HEX = re.compile("[\0\udc80-\udcff]")


def is_unicode(text: str) -> bool:
    """Whether a text has no surrogates, which stand for octets that are no UTF-8."""
    return _NOT_UNICODE.search(text) is None


def check_type(name: str) -> int | None:
    """Where a text stops to be an attribute type; None when it is one."""
    match = _IS_TYPE.match(name)
    end = match.end() if match else 0
    return None if match and end == len(name) else end


def is_plain(text: str) -> bool:
    """Whether a text is a name, not empty, without ``#`` and quoted values."""
    return _PLAIN_NAME.match(text) is not None


def rdns(text: str) -> Iterator[list[Part]]:
    """Scan a whole name and give the parts of one RDN after the other.

    Raises:
        DNSyntaxError: Where the text leaves the grammar.
    """
    if not text.strip(" "):
        return
    position, end = 0, len(text)
    while True:
        parts, position = _rdn(text, position)
        yield parts
        if position == end:
            return
        position += 1


def after_first_rdn(text: str) -> str:
    """What follows the first RDN of a name that is known to parse."""
    _, end = _rdn(text, 0)
    return text[end + 1 :].lstrip(" ")


def _rdn(text: str, position: int) -> tuple[list[Part], int]:
    """Scan one RDN; the position given back is its separator's or the end."""
    parts: list[Part] = []
    while True:
        head = _ATTRIBUTE.match(text, position)
        if head is None:
            _refuse_head(text, position)
        value, ber, position = _value(text, head.end())
        parts.append((head[1], value, ber))
        if text[position : position + 1] != "+":
            return parts, position
        position += 1


def _value(text: str, start: int) -> tuple[str, bytes | None, int]:
    """Scan one value; the position given back is a separator's or the end."""
    first = text[start : start + 1]
    if first == "#":
        return _hex_value(text, start)
    if first == '"':
        return _quoted_value(text, start)
    match = _VALUE.match(text, start)
    end = match.end() if match else start
    if text[end : end + 1] not in ("", ",", "+", ";"):
        _refuse_character(text, end)
    raw = text[start:end]
    if raw[-1:] == " ":
        raw = _without_trailing_spaces(raw)
    return (_unescape(raw) if "\\" in raw else raw), None, end


def _without_trailing_spaces(raw: str) -> str:
    """Drop the spaces at the end, but not the one that a backslash escapes."""
    stripped = raw.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 else stripped


def _unescape(raw: str) -> str:
    octets = _ESCAPE.sub(_octet, raw.encode())
    return octets.decode("utf-8", "surrogateescape")


def _octet(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes.fromhex(escaped.decode()) if len(escaped) > 1 else escaped


def _quoted_value(text: str, start: int) -> tuple[str, bytes | None, int]:
    match = _QUOTED.match(text, start)
    end = match.end() if match else start
    if match is None or text[end : end + 1] != '"':
        _refuse_character(text, end, end_reason="the quoted value does not end")
    return _unescape(match[1]), None, _separator(text, end + 1)


def _hex_value(text: str, start: int) -> tuple[str, bytes | None, int]:
    match = _HEX.match(text, start + 1)
    end = match.end() if match else start + 1
    position = _separator(
        text, end, reason="a '#' value has pairs of hexadecimal digits"
    )
    ber = bytes.fromhex(text[start + 1 : end])
    if not ber:
        _refuse("a '#' value has at least one octet", text, end)
    if not _is_one_element(ber):
        _refuse("a '#' value is the BER of one value, no less and no more", text, start)
    return ber_value(ber), ber, position


def _separator(
    text: str, position: int, *, reason: str = "',', ';' or '+' should follow here"
) -> int:
    match = _SPACES.match(text, position)
    end = match.end() if match else position
    if text[end : end + 1] not in ("", ",", "+", ";"):
        _refuse(reason, text, end)
    return end


# --- BER in '#' values -------------------------------------------------------

#: BER string types by tag, and how their octets are text.
_STRING_TYPES = {
    0x04: ("utf-8", "surrogateescape"),  # OCTET STRING: LDAP's own encoding
    0x0C: ("utf-8", "strict"),  # UTF8String
    0x12: ("ascii", "strict"),  # NumericString
    0x13: ("ascii", "strict"),  # PrintableString
    0x16: ("ascii", "strict"),  # IA5String
    0x1A: ("ascii", "strict"),  # VisibleString
    0x1C: ("utf-32-be", "strict"),  # UniversalString
    0x1E: ("utf-16-be", "strict"),  # BMPString
}
_MULTI_OCTET_TAG = 0x1F
_LONG_FORM = 0x80


def _is_one_element(ber: bytes) -> bool:
    """Whether octets are one BER element of definite length, whole and alone."""
    start = 1
    if ber[0] & _MULTI_OCTET_TAG == _MULTI_OCTET_TAG:
        while start < len(ber) and ber[start] & _LONG_FORM:
            start += 1
        start += 1
    if start >= len(ber):
        return False
    length = ber[start]
    start += 1
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        length = int.from_bytes(ber[start : start + count])
        start += count
        if count == 0:
            return False
    return start + length == len(ber)


def ber_text(ber: bytes) -> str | None:
    """The text of a BER string; None where the octets are no such string."""
    codec = _STRING_TYPES.get(ber[0])
    if codec is None:
        return None
    length = ber[1]
    start = 2 if length < _LONG_FORM else 2 + length - _LONG_FORM
    try:
        return ber[start:].decode(*codec)
    except UnicodeDecodeError:
        return None


def ber_value(ber: bytes) -> str:
    """What a ``#`` value reads as: its text, or the ``#`` form where it has none.

    Raises:
        ValueError: For octets that are no single BER element.
    """
    if not ber or not _is_one_element(ber):
        raise ValueError("these octets are no single BER element")
    text = ber_text(ber)
    return f"#{ber.hex()}" if text is None else text


# --- errors ------------------------------------------------------------------


def _refuse(reason: str, text: str, position: int) -> NoReturn:
    raise DNSyntaxError(reason, text=text, position=position)


def _refuse_head(text: str, position: int) -> NoReturn:
    """Say why no ``type=`` starts here."""
    spaces = _SPACES.match(text, position)
    position = spaces.end() if spaces else position
    if position == len(text):
        _refuse("another attribute type and value should follow", text, position)
    prefix = _PREFIX_ONLY.match(text, position)
    match = _IS_TYPE.match(text, prefix.end() if prefix else position)
    if match is None:
        _refuse(TYPE_REASON, text, position)
    end = _SPACES.match(text, match.end())
    where = end.end() if end else match.end()
    _refuse("'=' should follow the attribute type", text, where)


def _refuse_character(
    text: str, position: int, *, end_reason: str = "the value does not end"
) -> NoReturn:
    """Say why a value can not go on with the character here."""
    character = text[position : position + 1]
    if not character:
        _refuse(end_reason, text, position)
    if character == "\\":
        _refuse(
            "a backslash stands before two hexadecimal digits or one of "
            'space " # + , ; < = > \\',
            text,
            position,
        )
    if not is_unicode(character):
        _refuse("an octet that is no UTF-8 is written as \\XX", text, position)
    code = ord(character)
    _refuse(f"{character!r} in a value is written as \\{code:02X}", text, position)


# --- escaping ----------------------------------------------------------------


def escape(value: str) -> str:
    """Escape a value as little as RFC 4514 2.4 allows."""
    value = _NEEDS_ESCAPE.sub(r"\\\g<0>", value)
    return _NEEDS_HEX.sub(_hex_escape, value)


def _hex_escape(match: re.Match[str]) -> str:
    return f"\\{ord(match[0]) & 0xFF:02X}"
