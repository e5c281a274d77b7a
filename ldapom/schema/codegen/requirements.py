"""What a class asks of its entries, by the schema and by the server's own habits.

Active Directory's habits, [MS-ADTS] 3.1.1.2.4.6 and 3.1.1.5.2: a class has auxiliary
classes that never stand in ``objectClass``, and the server fills some of what its
schema demands.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.schema import ActiveClass, DITContentRule, Kind, ObjectClass, Schema
from ldapom.schema.active import is_active_directory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.schema.codegen.lexicon import Lexicon

_TOP = "2.5.6.0"
_OBJECT_CLASS = frozenset({"objectclass", "2.5.4.0"})

#: What Active Directory fills by itself although its schema demands it, in lower case.
SERVER_FILLED: Final = frozenset(
    {"instancetype", "ntsecuritydescriptor", "objectcategory", "objectsid"}
)

#: What it fills only where the client does not: demanded, and no argument needed.
_FILLED_IF_ABSENT: Final = frozenset(
    {
        "defaultobjectcategory",
        "grouptype",
        "ldapdisplayname",
        "ntsecuritydescriptor",
        "samaccountname",
        "schemaidguid",
    }
)


@frozen(slots=False)
class Requirements:
    """Superiors, MUST and MAY of the classes of one schema."""

    schema: Schema
    lexicon: Lexicon

    def usable(self) -> list[ObjectClass]:
        """Give all classes that do not lead into a circle of superiors, by name."""
        classes = self.schema.object_classes
        named = self.lexicon.object_class
        left = {
            named(definition): set(map(named, self.superiors(definition)))
            for definition in classes.values()
        }
        done: set[str] = set()
        while ready := [name for name, above in left.items() if above <= done]:
            done.update(ready)
            for name in ready:
                del left[name]
        return [classes[name] for name in sorted(done)]

    @cached_property
    def given(self) -> frozenset[str]:
        """The attributes, in lower case, that creators of some class have to give.

        Active Directory protects some of those from changes: what makes a schema
        entry what it is, for one.
        """
        classes = self.schema.object_classes.values()
        must = {name.lower() for definition in classes for name in definition.must}
        return frozenset(must - SERVER_FILLED)

    @cached_property
    def _top(self) -> ObjectClass | None:
        classes = self.schema.object_classes
        return classes.get(_TOP) or classes.get("top")

    def superiors(self, definition: ObjectClass) -> tuple[ObjectClass, ...]:
        """Give the direct superiors that are classes of their own in Python.

        Args:
            definition: A class; the superiors it names that nothing defines do not
                count.
        """
        named = map(self.schema.object_classes.get, definition.sup)
        found = [oc for oc in named if oc is not None and oc is not self._top]
        if found or definition.kind is Kind.auxiliary or definition is self._top:
            return tuple(found)
        # RFC 4512 2.4.2: every structural class comes from top, said or not.
        return (self._top,) if self._top and self.of(self._top) else ()

    def of(self, definition: ObjectClass) -> dict[str, bool]:
        """Collect what a class itself demands and allows.

        Args:
            definition: The class.

        Returns:
            LDAP name -> whether it is demanded; ``objectClass`` is `Entry`'s own.
        """
        found: dict[str, bool] = {}
        for source in (definition, *self._folded(definition)):
            self._collect(found, source.may, must=False)
            self._collect(found, source.must, must=True)
        if self.is_active_directory:
            found |= dict.fromkeys(
                (name for name in found if name.lower() in _FILLED_IF_ABSENT), False
            )
        return found

    def _collect(
        self, found: dict[str, bool], names: Iterable[str], *, must: bool
    ) -> None:
        for name in names:
            known = self.lexicon.attribute(name)
            if not self._is_object_class(known):
                found[known] = must or found.get(known, False)

    def _is_object_class(self, name: str) -> bool:
        definition = self.schema.attribute_types.get(name)
        keys = (name,) if definition is None else definition.keys
        return any(key.lower() in _OBJECT_CLASS for key in keys)

    def _folded(
        self, definition: ObjectClass
    ) -> Iterable[ObjectClass | DITContentRule]:
        """Give what belongs to a class without being a superior of it."""
        known = ActiveClass.of(definition)
        if known is not None:
            return self._auxiliaries(known.auxiliary)
        if definition.kind is not Kind.structural:
            return ()
        # Its MUST and MAY.  The auxiliary classes that it names may be added to an
        # entry; Active Directory names every one there is, below each class.
        rule = self.schema.content_rule(definition.oid)
        return () if rule is None else (rule,)

    def _auxiliaries(self, names: Iterable[str]) -> Iterable[ObjectClass]:
        """Give auxiliary classes, all above them but ``top``, and their own ones."""
        found: dict[str, ObjectClass] = {}
        todo = list(names)
        while todo:
            definition = self.schema.object_classes.get(todo.pop())
            known = definition is None or definition is self._top
            if definition is not None and not known and definition.oid not in found:
                found[definition.oid] = definition
                active = ActiveClass.of(definition)
                todo += (*definition.sup, *(active.auxiliary if active else ()))
        return [found[oid] for oid in sorted(found)]

    @cached_property
    def is_active_directory(self) -> bool:
        """Whether the schema is Active Directory's."""
        return is_active_directory(self._top)
