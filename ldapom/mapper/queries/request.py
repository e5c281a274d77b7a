"""The message that a query sends, from what it asks for: a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.protocol.messages import SearchRequest

if TYPE_CHECKING:
    from ldapom.mapper.queries.shape import Shape


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
