"""Where the texts of a schema come from: entries, LDIF, OpenLDAP's files.

1. A subschema entry holds them by the names of RFC 4512 4.2.
2. OpenLDAP's ``cn=config`` holds them by ``olc…`` names, each behind ``{number}``.
3. OpenLDAP's ``.schema`` files hold statements: a word, then a definition; a line
   that starts with a blank goes on with the statement before it.
4. OpenLDAP spells OIDs by macros (``objectIdentifier name oid``); they are resolved
   here and put in place when the definitions are read.
5. Active Directory keeps an entry per definition (`active.py` reads those), and its
   subschema entry shows a part of each: the entries come first. Apache Directory
   keeps such entries too (`meta.py`).
6. A file may be no good LDIF: what says that it is a definition counts all the same.
7. Most schemas come from a subschema entry: what other sources need is imported where
   it is used, for it takes as long as to read a thousand definitions.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from ldapom.changes import Add, Replace
from ldapom.errors import LDIFSyntaxError, SchemaError
from ldapom.schema.registry import KINDS, Texts
from ldapom.schema.tokens import decode

if TYPE_CHECKING:
    from typing import IO

Values = Iterable[str | bytes]

_MACRO = "objectidentifier"
_RFC_OIDS = {
    "2.5.21.1": "dit_structure_rules",
    "2.5.21.2": "dit_content_rules",
    "2.5.21.4": "matching_rules",
    "2.5.21.5": "attribute_types",
    "2.5.21.6": "object_classes",
    "2.5.21.7": "name_forms",
    "2.5.21.8": "matching_rule_uses",
    "1.3.6.1.4.1.1466.101.120.16": "ldap_syntaxes",
}
#: Every name, in lower case, that an attribute or statement with definitions has.
_FIELDS: dict[str, str] = {
    **_RFC_OIDS,
    **{kind.GRAMMAR.attribute.lower(): field for field, kind in KINDS.items()},
    **{"olc" + k.GRAMMAR.attribute.lower(): field for field, k in KINDS.items()},
    "attributetype": "attribute_types",
    "objectclass": "object_classes",
    "ldapsyntax": "ldap_syntaxes",
    "matchingrule": "matching_rules",
    "ditcontentrule": "dit_content_rules",
    "ditstructurerule": "dit_structure_rules",
    "nameform": "name_forms",
    "olcobjectidentifier": _MACRO,
    _MACRO: _MACRO,
}
# In an entry ``objectClass`` says what the entry is, not what a class is.
_ENTRY_FIELDS = {k: v for k, v in _FIELDS.items() if k != "objectclass"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: Words that only the LDIF of Active Directory's schemas has: ``ntdsSchemaAdd``.
_OWN_WORDS = re.compile(
    r"^(changetype:[ \t]*)ntdsSchema(add|modify|delete|modrdn)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_BLANKS = re.compile(r"^[ \t]++$", re.MULTILINE)
_TABS = re.compile(r"\n\t[ \t]*+")
_LINE = re.compile(r"([\w;-]+):(:?)[ \t]*(.*)")
_NUMBER = re.compile(r"\s*\{-?[0-9]+\}")
# IBM's files have a sign behind the word; older ones a block of definitions.
_STATEMENT = re.compile(r"(\w+)(?:\s+|\s*=\s*(?=\())")
_BLOCK = re.compile(r"(\w+)\s*+\{\s*+")
_OPENING = re.compile(r"\(|\s++\(\s*+[0-9]+\.")
_STRING = re.compile(r"'[^'\n]*+'")
#: Of an OID.
_LONGEST_OID = 1024


class Source(NamedTuple):
    """What a schema is made from."""

    texts: Texts
    macros: Mapping[str, str]


def attribute_source(attributes: Iterable[tuple[str, Values]]) -> Source:
    """Take the definitions out of the attributes of subschema or config entries."""
    collected: dict[str, list[str]] = {}
    for description, values in attributes:
        name = description.partition(";")[0].lower()
        field = _ENTRY_FIELDS.get(name)
        if field is None:
            continue
        texts = (decode(value) for value in values)
        if name.startswith("olc"):
            texts = (_NUMBER.sub("", text, count=1) for text in texts)
        collected.setdefault(field, []).extend(texts)
    return _source(collected)


def file_source(source: str | os.PathLike[str] | IO[str] | IO[bytes]) -> Source:
    """Take the definitions out of an LDIF or ``.schema`` file.

    Raises:
        SchemaError: There are none.
    """
    from ldapom.schema import active

    text = _decoded(_content(source)).removeprefix("\ufeff")
    if next(_statements(text), None) is not None:
        found = statement_source(text)
    elif active.is_document(text):
        found = _collected(active.read_document(text))
    else:
        found = _ldif_source(text)
    if not found.texts:
        where = getattr(source, "name", source)
        raise SchemaError(f"no schema definitions in {where!s}")
    return found


def _content(source: str | os.PathLike[str] | IO[str] | IO[bytes]) -> str | bytes:
    """Read a path or an open file to its end."""
    if isinstance(source, str | os.PathLike):
        from pathlib import Path

        return Path(source).read_bytes()
    return source.read()


def _decoded(content: str | bytes) -> str:
    """Give the text of a file.

    Windows also writes UTF-16, with a mark in front; old Macs ended lines with CR.
    """
    if isinstance(content, bytes) and content[:2] in _UTF_16:
        text = content.decode("utf-16", "replace")
    else:
        text = decode(content)
    return text if "\n" in text else text.replace("\r", "\n")


def statement_source(text: str) -> Source:
    """Take the definitions out of a ``.schema`` file."""
    return _collected(_statements(text))


def entry_source(entries: Iterable[Iterable[tuple[str, Values]]]) -> Source:
    """Take the definitions out of entries that are one each."""
    from ldapom.schema import active, meta

    found = (active.definition(entry) or meta.definition(entry) for entry in entries)
    return _collected(filter(None, found))


def standard_source() -> Source:
    """Take the definitions out of the package's own schema files."""
    from importlib import resources

    folder = resources.files("ldapom.schema").joinpath("standard")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return statement_source(
        "\n".join(f.read_text("utf-8") for f in files if f.name.endswith(".schema"))
    )


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """Yield the field and the definition of each statement of a ``.schema`` file."""
    for statement in _joined_lines(text):
        match = _STATEMENT.match(statement)
        field = _FIELDS.get(match[1].lower()) if match else None
        if match and field:
            yield field, statement[match.end() :]


def _joined_lines(text: str) -> Iterator[str]:
    """Yield each statement with the lines that go on with it.

    That is what starts with a blank, and what a hand has written at the margin
    within an open definition, or below its word.
    """
    lines: list[str] = []
    depth = 0
    for line in _unblocked(text):
        is_within = depth > 0 and not _is_statement(line)
        is_below = line[0] == "(" and "".join(lines[-1:]).strip().lower() in _FIELDS
        if not (line[0] in " \t)" or is_within or is_below):
            yield "\n".join(lines)
            lines, depth = [], 0
        lines.append(line)
        bare = _STRING.sub("", line)
        depth += bare.count("(") - bare.count(")")
    yield "\n".join(lines)


def _is_statement(line: str) -> bool:
    """Whether a line begins with the word of a definition."""
    match = _STATEMENT.match(line)
    return match is not None and match[1].lower() in _FIELDS


def _unblocked(text: str) -> Iterator[str]:
    """Yield the lines that are no comment; in a block each definition gets its word."""
    word = ""
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        block = _BLOCK.fullmatch(line)
        if block is not None and block[1].lower() in _FIELDS:
            word = block[1]
        elif line.startswith("}"):
            word = ""
        else:
            yield f"{word} {line}" if word and _OPENING.match(line) else line


def _ldif_source(text: str) -> Source:
    """Take the definitions out of LDIF: content, or the records that add them.

    Raises:
        LDIFSyntaxError: It is none, and nothing in it looks like a definition.
    """
    from ldapom.schema import active

    if active.has_entries(text):
        # A line of blanks goes on with a value; here it was to end the entry.
        text = _BLANKS.sub("", text)
    try:
        entries = list(_ldif_entries(_OWN_WORDS.sub(r"\g<1>\g<2>", text)))
    except LDIFSyntaxError:
        entries = [list(_rough_lines(text))]
        if not any(name.lower() in _ENTRY_FIELDS for name, _ in entries[0]):
            raise
    attributes = [attribute for entry in entries for attribute in entry]
    return _joined(entry_source(entries), attribute_source(attributes))


def _ldif_entries(text: str) -> Iterator[list[tuple[str, Values]]]:
    """Yield what each record holds or adds."""
    from ldapom import ldif  # the only reader here that needs it

    for record in ldif.read(io.StringIO(text)):
        if isinstance(record, ldif.ContentRecord | ldif.AddRecord):
            yield list(record.attributes)
        elif isinstance(record, ldif.ModifyRecord):
            changes = (c for c in record.changes if isinstance(c, Add | Replace))
            yield [(c.attribute, c.values) for c in changes]


def _rough_lines(text: str) -> Iterator[tuple[str, Values]]:
    """Yield the lines that look like values, and leave out what does not."""
    # By hand some fold with tabs, and where a word ends.
    unfolded = _TABS.sub(" ", text.replace("\r\n", "\n").replace("\n ", ""))
    for line in unfolded.split("\n"):
        match = _LINE.match(line)
        if match is not None:
            name, is_base64, value = match.groups()
            yield name, [_unarmoured(value) if is_base64 else value]


def _unarmoured(value: str) -> bytes | str:
    """Decode base64; what is none stays as it is, and will be a problem."""
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return value


def _joined(first: Source, second: Source) -> Source:
    """Join two sources; where one has no definitions the other is all there is."""
    if not first.texts:
        return second
    texts: dict[str, list[str | bytes]] = {}
    for source in (first, second):
        for field, values in cast("Mapping[str, Values]", source.texts).items():
            texts.setdefault(field, []).extend(values)
    return Source(cast("Texts", texts), second.macros)


def _collected(definitions: Iterable[tuple[str, str]]) -> Source:
    """Sort definitions, each with its field, by field."""
    collected: dict[str, list[str]] = {}
    for field, definition in definitions:
        collected.setdefault(field, []).append(definition)
    return _source(collected)


def _source(collected: dict[str, list[str]]) -> Source:
    macros = _macros(collected.pop(_MACRO, []))
    return Source(cast("Texts", collected), macros)


def _macros(definitions: Iterable[str]) -> dict[str, str]:
    """Resolve ``name oid`` lines; an OID may start with an earlier macro.

    One may be named thousands of times, so what is too long for an OID is left out.
    """
    macros: dict[str, str] = {}
    for definition in definitions:
        name, _, oid = " ".join(definition.split()).partition(" ")
        base, colon, suffix = oid.partition(":")
        if base.lower() in macros:
            oid = macros[base.lower()] + ("." + suffix if colon else "")
        if len(oid) <= _LONGEST_OID:
            macros[name.lower()] = oid
    return macros
