"""The matching rules (RFC 4517 section 4.2, RFC 4530, and those servers add).

1. A rule turns a value into a key (`normalize`): two values are equal by the rule when
   their keys are; the keys of an ordering rule sort as the rule orders.
2. `holds` says what an extensible filter asks: does the rule hold between an attribute
   value and an assertion value.
3. A substrings rule prepares its assertion once (`pattern`) and tests many values.
4. Bytes that are no value of the rule's syntax raise ValueError, which a filter calls
   Undefined (RFC 4511 4.5.1.7).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from attrs import evolve, field, frozen

from ldapom.schema import coding, syntaxes, times
from ldapom.schema import matching_keys as keys
from ldapom.schema.preparation import (
    Portion,
    exact_case,
    ignore_case,
    numeric,
    telephone,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Turns the name of an object identifier into its numbers, `None` when unknown.
Resolver: TypeAlias = Callable[[str], str | None]


class RuleKind(Enum):
    """What a rule can be in an attribute's definition."""

    equality = "equality"
    ordering = "ordering"
    substrings = "substrings"
    #: Only in extensible filters, such as Active Directory's bit rules.
    extensible = "extensible"


class _Ordered(Protocol):
    def __lt__(self, other: object, /) -> bool: ...


@frozen
class Matcher:
    """One matching rule, as what compares values by it.

    Args:
        oid: Its OID.
        name: Its name.
        kind: What it can be in an attribute's definition.
        syntax: The OID of the syntax of its assertion values.
        normalize: Turn a value into its key; ValueError when it is none.
    """

    oid: str
    name: str
    kind: RuleKind
    syntax: str
    normalize: Callable[[bytes], Hashable] = field(eq=False, repr=False)
    _portion: Callable[[bytes, Portion], str] | None = field(
        default=None, alias="portion", eq=False, repr=False
    )
    _test: Callable[[bytes, bytes], bool] | None = field(
        default=None, alias="test", eq=False, repr=False
    )

    def __str__(self) -> str:
        return self.name

    @property
    def definition(self) -> str:
        """The rule as a subschema entry describes it (RFC 4512 4.1.3)."""
        return f"( {self.oid} NAME '{self.name}' SYNTAX {self.syntax} )"

    def holds(self, value: bytes, assertion: bytes) -> bool:
        """Whether the rule holds between an attribute value and an assertion value.

        An equality rule asks whether they are equal; an ordering rule whether the
        value comes before the assertion, so "greater or equal" is ``not holds``.

        Raises:
            ValueError: When either is no value of the syntax.
            TypeError: For a substrings rule, which has `pattern`.
        """
        if self._test is not None:
            return self._test(value, assertion)
        if self.kind is RuleKind.substrings:
            raise TypeError(f"{self.name} compares substrings: use pattern()")
        left, right = self.normalize(value), self.normalize(assertion)
        if self.kind is RuleKind.ordering:
            return cast("_Ordered", left) < right
        return left == right

    def pattern(
        self,
        initial: bytes | None = None,
        any: Sequence[bytes] = (),
        final: bytes | None = None,
    ) -> Callable[[bytes], bool]:
        """Prepare a substrings assertion; the result tests one value after another.

        Args:
            initial: What the value begins with.
            any: What it contains, in this order and without overlap.
            final: What it ends with.

        Raises:
            TypeError: For a rule that is no substrings rule.
            ValueError: When a part is no text of the rule's syntax; the result raises
                it for a value that is none.
        """
        portion = self._portion
        if portion is None:
            raise TypeError(f"{self.name} is no substrings rule")
        first = "" if initial is None else portion(initial, "initial")
        middle = [portion(part, "any") for part in any]
        last = "" if final is None else portion(final, "final")

        def test(raw: bytes) -> bool:
            return _has_portions(portion(raw, "whole"), first, middle, last)

        return test


def _has_portions(text: str, first: str, middle: Sequence[str], last: str) -> bool:
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(last) and text.endswith(last)


def _resolved(
    resolve: Resolver, normalize: Callable[[bytes], Hashable], raw: bytes
) -> Hashable:
    """Compare names by the object identifier they stand for."""
    key = normalize(raw)
    return (resolve(key) or key) if isinstance(key, str) else key


# --- the table ----------------------------------------------------------------

_Key: TypeAlias = Callable[[bytes], Hashable]
_Cut: TypeAlias = Callable[[bytes, Portion], str]
_Test: TypeAlias = Callable[[bytes, bytes], bool]

# The syntax and the key that rules share, and how their substrings rule cuts.
_FAMILIES: Final[dict[str, tuple[str, _Key, _Cut | None]]] = {
    "ignore": ("Directory String", ignore_case, partial(keys.spaced, True)),
    "exact": ("Directory String", exact_case, partial(keys.spaced, False)),
    "ignore5": ("IA5 String", ignore_case, partial(keys.spaced, True)),
    "exact5": ("IA5 String", exact_case, partial(keys.spaced, False)),
    "numeric": ("Numeric String", numeric, partial(keys.plain, numeric)),
    "phone": ("Telephone Number", telephone, partial(keys.plain, telephone)),
    "list": ("Postal Address", keys.lines, keys.list_portion),
    "octets": ("Octet String", coding.decode_bytes, keys.octets),
    "bits": ("Bit String", keys.bits, None),
    "boolean": ("Boolean", coding.decode_boolean, None),
    "integer": ("Integer", coding.decode_integer, None),
    "time": ("Generalized Time", times.instant, None),
    "utc": ("UTC Time", times.decode_utc_time, None),
    "dn": ("DN", coding.decode_dn, None),
    "member": ("Name And Optional UID", keys.unique_member, None),
    "oid": ("OID", keys.object_identifier, None),
    "uuid": ("UUID", coding.decode_uuid, None),
    "csn": ("CSN", coding.decode_ascii, None),
    "sid": ("CSN SID", keys.csn_sid, None),
    "address": ("Presentation Address", exact_case, None),
    "protocol": ("Protocol Information", exact_case, None),
    # Two certificates are equal here when their bytes are.
    "cert": ("X.509 Certificate Exact Assertion", coding.decode_bytes, None),
    "crl": ("X.509 Certificate List Exact Assertion", coding.decode_bytes, None),
    "attrcert": ("Attribute Certificate Exact Assertion", coding.decode_bytes, None),
    "pair": ("X.509 Certificate Pair Exact Assertion", coding.decode_bytes, None),
    "algorithm": ("X.509 Algorithm Identifier", coding.decode_bytes, None),
    "key": ("PKCS#8 Private Key", coding.decode_bytes, None),
    "auth": ("Authentication Password", coding.decode_bytes, None),
    "authz": ("OpenLDAP Authz", exact_case, None),
    "aci": ("OpenLDAP Experimental ACI", coding.decode_bytes, None),
    "rdn": ("RDN", keys.rdn, None),
    "oid1": ("OID", partial(keys.first_component, keys.object_identifier), None),
    "integer1": ("Integer", partial(keys.first_component, coding.decode_integer), None),
    "ignore1": ("Directory String", partial(keys.first_component, ignore_case), None),
}

# What an extensible filter asks where it is neither equality nor order.
_TESTS: Final[dict[str, _Test]] = {
    "wordMatch": keys.has_word,
    "keywordMatch": keys.has_keyword,
    "storedPrefixMatch": keys.has_stored_prefix,
    "integerBitAndMatch": keys.has_all_bits,
    "integerBitOrMatch": keys.has_any_bit,
}

# Family, OID, name. The kind is in the name. Whether a chain of references leads to
# a name is for the directory to walk; distinguishedNameInChainMatch knows one link.
_TABLE: Final = """
oid       2.5.13.0   objectIdentifierMatch
dn        2.5.13.1   distinguishedNameMatch
ignore    2.5.13.2   caseIgnoreMatch
ignore    2.5.13.3   caseIgnoreOrderingMatch
ignore    2.5.13.4   caseIgnoreSubstringsMatch
exact     2.5.13.5   caseExactMatch
exact     2.5.13.6   caseExactOrderingMatch
exact     2.5.13.7   caseExactSubstringsMatch
numeric   2.5.13.8   numericStringMatch
numeric   2.5.13.9   numericStringOrderingMatch
numeric   2.5.13.10  numericStringSubstringsMatch
list      2.5.13.11  caseIgnoreListMatch
list      2.5.13.12  caseIgnoreListSubstringsMatch
boolean   2.5.13.13  booleanMatch
integer   2.5.13.14  integerMatch
integer   2.5.13.15  integerOrderingMatch
bits      2.5.13.16  bitStringMatch
octets    2.5.13.17  octetStringMatch
octets    2.5.13.18  octetStringOrderingMatch
octets    2.5.13.19  octetStringSubstringsMatch
phone     2.5.13.20  telephoneNumberMatch
phone     2.5.13.21  telephoneNumberSubstringsMatch
address   2.5.13.22  presentationAddressMatch
member    2.5.13.23  uniqueMemberMatch
protocol  2.5.13.24  protocolInformationMatch
utc       2.5.13.25  uTCTimeMatch
utc       2.5.13.26  uTCTimeOrderingMatch
time      2.5.13.27  generalizedTimeMatch
time      2.5.13.28  generalizedTimeOrderingMatch
integer1  2.5.13.29  integerFirstComponentMatch
oid1      2.5.13.30  objectIdentifierFirstComponentMatch
ignore1   2.5.13.31  directoryStringFirstComponentMatch
ignore    2.5.13.32  wordMatch
ignore    2.5.13.33  keywordMatch
cert      2.5.13.34  certificateExactMatch
pair      2.5.13.36  certificatePairExactMatch
crl       2.5.13.38  certificateListExactMatch
algorithm 2.5.13.40  algorithmIdentifierMatch
ignore    2.5.13.41  storedPrefixMatch
attrcert  2.5.13.45  attributeCertificateExactMatch
rdn       1.2.36.79672281.1.13.3  rdnMatch
uuid      1.3.6.1.1.16.2  uuidMatch
uuid      1.3.6.1.1.16.3  uuidOrderingMatch
exact5    1.3.6.1.4.1.1466.109.114.1  caseExactIA5Match
ignore5   1.3.6.1.4.1.1466.109.114.2  caseIgnoreIA5Match
ignore5   1.3.6.1.4.1.1466.109.114.3  caseIgnoreIA5SubstringsMatch
exact5    1.3.6.1.4.1.4203.1.2.1  caseExactIA5SubstringsMatch
auth      1.3.6.1.4.1.4203.1.2.2  authPasswordExactMatch
aci       1.3.6.1.4.1.4203.666.4.2   OpenLDAPaciMatch
authz     1.3.6.1.4.1.4203.666.4.12  authzMatch
key       1.3.6.1.4.1.4203.666.4.13  privateKeyMatch
csn       1.3.6.1.4.1.4203.666.11.2.2  CSNMatch
csn       1.3.6.1.4.1.4203.666.11.2.3  CSNOrderingMatch
sid       1.3.6.1.4.1.4203.666.11.2.5  CSNSIDMatch
integer   1.2.840.113556.1.4.803   integerBitAndMatch
integer   1.2.840.113556.1.4.804   integerBitOrMatch
dn        1.2.840.113556.1.4.1941  distinguishedNameInChainMatch
"""

_KINDS: Final = (
    ("OrderingMatch", RuleKind.ordering),
    ("SubstringsMatch", RuleKind.substrings),
    ("BitAndMatch", RuleKind.extensible),
    ("BitOrMatch", RuleKind.extensible),
    ("InChainMatch", RuleKind.extensible),
    ("Match", RuleKind.equality),
)


def _oid_of(syntax: str) -> str:
    return syntaxes.lookup(syntax).oid


def _rule(row: str) -> Matcher:
    family, oid, name = row.split()
    syntax, key, cut = _FAMILIES[family]
    kind = next(kind for ending, kind in _KINDS if name.endswith(ending))
    test = _TESTS.get(name)
    if kind is not RuleKind.substrings:
        return Matcher(oid, name, kind, _oid_of(syntax), key, test=test)
    return Matcher(oid, name, kind, _oid_of("Substring Assertion"), key, cut)


#: All rules, in a fixed order.
RULES: Final = tuple(_rule(row) for row in _TABLE.strip().splitlines())

_ALIASES: Final = {
    "ldap_matching_rule_bit_and": "integerbitandmatch",
    "ldap_matching_rule_bit_or": "integerbitormatch",
    "ldap_matching_rule_in_chain": "distinguishednameinchainmatch",
    "ldap_matching_rule_transitive_eval": "distinguishednameinchainmatch",
}

_BY_KEY: Final = {
    **{rule.name.lower(): rule for rule in RULES},
    **{rule.oid: rule for rule in RULES},
}

_NAMING: Final = frozenset(
    {"objectIdentifierMatch", "objectIdentifierFirstComponentMatch"}
)


def lookup(name_or_oid: str, resolve: Resolver | None = None) -> Matcher | None:
    """Find a matching rule by its OID or, in any case, by its name.

    Args:
        name_or_oid: ``2.5.13.2`` or ``caseIgnoreMatch``.
        resolve: Turns a name in lower case into its OID. With it the rules that
            compare object identifiers know that ``cn`` is ``2.5.4.3``; without it
            names are compared as names.
    """
    key = name_or_oid.lower()
    rule = _BY_KEY.get(_ALIASES.get(key, key))
    if rule is None or resolve is None or rule.name not in _NAMING:
        return rule
    return evolve(rule, normalize=partial(_resolved, resolve, rule.normalize))


_DEFAULTS: Final = {
    "caseIgnoreMatch": (
        "Directory String",
        "Printable String",
        "Country String",
        "Case Ignore String",
    ),
    "caseExactMatch": ("Case Exact String",),
    "caseIgnoreIA5Match": ("IA5 String",),
    "numericStringMatch": ("Numeric String",),
    "telephoneNumberMatch": ("Telephone Number",),
    "caseIgnoreListMatch": ("Postal Address",),
    "integerMatch": ("Integer", "Large Integer", "Counter"),
    "booleanMatch": ("Boolean",),
    "bitStringMatch": ("Bit String",),
    "generalizedTimeMatch": ("Generalized Time",),
    "uTCTimeMatch": ("UTC Time",),
    "distinguishedNameMatch": ("DN",),
    "uniqueMemberMatch": ("Name And Optional UID",),
    "objectIdentifierMatch": ("OID",),
    "uuidMatch": ("UUID",),
    "CSNMatch": ("CSN",),
    "certificateExactMatch": ("Certificate",),
    "certificateListExactMatch": ("Certificate List",),
    "presentationAddressMatch": ("Presentation Address",),
    "protocolInformationMatch": ("Protocol Information",),
    "authPasswordExactMatch": ("Authentication Password",),
    "authzMatch": ("OpenLDAP Authz",),
    "rdnMatch": ("RDN",),
    "integerFirstComponentMatch": ("DIT Structure Rule Description",),
    "objectIdentifierFirstComponentMatch": (
        "Attribute Type Description",
        "DIT Content Rule Description",
        "LDAP Syntax Description",
        "Matching Rule Description",
        "Matching Rule Use Description",
        "Name Form Description",
        "Object Class Description",
    ),
    "octetStringMatch": tuple(
        syntax.name
        for syntax in syntaxes.SYNTAXES
        if syntax.python is bytes and not syntax.binary
    ),
}

_BY_SYNTAX: Final = {
    _oid_of(syntax): _BY_KEY[rule.lower()]
    for rule, names in _DEFAULTS.items()
    for syntax in names
}


def default_for_syntax(oid: str) -> Matcher | None:
    """Give the equality rule that fits a syntax where a definition names none.

    Args:
        oid: The OID of the syntax, also with a length in braces.

    Returns:
        The rule, or `None` for a syntax whose values no known rule compares.
    """
    return _BY_SYNTAX.get(oid.partition("{")[0].strip())
