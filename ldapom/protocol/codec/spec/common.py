"""What the productions of RFC 4511 share (4.1), in pyasn1.

The grammar is three files to be read beside the RFC: this one, `search` and
`operations`. Each production stands as a comment in its class. pyasn1 has no types,
so to a type checker all of this is `Any`; it stays in this package.
"""

# pyasn1 has no types of its own, and the stubs that pyright has are too narrow.
# mypy: disallow-subclassing-any=False
# pyright: reportAssignmentType=false
from __future__ import annotations

from typing import Any, Final

from pyasn1.type import constraint, namedtype, tag, univ

# maxInt INTEGER ::= 2147483647 -- (2^^31 - 1) --
MAX_INT: Final = 2147483647


def application(base: Any, number: int) -> Any:  # noqa: ANN401  # pyasn1
    """Give the tags of ``[APPLICATION number] base``; all tags here are IMPLICIT."""
    return base.tagSet.tagImplicitly(
        tag.Tag(tag.tagClassApplication, tag.tagFormatSimple, number)
    )


def context(base: Any, number: int) -> Any:  # noqa: ANN401  # pyasn1
    """Give the type of ``[number] base``."""
    return base.subtype(
        implicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, number)
    )


fields = namedtype.NamedTypes
must = namedtype.NamedType
may = namedtype.OptionalNamedType
default = namedtype.DefaultedNamedType
at_least_one = constraint.ValueSizeConstraint(1, MAX_INT)


class MessageID(univ.Integer):
    """RFC 4511 4.1.1.1."""

    # MessageID ::= INTEGER (0 ..  maxInt)
    subtypeSpec = constraint.ValueRangeConstraint(0, MAX_INT)


class LDAPString(univ.OctetString):
    """RFC 4511 4.1.2."""

    # LDAPString ::= OCTET STRING -- UTF-8 encoded,


class LDAPOID(univ.OctetString):
    """RFC 4511 4.1.2."""

    # LDAPOID ::= OCTET STRING -- Constrained to <numericoid>


class LDAPDN(LDAPString):
    """RFC 4511 4.1.3."""

    # LDAPDN ::= LDAPString -- Constrained to <distinguishedName>


class RelativeLDAPDN(LDAPString):
    """RFC 4511 4.1.3."""

    # RelativeLDAPDN ::= LDAPString -- Constrained to <name-component>


class AttributeDescription(LDAPString):
    """RFC 4511 4.1.4."""

    # AttributeDescription ::= LDAPString -- Constrained to <attributedescription>


class AttributeValue(univ.OctetString):
    """RFC 4511 4.1.5."""

    # AttributeValue ::= OCTET STRING


class AssertionValue(univ.OctetString):
    """RFC 4511 4.1.6."""

    # AssertionValue ::= OCTET STRING


class AttributeValueAssertion(univ.Sequence):
    """RFC 4511 4.1.6."""

    # AttributeValueAssertion ::= SEQUENCE {
    #      attributeDesc   AttributeDescription,
    #      assertionValue  AssertionValue }
    componentType = fields(
        must("attributeDesc", AttributeDescription()),
        must("assertionValue", AssertionValue()),
    )


class Values(univ.SetOf):
    """RFC 4511 4.1.7."""

    # vals       SET OF value AttributeValue
    componentType = AttributeValue()


class NonEmptyValues(Values):
    """RFC 4511 4.1.7."""

    # vals (SIZE(1..MAX))
    subtypeSpec = at_least_one


class PartialAttribute(univ.Sequence):
    """RFC 4511 4.1.7."""

    # PartialAttribute ::= SEQUENCE {
    #      type       AttributeDescription,
    #      vals       SET OF value AttributeValue }
    componentType = fields(must("type", AttributeDescription()), must("vals", Values()))


class Attribute(univ.Sequence):
    """RFC 4511 4.1.7."""

    # Attribute ::= PartialAttribute(WITH COMPONENTS {
    #      ...,
    #      vals (SIZE(1..MAX))})
    componentType = fields(
        must("type", AttributeDescription()), must("vals", NonEmptyValues())
    )


class MatchingRuleId(LDAPString):
    """RFC 4511 4.1.8."""

    # MatchingRuleId ::= LDAPString


class URI(LDAPString):
    """RFC 4511 4.1.10."""

    # URI ::= LDAPString     -- limited to characters permitted in URIs


class Referral(univ.SequenceOf):
    """RFC 4511 4.1.10."""

    # Referral ::= SEQUENCE SIZE (1..MAX) OF uri URI
    componentType = URI()
    subtypeSpec = at_least_one


class ResultCode(univ.Enumerated):
    """RFC 4511 4.1.9."""

    # resultCode         ENUMERATED { success (0), ..., other (80), ... },
    # Extensible: RFC 4520 3.8 gives any number above zero away.
    subtypeSpec = constraint.ValueRangeConstraint(0, MAX_INT)


#: COMPONENTS OF LDAPResult
LDAP_RESULT: Final = (
    must("resultCode", ResultCode()),
    must("matchedDN", LDAPDN()),
    must("diagnosticMessage", LDAPString()),
    may("referral", context(Referral(), 3)),
)


class LDAPResult(univ.Sequence):
    """RFC 4511 4.1.9."""

    # LDAPResult ::= SEQUENCE {
    #      resultCode         ENUMERATED { ... },
    #      matchedDN          LDAPDN,
    #      diagnosticMessage  LDAPString,
    #      referral           [3] Referral OPTIONAL }
    componentType = fields(*LDAP_RESULT)


class Control(univ.Sequence):
    """RFC 4511 4.1.11."""

    # Control ::= SEQUENCE {
    #      controlType             LDAPOID,
    #      criticality             BOOLEAN DEFAULT FALSE,
    #      controlValue            OCTET STRING OPTIONAL }
    componentType = fields(
        must("controlType", LDAPOID()),
        default("criticality", univ.Boolean(False)),
        may("controlValue", univ.OctetString()),
    )


class Controls(univ.SequenceOf):
    """RFC 4511 4.1.11."""

    # Controls ::= SEQUENCE OF control Control
    componentType = Control()
