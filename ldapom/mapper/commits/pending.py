"""`Pending`: what a commit would send, to be looked at, counted, or written as LDIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.mapper.commits.operations import Operation


class Pending(Sequence["Operation"]):
    """The operations of a commit in their order, as they are at this moment.

    Later changes are not seen by it. ``str`` shows them without secrets.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations = tuple(operations)

    def ldif(self, *, secrets: bool = False) -> str:
        """Write them as LDIF change records (RFC 2849), as ``ldapmodify`` takes them.

        Args:
            secrets: Whether to write values of secret attributes (passwords, keys).
                Else comments stand in their place, and the text is for reading:
                applied, it would not do the same.
        """
        from ldapom import ldif  # most commits are never shown

        records = (operation.record for operation in self._operations)
        return ldif.dumps(records, hide_secrets=not secrets)

    @overload
    def __getitem__(self, index: int) -> Operation: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Operation, ...]: ...

    def __getitem__(self, index: int | slice) -> Operation | tuple[Operation, ...]:
        return self._operations[index]

    def __len__(self) -> int:
        return len(self._operations)

    def __str__(self) -> str:
        return self.ldif()

    def __repr__(self) -> str:
        kinds = [operation.kind for operation in self._operations]
        counts = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
        return f"<Pending: {', '.join(counts) or 'nothing'}>"
