"""`Known`: the entries that a unit of work has given out, each while anyone holds it.

One model and DN as received is one object. An entry is remembered by a weak reference
without a callback: entries come and go by the million, and what is gone is swept out
when the table has doubled since the last sweep.

An entry that was added has the DN of its maker. A server may spell it otherwise
(``CN=x`` for ``cn=x``), so what is read first under an equal DN is that entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from ldapom.dn import DN
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.named import Classes

#: Entries of one model below which no sweep is worth it.
SMALL = 2048


class Known:
    """The entries of one model by their DN as received."""

    __slots__ = ("_added_limit", "_limit", "added", "classes", "found")

    def __init__(self) -> None:
        #: For whoever reads a stream: a look into this costs no call.
        self.found: dict[str, ref[Entry]] = {}
        #: Those that were added and not read since, by what equal DNs look alike in.
        self.added: dict[str, ref[Entry]] = {}
        #: How their object classes are seen; see `named`.
        self.classes: Classes | None = None
        self._limit = self._added_limit = SMALL

    def get(self, dn: str) -> Entry | None:
        """The entry of this DN, if anyone holds it."""
        found = self.found.get(dn)
        return None if found is None else found()

    def put(self, dn: str, entry: Entry) -> None:
        """Remember an entry while anyone holds it."""
        self.found[dn] = ref(entry)

    def add(self, dn: str, entry: Entry) -> None:
        """Remember an entry that was added under this DN."""
        self.put(dn, entry)
        if len(self.added) >= self._added_limit:
            self.added = {k: v for k, v in self.added.items() if v() is not None}
            self._added_limit = max(SMALL, 2 * len(self.added))
        self.added[_rough(dn)] = ref(entry)

    def adopt(self, dn: str) -> Entry | None:
        """The entry that was added under another spelling of this DN, if there is one.

        It is found under this one from now on.
        """
        found = self.added.pop(_rough(dn), None)
        entry = None if found is None else found()
        if entry is None or entry._state.status is not State.clean:
            return None
        if entry._state.name != DN.from_server(dn):
            return None
        self.found.pop(entry._state.dn, None)
        self.put(dn, entry)
        return entry

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


def _rough(dn: str) -> str:
    """What spellings of a DN have in common, if not they alone."""
    return dn.lower().replace(" ", "")
