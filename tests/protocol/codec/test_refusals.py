"""What is refused, when, and how the refusal says where."""

from __future__ import annotations

import pytest

from ldapom.errors import DecodeError
from ldapom.protocol import codec
from tests.protocol.codec.vectors import octets

codecs = pytest.mark.parametrize("name", codec.CODECS)

#: What is wrong, the octets, the field, and where the fast codec sees it.
REFUSED = (
    # --- the envelope
    ("not a sequence", "31 05 02 01 03 42 00", "LDAPMessage", 0),
    ("indefinite message", "30 80 02 01 03 42 00 00 00", "LDAPMessage", 1),
    ("reserved length", "30 ff 02 01 03 42 00", "LDAPMessage", 1),
    ("length of nine octets", "30 89 00 00 00 00 00 00 00 00 05", "LDAPMessage", 1),
    ("empty message", "30 00", "LDAPMessage.messageID", 2),
    ("no operation", "30 03 02 01 03", "LDAPMessage.protocolOp", 5),
    ("id is no integer", "30 05 04 01 03 42 00", "LDAPMessage.messageID", 2),
    ("empty id", "30 04 02 00 42 00", "LDAPMessage.messageID", 4),
    ("negative id", "30 05 02 01 ff 42 00", "LDAPMessage.messageID", 2),
    ("id over maxInt", "30 09 02 05 00 80 00 00 00 42 00", "LDAPMessage.messageID", 4),
    ("operation leaves message", "30 05 02 01 03 42 01", "LDAPMessage.protocolOp", 5),
    ("unknown operation", "30 05 02 01 03 5a 00", "LDAPMessage.protocolOp", 5),
    ("universal operation", "30 05 02 01 03 05 00", "LDAPMessage.protocolOp", 5),
    ("primitive operation", "30 05 02 01 03 43 00", "LDAPMessage.protocolOp", 5),
    ("constructed unbind", "30 05 02 01 03 62 00", "LDAPMessage.protocolOp", 5),
    ("cut trailing element", "30 06 02 01 03 42 00 05", "LDAPMessage", 7),
    ("second operation", "30 07 02 01 03 42 00 42 00", "LDAPMessage", 7),
    ("controls twice", "30 09 02 01 03 42 00 a0 00 a0 00", "LDAPMessage", 9),
    ("primitive controls", "30 07 02 01 03 42 00 80 00", "LDAPMessage", 7),
    ("controls behind unknown", "30 09 02 01 03 42 00 05 00 a0 00", "LDAPMessage", 9),
    (
        "control is no sequence",
        "30 0a 02 01 03 42 00 a0 03 04 01 61",
        "LDAPMessage.controls",
        9,
    ),
    (
        "control without type",
        "30 09 02 01 03 42 00 a0 02 30 00",
        "LDAPMessage.controls.controlType",
        11,
    ),
    (
        "wide criticality",
        "30 0f 02 01 03 42 00 a0 08 30 06 04 00 01 02 ff ff",
        "LDAPMessage.controls.criticality",
        15,
    ),
    # --- strings, numbers, enumerations
    (
        "constructed string",
        "30 0e 02 01 01 60 09 02 01 03 24 02 04 00 80 00",
        "BindRequest.name",
        10,
    ),
    (
        "indefinite string",
        "30 0e 02 01 01 60 09 02 01 03 04 80 00 00 80 00",
        "BindRequest.name",
        11,
    ),
    (
        "version zero",
        "30 0c 02 01 01 60 07 02 01 00 04 00 80 00",
        "BindRequest.version",
        7,
    ),
    (
        "version 128",
        "30 0d 02 01 01 60 08 02 02 00 80 04 00 80 00",
        "BindRequest.version",
        7,
    ),
    (
        "unknown authentication",
        "30 0c 02 01 01 60 07 02 01 03 04 00 81 00",
        "BindRequest.authentication",
        12,
    ),
    (
        "no authentication",
        "30 0a 02 01 01 60 05 02 01 03 04 00",
        "BindRequest.authentication",
        12,
    ),
    (
        "authentication twice",
        "30 0e 02 01 01 60 09 02 01 03 04 00 80 00 80 00",
        "BindRequest",
        14,
    ),
    ("null with contents", "30 06 02 01 03 42 01 00", "UnbindRequest", 7),
    ("abandon nothing", "30 05 02 01 06 50 00", "AbandonRequest", 7),
    ("abandon negative", "30 06 02 01 06 50 01 80", "AbandonRequest", 7),
    (
        "negative result code",
        "30 0c 02 01 01 61 07 0a 01 ff 04 00 04 00",
        "BindResponse.resultCode",
        7,
    ),
    (
        "code is an integer",
        "30 0c 02 01 01 61 07 02 01 00 04 00 04 00",
        "BindResponse.resultCode",
        7,
    ),
    (
        "no diagnostic message",
        "30 0a 02 01 01 61 05 0a 01 00 04 00",
        "BindResponse.diagnosticMessage",
        12,
    ),
    (
        "empty referral",
        "30 0e 02 01 01 65 09 0a 01 0a 04 00 04 00 a3 00",
        "SearchResultDone.referral",
        16,
    ),
    (
        "credentials before referral",
        '30 14 02 01 01 61 0f 0a 01 0a 04 00 04 00 87 00 a3 04 04 02 "ab"',
        "BindResponse",
        16,
    ),
    ("no uri", "30 05 02 01 01 73 00", "SearchResultReference", 7),
    # --- search
    (
        "scope 3",
        '30 19 02 01 01 63 14 04 00 0a 01 03 0a 01 00 02 01 00 02 01 00 01 01 00 87 01 "a"',
        "SearchRequest.scope",
        9,
    ),
    (
        "dereference 4",
        '30 19 02 01 01 63 14 04 00 0a 01 00 0a 01 04 02 01 00 02 01 00 01 01 00 87 01 "a"',
        "SearchRequest.derefAliases",
        12,
    ),
    (
        "negative size limit",
        '30 19 02 01 01 63 14 04 00 0a 01 00 0a 01 00 02 01 ff 02 01 00 01 01 00 87 01 "a"',
        "SearchRequest.sizeLimit",
        15,
    ),
    (
        "empty boolean",
        '30 18 02 01 01 63 13 04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 00 87 01 "a"',
        "SearchRequest.typesOnly",
        23,
    ),
    (
        "no attribute selection",
        '30 19 02 01 01 63 14 04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 87 01 "a"',
        "SearchRequest.attributes",
        27,
    ),
    (
        "entry without list",
        '30 08 02 01 01 64 03 04 01 "a"',
        "SearchResultEntry.attributes",
        10,
    ),
    # --- updates
    (
        "operation 4",
        "30 14 02 01 01 66 0f 04 00 30 0b 30 09 0a 01 04 30 04 04 00 31 00",
        "ModifyRequest.changes.operation",
        13,
    ),
    (
        "attribute without values",
        '30 10 02 01 01 68 0b 04 01 "a" 30 06 30 04 04 00 31 00',
        "AddRequest.attributes",
        12,
    ),
    (
        "delete a constructed name",
        "30 05 02 01 01 6a 00",
        "LDAPMessage.protocolOp",
        5,
    ),
    ("no request name", "30 05 02 01 01 77 00", "ExtendedRequest.requestName", 7),
)


def search_with(filter_: str) -> bytes:
    """A search for a filter that is given in octets."""
    contents = (
        octets("04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00")
        + octets(filter_)
        + b"\x30\x00"
    )
    operation = b"\x63\x81" + bytes((len(contents),)) + contents
    body = b"\x02\x01\x01" + operation
    return b"\x30\x81" + bytes((len(body),)) + body


REFUSED_FILTERS = (
    ("unknown choice", "aa 00"),
    ("universal", "30 00"),
    ("constructed present", 'a7 03 04 01 "a"'),
    ("present without attribute", "87 00"),
    ("not without operand", "a2 00"),
    ("not of two", 'a2 06 87 01 "a" 87 01 "b"'),
    ("half an operand", 'a0 04 87 01 "a" 87'),
    ("operand leaves the set", 'a0 03 87 02 "ab"'),
    ("equality without value", 'a3 03 04 01 "a"'),
    ("equality with three parts", 'a3 07 04 01 "a" 04 00 04 00'),
    ("no substrings", 'a4 05 04 01 "a" 30 00'),
    ("empty substring", 'a4 07 04 01 "a" 30 02 81 00'),
    ("unknown substring", 'a4 08 04 01 "a" 30 03 83 01 "x"'),
    ("initial twice", 'a4 0b 04 01 "a" 30 06 80 01 "x" 80 01 "y"'),
    ("initial behind any", 'a4 0b 04 01 "a" 30 06 81 01 "x" 80 01 "y"'),
    ("any behind final", 'a4 0b 04 01 "a" 30 06 82 01 "x" 81 01 "y"'),
    ("final twice", 'a4 0b 04 01 "a" 30 06 82 01 "x" 82 01 "y"'),
    ("neither rule nor type", "a9 02 83 00"),
    ("no match value", 'a9 03 82 01 "a"'),
    ("type before rule", 'a9 08 82 01 "a" 81 01 "b" 83 00'),
    ("wide dnAttributes", 'a9 09 82 01 "a" 83 00 84 02 ff ff'),
)


@codecs
@pytest.mark.parametrize(
    ("text", "field", "offset"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_refused(name: str, text: str, field: str, offset: int) -> None:
    """Octets outside the grammar are refused, with message, field and offset."""
    for decode in (codec.select(name).decode, codec.select(name).receive):
        with pytest.raises(DecodeError) as caught:
            decode(octets(text))
        assert caught.value.field.split(".")[0] == field.split(".", 1)[0]
        if name == "fast":
            assert (caught.value.field, caught.value.offset) == (field, offset)
        with pytest.raises(DecodeError) as moved:
            decode(b"...." + octets(text), 4)
        assert moved.value.offset == caught.value.offset + 4


@codecs
@pytest.mark.parametrize(
    "text", [pytest.param(row[1], id=row[0]) for row in REFUSED_FILTERS]
)
def test_refused_filter(name: str, text: str) -> None:
    """A filter outside the grammar is refused, and the field says that it is one."""
    with pytest.raises(DecodeError) as caught:
        codec.select(name).decode(search_with(text))
    assert caught.value.field.startswith("SearchRequest.filter")
