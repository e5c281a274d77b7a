"""A declarative object mapper for LDAP, in pure Python: the public names.

A name is imported when it is first used, so that a program pays for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ldapom import _hints

if TYPE_CHECKING:
    from ldapom.changes import (
        Add,
        Change,
        Delete,
        Increment,
        Replace,
    )
    from ldapom.dn import (
        AVA,
        DN,
        RDN,
    )
    from ldapom.errors import (
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
        CommitError,
        CompareFalse,
        CompareTrue,
        ConfidentialityRequired,
        ConflictError,
        ConnectError,
        ConnectionLost,
        ConstraintViolation,
        ConversionError,
        DeadlineExceeded,
        DecodeError,
        DNSyntaxError,
        EntryAlreadyExists,
        FilterSyntaxError,
        Finding,
        InappropriateAuthentication,
        InappropriateMatching,
        InsufficientAccessRights,
        InvalidAttributeSyntax,
        InvalidCredentials,
        InvalidDNSyntax,
        LDAPError,
        LDIFSyntaxError,
        LimitError,
        LocalProtocolError,
        LoopDetect,
        MappingError,
        MissingValue,
        MultipleResults,
        NameProblem,
        NamingViolation,
        NoResult,
        NoSuchAttribute,
        NoSuchObject,
        NoSuchOperation,
        NotAllowedOnNonLeaf,
        NotAllowedOnRDN,
        NotLoaded,
        ObjectClassModsProhibited,
        ObjectClassViolation,
        OperationsError,
        Other,
        OutcomeUnknown,
        ProtocolError,
        ProtocolErrorResult,
        ProtocolResultError,
        ReadOnlyEntry,
        Reason,
        Referral,
        RemoteProtocolError,
        ResultCode,
        ResultError,
        SaslBindInProgress,
        SchemaError,
        SecurityProblem,
        ServiceProblem,
        SizeLimitExceeded,
        StrongerAuthRequired,
        SyncRefreshRequired,
        TimeLimitExceeded,
        TLSError,
        TooLate,
        TransportError,
        Unavailable,
        UnavailableCriticalExtension,
        UncommittedChanges,
        UndefinedAttributeType,
        UnwillingToPerform,
        UpdateProblem,
        URLSyntaxError,
        ValidationError,
    )
    from ldapom.filters import (
        Filter,
    )
    from ldapom.mapper.acursors import (
        AsyncReader,
        AsyncWriter,
    )
    from ldapom.mapper.asession import (
        AsyncSession,
    )
    from ldapom.mapper.classes.attribute import (
        Attr,
        Many,
        attribute,
    )
    from ldapom.mapper.classes.converters import (
        Converter,
        Converters,
    )
    from ldapom.mapper.classes.on_request import (
        on_request,
    )
    from ldapom.mapper.classes.operational import (
        Operational,
    )
    from ldapom.mapper.classes.relations import (
        LinkedDN,
        LinkedValues,
        Reference,
        References,
        Referring,
    )
    from ldapom.mapper.commits.operations import (
        Operation,
    )
    from ldapom.mapper.commits.pending import (
        Pending,
    )
    from ldapom.mapper.cursors import (
        Reader,
        Writer,
    )
    from ldapom.mapper.entries.entry import (
        Auxiliary,
        Entry,
    )
    from ldapom.mapper.entries.states import (
        State,
    )
    from ldapom.mapper.entries.values import (
        Values,
    )
    from ldapom.mapper.entries.variants import (
        Variants,
    )
    from ldapom.mapper.queries.aquery import (
        AsyncQuery,
    )
    from ldapom.mapper.queries.awatch import (
        AsyncWatch,
    )
    from ldapom.mapper.queries.events import (
        Added,
        Changed,
        Deleted,
        Event,
        Missed,
        Synced,
    )
    from ldapom.mapper.queries.expression import (
        Expression,
    )
    from ldapom.mapper.queries.query import (
        Query,
    )
    from ldapom.mapper.queries.watch import (
        Watch,
    )
    from ldapom.mapper.queries.window import (
        Window,
    )
    from ldapom.mapper.session import (
        Session,
    )
    from ldapom.protocol._credentials import (
        Credentials,
    )
    from ldapom.protocol._credentials_kerberos import (
        Kerberos,
        Spnego,
    )
    from ldapom.protocol._credentials_ntlm import (
        Ntlm,
    )
    from ldapom.protocol._credentials_scram import (
        DigestMD5,
        Scram,
    )
    from ldapom.protocol._places import (
        PoolStatistics,
    )
    from ldapom.protocol.aconnection import (
        AsyncConnection,
    )
    from ldapom.protocol.apool import (
        AsyncPool,
    )
    from ldapom.protocol.astream import (
        AsyncSearchStream,
    )
    from ldapom.protocol.connection import (
        Connection,
    )
    from ldapom.protocol.credentials import (
        Anonymous,
        External,
        Plain,
        Simple,
    )
    from ldapom.protocol.entries import (
        SearchEntry,
    )
    from ldapom.protocol.io.sync import (
        Target,
    )
    from ldapom.protocol.io.tls import (
        Tls,
    )
    from ldapom.protocol.ldif_target import (
        LDIFTarget,
    )
    from ldapom.protocol.parts import (
        Control,
        Scope,
    )
    from ldapom.protocol.password_policy import (
        PasswordPolicy,
    )
    from ldapom.protocol.pool import (
        Pool,
    )
    from ldapom.protocol.referrals import (
        Referrals,
        Unfollowed,
    )
    from ldapom.protocol.retry import (
        Retry,
    )
    from ldapom.protocol.servers import (
        Servers,
    )
    from ldapom.protocol.settings import (
        Wire,
    )
    from ldapom.protocol.stream import (
        SearchStream,
    )
    from ldapom.protocol.submit import (
        Submitted,
    )
    from ldapom.protocol.usage import (
        Usage,
    )
    from ldapom.schema.flags import (
        GroupType,
        UserAccountControl,
    )
    from ldapom.schema.model import (
        AttributeType,
        ObjectClass,
    )
    from ldapom.schema.registry import (
        Schema,
    )
    from ldapom.schema.rootdse import (
        RootDSE,
    )
    from ldapom.schema.values import (
        DISTANT_PAST,
        FOREVER,
        NEVER,
        SERVER_NOW,
        PostalAddress,
        Sid,
    )
    from ldapom.url import (
        LDAPURL,
    )

__all__ = [
    "AVA",
    "DISTANT_PAST",
    "DN",
    "FOREVER",
    "LDAPURL",
    "NEVER",
    "RDN",
    "SERVER_NOW",
    "AccountConstraint",
    "AccountUnwilling",
    "Add",
    "Added",
    "AdminLimitExceeded",
    "AffectsMultipleDSAs",
    "AliasDereferencingProblem",
    "AliasProblem",
    "Anonymous",
    "AssertionFailed",
    "AsyncConnection",
    "AsyncPool",
    "AsyncQuery",
    "AsyncReader",
    "AsyncSearchStream",
    "AsyncSession",
    "AsyncWatch",
    "AsyncWriter",
    "Attr",
    "AttributeOrValueExists",
    "AttributeProblem",
    "AttributeType",
    "AuthMethodNotSupported",
    "AuthorizationDenied",
    "Auxiliary",
    "Busy",
    "Canceled",
    "CannotCancel",
    "Change",
    "Changed",
    "ChannelBindingRejected",
    "ClockSkew",
    "CommitError",
    "CompareFalse",
    "CompareTrue",
    "ConfidentialityRequired",
    "ConflictError",
    "ConnectError",
    "Connection",
    "ConnectionLost",
    "ConstraintViolation",
    "Control",
    "ConversionError",
    "Converter",
    "Converters",
    "Credentials",
    "DNSyntaxError",
    "DeadlineExceeded",
    "DecodeError",
    "Delete",
    "Deleted",
    "DigestMD5",
    "Entry",
    "EntryAlreadyExists",
    "Event",
    "Expression",
    "External",
    "Filter",
    "FilterSyntaxError",
    "Finding",
    "GroupType",
    "InappropriateAuthentication",
    "InappropriateMatching",
    "Increment",
    "InsufficientAccessRights",
    "InvalidAttributeSyntax",
    "InvalidCredentials",
    "InvalidDNSyntax",
    "Kerberos",
    "LDAPError",
    "LDIFSyntaxError",
    "LDIFTarget",
    "LimitError",
    "LinkedDN",
    "LinkedValues",
    "LocalProtocolError",
    "LoopDetect",
    "Many",
    "MappingError",
    "Missed",
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
    "Ntlm",
    "ObjectClass",
    "ObjectClassModsProhibited",
    "ObjectClassViolation",
    "Operation",
    "Operational",
    "OperationsError",
    "Other",
    "OutcomeUnknown",
    "PasswordPolicy",
    "Pending",
    "Plain",
    "Pool",
    "PoolStatistics",
    "PostalAddress",
    "ProtocolError",
    "ProtocolErrorResult",
    "ProtocolResultError",
    "Query",
    "ReadOnlyEntry",
    "Reader",
    "Reason",
    "Reference",
    "References",
    "Referral",
    "Referrals",
    "Referring",
    "RemoteProtocolError",
    "Replace",
    "ResultCode",
    "ResultError",
    "Retry",
    "RootDSE",
    "SaslBindInProgress",
    "Schema",
    "SchemaError",
    "Scope",
    "Scram",
    "SearchEntry",
    "SearchStream",
    "SecurityProblem",
    "Servers",
    "ServiceProblem",
    "Session",
    "Sid",
    "Simple",
    "SizeLimitExceeded",
    "Spnego",
    "State",
    "StrongerAuthRequired",
    "Submitted",
    "SyncRefreshRequired",
    "Synced",
    "TLSError",
    "Target",
    "TimeLimitExceeded",
    "Tls",
    "TooLate",
    "TransportError",
    "URLSyntaxError",
    "Unavailable",
    "UnavailableCriticalExtension",
    "UncommittedChanges",
    "UndefinedAttributeType",
    "Unfollowed",
    "UnwillingToPerform",
    "UpdateProblem",
    "Usage",
    "UserAccountControl",
    "ValidationError",
    "Values",
    "Variants",
    "Watch",
    "Window",
    "Wire",
    "Writer",
    "attribute",
    "on_request",
]

_HOMES = {
    "ldapom.changes": "Add Change Delete Increment Replace",
    "ldapom.dn": "AVA DN RDN",
    "ldapom.errors": """
        AccountConstraint AccountUnwilling AdminLimitExceeded
        AffectsMultipleDSAs AliasDereferencingProblem AliasProblem
        AssertionFailed AttributeOrValueExists AttributeProblem
        AuthMethodNotSupported AuthorizationDenied Busy Canceled
        CannotCancel ChannelBindingRejected ClockSkew CommitError
        CompareFalse CompareTrue ConfidentialityRequired ConflictError
        ConnectError ConnectionLost ConstraintViolation ConversionError
        DNSyntaxError DeadlineExceeded DecodeError EntryAlreadyExists
        FilterSyntaxError Finding InappropriateAuthentication
        InappropriateMatching InsufficientAccessRights
        InvalidAttributeSyntax InvalidCredentials InvalidDNSyntax
        LDAPError LDIFSyntaxError LimitError LocalProtocolError
        LoopDetect MappingError MissingValue MultipleResults NameProblem
        NamingViolation NoResult NoSuchAttribute NoSuchObject
        NoSuchOperation NotAllowedOnNonLeaf NotAllowedOnRDN NotLoaded
        ObjectClassModsProhibited ObjectClassViolation OperationsError
        Other OutcomeUnknown ProtocolError ProtocolErrorResult
        ProtocolResultError ReadOnlyEntry Reason Referral
        RemoteProtocolError ResultCode ResultError SaslBindInProgress
        SchemaError SecurityProblem ServiceProblem SizeLimitExceeded
        StrongerAuthRequired SyncRefreshRequired TLSError
        TimeLimitExceeded TooLate TransportError URLSyntaxError
        Unavailable UnavailableCriticalExtension UncommittedChanges
        UndefinedAttributeType UnwillingToPerform UpdateProblem
        ValidationError
    """,
    "ldapom.filters": "Filter",
    "ldapom.mapper.acursors": "AsyncReader AsyncWriter",
    "ldapom.mapper.asession": "AsyncSession",
    "ldapom.mapper.classes.attribute": "Attr Many attribute",
    "ldapom.mapper.classes.converters": "Converter Converters",
    "ldapom.mapper.classes.on_request": "on_request",
    "ldapom.mapper.classes.operational": "Operational",
    "ldapom.mapper.classes.relations": """
        LinkedDN LinkedValues Reference References Referring
    """,
    "ldapom.mapper.commits.operations": "Operation",
    "ldapom.mapper.commits.pending": "Pending",
    "ldapom.mapper.cursors": "Reader Writer",
    "ldapom.mapper.entries.entry": "Auxiliary Entry",
    "ldapom.mapper.entries.states": "State",
    "ldapom.mapper.entries.values": "Values",
    "ldapom.mapper.entries.variants": "Variants",
    "ldapom.mapper.queries.aquery": "AsyncQuery",
    "ldapom.mapper.queries.awatch": "AsyncWatch",
    "ldapom.mapper.queries.events": "Added Changed Deleted Event Missed Synced",
    "ldapom.mapper.queries.expression": "Expression",
    "ldapom.mapper.queries.query": "Query",
    "ldapom.mapper.queries.watch": "Watch",
    "ldapom.mapper.queries.window": "Window",
    "ldapom.mapper.session": "Session",
    "ldapom.protocol._credentials": "Credentials",
    "ldapom.protocol._credentials_kerberos": "Kerberos Spnego",
    "ldapom.protocol._credentials_ntlm": "Ntlm",
    "ldapom.protocol._credentials_scram": "DigestMD5 Scram",
    "ldapom.protocol._places": "PoolStatistics",
    "ldapom.protocol.aconnection": "AsyncConnection",
    "ldapom.protocol.apool": "AsyncPool",
    "ldapom.protocol.astream": "AsyncSearchStream",
    "ldapom.protocol.connection": "Connection",
    "ldapom.protocol.credentials": "Anonymous External Plain Simple",
    "ldapom.protocol.entries": "SearchEntry",
    "ldapom.protocol.io.sync": "Target",
    "ldapom.protocol.io.tls": "Tls",
    "ldapom.protocol.ldif_target": "LDIFTarget",
    "ldapom.protocol.parts": "Control Scope",
    "ldapom.protocol.password_policy": "PasswordPolicy",
    "ldapom.protocol.pool": "Pool",
    "ldapom.protocol.referrals": "Referrals Unfollowed",
    "ldapom.protocol.retry": "Retry",
    "ldapom.protocol.servers": "Servers",
    "ldapom.protocol.settings": "Wire",
    "ldapom.protocol.stream": "SearchStream",
    "ldapom.protocol.submit": "Submitted",
    "ldapom.protocol.usage": "Usage",
    "ldapom.schema.flags": "GroupType UserAccountControl",
    "ldapom.schema.model": "AttributeType ObjectClass",
    "ldapom.schema.registry": "Schema",
    "ldapom.schema.rootdse": "RootDSE",
    "ldapom.schema.values": """
        DISTANT_PAST FOREVER NEVER PostalAddress SERVER_NOW Sid
    """,
    "ldapom.url": "LDAPURL",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def _load(name: str) -> object:
    """Import a public name from where it lives.

    Raises:
        AttributeError: If it is none.
    """
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ldapom' has no attribute {name!r}")
    # Nobody has to name an error to meet it: they are ours from the first name on.
    errors = [] if "LDAPError" in globals() else ["ldapom.errors"]
    for home in (*errors, _HOME_OF[name]):
        for each in _HOMES[home].split():
            public = getattr(import_module(home), each)
            if f"{getattr(public, '__module__', None)}.".startswith(f"{home}."):
                _hints.move(public)
            globals()[each] = public
    return globals()[name]


if not TYPE_CHECKING:
    # Type checkers would take every name for one of ours.
    __getattr__ = _load


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})
