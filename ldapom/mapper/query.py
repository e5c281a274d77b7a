"""`Query`: what is asked for, as a value; asking it is what sends something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, ParamSpec, Protocol, Self, TypeVar

from attrs import evolve, field, frozen

from ldapom.errors import MultipleResults, NoResult
from ldapom.filters import all_of
from ldapom.mapper import ambient, asking
from ldapom.mapper.shape import Shape, asked_names, conditions, shown, sort_keys
from ldapom.protocol.messages import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ldapom.dn import DN
    from ldapom.filters import Filter
    from ldapom.mapper.cursors import Reader, Writer
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.session import Session
    from ldapom.mapper.unit import Unit

P = ParamSpec("P")
E_co = TypeVar("E_co", covariant=True)


@frozen
class Query(Generic[E_co]):
    """Entries of one class that are asked for; a value that every method copies.

    It runs when it is iterated over, which streams the entries, or by ``first``,
    ``one``, ``one_or_none``, ``all``, ``count``, ``exists``, ``reader`` or ``writer``.
    It runs in the session it came from; one that came from ``Model.query`` looks for
    the session that surrounds it then.
    """

    shape: Shape
    session: Session | None = field(default=None, eq=False, repr=False)

    @classmethod
    def of(
        cls,
        model: type[Entry],
        given: Iterable[Filter],
        equals: Mapping[str, object],
    ) -> Self:
        """Make the query of a model's ``query`` method.

        Raises:
            TypeError: If a keyword is no attribute, or a value of another type.
        """
        return cls(Shape(model, conditions(model, given, equals)))

    # --- shaping -------------------------------------------------------------------

    def where(self, /, *given: Filter, **equals: object) -> Self:
        """Demand more.

        Args:
            *given: What must hold too.
            **equals: Attributes and the value they must have.

        Raises:
            TypeError: If a keyword is no attribute, or a value of another type.
        """
        more = conditions(self.shape.model, given, equals)
        return self._with(
            evolve(self.shape, conditions=all_of((self.shape.conditions, more)))
        )

    def base(self, dn: DN | str) -> Self:
        """Look under this entry instead of the model's base."""
        return self._with(evolve(self.shape, base=str(dn)))

    def scope(self, scope: Literal["base", "one", "sub"]) -> Self:
        """Look at the base alone, at its children, or at everything below it."""
        if scope not in Scope.__members__:
            raise ValueError(f"scope is 'base', 'one' or 'sub', not {scope!r}")
        return self._with(evolve(self.shape, scope=Scope[scope]))

    def only(self, *names: str) -> Self:
        """Ask for these attributes alone; reading others raises `NotLoaded`.

        Args:
            *names: Python or LDAP names; ``*`` stands for all user attributes.

        Raises:
            LookupError: If the model has no such attribute.
        """
        return self._with(evolve(self.shape, only=asked_names(self.shape.model, names)))

    def with_operational(self) -> Self:
        """Ask for all operational attributes too (RFC 3673)."""
        return self._with(evolve(self.shape, operational=True))

    def limit(self, count: int) -> Self:
        """Give at most so many entries; that there are more is no error."""
        if count < 1:
            raise ValueError(f"a limit is 1 or more, not {count}")
        return self._with(evolve(self.shape, limit=count))

    def page_size(self, size: int) -> Self:
        """Read so many entries a page (RFC 2696); 0 asks for all at once."""
        if size < 0:
            raise ValueError(f"a page size is 0 or more, not {size}")
        return self._with(evolve(self.shape, page_size=size))

    def order_by(self, *names: str) -> Self:
        """Sort by these attributes, the first one first.

        The server sorts where it offers to (RFC 2891), else all entries are read
        and sorted here. An entry without a value comes last.

        Args:
            *names: Python or LDAP names; ``-`` before one turns its order round.

        Raises:
            LookupError: If the model has no such attribute.
        """
        return self._with(evolve(self.shape, order=sort_keys(self.shape.model, names)))

    def using(self, session: Session) -> Self:
        """Ask in this session, whatever surrounds the call."""
        return evolve(self, session=session)

    # --- asking --------------------------------------------------------------------

    def __iter__(self) -> Iterator[E_co]:
        """Stream the entries; leaving the loop early leaves the search."""
        return self._entries(self.shape)

    def all(self) -> list[E_co]:
        """Every entry."""
        return list(self)

    def first(self) -> E_co | None:
        """Any one entry, the first where they are sorted; None without any."""
        found = list(self._entries(self._limited(1)))
        return found[0] if found else None

    def one(self) -> E_co:
        """The only entry.

        Raises:
            NoResult: If none matches.
            MultipleResults: If several do.
        """
        found = self.one_or_none()
        if found is None:
            raise NoResult(f"no entry matches {self}")
        return found

    def one_or_none(self) -> E_co | None:
        """The only entry, or None without any.

        Raises:
            MultipleResults: If several match.
        """
        found = list(self._entries(self._limited(2)))
        if len(found) > 1:
            raise MultipleResults(f"more than one entry matches {self}")
        return found[0] if found else None

    def count(self) -> int:
        """How many entries match; the server sends their names only."""
        return 0 if self.shape.is_empty else asking.count(self._session(), self.shape)

    def exists(self) -> bool:
        """Whether an entry matches."""
        shape = self._limited(1)
        return not shape.is_empty and asking.count(self._session(), shape) > 0

    def reader(self) -> Reader[E_co]:
        """Ask now, and keep the entries as a sequence that can be asked again."""
        from ldapom.mapper.cursors import Reader

        return Reader(self)

    def writer(self) -> Writer[E_co]:
        """Ask now, and keep the entries to change them, apart from the session."""
        from ldapom.mapper.cursors import Writer

        session = self._session()
        return Writer(session, self.shape.model, self.using(session))

    def entries_for(self, unit: Unit | None) -> list[E_co]:
        """Every entry, its changes to be saved by a unit of work, or to be read only.

        Args:
            unit: The unit of work; without one the entries only read.
        """
        if self.shape.is_empty:
            return []
        # The model's class is E, which the shape, free of types, does not say.
        found = asking.entries_for(unit, self._session(), self.shape)
        return list(found)  # type: ignore[arg-type]

    def __str__(self) -> str:
        shape = self.shape
        where = f" under {shape.base!r}" if shape.base is not None else ""
        return f"{shape.model.__name__}.query {shown(shape.filter())}{where}"

    def _with(self, shape: Shape) -> Self:
        return evolve(self, shape=shape)

    def _limited(self, count: int) -> Shape:
        limit = self.shape.limit
        return evolve(self.shape, limit=count if limit is None else min(count, limit))

    def _session(self) -> Session:
        return self.session if self.session is not None else ambient.current()

    def _entries(self, shape: Shape) -> Iterator[E_co]:
        if shape.is_empty:
            # What can match nothing asks nobody.
            return iter(())
        # The model's class is E, which the shape, free of types, does not say.
        return asking.entries(self._session(), shape)  # type: ignore[return-value]


class HasQuery(Protocol[P, E_co]):
    """A model: its ``query`` says what `Session.query` takes and gives."""

    def query(self, *args: P.args, **kwargs: P.kwargs) -> Query[E_co]:
        """Ask for entries of this class."""
        ...
