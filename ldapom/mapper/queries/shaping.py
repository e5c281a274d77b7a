"""`Shaping`: what a query asks for, as a value that every method copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar

from attrs import evolve, frozen

from ldapom._given import number
from ldapom.dn import as_text
from ldapom.filters import all_of
from ldapom.mapper import checked
from ldapom.mapper.queries.shape import Shape, asked_names, joined, shown, sort_keys
from ldapom.protocol.parts import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldapom.dn import DN
    from ldapom.filters import Filter
    from ldapom.mapper.base_session import AnySession
    from ldapom.mapper.entries.entry import Entry
    from ldapom.protocol.messages import Control

E_co = TypeVar("E_co", covariant=True)


@frozen
class Shaping(Generic[E_co]):
    """Entries of one class that are asked for, whichever way they are asked for."""

    shape: Shape

    @classmethod
    def of(
        cls,
        model: type[Entry],
        given: Sequence[Filter],
        equals: Mapping[str, object],
    ) -> Self:
        """Make the query of a model's ``query`` method.

        Raises:
            TypeError: If a keyword is no attribute, or a value of another type.
        """
        return cls(Shape(model, joined(model, given, equals)))

    # --- shaping -------------------------------------------------------------------

    def where(self, /, *given: Filter, **equals: object) -> Self:
        """Demand more.

        Args:
            *given: What must hold too.
            **equals: Attributes and the value they must have.

        Raises:
            TypeError: If a keyword is no attribute, or a value of another type.
        """
        more = joined(self.shape.model, given, equals)
        return self._with(
            self.shape._replace(conditions=all_of((self.shape.conditions, more)))
        )

    def base(self, dn: DN | str) -> Self:
        """Look under this entry instead of the model's base."""
        return self._with(self.shape._replace(base=as_text(dn)))

    def scope(self, scope: Literal["base", "one", "sub"]) -> Self:
        """Look at the base alone, at its children, or at everything below it."""
        if scope not in Scope.__members__:
            raise ValueError(f"scope is 'base', 'one' or 'sub', not {scope!r}")
        return self._with(self.shape._replace(scope=Scope[scope]))

    def only(self, *names: str) -> Self:
        """Ask for these attributes alone; reading others raises `NotLoaded`.

        Args:
            *names: Python or LDAP names; ``*`` stands for all user attributes.

        Raises:
            LookupError: If the model has no such attribute.
        """
        checked.names(names, "only")
        asked = asked_names(self.shape.model, names)
        return self._with(self.shape._replace(only=asked))

    def with_operational(self) -> Self:
        """Ask for all operational attributes too (RFC 3673)."""
        return self._with(self.shape._replace(operational=True))

    def limit(self, count: int) -> Self:
        """Give at most so many entries; that there are more is no error."""
        limit = number(count, "a limit", 1)
        return self._with(self.shape._replace(limit=limit))

    def page_size(self, size: int) -> Self:
        """Read so many entries a page (RFC 2696); 0 asks for all at once.

        The next page is asked for when the last entry of a page has arrived, so that
        the server is at work while the program is.
        """
        page_size = number(size, "a page size", 0)
        return self._with(self.shape._replace(page_size=page_size))

    def order_by(self, *names: str) -> Self:
        """Sort by these attributes, the first one first.

        The server sorts where it offers to (RFC 2891), else all entries are read
        and sorted here. An entry without a value comes last.

        Args:
            *names: Python or LDAP names; ``-`` before one turns its order round.

        Raises:
            LookupError: If the model has no such attribute.
        """
        checked.names(names, "order_by")
        return self._with(self.shape._replace(order=sort_keys(self.shape.model, names)))

    def controls(self, *given: Control) -> Self:
        """Send further controls with the search.

        What comes back with the result is not kept: ask by ``session.connection`` for
        that.

        Args:
            *given: Such as ``Control("1.2.840.113556.1.4.417", criticality=True)``, by
                which Active Directory shows what was deleted.

        Raises:
            TypeError: If one is no `Control`.
            ValueError: For what a query says in another way, such as pages.
        """
        from ldapom.mapper.queries.request import checked_controls

        controls = (*self.shape.controls, *checked_controls(given))
        return self._with(self.shape._replace(controls=controls))

    def __str__(self) -> str:
        shape = self._as_sent()
        where = f" under {shape.base!r}" if shape.base is not None else ""
        return f"{shape.model.__name__}.query {shown(shape.filter())}{where}"

    def _as_sent(self) -> Shape:
        """The shape, as far as it is known in the words of the session's table."""
        return self.shape

    def _with(self, shape: Shape) -> Self:
        return evolve(self, shape=shape)

    def _at_most(self, count: int) -> int:
        limit = self.shape.limit
        return count if limit is None or limit > count else limit


def in_words_of(session: AnySession, shape: Shape) -> Shape:
    """A shape in the words of a session, or as it is where the session has none."""
    try:
        return session._said(shape)
    except (TypeError, ValueError):
        return shape  # asking says what is wrong; a text to look at has to be one
