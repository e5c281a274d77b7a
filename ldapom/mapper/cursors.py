"""`Reader` and `Writer`: entries as a sequence, to be read only or to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, TypeVar, overload

from ldapom.mapper.changing import Changing
from ldapom.mapper.queries.matches import matcher

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from ldapom.mapper.commits.how import OnError
    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.query import Query
    from ldapom.mapper.session import Session

E = TypeVar("E", bound="Entry")
E_co = TypeVar("E_co", covariant=True)


class Cursor(Sequence[E_co]):
    """Entries of one class, in order.

    Args:
        model: Their class.
        entries: The entries.

    Attributes:
        model: Their class.
    """

    def __init__(self, model: type[Entry], entries: list[E_co]) -> None:
        self.model = model
        self._entries = entries

    def match_dn(self, text: str) -> list[E_co]:
        """The entries whose DN contains this text, whatever its case."""
        wanted = text.casefold()
        return [
            entry
            for entry in self._entries
            if wanted in _entry(entry)._state.dn.casefold()
        ]

    def match(self, /, **equals: object) -> list[E_co]:
        """The entries that have all these values, by their attributes' own rules.

        For example ``users.match(cn="alice  smith")`` finds Alice Smith.

        Args:
            **equals: Attributes and the value one of theirs must be; None stands for
                no value.

        Raises:
            TypeError: If a keyword is no attribute of the model, or a value of another
                type.
            NotLoaded: If an attribute was not asked for.
        """
        matches = matcher(self.model.__ldapom__, equals)
        return [entry for entry in self._entries if matches(_entry(entry))]

    @overload
    def __getitem__(self, index: int) -> E_co: ...

    @overload
    def __getitem__(self, index: slice) -> list[E_co]: ...

    def __getitem__(self, index: int | slice) -> E_co | list[E_co]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self._entries))


class Reader(Cursor[E_co]):
    """The entries that a query gave, in order; they can not be changed.

    Attributes:
        query: What was asked.
    """

    def __init__(self, query: Query[E_co]) -> None:
        super().__init__(query.shape.model, query._entries_for(None))
        self.query = query

    def search(self) -> Self:
        """Ask again, and hold what is found now."""
        self._entries = self.query._entries_for(None)
        return self

    def __repr__(self) -> str:
        return f"<Reader of {len(self)} entries: {self.query}>"


class BaseWriter(Changing, Cursor[E_co]):
    """What blocking and asyncio writers have in common: all but to commit.

    Args:
        unit: The unit of work.
        model: The class of its entries.
        entries: What it begins with.
    """

    def __init__(self, unit: Unit, model: type[Entry], entries: list[E_co]) -> None:
        self._unit = unit
        super().__init__(model, entries)

    # --- changing --------------------------------------------------------------------

    def new(self, **values: object) -> E_co:
        """Make an entry, to be added by the next commit.

        Args:
            **values: What the class's constructor takes.

        Raises:
            TypeError: If the class takes other values.
        """
        # The model is a class of E, whose constructor no type variable knows.
        entry = self.model(**values)  # type: ignore[arg-type]
        return self.add(entry)  # type: ignore[return-value]

    def add(self, entry: E) -> E:
        """Let the next commit add a new entry; one to be deleted is not any more."""
        super().add(entry)
        if not any(each is entry for each in self._entries):
            # Typed loosely: an entry of another class is saved all the same.
            self._entries.append(entry)  # type: ignore[arg-type]
        return entry

    def discard(self) -> None:
        """Take back all that is pending; entries and the values one holds show it."""
        super().discard()
        self._entries = [
            e for e in self._entries if _entry(e)._state.unit is self._unit
        ]

    def _without_deleted(self, done: Iterable[Operation]) -> None:
        gone = {
            state for each in done if each.kind == "delete" for state in each.states
        }
        self._entries = [e for e in self._entries if _entry(e)._state not in gone]

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<{name} of {len(self)} entries of {self.model.__name__}>"


class Writer(BaseWriter[E_co]):
    """A unit of work of its own: entries of one class, and what is to become of them.

    Its entries are other objects than those of the session, and are saved by its own
    `commit`. As a context manager it commits at the end, and discards when an
    exception ends it, as well as what that commit did not do::

        with User.query(loginShell="/bin/sh").writer() as users:
            for user in users:
                user.loginShell = "/bin/bash"

    Args:
        session: Where it asks and writes.
        model: The class of its entries.
        query: What it asks for at once; without one it begins empty.
    """

    def __init__(
        self, session: Session, model: type[Entry], query: Query[E_co] | None = None
    ) -> None:
        self._session = session
        unit = session._new_unit()
        found = [] if query is None else query._entries_for(unit)
        super().__init__(unit, model, found)

    def commit(
        self, *, on_error: OnError = "stop", atomic: bool = False
    ) -> tuple[Operation, ...]:
        """Send what is pending; `Session.commit` says the rest."""
        done = self._session._commit_unit(self._unit, on_error=on_error, atomic=atomic)
        self._without_deleted(done)
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            # What was committed has nothing pending; what was refused is told by then.
            self.discard()


def _entry(entry: object) -> Entry:
    # What a Query gives is an Entry; its type variable has no bound, to be covariant
    # over protocols.
    return entry  # type: ignore[return-value]
