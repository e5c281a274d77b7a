"""Cards, trees, finds and problems of a schema, as lines of a page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from ldapom.schema.cards import AttributeCard, Card, ClassCard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.cli.page import Page
    from ldapom.schema import Problem, Schema
    from ldapom.schema.cards import Attribute, Identity, OtherCard
    from ldapom.schema.outline import Branch, Hit

_STYLES: Final = {"structural": "", "auxiliary": "yellow", "abstract": "italic dim"}
#: Longer definitions are cut where they are only quoted.
_LONGEST_TEXT: Final = 400
_MOST_NAMES: Final = 40


def count(number: int, what: str) -> str:
    """Write a number of things."""
    ending = "" if number == 1 else "es" if what.endswith(("s", "x")) else "s"
    return f"{number} {what}{ending}"


# --- the tree ---------------------------------------------------------------------


def show_tree(page: Page, schema: Schema, branches: Sequence[Branch]) -> None:
    """Show all classes below their superiors, and what there is in all."""
    kinds = {kind: sum(b.kind == kind for b in branches) for kind in _STYLES}
    parts = [f"{number} {kind}" for kind, number in kinds.items() if number]
    page.line(
        (count(len(branches), "object class"), "bold"),
        f" ({', '.join(parts)}), " if parts else ", ",
        (count(len(schema.attribute_types), "attribute type"), "bold"),
    )
    page.line(("must and may: the attributes that a class itself adds", "dim"))
    wide = min(_widest(page, branches), max(page.width - 34, 30))
    was_auxiliary = False
    for branch in branches:
        is_apart = branch.kind == "auxiliary" and len(branch.last) == 0
        if is_apart and not was_auxiliary:
            page.heading("Auxiliary classes")
        elif not branch.last and not was_auxiliary:
            page.line()
        was_auxiliary = was_auxiliary or is_apart
        _branch(page, branch, wide)


def _widest(page: Page, branches: Sequence[Branch]) -> int:
    found = (len(page.guides(b.last)) + len(b.name) for b in branches)
    return max(found, default=0) + 2


def _branch(page: Page, branch: Branch, wide: int) -> None:
    guides = page.guides(branch.last)
    gap = max(wide - len(guides) - len(branch.name), 1)
    numbers = f"{branch.must or '-':>4} must {branch.may or '-':>4} may"
    more = f"  also under {', '.join(branch.also_under)}" if branch.also_under else ""
    page.line(
        (guides, "dim"),
        (branch.name, _STYLES.get(branch.kind, "")),
        " " * gap,
        (f"{branch.kind:<10}", "dim"),
        (numbers, "dim"),
        (more, "dim"),
        ("  obsolete" if branch.obsolete else "", "red"),
    )


# --- finds and problems -----------------------------------------------------------


def show_hits(page: Page, hits: Sequence[Hit]) -> None:
    """Show what a word was found in, kind by kind."""
    ordered = sorted(hits, key=lambda hit: _KINDS.index(hit.kind))
    names = [len(hit.name) for hit in hits if len(hit.name) <= _MOST_NAMES]
    wide = min(max(names, default=10), 32) + 2
    for kind, found in groupby(ordered, key=lambda hit: hit.kind):
        same = list(found)
        page.heading(f"{count(len(same), kind)}")
        for hit in same:
            page.row([(hit.name, wide)], hit.description or hit.oid, first="cyan")


_KINDS: Final = ("object class", "attribute type", "matching rule", "syntax")


def show_problems(page: Page, problems: Sequence[Problem]) -> None:
    """Show what in a schema could not be read, and what does not fit together."""
    page.line((count(len(problems), "problem"), "bold"))
    for _, same in groupby(problems, key=lambda problem: (problem.kind, problem.text)):
        page.line()
        text = ""
        for problem in same:
            at = problem.position
            where = "" if at is None else f" at position {at}"
            page.text(f"{problem.kind}: {problem.reason}{where}")
            text = problem.text
        cut = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} …"
        page.text(cut, indent=4)


# --- cards ------------------------------------------------------------------------


def show_card(page: Page, card: Card) -> None:
    """Show all that a schema says of one definition."""
    if isinstance(card, ClassCard):
        _show_class(page, card)
    elif isinstance(card, AttributeCard):
        _show_attribute(page, card)
    else:
        _show_other(page, card)


def _head(page: Page, own: Identity, what: str) -> None:
    page.line(
        (own.name, "bold cyan"),
        f"  {what}",
        ("  obsolete" if own.obsolete else "", "red"),
    )
    if own.description:
        page.text(own.description)
    page.line()
    page.pair("Names", ", ".join(own.names) if len(own.names) > 1 else "")
    page.pair("OID", own.oid)
    page.pair("Origin", ", ".join(own.origin))


def _show_class(page: Page, card: ClassCard) -> None:
    own = card.identity
    _head(page, own, f"{card.class_kind} {own.kind}")
    chain = page.arrow.join((own.name, *card.superiors))
    page.pair("Superiors", chain if card.superiors else "none")
    page.pair("Subclasses", _short(card.subclasses))
    page.pair("Always with", _short(card.always_with))
    may_go = [name for name in card.goes_with if name not in card.always_with]
    page.pair("May go with", _short(may_go))
    page.pair("Goes with", _short(card.belongs_to))
    page.pair("Named by", card.rdn)
    page.pair("Stands below", _short(card.parents))
    page.pair("Must not have", _short(card.precluded))
    must = [a for a in card.attributes if a.must]
    may = [a for a in card.attributes if not a.must]
    wide = min(max((len(a.name) for a in card.attributes), default=10), 30) + 2
    types = min(max((len(a.type) for a in card.attributes), default=4), 22) + 2
    for title, attributes in (("Required", must), ("Allowed", may)):
        for source, same in groupby(attributes, key=_source):
            found = list(same)
            is_own = source == _OWN
            page.heading(f"{title}{'' if is_own else f', {source}'} ({len(found)})")
            for each in sorted(found, key=lambda a: a.name.lower()):
                cells = [(each.name, wide), (each.type, types)]
                page.row(cells, each.description, first="bold" if each.must else "")


_OWN: Final = "own"
_SOURCES: Final[Mapping[str, str]] = {
    "own": _OWN,
    "content rule": "by its content rule",
    "auxiliary": "with ",
    "superior": "from ",
}


def _source(attribute: Attribute) -> str:
    said = _SOURCES[attribute.how]
    return f"{said}{attribute.source}" if said.endswith(" ") else said


def _show_attribute(page: Page, card: AttributeCard) -> None:
    own = card.identity
    _head(page, own, own.kind)
    if card.superiors:
        page.pair("Superiors", page.arrow.join((own.name, *card.superiors)))
    page.pair("Subtypes", _short(card.subtypes))
    bound = f"; up to {card.length} characters or octets" if card.length else ""
    page.pair("Syntax", f"{card.syntax or 'not known'}{bound}")
    page.pair("In Python", card.type)
    page.pair("Values", "at most one" if card.single_value else "any number")
    page.pair("Equality", card.equality or "no rule: no (attribute=value) filters")
    page.pair("Ordering", card.ordering or "no rule: no >= and <= filters")
    page.pair("Substrings", card.substrings or "no rule: no (attribute=a*) filters")
    page.pair("Usage", card.usage)
    page.pair("Changed by", card.changed_by)
    for note in card.notes:
        page.pair("Note", note)
    page.line()
    page.pair("Required by", _short(card.required_by))
    page.pair("Allowed in", _short(card.allowed_in))
    if not card.required_by and not card.allowed_in and card.usage == "user":
        page.pair("Used by", "no class of this schema")


def _show_other(page: Page, card: OtherCard) -> None:
    own = card.identity
    _head(page, own, own.kind)
    page.pair("In words", card.words)
    page.pair("Used by", _short(card.used_by) or "no attribute type of this schema")


def _short(names: Iterable[str]) -> str:
    """Join names; very many are counted behind the first ones."""
    found = list(names)
    if len(found) <= _MOST_NAMES:
        return ", ".join(found)
    shown = ", ".join(found[:_MOST_NAMES])
    return f"{shown} and {len(found) - _MOST_NAMES} more"
