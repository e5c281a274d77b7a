"""How the values of directories look in JSON: a text, or a list of texts.

Each form is read back to an equal value, of the same spelling where it has one.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ldapom.dn import DN
from ldapom.schema.values import PostalAddress, Sid

if TYPE_CHECKING:
    from collections.abc import Callable

# ISO 8601: PnDTnS, with a sign before it for time that goes back.
_DURATION = re.compile(r"(-?)P(\d{1,9})DT(\d{1,5})(?:\.(\d{6}))?S")


def write_duration(value: timedelta) -> str:
    """Write a duration as ISO 8601 has it, in days and seconds."""
    sign = "-" if value < timedelta() else ""
    # Not abs(): the shortest of all has no positive twin.
    microseconds = abs(
        (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    )
    seconds, part = divmod(microseconds, 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    return f"{sign}P{days}DT{seconds}{f'.{part:06}' if part else ''}S"


def read_duration(text: str) -> timedelta:
    """Read what `write_duration` wrote.

    Raises:
        ValueError: If it is no duration.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration: it looks like P42DT0S")
    sign = -1 if found[1] else 1
    try:
        return timedelta(
            days=sign * int(found[2]),
            seconds=sign * int(found[3]),
            microseconds=sign * int(found[4] or 0),
        )
    except OverflowError:
        raise ValueError(f"{text!r} is too long a duration") from None


def _read_bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


def _of_text(read: Callable[[str], object]) -> Callable[[object, object], object]:
    def structure(value: object, _kind: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"a text, not {type(value).__name__}")  # noqa: TRY004  # a value, not a mistake in the program
        return read(value)

    return structure


def _read_lines(value: object, _kind: object) -> PostalAddress:
    if not isinstance(value, list | tuple):
        raise ValueError(f"a list of lines, not {type(value).__name__}")  # noqa: TRY004  # the same
    return PostalAddress(value)


def _write_bytes(value: bytes) -> str:
    return b64encode(value).decode("ascii")


#: What writes and what reads the values of a type.
PLAIN: dict[type, tuple[Callable[[Any], object], Callable[[Any, Any], object]]] = {
    DN: (str, _of_text(DN.from_server)),
    Sid: (str, _of_text(Sid.parse)),
    UUID: (str, _of_text(UUID)),
    datetime: (datetime.isoformat, _of_text(datetime.fromisoformat)),
    timedelta: (write_duration, _of_text(read_duration)),
    bytes: (_write_bytes, _of_text(_read_bytes)),
    PostalAddress: (list, _read_lines),
}
