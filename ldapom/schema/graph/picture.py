"""What a picture of a schema shows: boxes and how they belong together, no places yet.

1. Chosen classes bring their superiors, and the auxiliary classes that the schema puts
   beside them. Without a choice it is the whole schema.
2. A box holds what its class itself demands and allows; what comes from above is
   read above.
3. Names are the schema's own, unescaped: whoever writes them down escapes them.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.schema.codegen.members import Habits, member
from ldapom.schema.composition import always_with, goes_with, own_rule
from ldapom.schema.grammar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.schema.model import ObjectClass
    from ldapom.schema.registry import Schema


_DIGITS: Final = re.compile(r"([0-9]+)")


@frozen
class Row:
    """One attribute in a box, and a few words on it."""

    name: str
    hint: str = ""


@frozen
class Box:
    """One class.

    Attributes:
        name: Its first name.
        kind: Structural, auxiliary or abstract.
        must: What it demands itself, by name.
        may: What it allows itself, by name.
        superiors: The classes directly above it, drawn or not.
        companions: The auxiliary classes that go with it.
        chosen: Whether it was asked for by name.
        description: The schema's words on it.
    """

    name: str
    kind: Kind
    must: tuple[Row, ...] = ()
    may: tuple[Row, ...] = ()
    superiors: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    chosen: bool = False
    description: str = ""


@frozen(slots=False)
class Picture:
    """Boxes, and what stands above them.

    Attributes:
        title: What it is a picture of.
        boxes: The classes, in the order of the schema.
    """

    title: str
    boxes: tuple[Box, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Box]:
        """The boxes by the name of their class."""
        return {box.name: box for box in self.boxes}

    def above(self, box: Box) -> tuple[str, ...]:
        """The superiors of a box that are drawn.

        An auxiliary class stands below ``top`` in name only: that is left out.
        """
        drawn = (name for name in box.superiors if name in self.by_name)
        if box.kind is not Kind.auxiliary:
            return tuple(name for name in drawn if name != box.name)
        return tuple(
            name
            for name in drawn
            if name != box.name and not is_top(self.by_name[name])
        )

    def beside(self, box: Box) -> tuple[str, ...]:
        """The companions of a box that are drawn."""
        return tuple(name for name in box.companions if name in self.by_name)

    def described(self) -> str:
        """Say in words what the picture shows, for those who can not see it."""
        return " ".join(map(_sentence, self.boxes))


def is_top(box: Box) -> bool:
    """Whether a box is that of ``top``."""
    return box.name.lower() == "top"


def _sentence(box: Box) -> str:
    words = [f"{box.name}, {box.kind.name}"]
    if box.superiors:
        words.append(f"derived from {', '.join(box.superiors)}")
    if box.must:
        words.append(f"requires {', '.join(row.name for row in box.must)}")
    if box.may:
        count = len(box.may)
        words.append(f"allows {count} attribute{'' if count == 1 else 's'}")
    if box.companions:
        words.append(f"goes with {', '.join(box.companions)}")
    return "; ".join(words) + "."


def _natural(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Put names into the order that people expect: 2 before 10, any case."""
    parts = _DIGITS.split(name.lower())
    # Every second part is a number: by its length, so it needs no limit.
    key = tuple((len(part) * (i % 2), part) for i, part in enumerate(parts))
    return key, name


# --- from a schema ----------------------------------------------------------------


def picture(schema: Schema, names: Sequence[str] = (), *, title: str = "") -> Picture:
    """Choose what to draw.

    Args:
        schema: Where the classes are defined.
        names: The classes to draw, by any name; none are all.
        title: What it is a picture of.

    Raises:
        SchemaError: There is no class of one of the names.
    """
    chosen = _canonical(schema, [schema.object_class(name).oid for name in names])
    wanted = set(chosen)
    for name in chosen:
        wanted.update(_with(schema, name))
    drawn = [n for n in schema.object_classes if not chosen or n in wanted]
    maker = _Maker(schema, frozenset(chosen))
    boxes = (maker.box(name, schema.object_classes[name]) for name in drawn)
    found = Picture(title, tuple(boxes))
    return _without_lonely_top(found) if chosen else found


def _with(schema: Schema, name: str) -> Iterable[str]:
    """Name what comes with a chosen class: superiors, auxiliaries, and theirs."""
    superiors = schema.superiors(name)
    yield from superiors
    for each in (name, *superiors):
        definition = schema.object_classes.get(each)
        if definition is None:
            continue
        found = goes_with if each == name else always_with
        for beside in found(schema, definition):
            yield beside
            if beside in schema.object_classes:
                yield from schema.superiors(beside)


def _without_lonely_top(found: Picture) -> Picture:
    """Leave ``top`` out where no line would lead to it and nobody asked for it."""
    under = {name for box in found.boxes for name in found.above(box)}
    kept = [
        box for box in found.boxes if not is_top(box) or box.chosen or box.name in under
    ]
    return Picture(found.title, tuple(kept))


def _canonical(schema: Schema, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(schema.object_classes.canonical, names)))


@frozen
class _Maker:
    """Makes boxes; asks for each attribute once."""

    schema: Schema
    chosen: frozenset[str]
    rows: dict[str, Row] = field(factory=dict)

    def box(self, name: str, definition: ObjectClass) -> Box:
        """Make the box of a class."""
        rule = own_rule(self.schema, definition)
        must = {*definition.must, *(rule.must if rule else ())}
        may = {*definition.may, *(rule.may if rule else ())}
        demanded = self._rows(must)
        known = {row.name for row in demanded}
        return Box(
            name,
            definition.kind,
            demanded,
            tuple(row for row in self._rows(may) if row.name not in known),
            _canonical(self.schema, definition.sup),
            goes_with(self.schema, definition),
            name in self.chosen,
            definition.description or "",
        )

    def _rows(self, names: Iterable[str]) -> tuple[Row, ...]:
        spelled = set(map(self.schema.attribute_types.canonical, names))
        ordered = sorted(spelled, key=_natural)
        return tuple(map(self._row, ordered))

    def _row(self, name: str) -> Row:
        if name not in self.rows:
            self.rows[name] = Row(name, self._hint(name))
        return self.rows[name]

    def _hint(self, name: str) -> str:
        known = member(self.schema, name, name, single=False, habits=Habits())
        kind = known.python.__name__
        value = f"list[{kind}]" if known.multi else kind
        said = " ".join(filter(None, (known.doc, known.more)))
        return f"{value}. {said}" if said else value
