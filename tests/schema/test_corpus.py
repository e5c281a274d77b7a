"""Whole schemas in each vendor's dialect, and what another parser makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ldapom.schema import Schema
from ldapom.schema.sources import file_source, standard_source
from tests.schema.codegen.support import asks, generated, imported

if TYPE_CHECKING:
    from collections.abc import Iterable

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.iterdir())
INSTALLED = sorted(
    path
    for pattern in (
        "etc/ldap/schema/*.schema",
        "etc/ldap/schema/*.ldif",
        "usr/share/dirsrv/schema/*.ldif",
        "usr/share/dirsrv/data/[0-9]*.ldif",
        "usr/share/dirsrv/data/*.schema",
    )
    for path in Path("/").glob(pattern)
)

#: How many definitions of each kind a file has, and how many of its texts do not read.
COUNTS = {
    "ad_lds.ldf": ({"attribute_types": 1, "object_classes": 1}, 0),
    "apacheds_entries.ldif": (
        {
            "attribute_types": 2,
            "object_classes": 1,
            "ldap_syntaxes": 1,
            "matching_rules": 2,
        },
        0,
    ),
    "apacheds.ldif": ({"attribute_types": 3, "object_classes": 2}, 0),
    "ca_directory.ldif": ({"attribute_types": 2, "object_classes": 1}, 1),
    "domino.ldif": ({"attribute_types": 4, "object_classes": 2}, 0),
    "edirectory.ldif": ({"attribute_types": 6, "object_classes": 3}, 0),
    "ibm_tds.conf": ({"attribute_types": 3, "object_classes": 1}, 0),
    "isode.ldif": ({"attribute_types": 3, "object_classes": 1}, 0),
    "opendj.ldif": (
        {
            "ldap_syntaxes": 5,
            "attribute_types": 5,
            "object_classes": 2,
            "dit_content_rules": 1,
            "dit_structure_rules": 1,
            "name_forms": 1,
        },
        0,
    ),
    "openldap_config.ldif": (
        {"attribute_types": 2, "object_classes": 1, "dit_content_rules": 1},
        0,
    ),
    "oracle_oid.ldif": (
        {"attribute_types": 4, "object_classes": 2, "matching_rules": 1},
        0,
    ),
    "rhds.ldif": ({"attribute_types": 2, "object_classes": 1}, 1),
    "sun_dsee.ldif": ({"attribute_types": 4, "object_classes": 2}, 0),
    "unboundid.ldif": (
        {"attribute_types": 2, "object_classes": 1, "matching_rule_uses": 1},
        0,
    ),
    "viewds.ldif": (
        {"attribute_types": 2, "object_classes": 1, "name_forms": 1},
        0,
    ),
}

#: What some of the odder definitions say.
SAY = {
    ("ca_directory.ldif", "passwordStatus"): (
        "( 1.3.6.1.4.1.3327.77.1.1 NAME ( 'dxPwdStatus' 'passwordStatus' ) "
        r"DESC 'CA\27s password status' SYNTAX caseIgnoreString SINGLE-VALUE )"
    ),
    ("ca_directory.ldif", "dxUser"): (
        "( 1.3.6.1.4.1.3327.77.2.1 NAME 'dxUser' SUP top AUXILIARY "
        "MAY ( dxPwdStatus $ dxPwdTries ) )"
    ),
    ("domino.ldif", "cn"): (
        "( 2.5.4.3 NAME 'cn' DESC 'Common Name' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
    ),
    ("domino.ldif", "Mail-System"): (
        "( 2.16.840.1.113678.2.2.2.2.999 NAME ( 'MailSystem' 'Mail-System' ) "
        r"DESC 'Mail system (used by the \27Mail\27 field)' "
        "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 X-ORIGIN ( 'Lotus' 'Domino' ) )"
    ),
    ("edirectory.ldif", "Person"): (
        "( 2.5.6.6 NAME 'Person' DESC 'Standard ObjectClass' SUP ndsLoginProperties "
        "STRUCTURAL MUST ( cn $ sn ) MAY ( description $ seeAlso ) "
        "X-NDS_NAMING ( 'cn' 'uid' ) "
        "X-NDS_CONTAINMENT ( 'Country' 'Organization' 'organizationalUnit' ) "
        "X-NDS_NOT_CONTAINER '1' X-NDS_ACL_TEMPLATES ( "
        "'2#subtree#[Self]#[All Attributes Rights]' '6#entry#[Self]#loginScript' "
        "'1#subtree#[Root Template]#[Entry Rights]' ) )"
    ),
    ("ibm_tds.conf", "cn"): (
        "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'This is the X.500 commonName "
        "attribute,\n which contains a name of an object.' SUP name EQUALITY 2.5.13.2 "
        "ORDERING 2.5.13.3 SUBSTR 2.5.13.4 )"
    ),
    ("openldap_config.ldif", "demoTwo"): (
        "( 1.3.6.1.4.1.99999.1.2 NAME 'demoTwo' SUP demoOne SINGLE-VALUE "
        "X-ORDERED 'VALUES' )"
    ),
    ("rhds.ldif", "strasse"): (
        "( 2.16.840.1.113730.3.1.9999 NAME 'strasse' DESC 'Straße und Ort' "
        "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 X-ORIGIN ( 'Red Hat' 'user defined' ) )"
    ),
    ("viewds.ldif", "viewDSLabel"): (
        "( 1.3.6.1.4.1.21473.5.5.1 NAME 'viewDSLabel' EQUALITY caseIgnoreMatch "
        "ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch "
        "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
    ),
}


def test_the_tables_are_complete() -> None:
    """Each file of the corpus is in the table."""
    assert {path.name for path in FILES} == COUNTS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_lost(path: Path) -> None:
    """Every definition is read, or is a problem with its text."""
    counts, problems = COUNTS[path.name]
    schema = Schema.from_ldif(path)

    assert (
        counts.items()
        <= {field: len(getattr(schema, field)) for field in counts}.items()
    )
    unread = [p for p in schema.problems if p.position is not None]
    assert len(unread) == problems
    again = Schema.from_ldif(_file(schema))
    assert again.fingerprint == schema.fingerprint


def _file(schema: Schema) -> Any:
    import io

    return io.StringIO(schema.to_ldif())


@pytest.mark.parametrize(("where", "text"), SAY.items())
def test_what_they_say(where: tuple[str, str], text: str) -> None:
    """The odder definitions read as they were meant."""
    file, name = where
    schema = Schema.from_ldif(CORPUS / file)
    found = schema.attribute_types.get(name) or schema.object_classes[name]

    assert str(found) == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_class_generates(path: Path) -> None:
    """Each schema, on top of what every server has, gives a module that imports."""
    schema = Schema.from_ldif(path).merge(Schema.standard())

    module = imported(generated(schema, asks(everything=True)))

    assert len(vars(module)) > len(schema.object_classes)


# --- another parser ------------------------------------------------------------------


def _oracle(kind: str, texts: Iterable[str | bytes]) -> dict[str, Any]:
    """What ldap3 reads, by OID; only what it is documented to give is looked at."""
    rfc4512 = pytest.importorskip("ldap3.protocol.rfc4512")
    # It knows no line ends, no keywords in lower case, and, with one text at a time,
    # no neighbours.
    flat = [" ".join(str(text).split()) for text in texts]
    flat = [text.replace(" name '", " NAME '") for text in flat]
    found = [getattr(rfc4512, kind).from_definition([text]) for text in flat]
    return {one.oid: one for each in found for one in each.values()}


def _texts(path: Path | None, field: str) -> tuple[list[str], Schema]:
    source = standard_source() if path is None else file_source(path)
    texts: Any = source.texts
    return [str(text) for text in texts.get(field, ())], Schema.parse(**source.texts)


SOURCES = [None, *INSTALLED]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name if path else "own")
def test_attributes_as_another_parser_reads_them(path: Path | None) -> None:
    """Attribute for attribute: names, syntax, superior, rules, whether single."""
    texts, schema = _texts(path, "attribute_types")
    oracle = _oracle("AttributeTypeInfo", texts)

    for ours in schema.attribute_types.values():
        theirs = oracle[ours.oid]
        assert list(ours.names) == _listed(theirs.name)
        assert _bounded(ours.syntax, ours.length) == (
            theirs.syntax or "",
            theirs.min_length,
        )
        assert ours.single_value == bool(theirs.single_value)
        assert [ours.sup] * bool(ours.sup) == _listed(theirs.superior)
        assert [ours.equality] * bool(ours.equality) == _listed(theirs.equality)
        assert ours.no_user_modification == bool(theirs.no_user_modification)
        assert ours.collective == bool(theirs.collective)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name if path else "own")
def test_classes_as_another_parser_reads_them(path: Path | None) -> None:
    """Class for class: names, kind, superiors, MUST and MAY."""
    texts, schema = _texts(path, "object_classes")
    oracle = _oracle("ObjectClassInfo", texts)

    for ours in schema.object_classes.values():
        theirs = oracle[ours.oid]
        assert list(ours.names) == _listed(theirs.name)
        assert list(ours.sup) == _listed(theirs.superior)
        assert sorted(ours.must) == sorted(set(_listed(theirs.must_contain)))
        assert sorted(ours.may) == sorted(set(_listed(theirs.may_contain)))
        assert (theirs.kind or "Structural").lower() == ours.kind.value


def _listed(value: Any) -> list[str]:
    """What it gives is a list, a text or nothing."""
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)


def _bounded(syntax: str | None, length: int | None) -> tuple[str, int | None]:
    return syntax or "", length
