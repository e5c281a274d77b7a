"""`Changing`: what sessions and writers have in common, blocking or not.

Nothing here sends anything: it is noted down in a unit of work, to be committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.mapper import checked

if TYPE_CHECKING:
    from ldapom.dn import DN
    from ldapom.mapper.commits.pending import Pending
    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry

E = TypeVar("E", bound="Entry")


class Changing:
    """What is to become of entries."""

    #: The unit of work that is told.
    _unit: Unit

    def add(self, entry: E) -> E:
        """Let the next commit add a new entry; one to be deleted is not any more.

        Returns:
            The entry.

        Raises:
            ValidationError: If it is no new one.
        """
        self._unit.add(checked.entry(entry))
        return entry

    def delete(self, entry: Entry, *, recursive: bool = False) -> None:
        """Let the next commit delete an entry; a new one is only forgotten.

        Args:
            entry: Which.
            recursive: Delete what is below it too, at once where the server can
                (tree delete), else one after the other.

        Raises:
            ReadOnlyEntry: If it does not belong here.
        """
        self._unit.delete(checked.entry(entry), recursive=recursive)

    def rename(self, entry: Entry, /, **rdn: object) -> None:
        """Let the next commit give an entry another RDN: ``rename(e, uid="x")``.

        Args:
            entry: Which.
            **rdn: The naming attribute and its value, or several of them.

        Raises:
            ReadOnlyEntry: If it does not belong here.
            LookupError: If the entry has no such attribute.
        """
        self._unit.rename(checked.entry(entry), rdn)

    def move(self, entry: Entry, parent: Entry | DN | str) -> None:
        """Let the next commit put an entry below another one.

        Raises:
            MissingValue: If it is a new one that nothing names as yet.
            ReadOnlyEntry: If it does not belong here.
        """
        self._unit.move(checked.entry(entry), parent)

    def increment(self, entry: Entry, attribute: str, by: int = 1) -> None:
        """Let the next commit add a number to every value of an attribute.

        The server counts (RFC 4525), so nobody else's counting is lost; until then the
        entry shows the sum. Afterwards it shows what the server has made of it, at
        once where the server sends that back (RFC 4527), else after a `refresh`.
        Assigning the attribute takes the place of the increment.

        Args:
            entry: Which.
            attribute: Python or LDAP name of an attribute of integers.
            by: The number; less than zero to count down.

        Raises:
            LookupError: If the entry has no such attribute.
            MissingValue: If the attribute has no value.
            NotLoaded: If it was not asked for.
            ReadOnlyEntry: If the entry does not belong here.
            TypeError: If the attribute holds no integers.
        """
        checked.names((attribute,), "increment")
        self._unit.increment(checked.entry(entry), attribute, by)

    @property
    def pending(self) -> Pending:
        """What a commit would send now; a copy that later changes do not touch.

        Raises:
            ValidationError: If a change can not be told in a message.
        """
        return self._unit.pending

    def discard(self) -> None:
        """Take back all that is pending; entries and the values one holds show it.

        Raises:
            ReadOnlyEntry: Another task sends it at this moment; nothing was taken back.
        """
        self._unit.discard()
