"""Parts of a sorted result: the server's side of the virtual list view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import ResultCode
from ldapom.protocol.list_view import VirtualListViewResponse
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.testing.request_controls import RequestControls
    from ldapom.testing.search import Finder
    from ldapom.testing.tree import Entry


def check(controls: RequestControls) -> None:
    """Refuse a list view that has no list, as OpenLDAP does.

    Raises:
        ResultError: Code 60 (sort control missing), or `UnwillingToPerform`.
    """
    if controls.sort is None:
        raise refusal(ResultCode(60), "a list view needs a sort control")
    if controls.paged is not None:
        raise refusal(ResultCode.unwillingToPerform, "a list view has no pages")


def part(
    finder: Finder, entries: Sequence[Entry], controls: RequestControls
) -> tuple[Sequence[Entry], VirtualListViewResponse]:
    """The part that is asked for, and where it is.

    Raises:
        ResultError: Code 61 (offset range error), or the value is none of the
            attribute's.
    """
    view, sort = controls.view, controls.sort
    assert view is not None  # noqa: S101  # the caller looked
    assert sort is not None  # noqa: S101  # `check` did
    total = len(entries)
    if view.value is not None:
        target = finder.place(sort.keys[0], view.value, entries)
    else:
        offset = view.offset
        if view.count:
            # The client's idea of the list, brought to the size it has.
            offset = max(1, round(offset * total / view.count))
        if offset > total + 1:
            raise refusal(ResultCode(61), "the offset is beyond the list")
        target = offset - 1
    start = max(target - view.before, 0)
    found = entries[start : target + view.after + 1]
    return found, VirtualListViewResponse(target + 1, total)
