"""Cost by size, without a server: what must not grow faster than its input."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@frozen
class Point:
    """One size: what each unit costs, and the peak of memory in MiB."""

    size: int
    cost: float
    peak: float


@frozen
class Series:
    """One table."""

    title: str
    size: str
    unit: str
    points: tuple[Point, ...]


@frozen
class Scaled:
    """What is measured at several sizes.

    Attributes:
        title: What is done.
        size: What grows.
        unit: What the cost is of.
        sizes: The sizes; those over `QUICKEST` only in the full run.
        run: Does it for a size, and says how many units that were.
    """

    title: str
    size: str
    unit: str
    sizes: tuple[int, ...]
    run: Callable[[int], tuple[int, float]]


def _timed(count: int, work: Callable[[], object]) -> tuple[int, float]:
    start = time.process_time()
    work()
    return count, time.process_time() - start


def _stream(entries: int) -> tuple[int, float]:
    """A typed stream of so many entries, two attributes read."""
    from models import User

    from benchmarks import data, replay
    from ldapom import Session

    several = [
        replay.entry(
            f"uid={data.uid(number)},{data.PEOPLE}",
            {k: [v.encode() for v in vs] for k, vs in data.person(number).items()},
        )
        for number in range(1000)
    ]
    target = replay.Replay(replay.recorded(several), max(1, entries // 1000))

    def work() -> None:
        with Session(target) as session:
            for user in session.query(User):
                assert user.uid.first
                assert user.cn.first

    return _timed(entries, work)


def _read(entries: list[dict[str, list[bytes]]]) -> tuple[int, float]:
    """An untyped stream of which everything is read."""
    from benchmarks import replay
    from ldapom import Connection

    several = [replay.entry("cn=x", attributes) for attributes in entries]
    target = replay.Replay(replay.recorded(several))
    values = sum(len(many) for entry in entries for many in entry.values())

    def work() -> None:
        with Connection(target) as connection:
            for entry in connection.search("cn=x"):
                assert entry.attributes

    return _timed(values, work)


def _wide(attributes: int) -> tuple[int, float]:
    """Entries of so many attributes."""
    entry = {f"attribute{n}": [b"value"] for n in range(attributes)}
    return _read([entry] * max(1, 20_000 // attributes))


def _group(members: int) -> tuple[int, float]:
    """One group of so many members, as typed names."""
    from models import Group

    from benchmarks import data, replay
    from ldapom import Session

    names = [f"uid={data.uid(n)},{data.PEOPLE}".encode() for n in range(members)]
    octets = replay.recorded([replay.entry("cn=g", {"cn": [b"g"], "member": names})])

    def work() -> None:
        with Session(replay.Replay(octets)) as session:
            group = session.query(Group).first()
            assert group is not None
            assert len(group.member) == members

    return _timed(members, work)


def _filter(terms: int) -> tuple[int, float]:
    """A filter of so many terms, built and encoded."""
    from models import User

    from ldapom.protocol.codec import encode
    from ldapom.protocol.messages import LDAPMessage, Scope, SearchRequest

    names = [f"user{number}" for number in range(terms)]

    def work() -> None:
        condition = User.uid.in_(names)
        encode(LDAPMessage(1, SearchRequest("", Scope.sub, condition)))

    return _timed(terms, work)


def _schema(definitions: int) -> tuple[int, float]:
    """A schema of so many attribute types."""
    from ldapom.schema import Schema

    texts = [
        f"( 1.3.6.1.4.1.99999.7.1.{number} NAME 'attribute{number}' DESC 'One of many' "
        "EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
        for number in range(definitions)
    ]

    def work() -> None:
        found = Schema.parse(attribute_types=texts)
        assert len(list(found.attribute_types.values())) >= definitions

    return _timed(definitions, work)


def _new(entries: int) -> tuple[int, float]:
    """So many new entries in one commit."""
    from benchmarks import replay
    from benchmarks.clients.ours import new_user
    from ldapom import Session

    # What the server says of itself is read once: it reads nothing back.
    target = replay.Replay(replay.recorded([replay.entry("", {})]))
    users = [new_user(number) for number in range(entries)]

    def work() -> None:
        with Session(target) as session:
            for user in users:
                session.add(user)
            assert len(session.commit()) == entries

    return _timed(entries, work)


TABLE: Final = (
    Scaled(
        "A stream", "entries", "µs an entry", (1_000, 10_000, 100_000, 500_000), _stream
    ),
    Scaled("Wide entries", "attributes", "µs a value", (1, 10, 100, 1_000), _wide),
    Scaled("Groups", "members", "µs a member", (10, 1_000, 20_000, 200_000), _group),
    Scaled("Filters", "terms", "µs a term", (1, 100, 1_000, 10_000), _filter),
    Scaled("Schemas", "definitions", "µs a definition", (100, 1_000, 5_000), _schema),
    Scaled(
        "New entries in one commit",
        "entries",
        "µs an entry",
        (100, 1_000, 10_000, 50_000),
        _new,
    ),
)


def measure(*, quick: bool) -> Iterator[Series]:
    """Measure every table, each size in a fresh process.

    Args:
        quick: Leave the largest size of each out.
    """
    for number, scaled in enumerate(TABLE):
        sizes = scaled.sizes[:-1] if quick else scaled.sizes
        points = tuple(_in_a_process(number, size) for size in sizes)
        yield Series(scaled.title, scaled.size, scaled.unit, points)


def _in_a_process(number: int, size: int) -> Point:
    command = [sys.executable, "-m", "benchmarks.scaling", str(number), str(size)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cost, peak = json.loads(done.stdout)
    return Point(size, cost, peak)


def main() -> None:
    """Measure one size, and print what each unit cost and the peak of memory."""
    from benchmarks.clock import peak

    scaled, size = TABLE[int(sys.argv[1])], int(sys.argv[2])
    # Twice: the first time pays for imports and tables.
    scaled.run(min(size, scaled.sizes[0]))
    count, seconds = scaled.run(size)
    print(json.dumps((seconds / count * 1e6, peak() / 1024)))


if __name__ == "__main__":
    main()
