"""Parts of a sorted result (virtual list view): what is asked, what the answer says.

1. The server sorts, so it has to offer that and the list view; nothing stands in.
2. Some servers sort by an attribute only when they are told by which rule: the rule
   that belongs to its equality rule is named where they would not sort without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom._given import number
from ldapom.errors import LocalProtocolError, RemoteProtocolError, ResultCode
from ldapom.protocol.controls import ServerSideSort, SortKey, find
from ldapom.protocol.list_view import (
    MEANINGS,
    VirtualListView,
    VirtualListViewResponse,
)
from ldapom.schema import matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ldapom.errors import ResultError
    from ldapom.mapper.queries.shape import Shape
    from ldapom.protocol.messages import Control
    from ldapom.schema import RootDSE

#: How servers say that an offset is beyond the list: in the response control, and as
#: the result of the search.
_BEYOND = (61, 76)


@frozen
class Seen:
    """Where a part of a list is.

    Attributes:
        start: The index of its first entry in the list, from 0.
        target: The index of the entry that was asked for.
        total: How many entries the list has; an estimate of the server.
        is_beyond: Whether the list ends before the part begins.
    """

    start: int
    target: int
    total: int
    is_beyond: bool = False


#: Of a list that nobody need be asked for.
NOTHING = Seen(0, 0, 0)


def by_index(shape: Shape, start: int, count: int) -> VirtualListView:
    """Ask for so many entries from an index on.

    Raises:
        ValueError: The numbers are none, or nothing is said of the order.
    """
    _check(shape)
    start = number(start, "the start of a window", 0)
    count = number(count, "the size of a window", 1)
    return VirtualListView(offset=start + 1, after=count - 1)


def by_value(shape: Shape, value: object, before: int, after: int) -> VirtualListView:
    """Ask for the first entry that is not less than a value, and for its neighbours.

    Raises:
        TypeError, ValueError: The value is none of the attribute's, or nothing is said
            of the order.
    """
    _check(shape)
    number(before, "before", 0)
    number(after, "after", 0)
    attribute = shape.find(shape.order[0].attribute)
    return VirtualListView(before, after, value=attribute.encode(value))


def _check(shape: Shape) -> None:
    if not shape.order:
        raise ValueError(
            "a window is a part of a sorted list: say .order_by(...) first"
        )


def unpaged(shape: Shape) -> Shape:
    """The same without pages and limit, which do not go with a list view."""
    return shape._replace(limit=None, page_size=0)


def attempts(
    root: RootDSE, shape: Shape, view: VirtualListView
) -> Iterator[tuple[Control, ...]]:
    """The controls to ask with, and those to ask with when the server will not sort.

    Raises:
        LocalProtocolError: The server does not offer it.
    """
    for kind, name in ((ServerSideSort, "to sort"), (VirtualListView, "list views")):
        if not root.supports(kind.OID):
            raise LocalProtocolError(
                f"the server does not offer {name} (control {kind.OID}): read the "
                "entries with .order_by(...) and .limit(...), or all of them"
            )
    for keys in dict.fromkeys((shape.order, tuple(_with_rules(shape)))):
        sort = ServerSideSort(keys, criticality=True).control()
        yield sort, view.control(), *shape.controls


def _with_rules(shape: Shape) -> Iterable[SortKey]:
    for key in shape.order:
        rule = shape.find(key.attribute).rule_name or ""
        ordering = f"{rule.removesuffix('Match')}OrderingMatch"
        known = matching.lookup(ordering) is not None
        yield SortKey(key.attribute, ordering if known else None, key.reverse)


def seen(view: VirtualListView, controls: Iterable[Control]) -> Seen:
    """Read where the part is.

    Raises:
        RemoteProtocolError: The server does not say, or did not make the list.
    """
    answer = find(controls, VirtualListViewResponse)
    if answer is None:
        raise RemoteProtocolError(
            "the server did not answer the list view: what it sent may be anything"
        )
    code = answer.result_code
    if code not in (ResultCode.success, *_BEYOND):
        meaning = MEANINGS.get(code, code.name)
        raise RemoteProtocolError(f"the server made no list view: {meaning} ({code:d})")
    target = max(answer.position - 1, 0)
    beyond = view.value is None and (code in _BEYOND or answer.position < view.offset)
    start = view.offset - 1 if beyond else max(target - view.before, 0)
    return Seen(start, target, answer.count, beyond)


def first(view: VirtualListView, error: ResultError) -> Control | None:
    """What asks for the first entry alone, where a part may begin beyond the list.

    Args:
        view: What was asked.
        error: How the search ended.
    """
    if error.code not in _BEYOND or view.value is not None or view.offset == 1:
        return None
    return VirtualListView().control()


def beyond(
    view: VirtualListView, controls: Iterable[Control], error: ResultError
) -> Seen:
    """Where a part is that begins beyond the list.

    Args:
        view: What was asked.
        controls: The answer for the first entry alone.
        error: How the search ended.

    Raises:
        ResultError: It does not; the server has refused it for another reason.
    """
    total = seen(VirtualListView(), controls).total
    if total >= view.offset:
        raise error
    return Seen(view.offset - 1, view.offset - 1, total, is_beyond=True)
