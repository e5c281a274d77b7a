"""One door to two codecs: `encode`, `decode` and `receive`, chosen once, at first use.

1. ``fast`` does the work; ``spec`` is RFC 4511 appendix B in pyasn1, to be read beside
   the RFC. ``LDAPOM_CODEC=spec`` chooses it for a whole process.
2. Agreement is the contract: the same octets for every message, and on every input
   equal messages or a `DecodeError` from both.
3. What is tolerated beyond RFC 4511 is one table, `ldapom.protocol.codec.deviations`.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from ldapom.errors import LocalProtocolError
from ldapom.protocol.codec.attributes import LazyAttributes, collect
from ldapom.protocol.codec.ber import DEFAULT_MAX_DEPTH, DEFAULT_MAX_SIZE, Buffer

if TYPE_CHECKING:
    # At run time these two rooms are entered when their name is used.
    from ldapom.protocol.codec import fast as fast
    from ldapom.protocol.codec import spec as spec
    from ldapom.protocol.messages import LDAPMessage, SearchResultEntry

__all__ = [
    "CODECS",
    "DEFAULT_MAX_DEPTH",
    "DEFAULT_MAX_SIZE",
    "ENVIRONMENT",
    "NAME",
    "Buffer",
    "Codec",
    "LazyAttributes",
    "collect",
    "decode",
    "encode",
    "receive",
    "select",
]

#: The names `select` knows.
CODECS: Final = ("fast", "spec")

#: The environment variable that names the codec of a process.
ENVIRONMENT: Final = "LDAPOM_CODEC"


class Codec(Protocol):
    """What a codec module offers."""

    @property
    def NAME(self) -> str:  # noqa: N802  # a constant of a module
        """The name it is selected by."""
        ...  # pyright wants a body

    def encode(self, message: LDAPMessage) -> bytes:
        """Encode one message.

        Args:
            message: The message.

        Returns:
            Its octets, by the restrictions of RFC 4511 5.1.

        Raises:
            LocalProtocolError: If a field holds what the grammar forbids; it names
                the field, and nothing was produced.
        """
        ...  # pyright wants a body

    def decode(
        self,
        buffer: Buffer,
        start: int = 0,
        *,
        max_size: int = DEFAULT_MAX_SIZE,
        max_depth: int = DEFAULT_MAX_DEPTH,
    ) -> tuple[LDAPMessage, int] | None:
        """Decode the message that starts at ``start``, checking all of it.

        Args:
            buffer: What has arrived so far; it may go on behind the message.
            start: The position of the message's first octet.
            max_size: The largest whole message, header included, in octets. A larger
                one is refused as soon as its header is there.
            max_depth: How many And, Or and Not may enclose a filter item.

        Returns:
            The message and the position behind it; None while octets are missing.

        Raises:
            DecodeError: If the octets are, or begin, no LDAPMessage; it names message,
                field and position in ``buffer``.
        """

    def receive(
        self,
        buffer: Buffer,
        start: int = 0,
        *,
        max_size: int = DEFAULT_MAX_SIZE,
        max_depth: int = DEFAULT_MAX_DEPTH,
    ) -> tuple[LDAPMessage, int] | None:
        """Decode like `decode`, but let the attribute list of an entry wait.

        A SearchResultEntry may hold `LazyAttributes` instead of a tuple: its framing
        is checked now, its attributes when they are first read.

        Args:
            buffer: As in `decode`.
            start: As in `decode`.
            max_size: As in `decode`.
            max_depth: As in `decode`.

        Returns:
            As `decode`.

        Raises:
            DecodeError: As `decode`; for octets inside an attribute list later, where
                they are read.
        """

    def receive_answers(
        self, buffer: bytes, start: int, *, max_size: int
    ) -> tuple[int, list[SearchResultEntry], LDAPMessage | None, int]:
        """Decode the answers to one request that stand here one behind the other.

        It takes only what `receive` would decode alike, and stops before anything
        else; it may take nothing.

        Args:
            buffer: What has arrived so far.
            start: Where the first message starts.
            max_size: As in `decode`.

        Returns:
            The message id that all of them have; the entries; the message that ends
            the answer, where it is there and success without a word; and the position
            behind what was taken.
        """
        ...  # pyright wants a body


def select(name: str | None = None) -> Codec:
    """Give the codec of that name.

    Args:
        name: ``"fast"`` or ``"spec"``; None asks ``LDAPOM_CODEC``, else is fast.

    Returns:
        The codec.

    Raises:
        LocalProtocolError: If there is no codec of that name.
    """
    name = name or os.environ.get(ENVIRONMENT) or "fast"
    if name not in CODECS:
        raise LocalProtocolError(
            f"no codec {name!r}; choose one of {', '.join(CODECS)}"
        )
    return _room(name)


@cache
def _room(name: str) -> Codec:
    # Each costs an import that only those who ask for it shall pay.
    return cast("Codec", import_module(f"{__name__}.{name}"))


if TYPE_CHECKING:
    _selected = select()

    #: The name of the selected codec.
    NAME: Final = _selected.NAME
    encode = _selected.encode
    decode = _selected.decode
    receive = _selected.receive
else:

    def __getattr__(name):  # noqa: ANN001, ANN202  # type checkers read the lines above
        """Select the codec of the process when the first of its names is used."""
        if name in CODECS:
            return import_module(f"{__name__}.{name}")
        if name not in {"NAME", "encode", "decode", "receive"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        selected = select()
        for each in ("NAME", "encode", "decode", "receive"):
            globals()[each] = getattr(selected, each)
        return globals()[name]
