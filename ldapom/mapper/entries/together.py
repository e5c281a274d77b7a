"""Attributes that are read of every entry of a search are decoded together.

1. Which these are, `Wanted` has found out; one walk that decodes them costs a third of
   what as many reads cost, each of which would come to its descriptor first.
2. What does not decode is left out: it raises where it is read, and nowhere else.
3. The raw values of what was decoded are not kept; they can be walked to again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import ref

from ldapom.dn import DN
from ldapom.protocol.codec.order import Target
from ldapom.schema.coding import SOONER, decode_dn, decode_name_and_uid, decode_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState
    from ldapom.protocol.codec.wanted import Part, Wanted


#: What gives DNs, each of which takes as long as ten texts.
_NAMES: Final = frozenset({decode_dn, decode_name_and_uid})


class _Known(dict[bytes, object]):
    """Values that entries of a search had before, of what many entries have alike.

    They never change, so that entries share them: less to decode, to keep, and for
    Python's garbage collector to go through.
    """

    LARGEST: Final = 1024

    def __init__(self, decode: Callable[[bytes], object]) -> None:
        super().__init__()
        self._decode = decode

    def __missing__(self, raw: bytes) -> object:
        value = self._decode(raw)
        if len(self) >= self.LARGEST:
            self.clear()
        self[raw] = value
        return value


class Aims:
    """The targets of the attributes of a class as the table of a session has them.

    Args:
        cls: The class. It is not kept: it may be gone before the table is.
        table: The table.
    """

    __slots__ = ("_cls", "_table")

    def __init__(self, cls: type[Entry], table: Converters) -> None:
        self._cls, self._table = ref(cls), table

    def target(self, key: str) -> Target | None:
        """That of the attribute of a key; None where it has none."""
        cls = self._cls()
        found = None if cls is None else cls.__ldapom__.by_key.get(key)
        try:
            return None if found is None else target(self._table.own(found))
        except Exception:  # noqa: BLE001  # it raises where it is read
            return None


def decode(
    entry: Entry, state: EntryState, wanted: Wanted, raw: bytes, key: str
) -> Part | None:
    """Decode what is read of the entries of a search, and store it in the entry.

    Args:
        entry: The entry, of which nothing was changed.
        state: Its state.
        wanted: What is read.
        raw: The octets of its attributes.
        key: The attribute that is read now.

    Returns:
        The raw values of what was not decoded; None where nothing was.
    """
    # Not in the entry itself: another thread may read it, and must find nothing half.
    found: dict[str, object] = {}
    table = state.converters
    model = entry.__ldapom__ if table is None else table.aims(type(entry))
    left = wanted.read(raw, key, model, state, found)
    if left is not None:
        for one in entry.__ldapom__.linked:
            if isinstance(value := found.get(one.python_name), DN):
                found[one.python_name] = one.link(value, state)
        live = entry.__dict__
        # What was read before stays: somebody may hold it.
        live.update({**found, **live} if live else found)
    return left


def target(attribute: AnyAttribute) -> Target | None:
    """Where the values of an attribute go; None where nobody knows their type yet."""
    try:
        read = attribute.converter.decode
    except Exception:  # noqa: BLE001  # it raises where it is read
        return None
    is_class = attribute.key == "objectclass" and read is decode_text
    if is_class or read in _NAMES:
        # The classes of all, managers, groups.
        read = _Known(read).__getitem__
    else:
        read = SOONER.get(read, read)
    kind = attribute.holder if attribute.has_many else None
    may_lack = attribute.has_many or not attribute.must
    return Target(attribute.python_name, attribute.key, read, kind, may_lack)
