"""The search operation of RFC 4511 (4.5) in pyasn1.

Two productions are spelled in another way with the same octets: a Filter contains
filters, which pyasn1 can not say, so `Nested` stands for them; and ``not [2] Filter``,
which is tagged explicitly because Filter is a CHOICE, is a list of exactly one.
"""

# pyasn1 has no types of its own, and the stubs that pyright has are too narrow.
# mypy: disallow-subclassing-any=False
# pyright: reportAssignmentType=false
from __future__ import annotations

from pyasn1.type import constraint, univ

from ldapom.protocol.codec.spec.common import (
    LDAPDN,
    MAX_INT,
    URI,
    AssertionValue,
    AttributeDescription,
    AttributeValueAssertion,
    LDAPResult,
    LDAPString,
    MatchingRuleId,
    PartialAttribute,
    application,
    at_least_one,
    context,
    default,
    fields,
    may,
    must,
)


class SubstringChoice(univ.Choice):
    """RFC 4511 4.5.1."""

    # substring CHOICE {
    #      initial [0] AssertionValue,  -- can occur at most once
    #      any     [1] AssertionValue,
    #      final   [2] AssertionValue } -- can occur at most once
    componentType = fields(
        must("initial", context(AssertionValue(), 0)),
        must("any", context(AssertionValue(), 1)),
        must("final", context(AssertionValue(), 2)),
    )


class SubstringList(univ.SequenceOf):
    """RFC 4511 4.5.1."""

    # substrings     SEQUENCE SIZE (1..MAX) OF substring CHOICE { ... }
    componentType = SubstringChoice()
    subtypeSpec = at_least_one


class SubstringFilter(univ.Sequence):
    """RFC 4511 4.5.1."""

    # SubstringFilter ::= SEQUENCE {
    #      type           AttributeDescription,
    #      substrings     SEQUENCE SIZE (1..MAX) OF substring CHOICE { ... } }
    componentType = fields(
        must("type", AttributeDescription()), must("substrings", SubstringList())
    )


class MatchingRuleAssertion(univ.Sequence):
    """RFC 4511 4.5.1."""

    # MatchingRuleAssertion ::= SEQUENCE {
    #      matchingRule    [1] MatchingRuleId OPTIONAL,
    #      type            [2] AttributeDescription OPTIONAL,
    #      matchValue      [3] AssertionValue,
    #      dnAttributes    [4] BOOLEAN DEFAULT FALSE }
    componentType = fields(
        may("matchingRule", context(MatchingRuleId(), 1)),
        may("type", context(AttributeDescription(), 2)),
        must("matchValue", context(AssertionValue(), 3)),
        default("dnAttributes", context(univ.Boolean(False), 4)),
    )


class Nested(univ.Any):
    """A Filter inside another value, as octets that are a Filter in their turn."""


class FilterSet(univ.SetOf):
    """RFC 4511 4.5.1, and RFC 4526, which takes the size away."""

    # SET SIZE (1..MAX) OF filter Filter
    componentType = Nested()


class NegatedFilter(univ.SequenceOf):
    """RFC 4511 4.5.1."""

    # not             [2] Filter
    componentType = Nested()
    subtypeSpec = constraint.ValueSizeConstraint(1, 1)


class Filter(univ.Choice):
    """RFC 4511 4.5.1."""

    # Filter ::= CHOICE {
    #      and             [0] SET SIZE (1..MAX) OF filter Filter,
    #      or              [1] SET SIZE (1..MAX) OF filter Filter,
    #      not             [2] Filter,
    #      equalityMatch   [3] AttributeValueAssertion,
    #      substrings      [4] SubstringFilter,
    #      greaterOrEqual  [5] AttributeValueAssertion,
    #      lessOrEqual     [6] AttributeValueAssertion,
    #      present         [7] AttributeDescription,
    #      approxMatch     [8] AttributeValueAssertion,
    #      extensibleMatch [9] MatchingRuleAssertion,
    #      ...  }
    componentType = fields(
        must("and", context(FilterSet(), 0)),
        must("or", context(FilterSet(), 1)),
        must("not", context(NegatedFilter(), 2)),
        must("equalityMatch", context(AttributeValueAssertion(), 3)),
        must("substrings", context(SubstringFilter(), 4)),
        must("greaterOrEqual", context(AttributeValueAssertion(), 5)),
        must("lessOrEqual", context(AttributeValueAssertion(), 6)),
        must("present", context(AttributeDescription(), 7)),
        must("approxMatch", context(AttributeValueAssertion(), 8)),
        must("extensibleMatch", context(MatchingRuleAssertion(), 9)),
    )


class AttributeSelection(univ.SequenceOf):
    """RFC 4511 4.5.1."""

    # AttributeSelection ::= SEQUENCE OF selector LDAPString
    componentType = LDAPString()


class Scope(univ.Enumerated):
    """RFC 4511 4.5.1.2."""

    # scope           ENUMERATED { baseObject (0), singleLevel (1),
    #                              wholeSubtree (2), ...  },
    subtypeSpec = constraint.SingleValueConstraint(0, 1, 2)


class DerefAliases(univ.Enumerated):
    """RFC 4511 4.5.1.3."""

    # derefAliases    ENUMERATED { neverDerefAliases (0), derefInSearching (1),
    #                              derefFindingBaseObj (2), derefAlways (3) },
    subtypeSpec = constraint.SingleValueConstraint(0, 1, 2, 3)


class Limit(univ.Integer):
    """RFC 4511 4.5.1.4 and 4.5.1.5."""

    # INTEGER (0 ..  maxInt)
    subtypeSpec = constraint.ValueRangeConstraint(0, MAX_INT)


class SearchRequest(univ.Sequence):
    """RFC 4511 4.5.1."""

    # SearchRequest ::= [APPLICATION 3] SEQUENCE {
    #      baseObject      LDAPDN,
    #      scope           ENUMERATED { ... },
    #      derefAliases    ENUMERATED { ... },
    #      sizeLimit       INTEGER (0 ..  maxInt),
    #      timeLimit       INTEGER (0 ..  maxInt),
    #      typesOnly       BOOLEAN,
    #      filter          Filter,
    #      attributes      AttributeSelection }
    tagSet = application(univ.Sequence, 3)
    componentType = fields(
        must("baseObject", LDAPDN()),
        must("scope", Scope()),
        must("derefAliases", DerefAliases()),
        must("sizeLimit", Limit()),
        must("timeLimit", Limit()),
        must("typesOnly", univ.Boolean()),
        must("filter", Nested()),
        must("attributes", AttributeSelection()),
    )


class PartialAttributeList(univ.SequenceOf):
    """RFC 4511 4.5.2."""

    # PartialAttributeList ::= SEQUENCE OF
    #      partialAttribute PartialAttribute
    componentType = PartialAttribute()


class SearchResultEntry(univ.Sequence):
    """RFC 4511 4.5.2."""

    # SearchResultEntry ::= [APPLICATION 4] SEQUENCE {
    #      objectName      LDAPDN,
    #      attributes      PartialAttributeList }
    tagSet = application(univ.Sequence, 4)
    componentType = fields(
        must("objectName", LDAPDN()), must("attributes", PartialAttributeList())
    )


class SearchResultReference(univ.SequenceOf):
    """RFC 4511 4.5.2."""

    # SearchResultReference ::= [APPLICATION 19] SEQUENCE
    #      SIZE (1..MAX) OF uri URI
    tagSet = application(univ.SequenceOf, 19)
    componentType = URI()
    subtypeSpec = at_least_one


class SearchResultDone(LDAPResult):
    """RFC 4511 4.5.2."""

    # SearchResultDone ::= [APPLICATION 5] LDAPResult
    tagSet = application(univ.Sequence, 5)
