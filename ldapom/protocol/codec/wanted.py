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

from collections.abc import Callable  # noqa: TC003  # for typing.get_type_hints
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

from ldapom.protocol.codec import ber

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE: Final = ()

#: Octets of a length, as `ldapom.protocol.codec.ber.long_length` reads it.
LONGEST_LENGTH: Final = 8

_one_value = ber.ONE_VALUE.get

#: So many values of one attribute are decoded along; more wait until they are read.
SEVERAL: Final = 8

Part = dict[str, "list[bytes] | tuple[()]"]

_Owner = TypeVar("_Owner")


class Target(NamedTuple, Generic[_Owner]):
    """Where the values of an attribute go.

    Attributes:
        name: The name they get.
        key: The key that the attribute is asked for by.
        read: Octets to value; whatever it raises leaves the octets to whoever asks.
        several: Makes of any number of values, and their owner, what is kept; None
            where there is exactly one.
    """

    name: str
    key: str
    read: Callable[[bytes], object]
    several: Callable[[Iterable[object], _Owner], object] | None


class Model(Protocol[_Owner]):
    """Who knows the targets of attributes."""

    def target(self, key: str) -> Target[_Owner] | None:
        """That of the attribute of a key; None where it has none."""
        ...


class _Plan:
    """What is asked for so far; another one as soon as more is.

    It is replaced as a whole, so that two threads never mix two of them.
    """

    __slots__ = ("aims", "asked", "model", "names", "targets")

    def __init__(self, asked: dict[str, tuple[()]]) -> None:
        self.asked = asked
        # From the octets of a description to the key where it is asked for, else "".
        self.names: dict[bytes, str] = {}
        # For one model, the targets by key, and by the octets of a description.
        self.model: object = None
        self.aims: dict[str, Target[object]] = {}
        self.targets: dict[bytes, Target[object] | None] = {}

    def aimed(self, model: Model[_Owner]) -> _Plan | None:
        """The same for a model; None where that has not all that is asked for."""
        plan = _Plan(self.asked)
        plan.model = model
        for key in self.asked:
            aim = model.target(key)
            if aim is None:
                return None
            plan.aims[key] = aim  # type: ignore[assignment]  # of the model's owners
        return plan


class Wanted:
    """What is read of the entries of one search.

    Args:
        key_of: From an attribute description as sent to the key it is asked for by.

    Attributes:
        has_options: Whether an attribute came with options, such as ``;lang-de``.
    """

    #: Names that are remembered; more are nothing that one search could ask for.
    LARGEST: Final = 1024

    __slots__ = ("_key_of", "_plan", "_seen", "has_options")

    def __init__(self, key_of: Callable[[str], str]) -> None:
        self.has_options = False
        self._key_of = key_of
        self._seen = False
        self._plan = _Plan({})

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
            return found if self._walk(raw, plan, found) else None
        except LookupError:
            # Cut short.
            return None

    def _walk(self, raw: bytes, plan: _Plan, found: Part) -> bool:
        names = plan.names
        pos, stop = 0, len(raw)
        while pos < stop:
            if raw[pos] != 0x30:
                return False
            length, start = raw[pos + 1], pos + 2
            if length > 0x7F:
                start += length & 0x7F
                length = _long(raw, pos + 2, start)
            pos = start + length
            at = start + 2 + raw[start + 1]
            # With its tag and length, which are compared along.
            name = raw[start:at]
            key = names.get(name)
            if key is None:
                key = self._learn(name, plan)
            if not key:
                continue
            if found[key]:
                return False
            if _one_value(raw[at : at + 4]) == pos - at:
                found[key] = [raw[at + 4 : pos]]
            else:
                found[key] = _values(raw, at, pos)
        return pos == stop

    def read(
        self,
        raw: bytes,
        key: str,
        model: Model[_Owner],
        owner: _Owner,
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
            Values that were not decoded, as `part` gives them: because there are none,
            or many, or since they are none of the attribute's type. None where `part`
            has to be asked; ``found`` has nothing to go by then.
        """
        plan = self._plan
        if key not in plan.asked:
            return None
        if plan.model is not model:
            aimed = plan.aimed(model) if plan.model is None else None
            if aimed is None:
                return None
            plan = self._plan = aimed
        left: Part = {}
        try:
            if not self._decode(raw, plan, owner, found, left):
                return None
        except LookupError:
            # Cut short.
            return None
        if len(found) + len(left) != len(plan.asked):
            for each, aim in plan.aims.items():
                if aim.name not in found and each not in left:
                    left[each] = _NONE
        return left

    def _decode(  # noqa: C901, PLR0912  # one loop on purpose, as in `attributes.pairs`
        self,
        raw: bytes,
        plan: _Plan,
        owner: object,
        found: dict[str, object],
        left: Part,
    ) -> bool:
        targets = plan.targets
        pos, stop = 0, len(raw)
        while pos < stop:
            if raw[pos] != 0x30:
                return False
            length, start = raw[pos + 1], pos + 2
            if length > 0x7F:
                start += length & 0x7F
                length = _long(raw, pos + 2, start)
            pos = start + length
            at = start + 2 + raw[start + 1]
            try:
                target = targets[raw[start:at]]
            except KeyError:
                target = self._aim(raw[start:at], plan)
            if target is None:
                continue
            name, key, read, several = target
            if name in found or key in left:
                return False
            if _one_value(raw[at : at + 4]) == pos - at:
                try:
                    value = read(raw[at + 4 : pos])
                    if several is not None:
                        value = several((value,), owner)
                except Exception:  # noqa: BLE001  # it raises where this one is read
                    value = None
                if value is None:
                    left[key] = [raw[at + 4 : pos]]
                else:
                    found[name] = value
            else:
                values = _values(raw, at, pos)
                try:
                    value = _made(target, values, owner)
                except Exception:  # noqa: BLE001  # the same
                    value = None
                if value is None:
                    left[key] = values
                else:
                    found[name] = value
        return pos == stop

    def _aim(self, name: bytes, plan: _Plan) -> Target[object] | None:
        """The target of an attribute that was not met yet."""
        key = plan.names.get(name)
        if key is None:
            key = self._learn(name, plan)
        found = plan.targets[name] = plan.aims.get(key)
        return found

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


def _made(target: Target[object], values: list[bytes], owner: object) -> object:
    """What is kept of values; None where they are not decoded along."""
    if target.several is None or not 0 < len(values) <= SEVERAL:
        return None if len(values) != 1 else target.read(values[0])
    return target.several(map(target.read, values), owner)


def _values(raw: bytes, pos: int, stop: int) -> list[bytes]:
    """The values of a set; LookupError for what no server writes."""
    if raw[pos] != 0x31:
        raise LookupError
    length, start = raw[pos + 1], pos + 2
    if length > 0x7F:
        start += length & 0x7F
        length = _long(raw, pos + 2, start)
    if start + length != stop:
        raise LookupError
    values = []
    while start < stop:
        if raw[start] != 0x04:
            raise LookupError
        length, at = raw[start + 1], start + 2
        if length > 0x7F:
            at += length & 0x7F
            length = _long(raw, start + 2, at)
        start = at + length
        values.append(raw[at:start])
    if start != stop:
        raise LookupError
    return values


def _long(raw: bytes, start: int, end: int) -> int:
    """A length of several octets; IndexError for what no server writes."""
    if not 0 < end - start <= LONGEST_LENGTH:
        raise IndexError
    return int.from_bytes(raw[start:end], "big")
