"""Where the codecs read more than RFC 4511 writes, and why: one table.

Each row has an example in the corpus, ``tests/corpus/deviation-NAME.ber``, that both
codecs read. Nothing of this is ever written.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

__all__ = ["DEVIATIONS", "Deviation"]


@frozen
class Deviation:
    """One thing that is tolerated.

    Attributes:
        name: Its short name, also of its example.
        rule: The rule that it bends, or that asks for the tolerance.
        what: What is read, and who sends it.
    """

    name: str
    rule: str
    what: str


DEVIATIONS: Final = (
    Deviation(
        "long-lengths",
        "X.690 8.1.3.5: the sender may choose a longer form",
        "lengths of up to eight octets where fewer do; Active Directory writes every "
        "length of a constructed element as 84 00 00 00 xx",
    ),
    Deviation(
        "padded-integer",
        "X.690 8.3.2: as few octets as possible",
        "integers and enumerations of up to four octets where fewer do; written by "
        "encoders that know 32-bit integers only",
    ),
    Deviation(
        "any-true",
        "RFC 4511 5.1 (3): true is FF",
        "any octet but 00 as true, as BER has it",
    ),
    Deviation(
        "explicit-default",
        "RFC 4511 5.1 (4): a default value is absent",
        "criticality FALSE and dnAttributes FALSE written out",
    ),
    Deviation(
        "unknown-trailing",
        "RFC 4511 4: trailing components with tags we do not know are ignored",
        "unknown elements at the end of any SEQUENCE; what later RFCs, or a server's "
        "own extensions, add",
    ),
    Deviation(
        "response-name",
        "RFC 4511 4.12: the name may be absent",
        "a responseName in any extended response, not only where its operation "
        "defines one",
    ),
    Deviation(
        "unknown-result-code",
        "RFC 4511 4.1.9 and RFC 4520 3.8: the codes are extensible",
        "any result code from zero to maxInt; it survives as a number",
    ),
    Deviation(
        "empty-controls",
        "RFC 4511 4.1.1 Controls: a list may be empty",
        "controls without a single control; they read like no controls",
    ),
    Deviation(
        "empty-filter-set",
        "RFC 4526: absolute true and false filters",
        "And and Or without operands, where RFC 4511 demands one",
    ),
    Deviation(
        "increment",
        "RFC 4525: a fourth kind of change",
        "increment (3) as the operation of a change",
    ),
    Deviation(
        "not-utf8",
        "RFC 4511 4.1.2: an LDAPString is UTF-8",
        "strings of any octets; what is no UTF-8 is kept as surrogate escapes and "
        "goes back as it came; old directories send Latin-1 names",
    ),
    Deviation(
        "unchecked-text",
        "RFC 4511 4.1.2 to 4.1.4: strings are constrained to a syntax of their own",
        "OIDs, names, URIs and attribute descriptions of any text, also empty outside "
        "filters; their syntax is the business of who uses them",
    ),
    Deviation(
        "repeated-attribute",
        "RFC 4511 4.1.7 and 4.5.2: each attribute description once",
        "an attribute that comes twice in an entry; gateways and 389 Directory "
        "Server send that, and both are kept",
    ),
    Deviation(
        "repeated-value",
        "RFC 4511 4.1.7: the values of an attribute are a set",
        "the same value twice in one attribute; both are kept",
    ),
)
