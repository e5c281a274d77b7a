"""Between attributes and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from ldapom.errors.base import LDAPError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Findings that a message says in full: an import may have thousands.
_SHOWN: Final = 20


class MappingError(LDAPError):
    """Between the directory's attributes and Python objects."""


class ConversionError(MappingError):
    """A value is none of its attribute's syntax, or not of its number.

    Attributes:
        dn: The entry's DN as received.
        attribute: The attribute's LDAP name.
        raw: The raw values, bytes as received.
    """

    def __init__(
        self, reason: str, *, dn: str, attribute: str, raw: Sequence[bytes] = ()
    ) -> None:
        super().__init__(f"{attribute} of {dn!r}: {reason}")
        self.reason = reason
        self.dn = dn
        self.attribute = attribute
        self.raw = tuple(raw)


class NotLoaded(MappingError):
    """An attribute that the query did not ask for was read."""


class ReadOnlyEntry(MappingError):
    """An entry that only reads was assigned to; the message names the way to write."""


class MissingValue(MappingError):
    """A single-valued MUST attribute was asked for and came without a value."""


class Finding(str):
    """One thing that is wrong: a sentence that knows what it is about.

    Attributes:
        dn: The name of the entry; empty where it has none yet.
        attribute: The Python name of the attribute; empty where it is the entry.
    """

    __slots__ = ("attribute", "dn")
    attribute: str
    dn: str

    def __new__(cls, text: str, dn: str = "", attribute: str = "") -> Self:
        """Make one of a sentence."""
        made = super().__new__(cls, text)
        made.dn, made.attribute = dn, attribute
        return made

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle with what it is about."""
        return type(self), (str(self), self.dn, self.attribute)


class ValidationError(MappingError, ValueError):
    """A change, or a new entry, that its schema forbids.

    Attributes:
        findings: One sentence for each thing that is wrong, and what it is about; the
            message says the first of many.
    """

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(
            one if isinstance(one, Finding) else Finding(one) for one in findings
        )
        shown = "; ".join(self.findings[:_SHOWN])
        if len(self.findings) > _SHOWN:
            shown += f"; and {len(self.findings) - _SHOWN} more, all in .findings"
        super().__init__(shown)


class Write(Protocol):
    """What these errors know of ``ldapom.Operation``: one write of a commit."""

    @property
    def kind(self) -> str:
        """``"add"``, ``"rename"``, ``"modify"`` or ``"delete"``."""
        ...

    @property
    def dn(self) -> str:
        """The entry it is sent to."""
        ...

    @property
    def entries(self) -> tuple[Any, ...]:  # words know no `Entry`
        """The entries it is about."""
        ...

    @property
    def request(self) -> object:
        """The message that is sent."""
        ...

    def __hash__(self) -> int:
        """By identity."""
        ...


class CommitError(MappingError):
    """A commit did not do everything; its cause is the first refusal.

    Each write of the commit is an `Operation` in exactly one of the four.

    Attributes:
        done: The server has carried these out, and said so.
        failed: The server has refused these; nothing of them was done.
        unknown: These were sent and their answer never came: ``refresh`` their
            entries before committing again.
        pending: These were not sent.
        errors: Why, for each of ``failed`` and ``unknown``.
    """

    def __init__(
        self,
        message: str,
        *,
        done: Sequence[Write] = (),
        failed: Sequence[Write] = (),
        unknown: Sequence[Write] = (),
        pending: Sequence[Write] = (),
        errors: Iterable[tuple[Write, LDAPError]] = (),
    ) -> None:
        super().__init__(message)
        self.done = tuple(done)
        self.failed = tuple(failed)
        self.unknown = tuple(unknown)
        self.pending = tuple(pending)
        self.errors = dict(errors)


class ConflictError(CommitError):
    """Somebody else changed what a commit was to change, after it was read.

    The server itself may be that somebody: it may have filled in what an add did not
    say. Nothing of the writes in ``failed`` was done: ``refresh`` their entries.
    """


class UncommittedChanges(MappingError):
    """A session was left with changes that were neither committed nor discarded.

    They were not sent.

    Attributes:
        operations: What a commit would have sent, as far as it can be told.
    """

    def __init__(self, message: str, *, operations: Sequence[Write] = ()) -> None:
        super().__init__(message)
        self.operations = tuple(operations)


class NoResult(MappingError, LookupError):
    """Exactly one entry was asked for and none was found."""


class MultipleResults(MappingError, LookupError):
    """Exactly one entry was asked for and several were found."""
