"""From the states a unit of work holds to the steps of its commit; pure functions.

1. All that is wrong is found before anything is sent, and told together.
2. Several classes looking at one entry make one Modify of it; what contradicts is a
   finding.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ldapom.changes import Add, Delete, Increment
from ldapom.errors import MappingError, ValidationError
from ldapom.mapper import checks, diff, naming
from ldapom.mapper.names import canonical
from ldapom.mapper.operations import Step, renamed
from ldapom.mapper.state import State
from ldapom.protocol import requests
from ldapom.protocol.messages import AddRequest, DelRequest, ModifyDNRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ldapom.changes import Change
    from ldapom.dn import DN
    from ldapom.mapper.moves import Key
    from ldapom.mapper.state import EntryState

_OBJECT_CLASS = canonical("objectClass")


def steps(
    states: Iterable[EntryState],
    trees: Collection[EntryState] = (),
    *,
    check: bool = True,
) -> list[Step]:
    """What has to be sent, in no order yet.

    Args:
        states: Those that may have changed.
        trees: Those that are deleted with all that is below them.
        check: Whether to refuse what the schema forbids too, not only what can not
            be told in a message.

    Raises:
        ValidationError: With all findings.
    """
    return _Planner(trees, check=check).plan(states)


def is_changed(state: EntryState) -> bool:
    """Whether a commit would send something for it, or complain of it."""
    if state.mark is not None or state.status is State.unknown:
        return True
    try:
        return naming.rename_of(state) is not None or diff.is_changed(state)
    except (MappingError, TypeError, ValueError):
        return True


def target_of(state: EntryState) -> DN | None:
    """The DN that a pending rename or move gives; None without one."""
    rename = naming.rename_of(state)
    return rename and renamed(state.name, *rename)


class _Planner:
    """Collects steps and findings."""

    def __init__(self, trees: Collection[EntryState], *, check: bool) -> None:
        self._trees = trees
        self._check = check
        self._steps: list[Step] = []
        self._findings: list[str] = []

    def plan(self, states: Iterable[EntryState]) -> list[Step]:
        views: dict[Key, list[EntryState]] = {}
        added: set[Key] = set()
        for state in states:
            if self._check:
                self._examine(state)
            if state.mark is State.adding:
                self._guard(state, partial(self._add, state, added))
            elif state.status is State.clean:
                views.setdefault(state.name.key, []).append(state)
        for several in views.values():
            self._guard(several[0], partial(self._stored, several))
        if self._findings:
            raise ValidationError(list(dict.fromkeys(self._findings)))
        return self._steps

    def _examine(self, state: EntryState) -> None:
        if state.status is State.unknown:
            self._findings.append(
                f"{state.dn!r}: the outcome of an earlier write is unknown; refresh "
                "the entry first"
            )
        elif state.mark is not State.deleting:
            new = state.mark is State.adding
            self._findings += checks.findings(state, new=new)

    def _guard(self, state: EntryState, work: Callable[[], None]) -> None:
        """Do the work; what it can not do is a finding."""
        try:
            work()
        except ValidationError as error:
            self._findings += error.findings
        except (MappingError, TypeError, ValueError) as error:
            if not (self._check and self._findings):
                name = repr(state.dn) if state.dn else f"a new {state.model.__name__}"
                self._findings.append(f"{name}: {error}")

    # --- one entry -------------------------------------------------------------------

    def _add(self, state: EntryState, added: set[Key]) -> None:
        dn = naming.dn_of(state)
        if dn.key in added:
            self._findings.append(f"{str(dn)!r} is added twice")
        added.add(dn.key)
        request = AddRequest(str(dn), diff.additions(state))
        self._steps.append(Step("add", request, dn, (state,), dn))

    def _stored(self, views: list[EntryState]) -> None:
        dn = views[0].name
        if any(view.mark is State.deleting for view in views):
            self._delete(dn, [view for view in views if is_changed(view)])
        else:
            self._rename(dn, views)
            self._modify(dn, views)

    def _delete(self, dn: DN, views: list[EntryState]) -> None:
        if any(view.mark is not State.deleting for view in views):
            self._findings.append(
                f"{str(dn)!r} is deleted, and changed by way of another class"
            )
        request = DelRequest(str(dn))
        recursive = any(view in self._trees for view in views)
        step = Step("delete", request, dn, tuple(views), recursive=recursive)
        self._steps.append(step)

    def _rename(self, dn: DN, views: list[EntryState]) -> None:
        found = {view: rename for view in views if (rename := naming.rename_of(view))}
        if not found:
            return
        wanted = set(found.values())
        if len(wanted) > 1:
            self._findings.append(f"{str(dn)!r} is renamed to two different names")
        new_rdn, parent = next(iter(wanted))
        target = renamed(dn, new_rdn, parent)
        request = ModifyDNRequest(str(dn), new_rdn, new_superior=parent)
        self._steps.append(Step("rename", request, dn, tuple(found), target))

    def _modify(self, dn: DN, views: list[EntryState]) -> None:
        found = {
            view: changes for view in views if (changes := diff.modifications(view))
        }
        if found:
            request = requests.modify(dn, self._merged(dn, found.values()))
            self._steps.append(Step("modify", request, dn, tuple(found)))

    def _merged(self, dn: DN, views: Iterable[tuple[Change, ...]]) -> list[Change]:
        """The changes of all views; those of one attribute have to be the same."""
        merged: dict[str, tuple[Change, ...]] = {}
        for changes in views:
            for key, some in _by_attribute(changes):
                known = merged.get(key, some)
                if key == _OBJECT_CLASS:
                    merged[key] = _joined(known, some)
                    continue
                if key in merged and _counts(known, some):
                    merged[key] = _summed(known, some)
                    continue
                if known != some:
                    self._findings.append(
                        f"{some[0].attribute} of {str(dn)!r} is changed in two "
                        "different ways, by way of two classes"
                    )
                merged[key] = some
        return [change for some in merged.values() for change in some]


def _by_attribute(
    changes: tuple[Change, ...],
) -> Iterator[tuple[str, tuple[Change, ...]]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(canonical(change.attribute), []).append(change)
    for key, some in found.items():
        yield key, tuple(some)


def _counts(*views: tuple[Change, ...]) -> bool:
    return all(isinstance(change, Increment) for some in views for change in some)


def _summed(one: tuple[Change, ...], other: tuple[Change, ...]) -> tuple[Change, ...]:
    """The increments of two views, in one."""
    amounts = [c.amount for c in (*one, *other) if isinstance(c, Increment)]
    return (Increment(one[0].attribute, sum(amounts)),)


def _joined(one: tuple[Change, ...], other: tuple[Change, ...]) -> tuple[Change, ...]:
    """Object classes that two views add and drop, each once."""
    joined: list[Change] = []
    for kind in (Delete, Add):
        values = [
            value
            for change in (*one, *other)
            if isinstance(change, kind)
            for value in change.values
        ]
        if values:
            joined.append(kind("objectClass", tuple(dict.fromkeys(values))))
    return tuple(joined)
