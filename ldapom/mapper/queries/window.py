"""`Window`: a part of a sorted list, which the server keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.mapper.cursors import Cursor

if TYPE_CHECKING:
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.windowing import Seen

E_co = TypeVar("E_co", covariant=True)


class Window(Cursor[E_co]):
    """Neighbouring entries of a sorted list; the others were not sent.

    Changes of the entries are saved by the session.

    Attributes:
        start: The index of the first of them in the whole list, from 0.
        target: The index of the entry that was asked for; `total` where every entry
            is less than the value.
        total: How many entries the list has; an estimate of the server, which may
            change from window to window.
    """

    def __init__(self, model: type[Entry], entries: list[E_co], seen: Seen) -> None:
        super().__init__(model, [] if seen.is_beyond else entries)
        self.start = seen.start
        self.target = seen.target
        self.total = seen.total

    def __repr__(self) -> str:
        return f"<Window of {len(self)} entries from {self.start} of {self.total}>"
