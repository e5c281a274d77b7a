"""What a client reads leniently and a server must not let in (RFC 4517 3.3).

A value is checked by its syntax when it comes to stay, by its equality rule when a
filter asserts it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _boolean(raw: bytes) -> None:
    if raw not in {b"TRUE", b"FALSE"}:
        raise ValueError("a Boolean is TRUE or FALSE")


def _integer(raw: bytes) -> None:
    digits = raw.removeprefix(b"-")
    if not digits.isdigit() or (digits.startswith(b"0") and raw != b"0"):
        raise ValueError("an Integer is digits without leading zeros")


def _text(raw: bytes) -> None:
    if not raw:
        raise ValueError("a Directory String has at least one character")
    raw.decode()


def _ascii(raw: bytes) -> None:
    raw.decode("ascii")


#: RFC 4517 3.3.5, 3.3.31 and 3.3.29.
_METHODS = b"any|mhs|physical|telex|teletex|g3fax|g4fax|ia5|videotex|telephone"
_PRINTABLE = rb"[A-Za-z0-9'()+,\-./:? =]+"
_DELIVERY = re.compile(b"(?:%b)(?: *\\$ *(?:%b))*" % (_METHODS, _METHODS))
_TELEX = re.compile(rb"%b(?:\$%b)*" % (_PRINTABLE, _PRINTABLE))
_NUMERIC = re.compile(rb"[0-9 ]+")


def _shaped(shape: re.Pattern[bytes]) -> Callable[[bytes], None]:
    def check(raw: bytes) -> None:
        if not shape.fullmatch(raw):
            raise ValueError("the value does not have the shape of its syntax")

    return check


#: The OID of a syntax -> its check, which raises ValueError.
SYNTAXES: dict[str, Callable[[bytes], None]] = {
    "1.3.6.1.4.1.1466.115.121.1.7": _boolean,
    "1.3.6.1.4.1.1466.115.121.1.14": _shaped(_DELIVERY),
    "1.3.6.1.4.1.1466.115.121.1.15": _text,
    "1.3.6.1.4.1.1466.115.121.1.27": _integer,
    "1.3.6.1.4.1.1466.115.121.1.36": _shaped(_NUMERIC),
    "1.3.6.1.4.1.1466.115.121.1.52": _shaped(_TELEX),
}
#: A rule's name in lower case -> the check of a value, or part, it is asserted with.
RULES: dict[str, Callable[[bytes], None]] = {
    "booleanmatch": _boolean,
    "integermatch": _integer,
    "integerorderingmatch": _integer,
    "caseignoreia5match": _ascii,
    "caseexactia5match": _ascii,
    "caseignoreia5substringsmatch": _ascii,
    "numericstringmatch": _shaped(_NUMERIC),
    "numericstringsubstringsmatch": _shaped(_NUMERIC),
}


def check_assertion(rule: str | None, raw: bytes) -> None:
    """Check what a filter asserts by a rule.

    Raises:
        ValueError: It is no value of the rule's syntax.
    """
    check = RULES.get((rule or "").lower())
    if check is not None:
        check(raw)
