"""What a server says about itself, as a value and for people."""

from __future__ import annotations

import copy
import pickle

import pytest

from ldapom.schema import RootDSE, oids

ATTRIBUTES = {
    "objectClass": [b"top"],
    "NamingContexts": [b"dc=example,dc=com", b"o=x"],
    "defaultNamingContext": [b"dc=example,dc=com"],
    "supportedLDAPVersion": [b"2", b"3", b"three"],
    "supportedControl": [b"1.2.840.113556.1.4.319", b"9.9.9"],
    "supportedExtension": [b"1.3.6.1.4.1.1466.20037"],
    "supportedFeatures": [b"1.3.6.1.1.14"],
    "supportedSASLMechanisms": [b"EXTERNAL", b"PLAIN"],
    "subschemaSubentry": [b"cn=Subschema"],
    "altServer": [b"ldap://other/"],
    "vendorName": [b"Example"],
    "configContext": [b"cn=config"],
}


def test_fields() -> None:
    """Each attribute is a field, found in any case; the rest stays raw."""
    dse = RootDSE.from_attributes(ATTRIBUTES)
    assert dse == RootDSE(
        naming_contexts=("dc=example,dc=com", "o=x"),
        default_naming_context="dc=example,dc=com",
        supported_ldap_versions=(2, 3),
        supported_controls=("1.2.840.113556.1.4.319", "9.9.9"),
        supported_extensions=("1.3.6.1.4.1.1466.20037",),
        supported_features=("1.3.6.1.1.14",),
        supported_sasl_mechanisms=("EXTERNAL", "PLAIN"),
        subschema_subentry="cn=Subschema",
        alt_servers=("ldap://other/",),
        vendor_name="Example",
        vendor_version=None,
        other=dse.other,
    )
    assert dse.other == {"objectClass": (b"top",), "configContext": (b"cn=config",)}
    assert dse.other["CONFIGCONTEXT"] == (b"cn=config",)


def test_supports() -> None:
    """Controls, extensions and features are asked for in one way."""
    dse = RootDSE.from_attributes(ATTRIBUTES)
    for oid in ("9.9.9", "1.3.6.1.4.1.1466.20037", "1.3.6.1.1.14"):
        assert dse.supports(oid)
    assert not dse.supports("1.2.3")
    assert not dse.supports("PLAIN")


def test_text_names_oids() -> None:
    """The text has one OID per line with name, kind and source; unknown ones bare."""
    text = str(RootDSE.from_attributes(ATTRIBUTES))
    assert text == (
        "Supported LDAP versions:\n"
        "  2\n"
        "  3\n"
        "Naming contexts:\n"
        "  dc=example,dc=com\n"
        "  o=x\n"
        "Default naming context: dc=example,dc=com\n"
        "Alternative servers:\n"
        "  ldap://other/\n"
        "Supported controls (OID):\n"
        "  1.2.840.113556.1.4.319 - Simple Paged Results - control - RFC 2696\n"
        "  9.9.9\n"
        "Supported extensions (OID):\n"
        "  1.3.6.1.4.1.1466.20037 - StartTLS - extension - RFC 4511\n"
        "Supported features (OID):\n"
        "  1.3.6.1.1.14 - Modify-Increment - feature - RFC 4525\n"
        "Supported SASL mechanisms:\n"
        "  EXTERNAL\n"
        "  PLAIN\n"
        "Schema entry: cn=Subschema\n"
        "Vendor name: Example\n"
        "Vendor version: None\n"
        "Other:\n"
        "  objectClass:\n"
        "    top\n"
        "  configContext:\n"
        "    cn=config"
    )


def test_a_silent_server() -> None:
    """A server that says nothing gives empty lists and a text of None."""
    dse = RootDSE.from_attributes({})
    assert dse == RootDSE()
    assert dse.naming_contexts == ()
    assert dse.vendor_name is None
    lines = str(dse).splitlines()
    assert len(lines) == 12
    assert all(line.endswith(": None") for line in lines)
    assert RootDSE.from_attributes({"vendorName": []}).vendor_name is None


def test_hostile_text() -> None:
    """No control character, line break or bidirectional mark reaches a terminal."""
    evil = "\x1b[2Jx\r\n\u202ey\x9b".encode() + b"\xff"
    names = [*ATTRIBUTES, "x\x1b[31m"]
    text = str(RootDSE.from_attributes({name: [evil] for name in names}))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[2Jx\\r\\n\\u202ey" in text
    assert "\\xff" in text


def test_copies() -> None:
    """A root DSE is hashable and survives pickling and copying."""
    dse = RootDSE.from_attributes(ATTRIBUTES)
    for other in (pickle.loads(pickle.dumps(dse)), copy.deepcopy(dse)):
        assert other == dse
        assert hash(other) == hash(dse)


@pytest.mark.parametrize("known", list(oids.known()), ids=lambda known: known.oid)
def test_known_oids(known: oids.KnownOID) -> None:
    """Each row of the table is a dotted OID with name and source, found again."""
    assert all(part.isdigit() for part in known.oid.split("."))
    assert known.name
    assert known.source
    assert oids.find(known.oid) == known
    assert oids.describe(known.oid).startswith(known.oid + " - ")


def test_no_oid_stands_twice() -> None:
    """The table has each OID once."""
    rows = [row[0] for rows in oids._KINDS.values() for row in rows]
    assert len(rows) == len(set(rows))
