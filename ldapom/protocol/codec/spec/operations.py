"""All other operations of RFC 4511 (4.2 to 4.13) and the envelope, in pyasn1."""

# pyasn1 has no types of its own, and the stubs that pyright has are too narrow.
# mypy: disallow-subclassing-any=False
# pyright: reportAssignmentType=false
from __future__ import annotations

from typing import Final

from pyasn1.type import constraint, univ

from ldapom.protocol._authentication import SicilyChoice
from ldapom.protocol.codec.spec.common import (
    LDAP_RESULT,
    LDAPDN,
    LDAPOID,
    Attribute,
    AttributeValueAssertion,
    Controls,
    LDAPResult,
    LDAPString,
    MessageID,
    PartialAttribute,
    RelativeLDAPDN,
    application,
    context,
    fields,
    may,
    must,
)
from ldapom.protocol.codec.spec.search import (
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
)


class SaslCredentials(univ.Sequence):
    """RFC 4511 4.2."""

    # SaslCredentials ::= SEQUENCE {
    #      mechanism               LDAPString,
    #      credentials             OCTET STRING OPTIONAL }
    componentType = fields(
        must("mechanism", LDAPString()), may("credentials", univ.OctetString())
    )


class AuthenticationChoice(univ.Choice):
    """RFC 4511 4.2."""

    # AuthenticationChoice ::= CHOICE {
    #      simple                  [0] OCTET STRING,
    #                              -- 1 and 2 reserved
    #      sasl                    [3] SaslCredentials,
    #      ...  }
    # and of MS-ADTS 5.1.1.1:
    #      sicilyPackageDiscovery  [9] OCTET STRING,
    #      sicilyNegotiate         [10] OCTET STRING,
    #      sicilyResponse          [11] OCTET STRING
    componentType = fields(
        must("simple", context(univ.OctetString(), 0)),
        must("sasl", context(SaslCredentials(), 3)),
        must("sicilyPackageDiscovery", context(univ.OctetString(), 9)),
        must("sicilyNegotiate", context(univ.OctetString(), 10)),
        must("sicilyResponse", context(univ.OctetString(), 11)),
    )


#: The names of a Sicily bind's legs.
SICILY: Final = {
    "sicilyPackageDiscovery": SicilyChoice.package_discovery,
    "sicilyNegotiate": SicilyChoice.negotiate,
    "sicilyResponse": SicilyChoice.response,
}


class Version(univ.Integer):
    """RFC 4511 4.2."""

    # version                 INTEGER (1 ..  127),
    subtypeSpec = constraint.ValueRangeConstraint(1, 127)


class BindRequest(univ.Sequence):
    """RFC 4511 4.2."""

    # BindRequest ::= [APPLICATION 0] SEQUENCE {
    #      version                 INTEGER (1 ..  127),
    #      name                    LDAPDN,
    #      authentication          AuthenticationChoice }
    tagSet = application(univ.Sequence, 0)
    componentType = fields(
        must("version", Version()),
        must("name", LDAPDN()),
        must("authentication", AuthenticationChoice()),
    )


class BindResponse(univ.Sequence):
    """RFC 4511 4.2.2."""

    # BindResponse ::= [APPLICATION 1] SEQUENCE {
    #      COMPONENTS OF LDAPResult,
    #      serverSaslCreds    [7] OCTET STRING OPTIONAL }
    tagSet = application(univ.Sequence, 1)
    componentType = fields(
        *LDAP_RESULT, may("serverSaslCreds", context(univ.OctetString(), 7))
    )


class UnbindRequest(univ.Null):
    """RFC 4511 4.3."""

    # UnbindRequest ::= [APPLICATION 2] NULL
    tagSet = application(univ.Null, 2)


class ModifyOperation(univ.Enumerated):
    """RFC 4511 4.6; increment (3) is RFC 4525's."""

    # operation       ENUMERATED { add (0), delete (1), replace (2), ...  },
    subtypeSpec = constraint.SingleValueConstraint(0, 1, 2, 3)


class Change(univ.Sequence):
    """RFC 4511 4.6."""

    # change SEQUENCE {
    #      operation       ENUMERATED { ... },
    #      modification    PartialAttribute }
    componentType = fields(
        must("operation", ModifyOperation()), must("modification", PartialAttribute())
    )


class Changes(univ.SequenceOf):
    """RFC 4511 4.6."""

    # changes         SEQUENCE OF change SEQUENCE { ... }
    componentType = Change()


class ModifyRequest(univ.Sequence):
    """RFC 4511 4.6."""

    # ModifyRequest ::= [APPLICATION 6] SEQUENCE {
    #      object          LDAPDN,
    #      changes         SEQUENCE OF change SEQUENCE { ... } }
    tagSet = application(univ.Sequence, 6)
    componentType = fields(must("object", LDAPDN()), must("changes", Changes()))


class ModifyResponse(LDAPResult):
    """RFC 4511 4.6."""

    # ModifyResponse ::= [APPLICATION 7] LDAPResult
    tagSet = application(univ.Sequence, 7)


class AttributeList(univ.SequenceOf):
    """RFC 4511 4.7."""

    # AttributeList ::= SEQUENCE OF attribute Attribute
    componentType = Attribute()


class AddRequest(univ.Sequence):
    """RFC 4511 4.7."""

    # AddRequest ::= [APPLICATION 8] SEQUENCE {
    #      entry           LDAPDN,
    #      attributes      AttributeList }
    tagSet = application(univ.Sequence, 8)
    componentType = fields(must("entry", LDAPDN()), must("attributes", AttributeList()))


class AddResponse(LDAPResult):
    """RFC 4511 4.7."""

    # AddResponse ::= [APPLICATION 9] LDAPResult
    tagSet = application(univ.Sequence, 9)


class DelRequest(LDAPDN):
    """RFC 4511 4.8."""

    # DelRequest ::= [APPLICATION 10] LDAPDN
    tagSet = application(univ.OctetString, 10)


class DelResponse(LDAPResult):
    """RFC 4511 4.8."""

    # DelResponse ::= [APPLICATION 11] LDAPResult
    tagSet = application(univ.Sequence, 11)


class ModifyDNRequest(univ.Sequence):
    """RFC 4511 4.9."""

    # ModifyDNRequest ::= [APPLICATION 12] SEQUENCE {
    #      entry           LDAPDN,
    #      newrdn          RelativeLDAPDN,
    #      deleteoldrdn    BOOLEAN,
    #      newSuperior     [0] LDAPDN OPTIONAL }
    tagSet = application(univ.Sequence, 12)
    componentType = fields(
        must("entry", LDAPDN()),
        must("newrdn", RelativeLDAPDN()),
        must("deleteoldrdn", univ.Boolean()),
        may("newSuperior", context(LDAPDN(), 0)),
    )


class ModifyDNResponse(LDAPResult):
    """RFC 4511 4.9."""

    # ModifyDNResponse ::= [APPLICATION 13] LDAPResult
    tagSet = application(univ.Sequence, 13)


class CompareRequest(univ.Sequence):
    """RFC 4511 4.10."""

    # CompareRequest ::= [APPLICATION 14] SEQUENCE {
    #      entry           LDAPDN,
    #      ava             AttributeValueAssertion }
    tagSet = application(univ.Sequence, 14)
    componentType = fields(
        must("entry", LDAPDN()), must("ava", AttributeValueAssertion())
    )


class CompareResponse(LDAPResult):
    """RFC 4511 4.10."""

    # CompareResponse ::= [APPLICATION 15] LDAPResult
    tagSet = application(univ.Sequence, 15)


class AbandonRequest(MessageID):
    """RFC 4511 4.11."""

    # AbandonRequest ::= [APPLICATION 16] MessageID
    tagSet = application(univ.Integer, 16)


class ExtendedRequest(univ.Sequence):
    """RFC 4511 4.12."""

    # ExtendedRequest ::= [APPLICATION 23] SEQUENCE {
    #      requestName      [0] LDAPOID,
    #      requestValue     [1] OCTET STRING OPTIONAL }
    tagSet = application(univ.Sequence, 23)
    componentType = fields(
        must("requestName", context(LDAPOID(), 0)),
        may("requestValue", context(univ.OctetString(), 1)),
    )


class ExtendedResponse(univ.Sequence):
    """RFC 4511 4.12."""

    # ExtendedResponse ::= [APPLICATION 24] SEQUENCE {
    #      COMPONENTS OF LDAPResult,
    #      responseName     [10] LDAPOID OPTIONAL,
    #      responseValue    [11] OCTET STRING OPTIONAL }
    tagSet = application(univ.Sequence, 24)
    componentType = fields(
        *LDAP_RESULT,
        may("responseName", context(LDAPOID(), 10)),
        may("responseValue", context(univ.OctetString(), 11)),
    )


class IntermediateResponse(univ.Sequence):
    """RFC 4511 4.13."""

    # IntermediateResponse ::= [APPLICATION 25] SEQUENCE {
    #      responseName     [0] LDAPOID OPTIONAL,
    #      responseValue    [1] OCTET STRING OPTIONAL }
    tagSet = application(univ.Sequence, 25)
    componentType = fields(
        may("responseName", context(LDAPOID(), 0)),
        may("responseValue", context(univ.OctetString(), 1)),
    )


class ProtocolOp(univ.Choice):
    """RFC 4511 4.1.1; each alternative is named as its message is here."""

    # protocolOp      CHOICE {
    #      bindRequest           BindRequest,
    #      ...
    #      intermediateResponse  IntermediateResponse },
    componentType = fields(
        must("BindRequest", BindRequest()),
        must("BindResponse", BindResponse()),
        must("UnbindRequest", UnbindRequest()),
        must("SearchRequest", SearchRequest()),
        must("SearchResultEntry", SearchResultEntry()),
        must("SearchResultDone", SearchResultDone()),
        must("SearchResultReference", SearchResultReference()),
        must("ModifyRequest", ModifyRequest()),
        must("ModifyResponse", ModifyResponse()),
        must("AddRequest", AddRequest()),
        must("AddResponse", AddResponse()),
        must("DelRequest", DelRequest()),
        must("DelResponse", DelResponse()),
        must("ModifyDNRequest", ModifyDNRequest()),
        must("ModifyDNResponse", ModifyDNResponse()),
        must("CompareRequest", CompareRequest()),
        must("CompareResponse", CompareResponse()),
        must("AbandonRequest", AbandonRequest()),
        must("ExtendedRequest", ExtendedRequest()),
        must("ExtendedResponse", ExtendedResponse()),
        must("IntermediateResponse", IntermediateResponse()),
    )


class LDAPMessage(univ.Sequence):
    """RFC 4511 4.1.1."""

    # LDAPMessage ::= SEQUENCE {
    #      messageID       MessageID,
    #      protocolOp      CHOICE { ... },
    #      controls       [0] Controls OPTIONAL }
    componentType = fields(
        must("messageID", MessageID()),
        must("protocolOp", ProtocolOp()),
        may("controls", context(Controls(), 0)),
    )
