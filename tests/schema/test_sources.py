"""Files that hold a schema, as people and tools hand them on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ldapom.errors import LDIFSyntaxError, SchemaError
from ldapom.schema import Schema

CORPUS = Path(__file__).parent / "corpus"
SEARCH = """# extended LDIF
#
# LDAPv3

# Subschema
dn: cn=Subschema
objectClass: top
objectClass: subschema
attributeTypes: ( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'Straße' SYNTAX 1.3.6
 .1.4.1.1466.115.121.1.15 )
objectClasses: ( 2.5.6.14 NAME 'device' SUP top STRUCTURAL MUST cn )

# search result
search: 2
result: 0 Success

# numResponses: 2
"""


def read(text: str | bytes) -> Schema:
    """Read a file."""
    octets = text if isinstance(text, bytes) else text.encode()
    return Schema.from_ldif(io.BytesIO(octets))


@pytest.mark.parametrize(
    "content",
    [
        SEARCH.encode(),
        SEARCH.replace("\n", "\r\n").encode(),
        SEARCH.encode("utf-8-sig"),
        SEARCH.encode("utf-16"),
        b"\xfe\xff" + SEARCH.encode("utf-16-be"),
        SEARCH.replace("\n", "\r\n").encode("utf-16"),
        SEARCH.encode("latin-1"),
        SEARCH.replace("\n", "\r").encode(),
    ],
    ids=[
        "plain",
        "windows",
        "mark",
        "utf-16",
        "utf-16-be",
        "powershell",
        "latin-1",
        "mac",
    ],
)
def test_what_ldapsearch_writes(content: bytes) -> None:
    """Comments and the result at its end do not matter, nor does the encoding."""
    schema = read(content)
    assert schema.attribute_types["commonName"].description == "Straße"
    assert schema.object_classes["device"].must == ("cn",)


@pytest.mark.parametrize("line", ["this is odd", "attributeTypes:: !!!", ": x"])
def test_a_line_that_is_no_ldif(line: str) -> None:
    """One bad line does not fail the rest; a definition that is none is a problem."""
    schema = read(SEARCH.replace("objectClass: top", line))
    assert set(schema.attribute_types) == {"cn"}
    assert set(schema.object_classes) == {"device"}
    texts = [
        problem.text for problem in schema.problems if problem.position is not None
    ]
    assert texts == ["!!!"] * line.endswith("!!!")


def test_definitions_alone() -> None:
    """A file without any DN is read as well."""
    schema = read("\n".join(SEARCH.splitlines()[8:11]))
    assert set(schema.attribute_types) == {"cn"}


@pytest.mark.parametrize(
    ("text", "error"),
    [("no: schema\n", LDIFSyntaxError), ("dn: cn=x\ncn: x\n", SchemaError)],
)
def test_no_schema_at_all(text: str, error: type[Exception]) -> None:
    """It is said what is wrong with the file."""
    with pytest.raises(error):
        read(text)


def test_comments_within_a_statement() -> None:
    """Comment lines, and comments behind a clause, are no clauses."""
    schema = read(
        "attributetype ( 1.1 NAME 'hash' DESC 'No. #1' # an old one\n"
        "\tSYNTAX 1.3.6.1.4.1.1466.115.121.1.26{32}\n"
        "#\tEQUALITY caseIgnoreIA5Match\n"
        "\t# the end\n"
        "\tSINGLE-VALUE )\n"
    )
    assert str(schema.attribute_types["hash"]) == (
        "( 1.1 NAME 'hash' DESC 'No. #1' "
        "SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{32} SINGLE-VALUE )"
    )
    assert [p for p in schema.problems if p.position is not None] == []


def test_lines_folded_with_tabs() -> None:
    """LDIF knows blanks alone; people also begin a line with tabs."""
    schema = read(
        "dn: cn=schema\n"
        "attributeTypes: ( 1.2.1.1\n\tNAME 'demoSize'\n\t\tSYNTAX 1.3.6 )\n"
        "\t\n"
        "attributeTypes: ( 1.2.1.2\n\tNAME 'demoSide'\n\t\tSYNTAX 1.3.7 )\n"
    )
    assert [one.syntax for one in schema.attribute_types.values()] == ["1.3.6", "1.3.7"]


def test_blanks_between_the_entries_of_active_directory() -> None:
    """A line of blanks ends an entry there, or two definitions would be one."""
    text = (CORPUS / "ad_lds.ldf").read_text()
    schema = read(text.replace("\n\n", "\n  \n"))
    assert schema.fingerprint == read(text).fingerprint


BLOCKS = """## for an old directory of IBM
objectClasses {
( 1.2.2.1 NAME 'demoBox' SUP top MUST cn MAY ( demoSize $
 demoSide ) )
}

attributeTypes {
( 1.2.1.1 NAME 'demoSize' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
  ( 1.2.1.2 NAME 'demoSide'
      SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{16} )
}
"""


def test_blocks_of_definitions() -> None:
    """A word and braces around many definitions: each is one."""
    schema = read(BLOCKS)
    assert schema.object_classes["demoBox"].may == ("demoSize", "demoSide")
    assert list(schema.attribute_types) == ["demoSize", "demoSide"]
    assert [p for p in schema.problems if p.position is not None] == []


AT_THE_MARGIN = """attributetype ( 1.2.1.1
NAME 'demoSize'
DESC 'in cm (about)\x20
  of {
  it'
SYNTAX 1.3.6.1.4.1.1466.115.121.1.27
)
attributetype
( 1.2.1.2 NAME 'demoSide' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
include /etc/ldap/schema/core.schema
objectclass ( 1.2.2.1 NAME 'demoBox'
  MAY ( demoSize $ demoSide )
access to *
attributetype ( 1.2.1.3 NAME 'demoLid' SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 )
"""


def test_lines_at_the_margin() -> None:
    """A line within an open definition goes on with it; a new word ends it."""
    schema = read(AT_THE_MARGIN)
    assert list(schema.attribute_types) == ["demoSize", "demoSide", "demoLid"]
    assert schema.attribute_types["demoSize"].description == (
        "in cm (about) \n  of {\n  it"
    )
    (broken,) = [p for p in schema.problems if p.position is not None]
    assert "'demoBox'" in broken.text


def test_entries_of_active_directory() -> None:
    """The words of AD LDS for adding to a schema; changes of other entries are none."""
    schema = Schema.from_ldif(CORPUS / "ad_lds.ldf")
    assert schema.object_classes["msTestClass"].may == ("msTestAttr",)
    assert schema.attribute_types["msTestAttr"].single_value


def test_entries_of_apache_directory() -> None:
    """Each clause of a definition stands in an attribute of its own."""
    schema = Schema.from_ldif(CORPUS / "apacheds_entries.ldif")
    assert str(schema.attribute_types["demoFlag"]) == (
        "( 1.3.6.1.4.1.18060.0.4.1.2.99 NAME 'demoFlag' "
        r"""DESC 'A user\27s "flag" \5C more' EQUALITY booleanMatch """
        "SYNTAX 1.3.6.1.4.1.1466.115.121.1.7{5} SINGLE-VALUE NO-USER-MODIFICATION "
        "USAGE directoryOperation )"
    )
    assert str(schema.object_classes["person"]) == (
        "( 2.5.6.6 NAME 'person' DESC 'RFC2256: a person' SUP top STRUCTURAL "
        "MUST ( sn $ cn ) MAY userPassword )"
    )
    assert schema.attribute_types["surname"].sup == "name"
    assert schema.matching_rules["caseIgnoreMatch"].syntax.endswith(".15")
    assert schema.matching_rules["numericStringMatch"].syntax.endswith(".36")
    assert not schema.attribute_types["sn"].single_value
