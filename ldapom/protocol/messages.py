"""The messages of RFC 4511 as frozen values.

They neither pack nor unpack themselves: `ldapom.protocol.codec` does.

1. LDAPString and LDAPDN are `str`. Octets that are no UTF-8, which servers do
   send in names, are kept as surrogate escapes and go back as they came.
2. Values are `bytes`; what they mean is the schema's business.
3. ``repr`` shows no password, no SASL credentials, no value of a secret attribute, of
   a control or of an extended operation, only their lengths.
4. ``target`` on a request is the DN (or name) it is about, for error texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from attrs import field, frozen

from ldapom.errors import ResultCode
from ldapom.protocol import _authentication, _fields, parts
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.filters import Filter


Scope = parts.Scope
DerefAliases = parts.DerefAliases
ModifyOperation = parts.ModifyOperation
Control = parts.Control
PartialAttribute = parts.PartialAttribute
SimpleAuthentication = _authentication.SimpleAuthentication
SaslCredentials = _authentication.SaslCredentials
SicilyAuthentication = _authentication.SicilyAuthentication
SicilyChoice = _authentication.SicilyChoice
Authentication: TypeAlias = (
    SimpleAuthentication | SaslCredentials | SicilyAuthentication
)


@frozen
class BindRequest:
    """RFC 4511 4.2."""

    # BindRequest ::= [APPLICATION 0] SEQUENCE {
    #      version                 INTEGER (1 ..  127),
    #      name                    LDAPDN,
    #      authentication          AuthenticationChoice }
    # AuthenticationChoice ::= CHOICE {
    #      simple                  [0] OCTET STRING,
    #      sasl                    [3] SaslCredentials,
    #      ...  }
    name: str
    authentication: Authentication
    version: int = 3

    @property
    def target(self) -> str:
        """The name that is bound as."""
        return self.name


@frozen
class Result:
    """RFC 4511 4.1.9: the fields every response shares."""

    # LDAPResult ::= SEQUENCE {
    #      resultCode         ENUMERATED { success (0), ... },
    #      matchedDN          LDAPDN,
    #      diagnosticMessage  LDAPString,
    #      referral           [3] Referral OPTIONAL }
    result_code: ResultCode = field(default=ResultCode.success, converter=ResultCode)
    matched_dn: str = ""
    diagnostic_message: str = ""
    referral: tuple[str, ...] = field(default=(), converter=_fields.texts)


@frozen
class BindResponse(Result):
    """RFC 4511 4.2.2."""

    # BindResponse ::= [APPLICATION 1] SEQUENCE {
    #      COMPONENTS OF LDAPResult,
    #      serverSaslCreds    [7] OCTET STRING OPTIONAL }
    server_sasl_creds: bytes | None = field(default=None, repr=_fields.hide)


@frozen
class UnbindRequest:
    """RFC 4511 4.3; no response follows."""

    # UnbindRequest ::= [APPLICATION 2] NULL


@frozen
class SearchRequest:
    """RFC 4511 4.5.1."""

    # SearchRequest ::= [APPLICATION 3] SEQUENCE {
    #      baseObject      LDAPDN,
    #      scope           ENUMERATED { baseObject (0), singleLevel (1),
    #                                   wholeSubtree (2), ...  },
    #      derefAliases    ENUMERATED { neverDerefAliases (0), derefInSearching (1),
    #                                   derefFindingBaseObj (2), derefAlways (3) },
    #      sizeLimit       INTEGER (0 ..  maxInt),
    #      timeLimit       INTEGER (0 ..  maxInt),
    #      typesOnly       BOOLEAN,
    #      filter          Filter,
    #      attributes      AttributeSelection }
    base_object: str
    scope: Scope
    filter: Filter
    attributes: tuple[str, ...] = field(default=(), converter=_fields.texts)
    deref_aliases: DerefAliases = DerefAliases.never
    size_limit: int = 0
    time_limit: int = 0
    types_only: bool = False

    @property
    def target(self) -> str:
        """The base of the search."""
        return self.base_object


@frozen(weakref_slot=False)  # as `codec.drafts` makes it
class SearchResultEntry:
    """RFC 4511 4.5.2.

    ``attributes`` is a tuple, or a lazy sequence that equals it: see
    `ldapom.protocol.codec.receive`.
    """

    # SearchResultEntry ::= [APPLICATION 4] SEQUENCE {
    #      objectName      LDAPDN,
    #      attributes      PartialAttributeList }
    object_name: str
    attributes: Sequence[PartialAttribute] = ()


@frozen
class SearchResultReference:
    """RFC 4511 4.5.3: where the search may go on."""

    # SearchResultReference ::= [APPLICATION 19] SEQUENCE SIZE (1..MAX) OF uri URI
    uris: tuple[str, ...] = field(converter=_fields.texts)


@frozen
class SearchResultDone(Result):
    """RFC 4511 4.5.2."""

    # SearchResultDone ::= [APPLICATION 5] LDAPResult


@frozen
class ModifyChange:
    """One change of a Modify (RFC 4511 4.6)."""

    # change SEQUENCE {
    #      operation       ENUMERATED { add (0), delete (1), replace (2), ... },
    #      modification    PartialAttribute }
    operation: ModifyOperation
    modification: PartialAttribute


@frozen
class ModifyRequest:
    """RFC 4511 4.6."""

    # ModifyRequest ::= [APPLICATION 6] SEQUENCE {
    #      object          LDAPDN,
    #      changes         SEQUENCE OF change ... }
    object: str
    changes: tuple[ModifyChange, ...] = field(converter=_fields.changes_of)

    @property
    def target(self) -> str:
        """The entry that is changed."""
        return self.object


@frozen
class ModifyResponse(Result):
    """RFC 4511 4.6."""

    # ModifyResponse ::= [APPLICATION 7] LDAPResult


@frozen
class AddRequest:
    """RFC 4511 4.7.

    ``attributes`` is a tuple, or a sequence that equals it and is encoded already.
    """

    # AddRequest ::= [APPLICATION 8] SEQUENCE {
    #      entry           LDAPDN,
    #      attributes      AttributeList }
    entry: str
    attributes: Sequence[PartialAttribute] = field(converter=parts.attributes_of)

    @property
    def target(self) -> str:
        """The entry that is added."""
        return self.entry


@frozen
class AddResponse(Result):
    """RFC 4511 4.7."""

    # AddResponse ::= [APPLICATION 9] LDAPResult


@frozen
class DelRequest:
    """RFC 4511 4.8."""

    # DelRequest ::= [APPLICATION 10] LDAPDN
    entry: str

    @property
    def target(self) -> str:
        """The entry that is deleted."""
        return self.entry


@frozen
class DelResponse(Result):
    """RFC 4511 4.8."""

    # DelResponse ::= [APPLICATION 11] LDAPResult


@frozen
class ModifyDNRequest:
    """RFC 4511 4.9."""

    # ModifyDNRequest ::= [APPLICATION 12] SEQUENCE {
    #      entry           LDAPDN,
    #      newrdn          RelativeLDAPDN,
    #      deleteoldrdn    BOOLEAN,
    #      newSuperior     [0] LDAPDN OPTIONAL }
    entry: str
    new_rdn: str
    delete_old_rdn: bool = True
    new_superior: str | None = None

    @property
    def target(self) -> str:
        """The entry that is renamed."""
        return self.entry


@frozen
class ModifyDNResponse(Result):
    """RFC 4511 4.9."""

    # ModifyDNResponse ::= [APPLICATION 13] LDAPResult


@frozen(repr=False)
class CompareRequest:
    """RFC 4511 4.10."""

    # CompareRequest ::= [APPLICATION 14] SEQUENCE {
    #      entry           LDAPDN,
    #      ava             AttributeValueAssertion }
    entry: str
    attribute: str
    value: bytes

    def __repr__(self) -> str:
        value = hidden(self.value) if is_secret(self.attribute) else repr(self.value)
        return (
            f"CompareRequest(entry={self.entry!r}, "
            f"attribute={self.attribute!r}, value={value})"
        )

    @property
    def target(self) -> str:
        """The entry that is compared."""
        return self.entry


@frozen
class CompareResponse(Result):
    """RFC 4511 4.10."""

    # CompareResponse ::= [APPLICATION 15] LDAPResult


@frozen
class AbandonRequest:
    """RFC 4511 4.11; no response follows."""

    # AbandonRequest ::= [APPLICATION 16] MessageID
    message_id: int


@frozen
class ExtendedRequest:
    """RFC 4511 4.12."""

    # ExtendedRequest ::= [APPLICATION 23] SEQUENCE {
    #      requestName      [0] LDAPOID,
    #      requestValue     [1] OCTET STRING OPTIONAL }
    name: str
    # RFC 3062 sends passwords here, so no value is ever shown.
    value: bytes | None = field(default=None, repr=_fields.hide)

    @property
    def target(self) -> str:
        """The OID of the operation."""
        return self.name


@frozen
class ExtendedResponse(Result):
    """RFC 4511 4.12."""

    # ExtendedResponse ::= [APPLICATION 24] SEQUENCE {
    #      COMPONENTS OF LDAPResult,
    #      responseName     [10] LDAPOID OPTIONAL,
    #      responseValue    [11] OCTET STRING OPTIONAL }
    name: str | None = None
    value: bytes | None = field(default=None, repr=_fields.hide)


@frozen
class IntermediateResponse:
    """RFC 4511 4.13."""

    # IntermediateResponse ::= [APPLICATION 25] SEQUENCE {
    #      responseName     [0] LDAPOID OPTIONAL,
    #      responseValue    [1] OCTET STRING OPTIONAL }
    name: str | None = None
    value: bytes | None = field(default=None, repr=_fields.hide)


Request: TypeAlias = (
    BindRequest
    | UnbindRequest
    | SearchRequest
    | ModifyRequest
    | AddRequest
    | DelRequest
    | ModifyDNRequest
    | CompareRequest
    | AbandonRequest
    | ExtendedRequest
)
Response: TypeAlias = (
    BindResponse
    | SearchResultEntry
    | SearchResultReference
    | SearchResultDone
    | ModifyResponse
    | AddResponse
    | DelResponse
    | ModifyDNResponse
    | CompareResponse
    | ExtendedResponse
    | IntermediateResponse
)
ProtocolOp: TypeAlias = Request | Response


@frozen(weakref_slot=False)  # as `codec.drafts` makes it
class LDAPMessage:
    """RFC 4511 4.1.1: the envelope."""

    # LDAPMessage ::= SEQUENCE {
    #      messageID       MessageID,
    #      protocolOp      CHOICE { ... },
    #      controls       [0] Controls OPTIONAL }
    message_id: int
    op: ProtocolOp
    controls: tuple[Control, ...] = field(default=(), converter=_fields.controls_of)

    #: RFC 4511 4.1.1.1: ``maxInt``, the largest message id.
    MAX_ID: ClassVar[int] = 2**31 - 1


#: RFC 4511 4.4.1: the responseName of a Notice of Disconnection.
NOTICE_OF_DISCONNECTION = "1.3.6.1.4.1.1466.20036"
