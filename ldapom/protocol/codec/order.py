"""In which order the attributes of a search's entries come, and how each is written.

1. Entries of one search mostly have the same attributes in the same order, and their
   headers differ in few lengths. So what stands somewhere is looked up in the headers
   that the attribute has had which stood there the last time.
2. A header is kept once each of its octets was understood: what is equal to it means
   the same. A list is walked by its lengths, and nothing is searched for.
3. What is kept is bounded, whatever the server sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable  # for get_type_hints
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from ldapom.protocol.codec import ber

#: Headers of several octets a length that are kept of one attribute.
_LONG_ONES: Final = 128

#: Entries in which an attribute had several values, before that is taken as usual.
_OFTEN: Final = 4

_one_value = ber.ONE_VALUE.get


class Owned(Protocol):
    """Several values that know whose they are."""

    #: Whatever the owner is: only those who made the `Target` know.
    _state: Any


class Target(NamedTuple):
    """Where the values of an attribute go.

    Attributes:
        name: The name they get.
        key: The key that the attribute is asked for by.
        read: Octets to value; whatever it raises leaves the octets to whoever asks.
        kind: What is made of any number of values; it is told its owner. None where
            there is exactly one value.
        may_lack: Whether no value is no mistake: then it is None, or a ``kind`` of
            none.
    """

    name: str
    key: str
    read: Callable[[bytes], object]
    kind: Callable[[Iterable[object]], Owned] | None
    may_lack: bool = False


#: The same as a tuple of no class of its own, which is taken apart sooner.
Plain: TypeAlias = tuple[
    str,
    str,
    Callable[[bytes], object],
    Callable[[Iterable[object]], Owned] | None,
]


class Node:
    """One attribute as entries of a search have it.

    Args:
        name: The octets of its description, with tag and length.
        target: Where its values go, None where nobody reads it.
        many: Whether it mostly has several values.
        size: How long its header is, where its length takes several octets.

    Attributes:
        size: How many octets of it are its header, which is compared: of what nobody
            reads, until the end of its name; else until its values, or its one value.
        lengths: From a header that was understood to how long the attribute is,
            itself included.
        next: What came behind it the last time that this was not known before.
    """

    __slots__ = ("_often", "lengths", "many", "next", "size", "target")

    def __init__(
        self,
        name: bytes,
        target: Target | None,
        *,
        many: bool = False,
        size: int = 0,
    ) -> None:
        self.target: Plain | None = None
        self.many = many
        self._often = 0
        self.lengths: dict[bytes, int] = {}
        self.size = 2 + len(name)
        if target is not None:
            self.target = (target.name, target.key, target.read, target.kind)
            self.size += 2 if many else 4
        self.size = size or self.size
        self.next = self

    def learn(self, raw: bytes, pos: int, at: int, end: int) -> bool:
        """Keep the header of an attribute whose lengths all fit in one octet.

        No more than 128 are kept, since they differ in these lengths alone.

        Args:
            raw: The octets.
            pos: Where the attribute starts; one octet tells how long it is.
            at: Where its name ends.
            end: Where it ends.

        Returns:
            Whether it has mostly several values, which is new.
        """
        if self.target is None:
            self.lengths[raw[pos:at]] = end - pos
        elif _one_value(raw[at : at + 4]) == end - at:
            if not self.many:
                self.lengths[raw[pos : at + 4]] = end - pos
        elif raw[at] == 0x31 and at + 2 + raw[at + 1] == end:
            if self.many:
                self.lengths[raw[pos : at + 2]] = end - pos
            else:
                self._often += 1
        return self._often == _OFTEN and self.target is not None

    def learn_long(self, raw: bytes, pos: int, end: int) -> bool:
        """Keep the header of an attribute whose length takes several octets.

        The node is one for headers of its size alone, and takes any number of values.

        Args:
            raw: The octets.
            pos: Where the attribute starts.
            end: Where it ends.

        Returns:
            Whether it was known.
        """
        header = raw[pos : pos + self.size]
        is_known = header in self.lengths
        if len(self.lengths) >= _LONG_ONES:
            self.lengths.clear()
        self.lengths[header] = end - pos
        return is_known
