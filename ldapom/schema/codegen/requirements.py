"""What a class asks of its entries, by the schema and by the server's own habits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.schema import DITContentRule, Kind, ObjectClass, Schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.schema.codegen.lexicon import Lexicon

_TOP = "2.5.6.0"
_OBJECT_CLASS = frozenset({"objectclass", "2.5.4.0"})

#: What ``top`` demands in Active Directory and nowhere else.
_ACTIVE_DIRECTORY = "ntsecuritydescriptor"


@frozen
class Requirements:
    """Superiors, MUST and MAY of the classes of one schema."""

    schema: Schema
    lexicon: Lexicon

    @property
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
        """Give what belongs to a structural class by its content rule."""
        if definition.kind is not Kind.structural:
            return ()
        rule = self.schema.content_rule(definition.oid)
        if rule is None:
            return ()
        return (rule, *(self._auxiliaries(rule.aux) if self._is_ad() else ()))

    def _auxiliaries(self, names: Iterable[str]) -> Iterable[ObjectClass]:
        """Give auxiliary classes and all above them but ``top``."""
        found: dict[str, ObjectClass] = {}
        todo = list(names)
        while todo:
            definition = self.schema.object_classes.get(todo.pop())
            known = definition is None or definition is self._top
            if definition is not None and not known and definition.oid not in found:
                found[definition.oid] = definition
                todo += definition.sup
        return [found[oid] for oid in sorted(found)]

    def _is_ad(self) -> bool:
        top = self._top
        return top is not None and _ACTIVE_DIRECTORY in map(str.lower, top.must)
