"""Bytecodes that the hot paths take: a check of speed that no other program disturbs.

``python -m benchmarks.instructions`` compares with ``benchmarks/instructions.json``
and fails where a path takes more than `TOLERANCE` of what it took; with ``--accept``
it writes what is measured now. Counted are the bytecodes of Python's own functions,
by ``sys.settrace``: the same program gives the same number on every machine. Each
version of Python has other bytecodes, so each has its own baseline.
"""

from __future__ import annotations

import gc
import json
import platform
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from models import User

from benchmarks import data, replay
from benchmarks.clients.ours import new_user
from benchmarks.clients.parts import messages
from ldapom import AttributeType, Connection, Entry, Replace, Schema, Session, attribute
from ldapom.protocol import messages as m
from ldapom.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: How much more a path may take, before it is a regression.
TOLERANCE: Final = 1.05
BASELINE: Final = Path(__file__).with_name("instructions.json")
COUNT: Final = 400

Work: TypeAlias = "Callable[[], object]"


def count(work: Callable[[], object]) -> int:
    """How many bytecodes a call takes, those of what it calls included."""
    total = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal total
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            total += 1
        return trace

    before = sys.gettrace()
    gc.collect()
    gc.disable()  # finalizers would run at other moments in other programs
    sys.settrace(trace)  # type: ignore[arg-type]  # it returns itself
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return total


def _recorded() -> bytes:
    """A search that finds people."""
    several = [message.op for message in messages(COUNT)]
    return replay.recorded(
        [op for op in several if isinstance(op, m.SearchResultEntry)]
    )


def _stream(read: Callable[[User], object]) -> Work:
    octets = _recorded()

    def work() -> None:
        with Session(replay.Replay(octets)) as session:
            for user in session.query(User):
                read(user)

    return work


def _everything(user: User) -> None:
    for name in data.person(0):
        getattr(user, name)


def _whole(user: User) -> None:
    for name in User.__ldapom__.attributes:
        getattr(user, name)


def _untyped() -> Work:
    octets = _recorded()

    def work() -> None:
        with Connection(replay.Replay(octets)) as connection:
            for entry in connection.search(data.PEOPLE):
                dict(entry)

    return work


def _decode() -> Work:
    octets = [encode(message) for message in messages(COUNT)]
    return lambda: [decode(each) for each in octets]


def _encode() -> Work:
    several = messages(COUNT)
    return lambda: [encode(each) for each in several]


def _queries() -> Work:
    return lambda: [
        User.query(User.uidNumber >= number, uid=data.uid(number))
        .limit(1)
        .shape.filter()
        for number in range(COUNT)
    ]


def _diff() -> Work:
    octets = _recorded()

    def work() -> None:
        with Session(replay.Replay(octets)) as session:
            for user in session.query(User):
                user.title = ["Chief"]
                user.mail.append("x@example.com")
            assert len(session.pending) == COUNT
            session.discard()

    return work


def _commits(change: Callable[[Session, User], object], *, each: bool = True) -> Work:
    """Entries that are read, changed and committed.

    Args:
        change: What is done to each.
        each: Whether each has a commit of its own; else there is one for all.
    """
    octets = _recorded()

    def work() -> None:
        with Session(replay.Replay(octets)) as session:
            for user in session.query(User).all():
                change(session, user)
                if each:
                    assert session.commit()
            assert each or len(session.commit()) == COUNT

    return work


def _assign(_session: Session, user: User) -> None:
    user.title = ["Chief"]


def _additions() -> Work:
    # What the server says of itself is read once: it reads nothing back.
    dse = replay.recorded([replay.entry("", {})])

    def work() -> None:
        with Session(replay.Replay(dse)) as session:
            for number in range(COUNT):
                session.add(new_user(number))
                session.commit()

    return work


def _changes() -> Work:
    return lambda: [Replace("title", f"Chief {number}") for number in range(COUNT)]


def _schema(look: Callable[[AttributeType], object]) -> Work:
    texts = [
        f"( 1.3.6.1.4.1.99.{number} NAME ( 'name{number}' 'alias{number}' ) "
        f"DESC 'One of {COUNT}' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115."
        "121.1.15{64} SINGLE-VALUE X-ORIGIN 'somebody' )"
        for number in range(COUNT)
    ]

    def work() -> None:
        schema = Schema.parse(attribute_types=texts)
        assert sum(1 for each in schema.attribute_types.values() if look(each)) == COUNT

    return work


def _classes() -> Work:
    """Classes of ten attributes each, four of them one below the other."""

    def body(space: dict[str, object]) -> None:
        names = [f"name{number}" for number in range(10)]
        space["__annotations__"] = dict.fromkeys(names, "Many[str]")
        space.update((name, attribute(name, default=())) for name in names)

    def work() -> None:
        base: type = Entry
        for number in range(COUNT // 10):
            kind = {"object_class": f"class{number}"}
            base = types.new_class("Made", (base if number % 4 else Entry,), kind, body)

    return work


PATHS: Final[dict[str, Callable[[], Work]]] = {
    "decode a message": _decode,
    "encode a message": _encode,
    "an entry of a stream": lambda: _stream(lambda user: user),
    "an entry of a stream, two values": lambda: _stream(lambda u: (u.uid, u.cn)),
    "an entry of a stream, every value": lambda: _stream(_everything),
    "an entry of a stream, all of its class": lambda: _stream(_whole),
    "an untyped entry, all of it": _untyped,
    "a query": _queries,
    "a change of an entry": _diff,
    "a new entry": lambda: lambda: [new_user(number) for number in range(COUNT)],
    "a new entry and its commit": _additions,
    "a change and its commit": lambda: _commits(_assign),
    "a change in a commit of many": lambda: _commits(_assign, each=False),
    "a delete and its commit": lambda: _commits(Session.delete),
    "a change of the untyped client": _changes,
    "a definition of a schema": lambda: _schema(lambda each: each.oid),
    "a definition, and all of it": lambda: _schema(lambda each: each.syntax),
    "an attribute of a class": _classes,
}


def measure() -> dict[str, float]:
    """Bytecodes for each entry, message or query, by path."""
    # The first trace of a process sees none in Python 3.12.
    count(_encode())
    found = {}
    for name, make in PATHS.items():
        work = make()
        work()  # what is found out once, is found out now
        found[name] = count(work) / COUNT
    return found


def _version() -> str:
    return f"{platform.python_implementation()} {sys.version_info.major}." + str(
        sys.version_info.minor
    )


def main() -> int:
    """Compare, or with ``--accept`` keep; 1 where a path takes more than it did."""
    known: dict[str, dict[str, float]] = {}
    if BASELINE.exists():
        known = json.loads(BASELINE.read_text())
    before, now = known.get(_version(), {}), measure()
    if "--accept" in sys.argv[1:]:
        known[_version()] = now
        BASELINE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
        return 0
    if not before:
        print(
            f"no baseline for {_version()}: python -m benchmarks.instructions --accept"
        )
    slower = [
        name for name in now if now[name] > before.get(name, now[name]) * TOLERANCE
    ]
    for name, value in now.items():
        mark = "  <-- more than it was" if name in slower else ""
        was = f"  (was {before[name]:10,.1f})" if name in before else ""
        print(f"{name:36}{value:10,.1f}{was}{mark}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
