"""The entries and the rules for changing them; the one owner of a directory's content.

1. Writes happen one at a time, under one lock, and wholly or not at all.
2. Reads take the lock only to find out where to look; entries never change in place.
3. Names and attributes are checked here, rights are not: see `handler`.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from attrs import evolve

from ldapom.errors import DNSyntaxError, ResultCode
from ldapom.testing import checks, operational, updates
from ldapom.testing.checks import refusal
from ldapom.testing.tree import Entry, Tree
from ldapom.testing.vocabulary import Vocabulary
from ldapom.testing.watching import Feed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.dn import DN
    from ldapom.protocol.messages import (
        ModifyChange,
        ModifyDNRequest,
        PartialAttribute,
    )
    from ldapom.schema import Schema
    from ldapom.testing.vocabulary import Description, Key


def vocabulary_of(schema: Schema) -> Vocabulary:
    """A schema's vocabulary, with the operational attributes it may lack."""
    return Vocabulary(schema, operational.supplement())


class Store:
    """A tree of entries that keeps to a schema.

    Args:
        suffixes: The names of the topmost entries (RFC 4512 5.1, naming contexts).
        vocabulary: What entries have to keep to; see `vocabulary_of`.
    """

    def __init__(self, suffixes: Sequence[str], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.suffixes = tuple(suffixes)
        self.contexts = [self.vocabulary.dn(suffix)[1] for suffix in suffixes]
        self.checks = checks.SchemaChecks(self.vocabulary)
        self.lock = RLock()
        #: The most values of an attribute in one answer; None sends all.
        self.range_size: int | None = None
        self.stamps = operational.Stamps()
        self.feed = Feed()
        self.hold(Tree(vocabulary))

    def hold(self, tree: Tree) -> None:
        """Take another tree in the place of the one there is."""
        self.tree = tree
        self.feed.begin_anew()
        self.computed = operational.computed(self.tree)

    # --- finding ---------------------------------------------------------------

    def read_dn(self, text: str) -> tuple[DN, Key]:
        """A request's DN and its key.

        Raises:
            InvalidDNSyntax: The text is no DN.
        """
        try:
            return self.vocabulary.dn(text)
        except DNSyntaxError as error:
            raise refusal(ResultCode.invalidDNSyntax, str(error)) from error

    def locate(self, text: str) -> Entry:
        """The entry that a request names.

        Raises:
            ResultError: `InvalidDNSyntax`, or `NoSuchObject` with the nearest entry
                above that there is.
        """
        key = self.read_dn(text)[1]
        found = self.tree.find(key)
        if found is None:
            raise self.missing(key)
        return found

    def missing(self, key: Key, text: str = "") -> Exception:
        """The refusal for an entry that is not there."""
        above = self.tree.deepest(key[:-1])
        matched = "" if above is None else above.dn
        return refusal(ResultCode.noSuchObject, text, matched_dn=matched)

    def get(self, entry: Entry, description: Description) -> list[bytes]:
        """The values of a description, computed ones included."""
        found = entry.get(description)
        computed = self.computed.get(description.name)
        if computed is not None and not found:
            return computed(entry)
        return found

    def context(self, key: Key) -> Key | None:
        """The naming context that a name is in; None outside of all."""
        inside = [top for top in self.contexts if key[: len(top)] == top]
        return max(inside, key=len, default=None)

    # --- writing ---------------------------------------------------------------

    def add(
        self,
        name: str,
        attributes: Iterable[PartialAttribute],
        *,
        who: str,
        trusted: bool = False,
    ) -> Entry:
        """Add an entry (RFC 4511 4.7).

        Args:
            name: Its DN.
            attributes: Its attributes; those of its RDN may be left out.
            who: Whose name it is stamped with.
            trusted: Whether operational attributes may be among them.

        Raises:
            ResultError: It does not fit the schema or the tree.
        """
        dn, key = self.read_dn(name)
        if not dn.rdns:
            raise refusal(ResultCode.unwillingToPerform, "the root DSE is computed")
        checks.naming_values(self.vocabulary, dn.rdns[0])
        values = updates.collect(self.vocabulary, attributes, trusted=trusted)
        self._check_context(key)
        if trusted:
            # A dump of another server may hold what is computed here.
            for computed in self.computed:
                values.pop(computed, None)
        values = updates.with_naming(self.vocabulary, values, dn.rdns[0])
        rules = self.checks.check(values)
        with self.lock:
            self._check_place(key)
            self.stamps.created(values, who, rules.structural)
            return self._added(self._entry(name, key, values))

    def adopt(
        self, name: str, values: dict[str, tuple[bytes, ...]], *, who: str
    ) -> Entry:
        """Add an entry that is known to fit, without any check; see `sample`."""
        key = self.vocabulary.dn_key(name)
        with self.lock:
            rules = self.checks.rules(values["objectClass"])
            self.stamps.created(values, who, rules.structural)
            return self._added(self._entry(name, key, values))

    def _added(self, entry: Entry) -> Entry:
        added = self.tree.add(entry)
        self.feed.tell(None, added)
        return added

    def _check_context(self, key: Key) -> None:
        """Check that a name is in a naming context."""
        if self.context(key) is None:
            raise refusal(
                ResultCode.unwillingToPerform,
                f"outside of all naming contexts: {', '.join(self.suffixes)}",
            )

    def _check_place(self, key: Key) -> None:
        """Check that an entry may come here: its parent is there and it is not yet."""
        if self.tree.find(key) is not None:
            raise refusal(ResultCode.entryAlreadyExists)
        if key not in self.contexts and self.tree.find(key[:-1]) is None:
            raise self.missing(key, "the entry above it does not exist")

    def _entry(
        self, name: str, key: Key, values: Mapping[str, tuple[bytes, ...]]
    ) -> Entry:
        return Entry(0, name, key, values, self._tagged(values))

    def _tagged(self, values: Iterable[str]) -> tuple[Description, ...]:
        described = (self.vocabulary.describe(name) for name in values if ";" in name)
        return tuple(found for found in described if found is not None)

    def modify(
        self, name: str, changes: Sequence[ModifyChange], *, who: str
    ) -> tuple[Entry, Entry]:
        """Change an entry's attributes (RFC 4511 4.6); returns it before and after.

        Raises:
            ResultError: It does not exist, or would not fit the schema.
        """
        self.read_dn(name)
        checked = updates.check(self.vocabulary, changes)
        with self.lock:
            entry = self.locate(name)
            values = updates.modify(dict(entry.values), checked)
            rdn = self.vocabulary.dn(entry.dn)[0].rdns[0]
            self._check_structural(entry, values)
            updates.check_named(self.vocabulary, values, rdn)
            self.checks.check(values)
            return entry, self._put(entry, values, who)

    def _check_structural(
        self, entry: Entry, values: Mapping[str, tuple[bytes, ...]]
    ) -> None:
        """An entry keeps its structural class for life (RFC 4511 4.6)."""
        classes = values.get("objectClass", ())
        if classes == entry.values["objectClass"] or not classes:
            return
        old = self.checks.rules(entry.values["objectClass"]).structural
        new = self.checks.rules(classes).structural
        if old != new:
            raise refusal(
                ResultCode.objectClassModsProhibited,
                f"structural object class modification from '{old}' to '{new}' "
                "not allowed",
            )

    def note(self, entry: Entry, values: Mapping[str, tuple[bytes, ...]]) -> Entry:
        """Write down operational values of an entry, without a stamp or a check.

        Args:
            entry: Whose.
            values: Values by name; none take the attribute away.
        """
        with self.lock:
            kept = {**entry.values, **values}
            noted = {name: found for name, found in kept.items() if found}
            changed = evolve(entry, values=noted)
            self.tree.replace(changed)
            self.feed.tell(entry, changed)
            return changed

    def _put(
        self, entry: Entry, values: Mapping[str, tuple[bytes, ...]], who: str
    ) -> Entry:
        before = self.tree.get(entry.number)
        changed = evolve(entry, values=values, tagged=self._tagged(values))
        changed = self.stamps.modified(changed, who)
        self.tree.replace(changed)
        self.feed.tell(before, changed)
        return changed

    def delete(self, name: str) -> Entry:
        """Delete a leaf (RFC 4511 4.8); returns what it was.

        Raises:
            ResultError: It does not exist or has children.
        """
        with self.lock:
            entry = self.locate(name)
            if self.tree.has_children(entry.key):
                raise refusal(
                    ResultCode.notAllowedOnNonLeaf,
                    "subordinate objects must be deleted first",
                )
            self.tree.remove(entry.key)
            self.feed.tell(entry, None)
            return entry

    def delete_below(self, name: str) -> None:
        """Delete all below an entry, children before their parents.

        Raises:
            ResultError: It does not exist.
        """
        with self.lock:
            tree, entry = self.tree, self.locate(name)
            found = [tree.get(number) for number in tree.subtree(entry.key)]
            below = [each for each in found if each is not None and each is not entry]
            for each in sorted(below, key=lambda each: len(each.key), reverse=True):
                self.delete(each.dn)

    def rename(self, request: ModifyDNRequest, *, who: str) -> tuple[Entry, Entry]:
        """Rename or move an entry and all below it (RFC 4511 4.9).

        Raises:
            ResultError: The new name is taken or does not fit.
        """
        new, _ = self.read_dn(request.new_rdn)
        if len(new.rdns) != 1:
            raise refusal(ResultCode.invalidDNSyntax, "invalid new RDN")
        rdn = new.rdns[0]
        checks.naming_values(self.vocabulary, rdn)
        with self.lock:
            entry = self.locate(request.entry)
            above = self._new_parent(entry, request.new_superior)
            key = (*above.key, self.vocabulary.rdn_key(rdn))
            taken = self.tree.find(key)
            if taken is not None and taken.number != entry.number:
                raise refusal(ResultCode.entryAlreadyExists)
            values = updates.rename(
                self.vocabulary,
                dict(entry.values),
                self.vocabulary.dn(entry.dn)[0].rdns[0],
                rdn,
                delete_old=request.delete_old_rdn,
            )
            self.checks.check(values)
            moved = evolve(entry, dn=f"{request.new_rdn},{above.dn}", key=key)
            return entry, self._put(moved, values, who)

    def _new_parent(self, entry: Entry, superior: str | None) -> Entry:
        """The entry that a renamed one will be below."""
        key = entry.key[:-1] if superior is None else self.read_dn(superior)[1]
        inside = self.context(key)
        if entry.key in self.contexts or inside != self.context(entry.key):
            raise refusal(
                ResultCode.affectsMultipleDSAs,
                "an entry can not leave its naming context",
            )
        if key[: len(entry.key)] == entry.key:
            raise refusal(
                ResultCode.unwillingToPerform, "cannot place an entry below itself"
            )
        above = self.tree.find(key)
        if above is None:
            raise self.missing(key, "new superior not found")
        return above
