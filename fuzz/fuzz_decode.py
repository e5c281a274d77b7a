"""Fuzzes message decoding: both codecs read, wait, or raise `DecodeError`, alike.

What was read is written and read again, and the codecs have to agree on all of it.
"""

from __future__ import annotations

from pathlib import Path

from harness import run

from ldapom.errors import DecodeError
from ldapom.protocol.codec import Codec, collect, fast, spec
from ldapom.protocol.messages import LDAPMessage, SearchResultEntry

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"

#: What both codecs may say: a message and its end, nothing yet, or a refusal.
Outcome = tuple[LDAPMessage, int] | None | str


def outcome(codec: Codec, data: bytes) -> Outcome:
    """Decode once."""
    try:
        return codec.decode(data)
    except DecodeError as error:
        return "refused" if 0 <= error.offset <= len(data) else f"{codec.NAME}: {error}"


def received(data: bytes) -> Outcome:
    """Receive once, and read what waits."""
    try:
        found = fast.receive(data)
        if found is not None and isinstance(found[0].op, SearchResultEntry):
            collect(found[0].op.attributes)
    except DecodeError:
        return "refused"
    return found


def target(data: bytes) -> None:
    """Decode in every way, and compare."""
    first = outcome(fast, data)
    assert outcome(spec, data) == first
    assert received(data) == first
    if isinstance(first, tuple):
        written = fast.encode(first[0])
        assert spec.encode(first[0]) == written
        assert fast.decode(written) == (first[0], len(written))


if __name__ == "__main__":
    run(target, (), [path.read_bytes() for path in sorted(CORPUS.glob("*.ber"))])
