"""A schema as LDIF: one subschema entry (RFC 4512 4.2) in RFC 2849 text.

Written are the canonical texts of all definitions, kind by kind, and behind those
of its kind each text that could not be read, as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom import ldif
from ldapom.schema.registry import KINDS
from ldapom.schema.tokens import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.schema.definitions import Problem
    from ldapom.schema.model import Definition
    from ldapom.schema.registry import Schema

#: A name that no entry of a directory need have.
_DN = "cn=schema"
_CLASSES = (b"top", b"subentry", b"subschema")


def dump(schema: Schema, unread: Sequence[Problem] = ()) -> str:
    """Write a schema as the LDIF of a subschema entry.

    Args:
        schema: Any schema.
        unread: What could not be read of it.

    Returns:
        LDIF that reads back to a schema with the same fingerprint.
    """
    attributes: list[tuple[str, tuple[bytes, ...]]] = [("objectClass", _CLASSES)]
    attributes.append(("cn", (b"schema",)))
    for field, kind in KINDS.items():
        definitions = map(str, getattr(schema, field).values())
        texts = (*definitions, *_texts(unread, kind))
        if texts:
            values = tuple(t.encode("utf-8", "surrogatepass") for t in texts)
            attributes.append((kind.GRAMMAR.attribute, values))
    return ldif.dumps([ldif.ContentRecord(_DN, tuple(attributes))])


def _texts(unread: Sequence[Problem], kind: type[Definition]) -> Iterator[str]:
    """Give the texts of one kind that are no definitions."""
    for problem in unread:
        if problem.kind == kind.GRAMMAR.attribute and problem.position is not None:
            try:
                kind.read(problem.text)
            except DefinitionError:
                yield problem.text
