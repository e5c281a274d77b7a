"""What matching rules compare: keys of values, portions, and tests of words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ldapom.schema import coding, preparation, syntaxes
from ldapom.schema.preparation import Portion, ignore_case
from ldapom.schema.values import name_and_uid

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

# --- keys ---------------------------------------------------------------------


def object_identifier(raw: bytes) -> str:
    """Key an OID or a descriptor, whose case does not count."""
    return raw.decode("ascii").lower()


def bits(raw: bytes) -> Hashable:
    """Key a bit string."""
    return syntaxes.lookup("Bit String").decode(raw)


def unique_member(raw: bytes) -> Hashable:
    """Key a DN with an optional UID."""
    return name_and_uid(coding.decode_name_and_uid(raw))


def rdn(raw: bytes) -> Hashable:
    """Key a relative distinguished name, whatever the order of its parts.

    Raises:
        ValueError: If it is none, or more than one.
    """
    name = coding.decode_dn(raw)
    if len(name.rdns) != 1:
        raise ValueError("no RDN: one part of a DN")
    return name.rdns[0]


def lines(raw: bytes) -> tuple[str, ...]:
    """Key a postal address line by line."""
    address = coding.decode_postal_address(raw)
    return tuple(ignore_case(line.encode()) for line in address)


_COMPONENT: Final = re.compile(
    rb"\s*\(\s*(?:'((?:[^'\\]|\\.)*)'|([^\s()']+))", re.DOTALL
)


def first_component(key: Callable[[bytes], Hashable], raw: bytes) -> Hashable:
    """Key the first component of a definition, or an assertion, which is it alone."""
    found = _COMPONENT.match(raw)
    return key(raw if found is None else found[1] or found[2] or b"")


def csn_sid(raw: bytes) -> str:
    """Key the server part of a change sequence number: time, count, server, change."""
    parts = raw.decode("ascii").lower().split("#")
    return parts[2] if len(parts) == 4 else parts[0]  # noqa: PLR2004


# --- portions of substrings ---------------------------------------------------


def spaced(fold: bool, raw: bytes, portion: Portion) -> str:
    """Prepare a portion of a text, with its insignificant spaces."""
    return preparation.spaced(preparation.prepare(raw, fold=fold), portion)


def plain(key: Callable[[bytes], str], raw: bytes, _: Portion) -> str:
    """Prepare a portion by the key of the whole value."""
    return key(raw)


def octets(raw: bytes, _: Portion) -> str:
    """Keep octets as they are, one character each."""
    return raw.decode("latin-1")


def list_portion(raw: bytes, portion: Portion) -> str:
    """Join the lines with what no prepared text has, so that no part spans two."""
    if portion != "whole":
        return spaced(True, raw, portion)
    lines = coding.decode_postal_address(raw)
    return "\0".join(spaced(True, line.encode(), "whole") for line in lines)


# --- tests of extensible filters ----------------------------------------------

_EDGES: Final = ".,;:!?()[]{}<>\"'"
_BETWEEN: Final = re.compile(r"[\W_]+")
_PHRASES: Final = re.compile(r"[,;$]")


def words(raw: bytes) -> set[str]:
    """The words of a text, with and without what stands at their edges and inside."""
    text = ignore_case(raw)
    found = text.split(" ")
    parts = (part for part in _BETWEEN.split(text) if part)
    return {*found, *(word.strip(_EDGES) for word in found), *parts}


def has_word(value: bytes, assertion: bytes) -> bool:
    """Whether a value has this word (wordMatch)."""
    return ignore_case(assertion) in words(value)


def has_keyword(value: bytes, assertion: bytes) -> bool:
    """Whether a value has this word or phrase (keywordMatch)."""
    phrases = {phrase.strip() for phrase in _PHRASES.split(ignore_case(value))}
    return ignore_case(assertion) in phrases | words(value)


def has_stored_prefix(value: bytes, assertion: bytes) -> bool:
    """Whether the assertion begins with the value (RFC 3698 2.6)."""
    stored = ignore_case(value)
    return stored != "" and ignore_case(assertion).startswith(stored)


def has_all_bits(value: bytes, assertion: bytes) -> bool:
    """Whether all bits of the assertion are set."""
    bits = coding.decode_integer(assertion)
    return coding.decode_integer(value) & bits == bits


def has_any_bit(value: bytes, assertion: bytes) -> bool:
    """Whether any bit of the assertion is set."""
    return coding.decode_integer(value) & coding.decode_integer(assertion) != 0
