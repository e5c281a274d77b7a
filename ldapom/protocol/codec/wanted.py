"""Of the entries of one search the same few attributes are read: only those are made.

1. Which ones is found out as they are read; the others are passed over by their
   lengths, from attribute to attribute, and nothing is searched for.
2. Whatever is not as servers write it gives nothing here. The entry is then read as a
   whole, which judges it; so no octets are understood in two ways. An attribute that
   nobody reads is not looked into.
3. Who has a Python type for each attribute gets its values decoded in the same walk.
4. What is kept of a search is bounded, whatever the server sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from ldapom.protocol.codec.order import Node, Plain, Target
from ldapom.protocol.codec.rows import (
    long_length,
    name_and_end,
    row,
    start_of_values,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container

_NONE: Final = ()

#: Attributes in unusual places, for each entry and in advance; where there are more, to
#: guess what comes next takes longer than it saves.
_CREDIT_EACH: Final = 3
_CREDIT: Final = 200

#: So many values of one attribute are decoded along; more wait until they are read.
SEVERAL: Final = 8

Part = dict[str, "list[bytes] | tuple[()]"]


class Model(Protocol):
    """Who knows the targets of attributes."""

    def target(self, key: str) -> Target | None:
        """That of the attribute of a key; None where it has none."""
        ...


class _Plan:
    """What is asked for so far; another one as soon as more is.

    It is replaced as a whole, so that two threads never mix two of them.
    """

    __slots__ = ("aims", "asked", "credit", "long", "model", "names", "nodes", "root")

    def __init__(self, asked: dict[str, tuple[()]]) -> None:
        self.asked = asked
        # From the octets of a description to the key where it is asked for, else "".
        self.names: dict[bytes, str] = {}
        # The targets by key, where they are of a model; else the keys are what counts.
        self.model: object = None
        self.aims: dict[str, Target] = {
            key: Target(key, key, bytes, None) for key in asked
        }
        # The attributes by the octets of their description.
        self.nodes: dict[bytes, Node] = {}
        # Those whose length takes several octets, by that and the size of their header.
        self.long: dict[tuple[bytes, int], Node] = {}
        # What stands before the first attribute.
        self.root = Node(b"", None)
        # Each entry gives some, each attribute in an unusual place takes one.
        self.credit = _CREDIT

    def aimed(self, model: Model, sent: Container[str] | None) -> _Plan | None:
        """The same for a model; None where that has not all that is asked for."""
        plan = _Plan(self.asked)
        plan.model = model
        for key in self.asked:
            aim = model.target(key)
            if aim is None:
                return None
            if aim.may_lack and sent is not None and key not in sent:
                aim = aim._replace(may_lack=False)
            plan.aims[key] = aim
        return plan

    def long_one(self, name: bytes, size: int) -> Node:
        """The attribute of a name with a header of this size, known from now on."""
        found = self.long.get((name, size))
        if found is None:
            aim = self.aims.get(self.names[name])
            found = self.long[name, size] = Node(name, aim, many=True, size=size)
        return found


class Wanted:
    """What is read of the entries of one search.

    Args:
        key_of: From an attribute description as sent to the key it is asked for by.
        sent: The keys that the server was asked for; None for all. That others do not
            come says nothing.

    Attributes:
        has_options: Whether an attribute came with options, such as ``;lang-de``.
    """

    #: Names that are remembered; more are nothing that one search could ask for.
    LARGEST: Final = 1024

    __slots__ = ("_key_of", "_plan", "_seen", "_sent", "has_options")

    def __init__(
        self, key_of: Callable[[str], str], sent: Container[str] | None = None
    ) -> None:
        self.has_options = False
        self._key_of = key_of
        self._sent = sent
        self._seen = False
        self._plan = _Plan({})

    def expect(self, key: str) -> None:
        """Read an attribute along with the next one: it was changed, unread as yet."""
        plan = self._plan
        if key not in plan.asked:
            self._plan = _Plan({**plan.asked, key: _NONE})

    def part(self, raw: bytes, key: str) -> Part | None:
        """The values of an attribute and of those that were read before.

        Args:
            raw: The contents of the PartialAttributeList of an entry.
            key: The attribute.

        Returns:
            From keys to values, empty ones where there are none; None where the whole
            entry has to be read: the first of a search, or one that is unusual.
        """
        plan = self._plan
        if key not in plan.asked:
            if not self._seen:
                # Many searches give one entry, which is soonest read at once.
                self._seen = True
                return None
            plan = self._plan = _Plan({**plan.asked, key: _NONE})
        found: Part = plan.asked.copy()  # type: ignore[assignment]  # of a wider type
        try:
            if plan.credit < 0:
                for target, values in self._places(raw, plan):
                    if found[target[1]]:
                        return None
                    found[target[1]] = values
                return found
            return found if self._walk(raw, plan, found) else None
        except LookupError:
            # Cut short.
            return None

    def _walk(self, raw: bytes, plan: _Plan, found: Part) -> bool:
        plan.credit += _CREDIT_EACH
        last = plan.root
        pos, stop = 0, len(raw)
        values: list[bytes] = []
        while pos < stop:
            # As in `_decode`.
            node = last.next
            at = pos + node.size
            length = node.lengths.get(raw[pos:at])
            if length is None:
                node = node.next
                at = pos + node.size
                length = node.lengths.get(raw[pos:at])
            if length is None:
                node, at, length = self._unexpected(raw, pos, plan, last)
            target = node.target
            if length is None:
                at, pos = name_and_end(raw, pos)
                values = [] if target is None else values_of(raw, at, pos)
            elif target is None:
                pos += length
            else:
                pos += length
                values = row(raw, at, pos) if node.many else [raw[at:pos]]
            if target is not None:
                if found[target[1]]:
                    return False
                found[target[1]] = values
            last = node
        return pos == stop

    def read(
        self,
        raw: bytes,
        key: str,
        model: Model,
        owner: object,
        found: dict[str, object],
    ) -> Part | None:
        """Decode the values of an attribute and of those that were read before.

        Args:
            raw: The contents of the PartialAttributeList of an entry.
            key: The attribute.
            model: Where values go.
            owner: Of what is made of several values.
            found: Takes the values by the names of their targets.

        Returns:
            Values that were not decoded, as `part` gives them: because there are none
            where some must be, or many, or since they are none of the attribute's
            type. None where `part` has to be asked; ``found`` has nothing to go by
            then.
        """
        plan = self._plan
        if key not in plan.asked:
            return None
        if plan.model is not model:
            aimed = plan.aimed(model, self._sent) if plan.model is None else None
            if aimed is None:
                return None
            plan = self._plan = aimed
        left: Part = {}
        try:
            if plan.credit < 0:
                places = self._places(raw, plan)
                for target, values in places:
                    _take(target, values, owner, found, left)
                taken = len(places)
            else:
                plan.credit += _CREDIT_EACH
                taken = self._decode(raw, plan, owner, found, left)
        except LookupError:
            # Cut short.
            return None
        if taken != len(found) + len(left) or _is_twice(plan, found, left):
            # One that is repeated took the place of its first values.
            return None
        if len(found) + len(left) != len(plan.asked):
            # Of an attribute with options something may have come all the same.
            _lack(plan, owner, found, left, in_parts=self.has_options)
        return left

    def _decode(  # noqa: PLR0912  # one loop on purpose, as in `attributes.pairs`
        self,
        raw: bytes,
        plan: _Plan,
        owner: object,
        found: dict[str, object],
        left: Part,
    ) -> int:
        last = plan.root
        pos, stop, taken = 0, len(raw), 0
        while pos < stop:
            node = last.next
            at = pos + node.size
            length = node.lengths.get(raw[pos:at])
            if length is None:
                # It may lack an attribute that others have.
                node = node.next
                at = pos + node.size
                length = node.lengths.get(raw[pos:at])
            if length is None:
                node, at, length = self._unexpected(raw, pos, plan, last)
            target = node.target
            if length is None:
                at, pos = name_and_end(raw, pos)
                if target is not None:
                    taken += 1
                    _take(target, values_of(raw, at, pos), owner, found, left)
            elif target is None:
                pos += length
            elif node.many:
                pos, taken = pos + length, taken + 1
                _take(target, row(raw, at, pos), owner, found, left)
            else:
                name, key, read, kind = target
                pos, taken = pos + length, taken + 1
                try:
                    if kind is None:
                        value = read(raw[at:pos])
                    else:
                        value = kind((read(raw[at:pos]),))
                        value._state = owner
                except Exception:  # noqa: BLE001  # it raises where this one is read
                    value = None
                if value is None:
                    left[key] = [raw[at:pos]]
                else:
                    found[name] = value
            last = node
        return taken if pos == stop else -1

    def _places(self, raw: bytes, plan: _Plan) -> list[tuple[Plain, list[bytes]]]:
        """Values of what is read, where no entry is like the other.

        Raises:
            LookupError: For what is unusual.
        """
        found: list[tuple[Plain, list[bytes]]] = []
        nodes = plan.nodes
        pos, stop = 0, len(raw)
        while pos < stop:
            if raw[pos] != 0x30:
                raise LookupError
            length, start = raw[pos + 1], pos + 2
            if length > 0x7F:
                start += length & 0x7F
                length = long_length(raw, pos + 2, start)
            end = start + length
            at = start + 2 + raw[start + 1]
            # With its tag and length, which are compared along.
            node = nodes.get(raw[start:at])
            if node is None:
                node = self._met(raw, pos, plan)
            if node.target is not None:
                found.append((node.target, values_of(raw, at, end)))
            pos = end
        if pos != stop:
            raise LookupError
        return found

    def _unexpected(
        self, raw: bytes, pos: int, plan: _Plan, last: Node
    ) -> tuple[Node, int, int | None]:
        """What stands at a position, how far it was compared, and how long it is.

        Raises:
            LookupError: For what is unusual.
        """
        node = last.next = self._met(raw, pos, plan)
        at = pos + node.size
        return node, at, node.lengths.get(raw[pos:at])

    def _met(self, raw: bytes, pos: int, plan: _Plan) -> Node:
        """What stands at a position, known from now on.

        Raises:
            LookupError: For what is unusual.
        """
        node = plan.nodes.get(raw[pos + 2 : pos + 4 + raw[pos + 3]])
        if node is not None and raw[pos : pos + node.size] in node.lengths:
            plan.credit -= 1
            return node
        at, end = name_and_end(raw, pos)
        is_short = raw[pos + 1] < 0x80
        name = raw[pos + 2 if is_short else pos + 2 + (raw[pos + 1] & 0x7F) : at]
        node = plan.nodes.get(name)
        if node is None:
            key = plan.names.get(name)
            if key is None:
                key = self._learn(name, plan)
            node = plan.nodes[name] = Node(name, plan.aims.get(key))
        if not is_short:
            start = at if node.target is None else start_of_values(raw, at, end)
            node = plan.long_one(name, start - pos)
            plan.credit -= node.learn_long(raw, pos, end)
            return node
        if node.learn(raw, pos, at, end):
            node = plan.nodes[name] = Node(name, plan.aims[plan.names[name]], many=True)
        return node

    def _learn(self, name: bytes, plan: _Plan) -> str:
        """The key of an attribute where it is asked for, else nothing.

        Raises:
            LookupError: For what is unusual.
        """
        if name[0] != 0x04 or name[1] > 0x7F or len(name) != 2 + name[1]:
            raise LookupError
        if len(plan.names) >= self.LARGEST:
            raise LookupError
        try:
            text = name[2:].decode()
        except UnicodeDecodeError:
            raise LookupError from None
        if ";" in text:
            self.has_options = True
        key = self._key_of(text)
        plan.names[name] = key = key if key in plan.asked else ""
        return key


def _is_twice(plan: _Plan, found: dict[str, object], left: Part) -> bool:
    """Whether an attribute was decoded and was not."""
    return bool(left) and any(plan.aims[key].name in found for key in left)


def _lack(
    plan: _Plan,
    owner: object,
    found: dict[str, object],
    left: Part,
    *,
    in_parts: bool,
) -> None:
    """Say of what was asked for and has not come that it has no values."""
    for name, key, _, kind, may_lack in plan.aims.values():
        if name in found or key in left:
            continue
        if in_parts or not may_lack:
            left[key] = _NONE
        elif kind is None:
            found[name] = None
        else:
            found[name] = value = kind(_NONE)
            value._state = owner


def _take(
    target: Plain,
    values: list[bytes],
    owner: object,
    found: dict[str, object],
    left: Part,
) -> None:
    """Decode the values of an attribute, however many there are."""
    name, key, read, kind = target
    value: object = None
    try:
        if kind is None:
            value = read(values[0]) if len(values) == 1 else None
        elif 0 < len(values) <= SEVERAL:
            made = kind(map(read, values))
            made._state = owner
            value = made
    except Exception:  # noqa: BLE001, S110  # it raises where this one is read
        pass
    if value is None:
        left[key] = values
    else:
        found[name] = value
