"""`State`: where an entry can stand; `UnitOfWork`: who is told when it changes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ldapom.mapper.entries.state import EntryState


class State(Enum):
    """Where an entry stands.

    In the words of other libraries: `new` is virtual, `incomplete` is missing
    mandatory, `changed` has pending changes, `deleting` is ready for deletion,
    `renaming` is ready for moving or renaming, and `clean` is what was read or
    committed.

    Attributes:
        new: Made here, and belongs to no unit of work.
        incomplete: To be added, but an attribute it must have has no value.
        adding: To be added by the next commit.
        clean: As the server has it, as far as is known.
        changed: Changed here, to be sent by the next commit.
        deleting: To be deleted by the next commit.
        renaming: To be renamed or moved by the next commit, perhaps changed too.
        deleted: Deleted from the server.
        unknown: It was sent, and nobody knows whether the server did it.
        read_only: Of a `Reader`, which only reads.
        detached: A copy, a pickle, or left over from a session that is closed;
            free to change, and never saved.
    """

    new = "new"
    incomplete = "incomplete"
    adding = "adding"
    clean = "clean"
    changed = "changed"
    deleting = "deleting"
    renaming = "renaming"
    deleted = "deleted"
    unknown = "unknown"
    read_only = "read_only"
    detached = "detached"


class UnitOfWork(Protocol):
    """A unit of work, as far as the state of an entry knows it; see `Unit`."""

    @property
    def is_open(self) -> bool:
        """Whether changes are still saved."""
        ...

    @property
    def on_its_way(self) -> frozenset[EntryState]:
        """What is being committed at this moment, which nobody may change."""
        ...

    def hold(self, state: EntryState) -> None:
        """Keep a state that was changed, until it is committed or discarded."""
        ...
