"""Looks for a secret wherever a program could show it, in whatever shape."""

from __future__ import annotations

import base64
import logging
import re
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ldapom.protocol.log import OCTETS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: ASCII, no word of any text, and long enough to be recognized in pieces.
CANARY: Final = "Kanarie7Qx9Vogel"

_TESTS: Final = str(Path(__file__).parent)


def shapes(octets: bytes) -> set[str]:
    """How a program may print octets: as text, as a literal, in base64, in hex."""
    found = {
        octets.decode("latin1"),
        repr(octets)[2:-1],
        octets.hex(),
        octets.hex().upper(),
        octets.hex(" "),
    }
    for lead in range(3):
        # What stands before it in the same base64 text shifts its bits; the edges
        # depend on the neighbours.
        encoded = base64.b64encode(b"\0" * lead + octets).decode()
        found.add(encoded[4 if lead else 0 : len(encoded) // 4 * 4 - 4])
    return found


#: UTF-8 and, for Active Directory and NTLM, UTF-16.
SHAPES: Final = shapes(CANARY.encode()) | shapes(CANARY.encode("utf-16-le"))


class _Keeper(logging.Handler):
    """Keeps every record."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Log:
    """What was logged while it listened."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        self.records = records

    @property
    def text(self) -> str:
        """All of it: messages, arguments, tracebacks."""
        return "\n".join(map(_text, self.records))

    @property
    def ours(self) -> list[logging.LogRecord]:
        """What ldapom itself has logged."""
        return [r for r in self.records if r.name.partition(".")[0] == "ldapom"]

    def of(self, logger: str) -> list[str]:
        """The messages of one logger."""
        return [r.getMessage() for r in self.records if r.name == logger]


def _text(record: logging.LogRecord) -> str:
    formatted = logging.Formatter("%(levelname)s %(name)s %(message)s").format(record)
    return f"{formatted}\n{record.args!r}\n{record.__dict__!r}"


@contextmanager
def listening(level: int = OCTETS) -> Iterator[Log]:
    """Keep what ldapom logs, from the level on, and all that others log."""
    keeper = _Keeper()
    root, logger = logging.getLogger(), logging.getLogger("ldapom")
    before = root.level, logger.level
    root.addHandler(keeper)
    root.setLevel(1)
    logger.setLevel(level)
    try:
        yield Log(keeper.records)
    finally:
        root.setLevel(before[0])
        logger.setLevel(before[1])
        root.removeHandler(keeper)


def exposed(error: BaseException) -> str:
    """All that an error shows: its text, its values, and the locals of its frames.

    Its causes and contexts too, those a traceback leaves out as well. The frames of the
    tests themselves are left out: whoever calls knows the secret.
    """
    parts: list[str] = []
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        parts += (str(one), repr(one), repr(one.args), repr(vars(one)))
        parts += getattr(one, "__notes__", [])
        printed = traceback.TracebackException.from_exception(one, capture_locals=True)
        for frame in printed.stack:
            if not frame.filename.startswith(_TESTS):
                parts.append(f"{frame.filename}:{frame.lineno} {frame.locals}")
        todo += (one.__cause__, one.__context__)
    return "\n".join(parts)


def check(text: str, what: set[str] | frozenset[str] = frozenset(SHAPES)) -> None:
    """Fail where a secret is found; the failure names the place."""
    # A dump breaks its lines after 16 octets.
    dumped = "".join(
        re.findall(r"^[<>] [0-9a-f]{4}  ((?:[0-9a-f]{2} )+)", text, re.MULTILINE)
    )
    for shape in what:
        assert shape not in dumped, f"{shape!r} in a dump"
        position = text.find(shape)
        near = text[max(0, position - 300) : position + 60]
        assert position < 0, f"{shape!r} is shown: …{near}…"
