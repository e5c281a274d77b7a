"""`Known`: the entries that a unit of work has given out, each while anyone holds it.

One model and DN as received is one object. An entry is remembered by a weak reference
without a callback: entries come and go by the million, and what is gone is swept out
when the table has doubled since the last sweep.

What a rename takes along, or a deleted tree, is looked for by words: a name below
``uid=ada,…`` has ``ada`` in it. Reading all the names that are known takes 40 times as
long.

An entry that was added has the DN of its maker. A server may spell it otherwise
(``CN=x`` for ``cn=x``), so what is read first under an equal DN is that entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from weakref import ref

from ldapom.dn import DN
from ldapom.mapper.entries.states import State

if TYPE_CHECKING:
    from collections.abc import Collection

    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.named import Classes

#: Entries of one model below which no sweep is worth it.
SMALL = 2048

#: What every spelling of a value has in common, if all of it is ASCII.
_WORD: Final = re.compile("[a-z0-9]+")
#: What makes a name one that only a parser can compare; as all beside ASCII does.
_SPELLED: Final = ("\\", "#", '"')


def word_of(name: DN) -> str:
    """What any name that is equal to this one, or below it, has in it.

    In lower case; a name with a backslash or the like, or with anything beside ASCII,
    may be below it all the same. Empty where there is nothing of the kind.
    """
    first = None if name.rdn is None else name.rdn[0]
    if first is None or first.ber is not None:
        return ""
    return max(_WORD.findall(first.value.lower()), key=len, default="")


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

    def near(self, words: Collection[str]) -> list[tuple[str, Entry]]:
        """Those that may be below a name with one of these words, and the names.

        Args:
            words: What `word_of` gave.
        """
        names = list(self.found)
        if "" not in words:
            names = _with_words(names, words)
        found = [(dn, self.found[dn]()) for dn in names]
        return [(dn, entry) for dn, entry in found if entry is not None]

    def rename(self, entries: Collection[tuple[str, Entry]]) -> None:
        """Find entries by the DN they have now.

        Args:
            entries: With what they were found under.
        """
        moved = [pair for pair in entries if pair[1]._state.dn != pair[0]]
        # All before any: one may have the name that another had.
        for dn, _ in moved:
            self.found.pop(dn, None)
        for _, entry in moved:
            self.put(entry._state.dn, entry)

    def sweep(self) -> None:
        """Forget those that are gone, if the table has grown much since last time."""
        if len(self.found) > self._limit:
            there = {dn: one for dn, one in self.found.items() if one() is not None}
            # In place: a stream may be filling it.
            self.found.clear()
            self.found.update(there)
            self._limit = max(SMALL, 2 * len(there))


def _rough(dn: str) -> str:
    """What spellings of a DN have in common, if not they alone."""
    return dn.lower().replace(" ", "")


def _with_words(names: list[str], words: Collection[str]) -> list[str]:
    """The names with one of the words in them, and those that may spell it."""
    whole = "\n".join(names).lower()
    if _is_spelled(whole) or whole.count("\n") >= len(names):
        lower = ((name, name.lower()) for name in names)
        return [
            name
            for name, text in lower
            if _is_spelled(text) or any(word in text for word in words)
        ]
    # All at once: for the rename of one of 3,000 names 0.1 ms instead of 1.
    found: set[int] = set()
    for word in words:
        at, line, before = whole.find(word), 0, 0
        while at >= 0:
            line += whole.count("\n", before, at)
            found.add(line)
            before, at = at, whole.find(word, at + 1)
    return [names[line] for line in sorted(found)]


def _is_spelled(text: str) -> bool:
    return not text.isascii() or any(sign in text for sign in _SPELLED)
