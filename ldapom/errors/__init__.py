"""Every exception ldapom raises, and whose fault each one is.

The tree::

    LDAPError
    ├── TransportError            the way to the server
    │   ├── ConnectError          no connection could be opened
    │   ├── TLSError              the connection could not be made private
    │   ├── DeadlineExceeded      the call's timeout passed
    │   ├── ConnectionLost        the peer went away
    │   └── OutcomeUnknown        a write was sent, its answer never came
    ├── ProtocolError             the rules of RFC 4511
    │   ├── LocalProtocolError    we were asked to break them
    │   └── RemoteProtocolError   the server broke them
    │       └── DecodeError       its bytes are no LDAP message
    ├── ResultError               the server said no; one class per result code
    │   ├── InvalidCredentials    a bind was refused; its ``reason`` tells why
    │   │   ├── AccountConstraint     told by constraintViolation
    │   │   └── AccountUnwilling      told by unwillingToPerform
    │   ├── ChannelBindingRejected    told by invalidCredentials, but no wrong password
    │   └── ClockSkew             for Kerberos the clocks differ too much
    ├── MappingError              between attributes and objects
    │   ├── ConversionError       a value is none of its syntax
    │   ├── NotLoaded             an attribute was not asked for
    │   ├── ReadOnlyEntry         this entry can not be changed here
    │   ├── MissingValue          a MUST attribute came without a value
    │   ├── ValidationError       a change that the schema forbids
    │   ├── CommitError           a commit stopped on the way
    │   │   └── ConflictError     since somebody else changed it first
    │   ├── UncommittedChanges    a session ended with changes in hand
    │   ├── NoResult              ``one()`` found nothing
    │   └── MultipleResults       ``one()`` found several
    ├── SchemaError               a schema that can not be read or does not fit
    ├── FilterSyntaxError         RFC 4515 text that is none
    ├── DNSyntaxError             RFC 4514 text that is none
    ├── URLSyntaxError            RFC 4516 text that is none
    └── LDIFSyntaxError           RFC 2849 text that is none

An error carries data; its message is built from it and never holds a secret.
"""

from __future__ import annotations

from ldapom.errors.base import (
    ConnectError,
    ConnectionLost,
    DeadlineExceeded,
    DecodeError,
    DNSyntaxError,
    FilterSyntaxError,
    LDAPError,
    LDIFSyntaxError,
    LocalProtocolError,
    OutcomeUnknown,
    ProtocolError,
    RemoteProtocolError,
    SchemaError,
    TLSError,
    TransportError,
    URLSyntaxError,
)
from ldapom.errors.codes import ResultCode
from ldapom.errors.mapping import (
    CommitError,
    ConflictError,
    ConversionError,
    Finding,
    MappingError,
    MissingValue,
    MultipleResults,
    NoResult,
    NotLoaded,
    ReadOnlyEntry,
    UncommittedChanges,
    ValidationError,
    Write,
)
from ldapom.errors.reasons import Reason
from ldapom.errors.results import (
    RESULT_ERRORS,
    AccountConstraint,
    AccountUnwilling,
    AdminLimitExceeded,
    AffectsMultipleDSAs,
    AliasDereferencingProblem,
    AliasProblem,
    AssertionFailed,
    AttributeOrValueExists,
    AttributeProblem,
    AuthMethodNotSupported,
    AuthorizationDenied,
    Busy,
    Canceled,
    CannotCancel,
    ChannelBindingRejected,
    ClockSkew,
    CompareFalse,
    CompareTrue,
    ConfidentialityRequired,
    ConstraintViolation,
    EntryAlreadyExists,
    InappropriateAuthentication,
    InappropriateMatching,
    InsufficientAccessRights,
    InvalidAttributeSyntax,
    InvalidCredentials,
    InvalidDNSyntax,
    LimitError,
    LoopDetect,
    NameProblem,
    NamingViolation,
    NoSuchAttribute,
    NoSuchObject,
    NoSuchOperation,
    NotAllowedOnNonLeaf,
    NotAllowedOnRDN,
    ObjectClassModsProhibited,
    ObjectClassViolation,
    OperationsError,
    Other,
    ProtocolErrorResult,
    ProtocolResultError,
    Referral,
    ResultError,
    SaslBindInProgress,
    SecurityProblem,
    ServiceProblem,
    SizeLimitExceeded,
    StrongerAuthRequired,
    SyncRefreshRequired,
    TimeLimitExceeded,
    TooLate,
    Unavailable,
    UnavailableCriticalExtension,
    UndefinedAttributeType,
    UnwillingToPerform,
    UpdateProblem,
)

__all__ = [
    "RESULT_ERRORS",
    "AccountConstraint",
    "AccountUnwilling",
    "AdminLimitExceeded",
    "AffectsMultipleDSAs",
    "AliasDereferencingProblem",
    "AliasProblem",
    "AssertionFailed",
    "AttributeOrValueExists",
    "AttributeProblem",
    "AuthMethodNotSupported",
    "AuthorizationDenied",
    "Busy",
    "Canceled",
    "CannotCancel",
    "ChannelBindingRejected",
    "ClockSkew",
    "CommitError",
    "CompareFalse",
    "CompareTrue",
    "ConfidentialityRequired",
    "ConflictError",
    "ConnectError",
    "ConnectionLost",
    "ConstraintViolation",
    "ConversionError",
    "DNSyntaxError",
    "DeadlineExceeded",
    "DecodeError",
    "EntryAlreadyExists",
    "FilterSyntaxError",
    "Finding",
    "InappropriateAuthentication",
    "InappropriateMatching",
    "InsufficientAccessRights",
    "InvalidAttributeSyntax",
    "InvalidCredentials",
    "InvalidDNSyntax",
    "LDAPError",
    "LDIFSyntaxError",
    "LimitError",
    "LocalProtocolError",
    "LoopDetect",
    "MappingError",
    "MissingValue",
    "MultipleResults",
    "NameProblem",
    "NamingViolation",
    "NoResult",
    "NoSuchAttribute",
    "NoSuchObject",
    "NoSuchOperation",
    "NotAllowedOnNonLeaf",
    "NotAllowedOnRDN",
    "NotLoaded",
    "ObjectClassModsProhibited",
    "ObjectClassViolation",
    "OperationsError",
    "Other",
    "OutcomeUnknown",
    "ProtocolError",
    "ProtocolErrorResult",
    "ProtocolResultError",
    "ReadOnlyEntry",
    "Reason",
    "Referral",
    "RemoteProtocolError",
    "ResultCode",
    "ResultError",
    "SaslBindInProgress",
    "SchemaError",
    "SecurityProblem",
    "ServiceProblem",
    "SizeLimitExceeded",
    "StrongerAuthRequired",
    "SyncRefreshRequired",
    "TLSError",
    "TimeLimitExceeded",
    "TooLate",
    "TransportError",
    "URLSyntaxError",
    "Unavailable",
    "UnavailableCriticalExtension",
    "UncommittedChanges",
    "UndefinedAttributeType",
    "UnwillingToPerform",
    "UpdateProblem",
    "ValidationError",
    "Write",
]
