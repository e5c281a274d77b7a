"""Extensible matching: a rule of the request's own choice (RFC 4511 4.5.1.7.7).

Beside the schema's rules there is the rule in chain that Active Directory brought
([MS-ADTS] 3.1.1.3.4.4.3), and OpenLDAP's rules for parts of the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.schema import matching
from ldapom.schema.matching import RuleKind
from ldapom.testing import strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.filters import Extensible, Substrings
    from ldapom.testing.tree import Entry, Tree
    from ldapom.testing.vocabulary import (
        AttributeKind,
        Description,
        Key,
        Vocabulary,
    )

    Accepts = Callable[[bytes], bool | None]


def value_test(
    vocabulary: Vocabulary,
    tree: Tree,
    node: Extensible,
    description: Description | None,
) -> Accepts | None:
    """The test of one value; None where the rule or the value can not be used."""
    rule = node.rule or (description.kind.equality if description else None)
    if rule is None:
        return None
    special = _SPECIAL.get(vocabulary.rule_name(rule))
    try:
        if special is not None:
            return special(_Context(vocabulary, tree, description), node.value)
        return _by_schema(vocabulary, rule, node.value)
    except ValueError:
        return None


def substring_test(rule: str | None, node: Substrings) -> Accepts | None:
    """The test of one value; None where the rule or a part can not be used."""
    found = None if rule is None else matching.lookup(rule)
    if found is None or found.kind is not RuleKind.substrings:
        return None
    try:
        for part in filter(None, (node.initial, *node.any, node.final)):
            strict.check_assertion(found.name, part)
        return careful(found.pattern(node.initial, node.any, node.final))
    except ValueError:
        return None


def careful(test: Callable[[bytes], bool]) -> Accepts:
    """The same test, undefined for a value that is none of the rule's syntax."""

    def accepts(value: bytes) -> bool | None:
        try:
            return test(value)
        except ValueError:
            return None

    return accepts


def _by_schema(vocabulary: Vocabulary, name: str, raw: bytes) -> Accepts | None:
    rule = matching.lookup(name)
    normalize = vocabulary.rule(name)
    if rule is None or normalize is None:
        return None
    if rule.kind is RuleKind.substrings:
        return careful(rule.pattern(*_parts(raw)))
    wanted = normalize(raw)
    if rule.normalize == normalize:
        # X.520 8.1: an ordering rule holds where the value is the lesser one.
        return careful(lambda value: rule.holds(value, raw))
    return careful(lambda value: normalize(value) == wanted)


def _parts(raw: bytes) -> tuple[bytes | None, tuple[bytes, ...], bytes | None]:
    """Read a Substring Assertion (RFC 4517 3.3.30)."""
    pieces = [_unescaped(piece) for piece in raw.split(b"*")]
    if len(pieces) == 1:
        raise ValueError("a substring assertion has a star")
    middle = tuple(piece for piece in pieces[1:-1] if piece)
    return pieces[0] or None, middle, pieces[-1] or None


def _unescaped(piece: bytes) -> bytes:
    return piece.replace(b"\\2A", b"*").replace(b"\\2a", b"*").replace(b"\\5C", b"\\")


class _Context:
    """What the special rules look at."""

    def __init__(
        self, vocabulary: Vocabulary, tree: Tree, description: Description | None
    ) -> None:
        self.vocabulary = vocabulary
        self.tree = tree
        self.description = description

    def key(self, raw: bytes) -> Key:
        return self.vocabulary.dn_key(raw.decode())


def _in_chain(context: _Context, raw: bytes) -> Accepts | None:
    """True where the named entry is reached over any number of links.

    From each value the links go on: ``member`` of a member, ``memberOf`` of a group.
    """
    description = context.description
    if description is None:
        return None
    wanted = context.key(raw)
    found = _reaching(context, description.kind, wanted)
    return lambda value: normalize_dn(context, value) in found


def normalize_dn(context: _Context, value: bytes) -> Key | None:
    """The key of a DN value; None when it is no DN."""
    try:
        return context.key(value)
    except ValueError:
        return None


def _reaching(context: _Context, kind: AttributeKind, wanted: Key) -> set[Key]:
    """All names from which links lead to the wanted one, itself included."""
    forward = kind.name.lower() == "memberof"
    found = {wanted}
    todo = [wanted]
    while todo:
        for key in _next(context, kind, todo.pop(), forward=forward):
            if key not in found:
                found.add(key)
                todo.append(key)
    return found


def _next(
    context: _Context, kind: AttributeKind, key: Key, *, forward: bool
) -> Iterator[Key]:
    tree = context.tree
    if forward:
        entry = tree.find(key)
        for value in entry.values.get("member", ()) if entry else ():
            member = normalize_dn(context, value)
            if member is not None:
                yield member
        return
    index = tree.indexed(kind.name)
    if index is not None:
        found = (tree.get(number) for number in tuple(index.get(key, ())))
        yield from (entry.key for entry in found if entry is not None)
        return
    for entry in tree:
        values = entry.values.get(kind.name, ())
        if any(normalize_dn(context, value) == key for value in values):
            yield entry.key


def _tree_part(
    fits: Callable[[Key, Key], bool],
) -> Callable[[_Context, bytes], Accepts]:
    def build(context: _Context, raw: bytes) -> Accepts:
        wanted = context.key(raw)

        def accepts(value: bytes) -> bool | None:
            key = normalize_dn(context, value)
            return None if key is None else fits(key, wanted)

        return accepts

    return build


_SPECIAL: dict[str, Callable[[_Context, bytes], Accepts | None]] = {
    "distinguishednameinchainmatch": _in_chain,
    "dnsubtreematch": _tree_part(lambda key, top: key[: len(top)] == top),
    "dnsubordinatematch": _tree_part(
        lambda key, top: len(key) > len(top) and key[: len(top)] == top
    ),
    "dnonelevelmatch": _tree_part(lambda key, top: key[:-1] == top and bool(key)),
    "dnsuperiormatch": _tree_part(
        lambda key, low: len(key) < len(low) and low[: len(key)] == key
    ),
}


def fitting(vocabulary: Vocabulary, rule: str) -> list[str]:
    """The attributes whose syntax a rule applies to."""
    wanted = vocabulary.rule_name(rule)
    kinds = [
        kind
        for definition in vocabulary.definitions()
        if (kind := vocabulary.kind(definition.oid)) is not None
    ]
    syntaxes = {
        kind.syntax
        for kind in kinds
        for own in (kind.equality, kind.ordering, kind.substr)
        if own and vocabulary.rule_name(own) == wanted
    }
    return [kind.name for kind in kinds if kind.syntax in syntaxes]


def name_values(
    vocabulary: Vocabulary, entry: Entry
) -> Iterator[tuple[AttributeKind, bytes]]:
    """Each attribute value of an entry's DN."""
    for rdn in vocabulary.dn(entry.dn)[0].rdns:
        for ava in rdn:
            kind = vocabulary.kind(ava.type)
            if kind is not None:
                yield kind, ava.value.encode("utf-8", "surrogateescape")
