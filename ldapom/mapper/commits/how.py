"""`How`: what a commit is asked to see to, and what that takes of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from attrs import field, frozen

from ldapom._given import one_of
from ldapom.errors import LocalProtocolError
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import diff
from ldapom.mapper.entries.increments import MODIFY_INCREMENT, counted_by
from ldapom.protocol.extended import START_TRANSACTION
from ldapom.protocol.write_controls import Assertion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.mapper.commits.operations import Operation
    from ldapom.mapper.entries.state import EntryState
    from ldapom.schema.rootdse import RootDSE

#: What is asked for with versions.
_WITH_VERSIONS = frozenset({*map(canonical, diff.VERSIONS), "*", "+"})

OnError: TypeAlias = Literal["stop", "continue"]


@frozen
class How:
    """How a commit goes about it.

    Attributes:
        on_error: Whether to stop at the first refusal.
        atomic: All or nothing, in a transaction (RFC 5805).
        optimistic: Only what nobody else has changed since (RFC 4528).
    """

    on_error: OnError = field(default="stop", validator=one_of(("stop", "continue")))
    atomic: bool = False
    optimistic: bool = False

    def needs_root_dse(self, operations: Iterable[Operation]) -> bool:
        """Whether it depends on what the server offers."""
        return (
            self.atomic
            or self.optimistic
            or any(op.recursive or self.reads_back(op) for op in operations)
        )

    def reads_back(self, operation: Operation) -> tuple[str, ...]:
        """The attributes that the server may make anew, as far as anyone asked."""
        kind = operation.kind
        if kind == "delete":
            return ()
        names = list(counted_by(operation.request))
        for state in operation.states:
            if kind == "add":
                names += state.model.__ldapom__.request
                names += diff.VERSIONS if self.optimistic else ()
            else:
                names += self._made_by_server(state)
        return tuple(dict.fromkeys(names))

    def _made_by_server(self, state: EntryState) -> list[str]:
        """What only the server writes of a stored entry, if it has it."""
        made, loaded = state.model.__ldapom__.made_by_server, state.loaded
        unasked = loaded is not None and _WITH_VERSIONS.isdisjoint(loaded)
        if not made and unasked and not self.optimistic:
            # Most entries are not read as a whole, and need not be for this.
            return []
        found = state.collected()
        names = [name for key, name in made.items() if key in found]
        version = diff.version(state)
        return names if version is None else [*names, version[0]]

    def refuse(self, operations: Sequence[Operation], dse: RootDSE) -> None:
        """Refuse what the server does not offer.

        Raises:
            LocalProtocolError: Names what is missing; nothing was sent.
        """
        if self.atomic and not dse.supports(START_TRANSACTION):
            raise LocalProtocolError(
                "the server offers no transactions (RFC 5805): commit without "
                "atomic=True"
            )
        if not dse.supports(MODIFY_INCREMENT):
            _refuse_increments(operations)
        if not self.optimistic:
            return
        if not dse.supports(Assertion.OID):
            raise LocalProtocolError(
                "the server offers no assertions (RFC 4528): open the session without "
                "optimistic=True"
            )
        for operation in operations:
            if operation.kind != "add" and not versions_of(operation):
                raise LocalProtocolError(
                    f"{operation.dn!r} came without any of the attributes "
                    f"{', '.join(diff.VERSIONS)}, so nobody can tell whether it has "
                    "changed: refresh the entry, or open the session without "
                    "optimistic=True"
                )


def _refuse_increments(operations: Iterable[Operation]) -> None:
    for operation in operations:
        for name in counted_by(operation.request):
            raise LocalProtocolError(
                f"the server does not increment (RFC 4525): assign {name} of "
                f"{operation.dn!r} instead"
            )


def versions_of(operation: Operation) -> list[tuple[str, bytes]]:
    """What tells the versions of its entries apart, as far as it was read."""
    found = (diff.version(state) for state in operation.states)
    return [version for version in found if version is not None]
