"""Hypothesis strategies for every message, for filters and for names.

A new message must be added to `OPERATIONS`; a test compares it with
`ldapom.protocol.messages`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from ldapom import filters
from ldapom.dn import DN
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

#: RFC 4511 4.1.1: ``maxInt``.
MAX_INT: Final = 2**31 - 1

# --- leaves --------------------------------------------------------------------

#: What an LDAPString may hold once it was received: text, or octets kept as escapes.
texts: SearchStrategy[str] = st.one_of(
    st.text(max_size=20).map(
        lambda text: text.encode("utf-8", "ignore").decode("utf-8")
    ),
    st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)

#: Values, some of a length that needs two length octets.
values: SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=12),
    st.binary(min_size=126, max_size=130),
    st.just(b"x" * 300),
)

optional_values = st.none() | values
optional_texts = st.none() | texts
numbers = st.integers(0, MAX_INT) | st.sampled_from([0, 127, 128, 255, 256, MAX_INT])

#: Attribute descriptions as servers send them, and anything else that is text.
names: SearchStrategy[str] = st.sampled_from(
    ["cn", "objectClass", "CN;lang-de", "member;range=0-1499", "1.2.3"]
)
descriptions: SearchStrategy[str] = names | texts

#: What a filter may hold: names that are not empty, and such parts of a value.
filled_texts: SearchStrategy[str] = names | texts.filter(bool)
filled_values: SearchStrategy[bytes] = values.filter(bool)


# --- names ---------------------------------------------------------------------


@st.composite
def dns(draw: DrawFn) -> DN:
    """Draw DNs with any value in them, and multi-valued RDNs."""
    types = st.sampled_from(["cn", "uid", "ou", "dc", "2.5.4.3", "x-ldapom"])
    attributes = st.lists(
        st.tuples(types, st.text(min_size=1, max_size=8)),
        min_size=1,
        max_size=3,
        unique_by=lambda pair: pair[0],
    )
    name = DN.parse("")
    for _ in range(draw(st.integers(0, 4))):
        name = DN.of(*draw(attributes), name)
    return name


# --- filters -------------------------------------------------------------------


def _assertions(
    kind: Callable[[str, bytes], filters.Filter],
) -> SearchStrategy[filters.Filter]:
    return st.builds(kind, filled_texts, values)


#: The parts of Substrings: at least one, none of them empty.
_parts: SearchStrategy[tuple[bytes | None, list[bytes], bytes | None]] = st.tuples(
    st.none() | filled_values,
    st.lists(filled_values, max_size=3),
    st.none() | filled_values,
).filter(lambda parts: parts != (None, [], None))

filter_items: SearchStrategy[filters.Filter] = st.one_of(
    _assertions(filters.Equality),
    _assertions(filters.GreaterOrEqual),
    _assertions(filters.LessOrEqual),
    _assertions(filters.Approx),
    st.builds(filters.Present, filled_texts),
    st.tuples(filled_texts, _parts).map(
        lambda drawn: filters.Substrings(drawn[0], *drawn[1])
    ),
    st.builds(
        filters.Extensible,
        filled_texts,
        st.none() | filled_texts,
        values,
        dn_attributes=st.booleans(),
    ),
    st.builds(filters.Extensible, st.none(), filled_texts, values),
)

#: All filters; sets may be empty (RFC 4526).
all_filters: SearchStrategy[filters.Filter] = st.recursive(
    filter_items,
    lambda inner: st.one_of(
        st.builds(filters.And, st.lists(inner, max_size=4)),
        st.builds(filters.Or, st.lists(inner, max_size=4)),
        st.builds(filters.Not, inner),
    ),
    max_leaves=8,
)


# --- messages ------------------------------------------------------------------

controls = st.builds(m.Control, texts, st.booleans(), optional_values)

partial_attributes = st.builds(
    m.PartialAttribute, descriptions, st.lists(values, max_size=4)
)

full_attributes = st.builds(
    m.PartialAttribute, descriptions, st.lists(values, min_size=1, max_size=4)
)

authentications = st.one_of(
    st.builds(m.SimpleAuthentication, values),
    st.builds(m.SaslCredentials, texts, optional_values),
    st.builds(m.SicilyAuthentication, st.sampled_from(m.SicilyChoice), values),
)

result_codes: SearchStrategy[ResultCode] = st.one_of(
    st.sampled_from(list(ResultCode)), numbers.map(ResultCode)
)

changes = st.builds(
    m.ModifyChange, st.sampled_from(m.ModifyOperation), partial_attributes
)


def _result(
    kind: Callable[..., m.Response], **more: SearchStrategy[object]
) -> SearchStrategy[m.ProtocolOp]:
    return st.builds(
        kind,
        result_code=result_codes,
        matched_dn=texts,
        diagnostic_message=texts,
        referral=st.lists(texts, max_size=3),
        **more,
    )


#: A strategy for each operation of RFC 4511.
OPERATIONS: Final[dict[type, SearchStrategy[m.ProtocolOp]]] = {
    m.BindRequest: st.builds(
        m.BindRequest, texts, authentications, version=st.integers(1, 127)
    ),
    m.BindResponse: _result(m.BindResponse, server_sasl_creds=optional_values),
    m.UnbindRequest: st.just(m.UnbindRequest()),
    m.SearchRequest: st.builds(
        m.SearchRequest,
        texts,
        st.sampled_from(m.Scope),
        all_filters,
        st.lists(descriptions, max_size=4),
        st.sampled_from(m.DerefAliases),
        numbers,
        numbers,
        types_only=st.booleans(),
    ),
    m.SearchResultEntry: st.builds(
        m.SearchResultEntry, texts, st.lists(partial_attributes, max_size=5).map(tuple)
    ),
    m.SearchResultReference: st.builds(
        m.SearchResultReference, st.lists(texts, min_size=1, max_size=3)
    ),
    m.SearchResultDone: _result(m.SearchResultDone),
    m.ModifyRequest: st.builds(m.ModifyRequest, texts, st.lists(changes, max_size=3)),
    m.ModifyResponse: _result(m.ModifyResponse),
    m.AddRequest: st.builds(m.AddRequest, texts, st.lists(full_attributes, max_size=4)),
    m.AddResponse: _result(m.AddResponse),
    m.DelRequest: st.builds(m.DelRequest, texts),
    m.DelResponse: _result(m.DelResponse),
    m.ModifyDNRequest: st.builds(
        m.ModifyDNRequest, texts, texts, st.booleans(), optional_texts
    ),
    m.ModifyDNResponse: _result(m.ModifyDNResponse),
    m.CompareRequest: st.builds(m.CompareRequest, texts, descriptions, values),
    m.CompareResponse: _result(m.CompareResponse),
    m.AbandonRequest: st.builds(m.AbandonRequest, numbers),
    m.ExtendedRequest: st.builds(m.ExtendedRequest, texts, optional_values),
    m.ExtendedResponse: _result(
        m.ExtendedResponse, name=optional_texts, value=optional_values
    ),
    m.IntermediateResponse: st.builds(
        m.IntermediateResponse, optional_texts, optional_values
    ),
}

operations: SearchStrategy[m.ProtocolOp] = st.one_of(*OPERATIONS.values())

#: Every message, with and without controls.
all_messages: SearchStrategy[m.LDAPMessage] = st.builds(
    m.LDAPMessage, numbers, operations, st.lists(controls, max_size=2)
)


# --- octets --------------------------------------------------------------------

#: Octets that mean something where they are put: tags, and kinds of lengths.
_TELLING: Final = (
    0x00,
    0x01,
    0x02,
    0x04,
    0x0A,
    0x30,
    0x31,
    0x80,
    0x81,
    0x84,
    0xA0,
    0xFF,
)


@st.composite
def mutated(draw: DrawFn, octets: SearchStrategy[bytes]) -> bytes:
    """Draw octets with a few of them flipped, put in, taken out, or cut off."""
    data = bytearray(draw(octets))
    for _ in range(draw(st.integers(1, 3))):
        position = draw(st.integers(0, len(data)))
        octet = draw(st.sampled_from(_TELLING) | st.integers(0, 255))
        action = draw(st.sampled_from(["put", "insert", "delete", "cut", "repeat"]))
        if action == "insert":
            data.insert(position, octet)
        elif action == "put" and position < len(data):
            data[position] = octet
        elif action == "delete":
            del data[position : position + 1]
        elif action == "cut":
            del data[position:]
        elif action == "repeat":
            end = draw(st.integers(position, len(data)))
            data[position:position] = data[position:end]
    return bytes(data)


@st.composite
def reframed(draw: DrawFn, octets: SearchStrategy[bytes]) -> bytes:
    """Draw mutated messages whose outermost length fits again.

    Most mutations break that length, and then nothing inside is ever looked at.
    """
    data = draw(mutated(octets))
    body = data[2:] if len(data) > 1 and data[1] < 0x80 else data[3:]
    size = len(body)
    return b"\x30\x82" + size.to_bytes(2, "big") + body
