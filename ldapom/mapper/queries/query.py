"""`Query`: what is asked for, as a value; asking it is what sends something."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, Protocol, Self, TypeVar

from attrs import field, frozen

from ldapom.errors import LimitError, MultipleResults, NoResult
from ldapom.mapper import ambient
from ldapom.mapper.queries.shaping import Shaping, in_words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.cursors import Reader, Writer
    from ldapom.mapper.queries.shape import Shape
    from ldapom.mapper.queries.window import Window
    from ldapom.mapper.session import Session
    from ldapom.protocol.list_view import VirtualListView

P = ParamSpec("P")
E_co = TypeVar("E_co", covariant=True)


@frozen
class Query(Shaping[E_co]):
    """Entries of one class that are asked for; a value that every method copies.

    It runs when it is iterated over, which streams the entries, or by ``first``,
    ``one``, ``one_or_none``, ``all``, ``count``, ``exists``, ``reader`` or ``writer``.
    It runs in the session it came from; one that came from ``Model.query`` looks for
    the session that surrounds it then.
    """

    session: Session | None = field(default=None, eq=False, repr=False)

    def using(self, session: Session) -> Self:
        """Ask in this session, whatever surrounds the call."""
        return type(self)(self.shape, session)

    # --- asking --------------------------------------------------------------------

    def __iter__(self) -> Iterator[E_co]:
        """Stream the entries; leaving the loop early leaves the search."""
        if self.shape.is_empty:
            # What can match nothing asks nobody.
            return iter(())
        from ldapom.mapper.queries import asking

        # The model's class is E, which the shape, free of types, does not say.
        return asking.entries(self._session(), self.shape)  # type: ignore[return-value]

    def all(self) -> list[E_co]:
        """Every entry.

        Raises:
            LimitError: The server gives no more; ``received`` holds those that came.
        """
        found: list[E_co] = []
        try:
            # What comes before an error stays in the list.
            found.extend(self)
        except LimitError as error:
            error.received = found
            raise
        return found

    def first(self) -> E_co | None:
        """Any one entry, the first where they are sorted; None without any."""
        found = self._few(1)
        return found[0] if found else None

    def one(self) -> E_co:
        """The only entry.

        Raises:
            NoResult: If none matches.
            MultipleResults: If several do.
        """
        found = self.one_or_none()
        if found is None:
            raise NoResult(f"no entry matches {self._asked()}")
        return found

    def one_or_none(self) -> E_co | None:
        """The only entry, or None without any.

        Raises:
            MultipleResults: If several match.
        """
        found = self._few(2)
        if len(found) > 1:
            raise MultipleResults(f"more than one entry matches {self._asked()}")
        return found[0] if found else None

    def count(self) -> int:
        """How many entries match; the server sends their names only."""
        from ldapom.mapper.queries import asking

        return 0 if self.shape.is_empty else asking.count(self._session(), self.shape)

    def exists(self) -> bool:
        """Whether an entry matches."""
        from ldapom.mapper.queries import asking

        shape = self.shape
        return not shape.is_empty and asking.exists(self._session(), shape)

    def reader(self) -> Reader[E_co]:
        """Ask now, and keep the entries as a sequence that can be asked again."""
        from ldapom.mapper.cursors import Reader

        return Reader(self)

    def writer(self) -> Writer[E_co]:
        """Ask now, and keep the entries to change them, apart from the session."""
        from ldapom.mapper.cursors import Writer

        session = self._session()
        return Writer(session, self.shape.model, self.using(session))

    def window(self, start: int, count: int) -> Window[E_co]:
        """Ask for a part of the sorted list (virtual list view).

        For example ``Person.query().order_by("sn").window(100, 50)``.

        Args:
            start: The index of the first entry, from 0.
            count: How many; fewer come at the end of the list.

        Raises:
            LocalProtocolError: The server does not offer it.
            ResultError: It does not sort by this, or not for this identity.
        """
        from ldapom.mapper.queries import windowing

        view = windowing.by_index(self.shape, start, count)
        return self._window(view)

    def around(self, value: object, *, before: int = 0, after: int = 9) -> Window[E_co]:
        """Ask for the part of the sorted list where a value stands, or would stand.

        For example ``Person.query().order_by("sn").around("Smith")``.

        Args:
            value: Of the attribute that is sorted by first.
            before: How many entries before the first one that is not less.
            after: How many behind it.

        Raises:
            LocalProtocolError: The server does not offer it.
            ResultError: It does not sort by this, or not for this identity.
        """
        from ldapom.mapper.queries import windowing

        shape = self.shape
        if not shape.is_empty:
            shape = self._session()._said(shape)
        view = windowing.by_value(shape, value, before, after)
        return self._window(view)

    def _window(self, view: VirtualListView) -> Window[E_co]:
        from ldapom.mapper.queries import asking, windowing
        from ldapom.mapper.queries.window import Window

        if self.shape.is_empty:
            return Window(self.shape.model, [], windowing.NOTHING)
        found, seen = asking.window(self._session(), self.shape, view)
        # The model's class is E, which the shape, free of types, does not say.
        return Window(self.shape.model, found, seen)  # type: ignore[arg-type]

    def _entries_for(self, unit: Unit | None) -> list[E_co]:
        """Every entry, its changes to be saved by a unit of work, or to be read only.

        Args:
            unit: The unit of work; without one the entries only read.
        """
        if self.shape.is_empty:
            return []
        from ldapom.mapper.queries import asking

        # The model's class is E, which the shape, free of types, does not say.
        found = asking.entries_for(unit, self._session(), self.shape)
        return list(found)  # type: ignore[arg-type]

    def _session(self) -> Session:
        return self.session if self.session is not None else ambient.current()

    def _as_sent(self) -> Shape:
        return (
            self.shape
            if self.session is None
            else in_words_of(self.session, self.shape)
        )

    def _asked(self) -> Self:
        """The query for a message, in the words of the session it was asked in."""
        return self if self.shape.is_empty else self.using(self._session())

    def _few(self, count: int) -> list[E_co]:
        """At most so many entries, in one go."""
        if self.shape.is_empty:
            return []
        session = self._session()
        # The model's class is E, which the shape, free of types, does not say.
        return session._few(self.shape, self._at_most(count))  # type: ignore[return-value]


class HasQuery(Protocol[P, E_co]):
    """A model: its ``query`` says what `Session.query` takes and gives."""

    def query(self, *args: P.args, **kwargs: P.kwargs) -> Query[E_co]:
        """Ask for entries of this class."""
        ...
