"""The message that a query sends, from what it asks for: a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.protocol.controls import PagedResults, ServerSideSort
from ldapom.protocol.list_view import VirtualListView
from ldapom.protocol.messages import Control, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.mapper.queries.shape import Shape


#: What says it where a query has controls of its own.
_OF_QUERIES: Final = {
    PagedResults.OID: ".page_size(...)",
    ServerSideSort.OID: ".order_by(...)",
    VirtualListView.OID: ".window(...)",
}


def checked_controls(given: Sequence[Control]) -> Sequence[Control]:
    """Controls that a query can send beside its own.

    Raises:
        TypeError: If one is no `Control`.
        ValueError: For what a query says in another way.
    """
    for control in given:
        if not isinstance(control, Control):
            raise TypeError(
                f"controls(...) takes Control values, not {type(control).__name__}; of "
                "a class for one, such as ManageDsaIT(), it is .control()"
            )
        own = _OF_QUERIES.get(control.type)
        if own is not None:
            raise ValueError(f"a query says what control {control.type} says by {own}")
    return given


def search_request(
    shape: Shape,
    base: str,
    *,
    attributes: tuple[str, ...] | None = None,
    limit: int | None = None,
) -> SearchRequest:
    """The message that asks for what a shape says.

    Args:
        shape: What to ask for.
        base: Where to look, once model and session have been asked.
        attributes: Instead of the shape's own.
        limit: The same.
    """
    return SearchRequest(
        base,
        shape.scope,
        shape.filter(),
        shape.attributes() if attributes is None else attributes,
        size_limit=limit or shape.limit or 0,
    )
