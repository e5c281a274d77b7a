"""``python -m ldapom.protocol dump FILE``: show the messages of a capture.

The file holds what one side of a connection sent: messages one behind the other. It
is read with the codec that follows RFC 4511 to the letter. Secrets are not shown.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ldapom.errors import DecodeError
from ldapom.protocol import codec
from ldapom.protocol._render import lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def dump(octets: bytes) -> Iterator[str]:
    """Describe the messages in some octets.

    Args:
        octets: Messages one behind the other.

    Yields:
        Lines of text; the last one says what is left over, if anything.
    """
    reader = codec.select("spec")
    position = 0
    while position < len(octets):
        try:
            found = reader.decode(octets, position)
        except DecodeError as error:
            yield f"refused: {error}"
            return
        if found is None:
            yield f"incomplete: {len(octets) - position} octets at {position}"
            return
        message, end = found
        yield f"octets {position} to {end - 1}"
        yield from lines(message, "  ")
        position = end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands behind its name; None takes it from the command line.

    Returns:
        The exit code: zero if the whole file was read as messages.
    """
    parser = argparse.ArgumentParser(prog="python -m ldapom.protocol")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("dump", help="show the messages of a capture")
    command.add_argument(
        "file", type=Path, help="concatenated LDAPMessages; - is stdin"
    )
    path: Path = parser.parse_args(arguments).file
    try:
        octets = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 2
    last = ""
    for last in dump(octets):
        sys.stdout.write(f"{last}\n")
    return 1 if last.startswith(("refused", "incomplete")) else 0


if __name__ == "__main__":
    sys.exit(main())
