"""`Known`: the entries that a unit of work has given out, each while anyone holds it.

One model and DN as received is one object. An entry is remembered by a weak reference
without a callback: entries come and go by the million, and what is gone is swept out
when the table has doubled since the last sweep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.mapper.entry import Entry

#: Entries of one model below which no sweep is worth it.
SMALL = 2048


class Known:
    """The entries of one model by their DN as received."""

    __slots__ = ("_limit", "found")

    def __init__(self) -> None:
        #: For whoever reads a stream: a look into this costs no call.
        self.found: dict[str, ref[Entry]] = {}
        self._limit = SMALL

    def get(self, dn: str) -> Entry | None:
        """The entry of this DN, if anyone holds it."""
        found = self.found.get(dn)
        return None if found is None else found()

    def put(self, dn: str, entry: Entry) -> None:
        """Remember an entry while anyone holds it."""
        self.found[dn] = ref(entry)

    def sweep(self) -> None:
        """Forget those that are gone, if the table has grown much since last time."""
        if len(self.found) > self._limit:
            self.rebuild()

    def rebuild(self) -> None:
        """Forget those that are gone, and find the others by the DN they have now."""
        now = {entry._state.dn: ref(entry) for entry in self}
        # In place: a stream may be filling it.
        self.found.clear()
        self.found.update(now)
        self._limit = max(SMALL, 2 * len(self.found))

    def __iter__(self) -> Iterator[Entry]:
        for reference in self.found.values():
            entry = reference()
            if entry is not None:
                yield entry
