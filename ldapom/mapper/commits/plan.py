"""From the states a unit of work holds to the steps of its commit; pure functions.

1. All that is wrong is found before anything is sent, and told together.
2. Several classes looking at one entry make one Modify of it; what contradicts is a
   finding.
3. What is found out of an entry is found out once (`Draft`), and names are taken apart
   only where two of them may be one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.changes import Add, Delete, Increment
from ldapom.errors import Finding, MappingError, ValidationError
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.commits import checks
from ldapom.mapper.commits.operations import Step, renamed
from ldapom.mapper.entries import diff, naming
from ldapom.mapper.entries.draft import Draft
from ldapom.mapper.entries.states import State
from ldapom.protocol import requests
from ldapom.protocol.messages import (
    AddRequest,
    DelRequest,
    ModifyDNRequest,
    ModifyRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from ldapom.changes import Change
    from ldapom.dn import DN
    from ldapom.mapper.commits.moves import Key
    from ldapom.mapper.entries.state import EntryState

T = TypeVar("T")

_OBJECT_CLASS = canonical("objectClass")


def steps(
    states: Iterable[EntryState],
    trees: Collection[EntryState] = (),
    *,
    check: bool = True,
    drafts: dict[EntryState, Draft] | None = None,
) -> list[Step]:
    """What has to be sent, in no order yet.

    Args:
        states: Those that may have changed.
        trees: Those that are deleted with all that is below them.
        check: Whether to refuse what the schema forbids too, not only what can not
            be told in a message.
        drafts: Where to leave what was worked out of each.

    Raises:
        ValidationError: With all findings.
    """
    return _Planner(trees, {} if drafts is None else drafts, check=check).plan(states)


def is_pending(state: EntryState) -> bool:
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

    def __init__(
        self,
        trees: Collection[EntryState],
        drafts: dict[EntryState, Draft],
        *,
        check: bool,
    ) -> None:
        self._trees = trees
        self._drafts = drafts
        self._check = check
        self._steps: list[Step] = []
        self._findings: list[Finding] = []

    def plan(self, states: Iterable[EntryState]) -> list[Step]:
        stored: list[EntryState] = []
        for state in states:
            if state.mark is not State.deleting:
                self._drafts[state] = Draft(state)
            if self._check:
                self._examine(state)
            if state.mark is State.adding:
                self._guard(state, self._add, state)
            elif state.status is State.clean:
                stored.append(state)
        self._refuse_twice()
        for several in _by_name(stored):
            self._guard(several[0], self._stored, several)
        if self._findings:
            raise ValidationError(list(dict.fromkeys(self._findings)))
        return self._steps

    def _examine(self, state: EntryState) -> None:
        if state.status is State.unknown:
            self._find(
                state.dn,
                f"{state.dn!r}: the outcome of an earlier write is unknown; refresh "
                "the entry first",
            )
        elif state.mark is not State.deleting:
            new = state.mark is State.adding
            draft = self._drafts[state]
            self._findings += checks.findings(state, new=new, draft=draft)

    def _guard(self, state: EntryState, work: Callable[[T], None], what: T) -> None:
        """Do the work; what it can not do is a finding."""
        try:
            work(what)
        except ValidationError as error:
            self._findings += error.findings
        except (MappingError, TypeError, ValueError) as error:
            if not (self._check and self._findings):
                name = repr(state.dn) if state.dn else f"a new {state.model.__name__}"
                self._find(state.dn, f"{name}: {error}")

    def _find(self, dn: str, text: str) -> None:
        self._findings.append(Finding(text, dn))

    # --- one entry -------------------------------------------------------------------

    def _add(self, state: EntryState) -> None:
        draft = self._drafts[state]
        dn = draft.dn
        draft.sent = diff.additions(state, draft)
        draft.forget_pairs()
        request = AddRequest(str(dn), draft.sent)
        self._steps.append(Step("add", request, dn, (state,), dn))

    def _refuse_twice(self) -> None:
        """Find names that two adds are to bring into being."""
        added: set[Key] = set()
        for step in self._steps if len(self._steps) > 1 else ():
            if step.dn.key in added:
                self._find(str(step.dn), f"{str(step.dn)!r} is added twice")
            added.add(step.dn.key)

    def _stored(self, views: list[EntryState]) -> None:
        dn = views[0].name
        if any(view.mark is State.deleting for view in views):
            self._delete(dn, [view for view in views if is_pending(view)])
        else:
            self._rename(dn, views)
            self._modify(dn, views)

    def _delete(self, dn: DN, views: list[EntryState]) -> None:
        if any(view.mark is not State.deleting for view in views):
            self._find(
                str(dn), f"{str(dn)!r} is deleted, and changed by way of another class"
            )
        request = DelRequest(str(dn))
        recursive = any(view in self._trees for view in views)
        step = Step("delete", request, dn, tuple(views), recursive=recursive)
        self._steps.append(step)

    def _rename(self, dn: DN, views: list[EntryState]) -> None:
        drafts = self._drafts
        found = {
            view: rename
            for view in views
            if (rename := drafts[view].rename) is not None
        }
        if not found:
            return
        wanted = set(found.values())
        if len(wanted) > 1:
            self._find(str(dn), f"{str(dn)!r} is renamed to two different names")
        new_rdn, parent = next(iter(wanted))
        target = renamed(dn, new_rdn, parent)
        request = ModifyDNRequest(str(dn), new_rdn, new_superior=parent)
        self._steps.append(Step("rename", request, dn, tuple(found), target))

    def _modify(self, dn: DN, views: list[EntryState]) -> None:
        if len(views) == 1:
            # As nearly always: there is nothing to be merged.
            requested = diff.requested(self._drafts[views[0]])
            if requested:
                request = ModifyRequest(str(dn), requested)
                self._steps.append(Step("modify", request, dn, (views[0],)))
            return
        found = {
            view: changes
            for view in views
            if (changes := diff.modifications(view, self._drafts[view]))
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
                    self._find(
                        str(dn),
                        f"{some[0].attribute} of {str(dn)!r} is changed in two "
                        "different ways, by way of two classes",
                    )
                merged[key] = some
        return [change for some in merged.values() for change in some]


def _by_name(states: Sequence[EntryState]) -> Iterable[list[EntryState]]:
    """The states of each entry together: it may be seen by way of several classes."""
    if len(states) <= 1:
        return [[state] for state in states]
    rough = {checks.rough_name(s.dn.encode(errors="surrogatepass")) for s in states}
    if None not in rough and len(rough) == len(states):
        # No two of them are spellings of one name.
        return [[state] for state in states]
    views: dict[Key, list[EntryState]] = {}
    for state in states:
        views.setdefault(state.name.key, []).append(state)
    return views.values()


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
