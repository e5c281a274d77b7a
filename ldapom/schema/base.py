"""What the eight kinds of definition share: reading, writing and names.

A definition that is written as RFC 4512 says is known to be right once it is matched;
but for its keys its fields are made when one of them is first looked at.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

from ldapom.schema import clauses, parse, quick, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.schema.parse import Grammar
    from ldapom.schema.quick import Groups
    from ldapom.schema.tokens import Note


class Definition:
    """What the eight kinds share: reading, writing and names."""

    #: What the fields that were not looked at yet are made from.
    __slots__ = ("_groups",)
    GRAMMAR: ClassVar[Grammar]
    extensions: quick.Extensions

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read one definition.

        Args:
            text: RFC 4512 4.1 text; bytes are UTF-8, or Latin-1 where they are not.

        Raises:
            SchemaError: The text is no definition of this kind, or a part of it is
                not understood; says what and where.
        """
        decoded = tokens.decode(text)
        definition, notes = cls.read(decoded)
        for reason, position in notes:
            raise tokens.DefinitionError(reason, decoded, position)
        return definition

    @classmethod
    def read(cls, text: str) -> tuple[Self, tuple[Note, ...]]:
        """Read one definition and say which parts of it were left out.

        Raises:
            SchemaError: The text is no definition of this kind.
        """
        groups = None if cls.GRAMMAR.numbered else cls.GRAMMAR.quick.match(text)
        if groups is not None:
            return cls._later(groups), ()
        reading = parse.read(text, cls.GRAMMAR)
        reading.fields["extensions"] = reading.extensions
        return cls._made(reading.identifier, reading.fields), reading.notes

    @classmethod
    def _made(cls, identifier: str, fields: dict[str, Any]) -> Self:
        """Make the value; `fields` are named as this class names them."""
        return cls(**cls._completed(fields), oid=identifier)  # type: ignore[call-arg]  # the kinds are attrs classes with these fields

    @classmethod
    def _later(cls, groups: Groups) -> Self:
        """Make a value of a text that is known to be right, and only its keys at once.

        Most definitions of a schema are found by name, if at all; the other fields
        take more time than the match, and are made when one is first looked at.
        """
        made = cls.__new__(cls)
        set_field(made, "_groups", groups)
        set_field(made, "oid", groups[0])
        names = groups[1]
        set_field(made, "names", () if names is None else quick.NAMES.take(names))
        return made

    if not TYPE_CHECKING:
        # Checkers know all fields.
        def __getattr__(self, name):  # noqa: ANN001, ANN204  # called for what is unset
            """Make the fields that wait."""
            cls = type(self)
            fields = _waiting(cls)
            if name not in fields:
                raise AttributeError(
                    f"{cls.__name__!r} object has no attribute {name!r}"
                )
            groups = self._groups
            if groups is not None:
                found = cls._completed(cls.GRAMMAR.quick.fields(groups))
                for each, value in {**fields, **found}.items():
                    set_field(self, each, value)
                set_field(self, "_groups", None)
            # Else another thread has just made them.
            return object.__getattribute__(self, name)

    @staticmethod
    def _completed(fields: dict[str, Any]) -> dict[str, Any]:
        """Take apart what one clause says of two fields."""
        return fields

    @property
    def identifier(self) -> str:
        """The OID, or the number of a structure rule."""
        return self.keys[-1]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every name a lookup finds this definition by: its names, then its OID."""
        own: tuple[str, ...] = (*self._value("names"), self._value("oid"))
        return own

    @property
    def name(self) -> str:
        """The first name, or the OID where there is none."""
        return self.keys[0]

    def _value(self, name: str) -> Any:  # noqa: ANN401  # each clause knows its own
        return getattr(self, name)

    # One for all kinds: what attrs writes for each takes most of the import.
    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        kind: Any = type(self)
        values = _compared(kind)
        return values(self) == values(other)

    def __hash__(self) -> int:
        kind: Any = type(self)
        return hash((kind, _compared(kind)(self)))

    def __str__(self) -> str:
        """Write the canonical RFC 4512 text."""
        written = "".join(
            clause.write(clause.keyword, self._value(clause.field))
            for clause in self.GRAMMAR.clauses
        )
        extensions = clauses.write_extensions(self.extensions)
        return f"( {clauses.word(self.identifier)}{written}{extensions} )"


#: Definitions are frozen for everybody else.
set_field = object.__setattr__


@cache
def _compared(cls: type[Any]) -> Callable[[object], tuple[object, ...]]:
    """Gives the fields that make a definition equal to another one."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return attrgetter(*(each.name for each in fields if each.eq))


@cache
def _waiting(cls: type[Definition]) -> dict[str, Any]:
    """The fields that wait until they are looked at, with their defaults."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)  # type: ignore[arg-type]  # the kinds are attrs classes
    at_once = {"oid", "names", "_superior"}
    return {each.name: each.default for each in fields if each.name not in at_once}
