"""What a client reads leniently and a server must not let in (RFC 4517 3.3).

A value is checked by its syntax when it comes to stay, by its equality rule when a
filter asserts it.
"""

from __future__ import annotations

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


#: The OID of a syntax -> its check, which raises ValueError.
SYNTAXES: dict[str, Callable[[bytes], None]] = {
    "1.3.6.1.4.1.1466.115.121.1.7": _boolean,
    "1.3.6.1.4.1.1466.115.121.1.15": _text,
    "1.3.6.1.4.1.1466.115.121.1.27": _integer,
}
#: A rule's name in lower case -> the check of a value it is asserted with.
RULES: dict[str, Callable[[bytes], None]] = {
    "booleanmatch": _boolean,
    "integermatch": _integer,
    "caseignoreia5match": _ascii,
    "caseexactia5match": _ascii,
}
