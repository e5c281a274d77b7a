"""Active Directory's own schema entries, said in the terms of RFC 4512.

[MS-ADTS] 3.1.1.2: a domain controller keeps one ``attributeSchema`` or ``classSchema``
entry per definition, and its subschema entry shows but a part of each.

1. Each entry becomes the text of an ordinary definition. What RFC 4512 has no word
   for stands in ``X-AD-…`` clauses, so it is written, compared, merged and cached
   like all the rest; `ActiveAttribute` and `ActiveClass` read those clauses.
2. A syntax is the one that the subschema entry shows ([MS-ADTS] 3.1.1.2.2.2);
   ``X-AD-SYNTAX`` keeps the entry's own, which says more: a SID is no Octet String.
3. What users can not change is NO-USER-MODIFICATION: constructed attributes, back
   links and ``systemOnly`` ones.
4. The documents of Microsoft write the same entries without names, with lists
   between commas and flags by name; both are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ldapom.schema.clauses import quoted, word
from ldapom.schema.tokens import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ldapom.schema.model import AttributeType, ObjectClass

#: What a reader of schema entries has to ask the server for.
ATTRIBUTES: Final = (
    "objectClass",
    "lDAPDisplayName",
    "cn",
    "description",
    "adminDescription",
    "isDefunct",
    "systemOnly",
    "systemFlags",
    "attributeID",
    "attributeSyntax",
    "oMSyntax",
    "oMObjectClass",
    "isSingleValued",
    "rangeLower",
    "rangeUpper",
    "linkID",
    "isMemberOfPartialAttributeSet",
    "governsID",
    "objectClassCategory",
    "subClassOf",
    "auxiliaryClass",
    "systemAuxiliaryClass",
    "mustContain",
    "systemMustContain",
    "mayContain",
    "systemMayContain",
    "possSuperiors",
    "systemPossSuperiors",
    "rDNAttID",
    "defaultObjectCategory",
)

_LDAP = "1.3.6.1.4.1.1466.115.121.1."
_AD = "1.2.840.113556.1.4."
#: [MS-ADTS] 3.1.1.2.2.2: ``attributeSyntax`` and ``oMSyntax``, then LDAP's OID.
_SYNTAXES: Final[Mapping[tuple[str, str], str]] = {
    ("2.5.5.8", "1"): _LDAP + "7",
    ("2.5.5.9", "2"): _LDAP + "27",
    ("2.5.5.9", "10"): _LDAP + "27",
    ("2.5.5.16", "65"): _AD + "906",
    ("2.5.5.1", "127"): _LDAP + "12",
    ("2.5.5.13", "127"): _LDAP + "43",
    ("2.5.5.10", "127"): _LDAP + "40",
    ("2.5.5.10", "4"): _LDAP + "40",
    ("2.5.5.17", "4"): _LDAP + "40",
    ("2.5.5.3", "27"): _AD + "1362",
    ("2.5.5.5", "22"): _LDAP + "26",
    ("2.5.5.5", "19"): _LDAP + "44",
    ("2.5.5.6", "18"): _LDAP + "36",
    ("2.5.5.2", "6"): _LDAP + "38",
    ("2.5.5.4", "20"): _AD + "905",
    ("2.5.5.12", "64"): _LDAP + "15",
    ("2.5.5.11", "23"): _LDAP + "53",
    ("2.5.5.11", "24"): _LDAP + "24",
    ("2.5.5.15", "66"): _AD + "907",
}
#: Those that only ``oMObjectClass`` tells apart, by its OID.
_OBJECTS: Final[Mapping[str, str]] = {
    "1.2.840.113556.1.1.1.11": _AD + "903",
    "1.2.840.113556.1.1.1.12": _AD + "904",
    "2.6.6.1.2.5.11.29": _AD + "1221",
    "1.3.12.2.1011.28.0.702": _LDAP + "2",
}
#: Where ``oMSyntax`` is missing or wrong the first row of the syntax counts.
_BY_SYNTAX: Final = {row[0]: oid for row, oid in reversed(list(_SYNTAXES.items()))} | {
    "2.5.5.7": _AD + "903",
    "2.5.5.14": _AD + "904",
    "2.5.5.10": _LDAP + "40",
}
#: Declared as text, shown by the subschema entry as octets, and octets they are.
_NO_TEXT: Final = frozenset({"userparameters"})
#: Constructed, and yet users set it: the life of a dynamic entry (RFC 2589).
_SETTABLE: Final = frozenset({"entryttl"})
#: The syntax of security identifiers.
SID: Final = "2.5.5.17"

_CATEGORIES: Final = {"2": "ABSTRACT", "3": "AUXILIARY"}
#: [MS-ADTS] 2.2.10: bits of ``systemFlags``, as documents name them.
_FLAGS: Final = {
    "FLAG_ATTR_NOT_REPLICATED": 0x1,
    "FLAG_ATTR_REQ_PARTIAL_SET_MEMBER": 0x2,
    "FLAG_ATTR_IS_CONSTRUCTED": 0x4,
    "FLAG_ATTR_IS_OPERATIONAL": 0x8,
    "FLAG_SCHEMA_BASE_OBJECT": 0x10,
    "FLAG_ATTR_IS_RDN": 0x20,
}
_CONSTRUCTED: Final = _FLAGS["FLAG_ATTR_IS_CONSTRUCTED"]
_MOST_OCTETS: Final = 64
_PARAGRAPH: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_DOCUMENT: Final = re.compile(
    r"^(?:attributeID|governsID):", re.IGNORECASE | re.MULTILINE
)


# --- what the clauses say ---------------------------------------------------------


@frozen
class ActiveAttribute:
    """What Active Directory knows of an attribute beside its RFC 4512 definition.

    Attributes:
        syntax: ``attributeSyntax``, such as ``2.5.5.12``.
        constructed: Whether the server computes the value when it is asked for by
            name; searches for all attributes do not return it.
        link_id: The number that pairs links: even for a forward link, the next odd
            one for its back link; None for what is no link.
        range_lower: The least value or length.
        range_upper: The greatest value or length.
        system_only: Whether only the system changes it.
        in_global_catalog: Whether partial replicas hold it.
    """

    syntax: str
    constructed: bool
    link_id: int | None
    range_lower: int | None
    range_upper: int | None
    system_only: bool
    in_global_catalog: bool

    @property
    def is_back_link(self) -> bool:
        """Whether the server keeps the values: the other ends of forward links."""
        return self.link_id is not None and self.link_id % 2 == 1

    @classmethod
    def of(cls, definition: AttributeType) -> ActiveAttribute | None:
        """Read what a definition from a schema entry says; None for any other."""
        found = definition.extensions
        if "X-AD-SYNTAX" not in found:
            return None
        return cls(
            _first(found, "X-AD-SYNTAX"),
            "X-AD-CONSTRUCTED" in found,
            _number(_first(found, "X-AD-LINK-ID")),
            _number(_first(found, "X-AD-RANGE-LOWER")),
            _number(_first(found, "X-AD-RANGE-UPPER")),
            "X-AD-SYSTEM-ONLY" in found,
            "X-AD-GLOBAL-CATALOG" in found,
        )


@frozen
class ActiveClass:
    """What Active Directory knows of a class beside its RFC 4512 definition.

    Attributes:
        rdn: The one attribute that names entries of the class.
        auxiliary: The auxiliary classes that are a part of it without standing in
            ``objectClass`` ([MS-ADTS] 3.1.1.2.4.6).
        superiors: The classes that entries above may have.
        category: The DN that new entries get as ``objectCategory``.
        system_only: Whether only the system makes such entries.
    """

    rdn: str
    auxiliary: tuple[str, ...]
    superiors: tuple[str, ...]
    category: str
    system_only: bool

    @classmethod
    def of(cls, definition: ObjectClass) -> ActiveClass | None:
        """Read what a definition from a schema entry says; None for any other."""
        found = definition.extensions
        if "X-AD-RDN" not in found:
            return None
        return cls(
            _first(found, "X-AD-RDN"),
            found.get("X-AD-AUXILIARY", ()),
            found.get("X-AD-SUPERIORS", ()),
            _first(found, "X-AD-CATEGORY"),
            "X-AD-SYSTEM-ONLY" in found,
        )


def is_active_directory(top: ObjectClass | None) -> bool:
    """Whether a class ``top`` is Active Directory's, by what only that demands."""
    return top is not None and "ntsecuritydescriptor" in map(str.lower, top.must)


def _first(found: Mapping[str, tuple[str, ...]], name: str) -> str:
    return next(iter(found.get(name, ())), "")


def _number(text: str) -> int | None:
    """Read a whole number of at most nine digits and a sign; AD's have 32 bits."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,10}", text, re.ASCII) else None


# --- entries to definitions ---------------------------------------------------------


def definition(
    attributes: Iterable[tuple[str, Iterable[str | bytes]]],
) -> tuple[str, str] | None:
    """Write the definition that a schema entry stands for.

    Args:
        attributes: What the entry holds; names in any case.

    Returns:
        The field of a `Schema` it belongs to, and its RFC 4512 text; None where the
        entry is no definition.
    """
    entry = _Entry(attributes)
    if entry.one("attributeid"):
        return "attribute_types", _attribute(entry)
    if entry.one("governsid"):
        return "object_classes", _class(entry)
    return None


def has_entries(text: str) -> bool:
    """Whether a text holds an entry for each of its definitions."""
    return _DOCUMENT.search(text) is not None


def is_document(text: str) -> bool:
    """Whether a text holds definitions as the documents of Microsoft write them."""
    return has_entries(text) and not re.search(
        r"^dn::?[ \t]*\S", text, re.IGNORECASE | re.MULTILINE
    )


def read_document(text: str) -> Iterator[tuple[str, str]]:
    """Yield field and text of each definition in a document of Microsoft."""
    lines = (line.rstrip() for line in text.splitlines() if not line.startswith("#"))
    unfolded = "\n".join(lines).replace("\n ", "")
    for paragraph in _PARAGRAPH.split(unfolded):
        pairs = (line.partition(":") for line in paragraph.split("\n"))
        found = definition((key.strip(), (value.strip(),)) for key, _, value in pairs)
        if found is not None:
            yield found


class _Entry:
    """The values of one schema entry as text, found by names in lower case."""

    def __init__(self, attributes: Iterable[tuple[str, Iterable[str | bytes]]]) -> None:
        self.raw: dict[str, list[str | bytes]] = {}
        for name, values in attributes:
            key = name.partition(";")[0].lower()
            self.raw.setdefault(key, []).extend(values)

    def one(self, name: str) -> str:
        return next((decode(v).strip() for v in self.raw.get(name, ())), "")

    def is_true(self, name: str) -> bool:
        return self.one(name).upper() == "TRUE"

    def names(self, *names: str) -> tuple[str, ...]:
        """Names of definitions, each once; documents put commas between them."""
        texts = (decode(v) for name in names for v in self.raw.get(name, ()))
        found = (part.strip() for text in texts for part in text.split(","))
        return tuple(dict.fromkeys(filter(None, found)))

    def description(self) -> str | None:
        """A sentence, where there is one: mostly it is the name once more."""
        for text in (self.one("description"), self.one("admindescription")):
            if text and " " in text:
                return " ".join(text.split())
        return None


def _attribute(entry: _Entry) -> str:
    flags = _flags(entry.one("systemflags"))
    link = entry.one("linkid")
    is_constructed = bool(flags & _CONSTRUCTED)
    is_back_link = (_number(link) or 0) % 2 == 1
    is_kept = entry.is_true("systemonly") or is_constructed or is_back_link
    is_settable = entry.one("ldapdisplayname").lower() in _SETTABLE
    return _written(
        entry,
        entry.one("attributeid"),
        [f"SYNTAX {word(_syntax(entry))}"],
        ["SINGLE-VALUE"] * entry.is_true("issinglevalued"),
        ["NO-USER-MODIFICATION"] * (is_kept and not is_settable),
        _extension("SYNTAX", [entry.one("attributesyntax")]),
        ["X-AD-CONSTRUCTED"] * is_constructed,
        _extension("LINK-ID", [link]),
        _extension("RANGE-LOWER", [entry.one("rangelower")]),
        _extension("RANGE-UPPER", [entry.one("rangeupper")]),
        ["X-AD-SYSTEM-ONLY"] * entry.is_true("systemonly"),
        ["X-AD-GLOBAL-CATALOG"] * entry.is_true("ismemberofpartialattributeset"),
    )


def _class(entry: _Entry) -> str:
    superiors = entry.names("subclassof")
    kind = _CATEGORIES.get(entry.one("objectclasscategory"), "STRUCTURAL")
    # ``top`` is its own superior there, and nowhere else.
    own = entry.one("ldapdisplayname").lower()
    above = [name for name in superiors if name.lower() != own]
    must = entry.names("mustcontain", "systemmustcontain")
    may = entry.names("maycontain", "systemmaycontain")
    return _written(
        entry,
        entry.one("governsid"),
        _oids("SUP", above),
        [kind],
        _oids("MUST", must),
        _oids("MAY", may),
        _extension("RDN", [entry.one("rdnattid") or "cn"]),
        _extension("AUXILIARY", entry.names("auxiliaryclass", "systemauxiliaryclass")),
        _extension("SUPERIORS", entry.names("posssuperiors", "systemposssuperiors")),
        _extension("CATEGORY", [entry.one("defaultobjectcategory")]),
        ["X-AD-SYSTEM-ONLY"] * entry.is_true("systemonly"),
    )


def _written(entry: _Entry, oid: str, *clauses: Sequence[str]) -> str:
    """Put clauses behind what every definition begins with."""
    name = entry.one("ldapdisplayname") or entry.one("cn")
    description = entry.description()
    parts = [
        "(",
        word(oid),
        *([f"NAME {quoted(name)}"] if name else []),
        *([f"DESC {quoted(description)}"] if description else []),
        *(["OBSOLETE"] * entry.is_true("isdefunct")),
        *(part for clause in clauses for part in clause),
        ")",
    ]
    return " ".join(parts)


def _extension(name: str, values: Iterable[str]) -> list[str]:
    """Write an ``X-AD-…`` clause; nothing where there is no value."""
    written = [quoted(value) for value in values if value]
    return [f"X-AD-{name} ( {' '.join(written)} )"] if written else []


def _oids(keyword: str, names: Sequence[str]) -> list[str]:
    return [f"{keyword} ( {' $ '.join(map(word, names))} )"] if names else []


def _syntax(entry: _Entry) -> str:
    """Find LDAP's syntax; one that nobody knows keeps its own OID."""
    syntax, number = entry.one("attributesyntax"), entry.one("omsyntax")
    if entry.one("ldapdisplayname").lower() in _NO_TEXT:
        return _LDAP + "40"
    known = _OBJECTS.get(_object_class(entry)) or _SYNTAXES.get((syntax, number))
    return known or _BY_SYNTAX.get(syntax, syntax or _LDAP + "40")


def _object_class(entry: _Entry) -> str:
    """Read ``oMObjectClass``: BER octets without a header, or text with dots."""
    raw = next(iter(entry.raw.get("omobjectclass", ())), b"")
    octets = raw.encode("latin-1", "replace") if isinstance(raw, str) else raw
    text = octets.decode("latin-1").strip()
    return text if re.fullmatch(r"[0-9.]+", text) else _dotted(octets)


def _dotted(octets: bytes) -> str:
    """Read the contents octets of an OBJECT IDENTIFIER (X.690 8.19)."""
    arcs: list[int] = []
    number = 0
    for octet in octets[:_MOST_OCTETS]:
        number = number << 7 | octet & 0x7F
        if octet < 0x80:  # noqa: PLR2004  # the bit that says "there is more"
            arcs.append(number)
            number = 0
    if not arcs:
        return ""
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - first * 40, *arcs[1:]]))


def _flags(text: str) -> int:
    """Read ``systemFlags``: a number, or names with ``|`` between."""
    number = _number(text)
    if number is not None:
        return number
    bits = 0
    for name in re.split(r"[|,\s]+", text):
        bits |= _FLAGS.get(name.upper(), 0)
    return bits
