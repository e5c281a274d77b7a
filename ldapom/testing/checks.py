"""Whether an entry is as the schema wants it (RFC 4512 2.4, 2.5).

The order of the checks, and the result codes, are OpenLDAP's: first each attribute by
itself, then the object classes, then what they demand and allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import RESULT_ERRORS, ResultCode, ResultError
from ldapom.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.dn import RDN
    from ldapom.schema import DITContentRule, ObjectClass
    from ldapom.testing.vocabulary import AttributeKind, Description, Vocabulary

#: extensibleObject (RFC 4512 4.3) allows any user attribute.
_EXTENSIBLE = "1.3.6.1.4.1.1466.101.120.111"

#: How many sets of object classes are kept.
_MAX_KEPT = 1_000


def refusal(code: ResultCode, text: str = "", *, matched_dn: str = "") -> ResultError:
    """The error that becomes the response to a request."""
    kind = RESULT_ERRORS.get(code, ResultError)
    return kind(code, matched_dn=matched_dn, diagnostic_message=text)


def describe(vocabulary: Vocabulary, attribute: str) -> Description:
    """The description that an update names.

    Raises:
        UndefinedAttributeType: The schema does not know it.
    """
    found = vocabulary.describe(attribute)
    if found is None:
        raise refusal(
            ResultCode.undefinedAttributeType, f"{attribute}: attribute type undefined"
        )
    return found


def check_values(
    vocabulary: Vocabulary, description: Description, values: Sequence[bytes]
) -> None:
    """Check what a request gives for one attribute: syntax, number, no value twice.

    Raises:
        ResultError: `InvalidAttributeSyntax`, `ConstraintViolation` or
            `AttributeOrValueExists`.
    """
    check_syntax(vocabulary, description, values)
    if len(values) < 2:  # noqa: PLR2004  # one value has no company
        return
    if description.kind.definition.single_value:
        raise refusal(
            ResultCode.constraintViolation,
            f"{description.name}: multiple values provided",
        )
    twice = first_double(description.kind, values)
    if twice is not None:
        raise refusal(
            ResultCode.attributeOrValueExists,
            f"{description.name}: value #{twice} provided more than once",
        )


def check_syntax(
    vocabulary: Vocabulary, description: Description, values: Iterable[bytes]
) -> None:
    """Check that each value is one of the attribute's syntax.

    Raises:
        InvalidAttributeSyntax: One is none.
    """
    kind = description.kind
    for number, value in enumerate(values):
        try:
            vocabulary.check_value(kind, value)
            known = kind.name != "objectClass" or bool(
                vocabulary.object_class(value.decode())
            )
        except ValueError:
            known = False
        if not known:
            raise refusal(
                ResultCode.invalidAttributeSyntax,
                f"{description.name}: value #{number} invalid per syntax",
            )


def first_double(kind: AttributeKind, values: Iterable[bytes]) -> int | None:
    """The number of the first value that equals an earlier one; None without one."""
    seen = set()
    for number, value in enumerate(values):
        form = value if kind.normalize is None else kind.normalize(value)
        if form in seen:
            return number
        seen.add(form)
    return None


def check_changeable(description: Description) -> None:
    """Refuse what only the directory itself writes.

    Raises:
        ConstraintViolation: The attribute is NO-USER-MODIFICATION.
    """
    if description.kind.definition.no_user_modification:
        raise refusal(
            ResultCode.constraintViolation,
            f"{description.name}: no user modification allowed",
        )


@frozen
class ClassRules:
    """What a set of object classes demands and allows.

    Attributes:
        structural: The name of the most subordinate structural class.
        must: Pairs of a class's name and an attribute it demands.
        allowed: The names of all attributes allowed; None allows any.
    """

    structural: str
    must: tuple[tuple[str, str], ...]
    allowed: frozenset[str] | None


class SchemaChecks:
    """Checks whole entries; keeps what it learned of each set of classes."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._rules: dict[tuple[bytes, ...], ClassRules] = {}

    def rules(self, classes: tuple[bytes, ...]) -> ClassRules:
        """The rules of these values of ``objectClass``.

        Raises:
            ObjectClassViolation: They do not make one structural chain.
        """
        found = self._rules.get(classes)
        if found is None:
            found = self._read(classes)
            if len(self._rules) < _MAX_KEPT:
                self._rules[classes] = found
        return found

    def check(self, values: Mapping[str, tuple[bytes, ...]]) -> ClassRules:
        """Check an entry as a whole; returns the rules that it keeps.

        Raises:
            ResultError: `ObjectClassViolation` or `ConstraintViolation`.
        """
        classes = values.get("objectClass")
        if not classes:
            raise _violation("no objectClass attribute")
        rules = self.rules(classes)
        present = set()
        for name, found in values.items():
            bare = name.partition(";")[0]
            present.add(bare)
            self._check_attribute(bare, len(found), rules.allowed)
        for owner, name in rules.must:
            if name not in present:
                raise _violation(f"object class '{owner}' requires attribute '{name}'")
        return rules

    def _check_attribute(
        self, name: str, count: int, allowed: frozenset[str] | None
    ) -> None:
        kind = self._vocabulary.kind(name)
        assert kind is not None  # noqa: S101  # an entry holds known attributes only
        if count > 1 and kind.definition.single_value:
            raise refusal(
                ResultCode.constraintViolation,
                f"attribute '{name}' cannot have multiple values",
            )
        if not (allowed is None or kind.operational or name in allowed):
            raise _violation(f"attribute '{name}' not allowed")

    def _read(self, classes: tuple[bytes, ...]) -> ClassRules:
        vocabulary = self._vocabulary
        lines: list[tuple[ObjectClass, ...]] = []
        for value in classes:
            line = vocabulary.superclasses(value.decode())
            if not line:
                raise _violation(f"unrecognized objectClass '{value.decode()}'")
            lines.append(line)
        structural = _structural(lines)
        _check_abstract(lines)
        rule = vocabulary.content_rule(structural.oid)
        if rule is not None:
            self._check_auxiliary(rule, lines)
        every = {found.oid: found for line in lines for found in line}
        must = {
            self._name(attribute): found.name
            for found in reversed(every.values())
            for attribute in found.must
        }
        may = {self._name(name) for found in every.values() for name in found.may}
        barred: set[str] = set()
        if rule is not None:
            must.update((self._name(name), rule.name) for name in rule.must)
            may.update(map(self._name, rule.may))
            barred = set(map(self._name, rule.precluded))
        extensible = _EXTENSIBLE in every and not barred
        return ClassRules(
            structural=structural.name,
            must=tuple((owner, name) for name, owner in must.items()),
            allowed=None if extensible else frozenset((may | must.keys()) - barred),
        )

    def _check_auxiliary(
        self, rule: DITContentRule, lines: Sequence[tuple[ObjectClass, ...]]
    ) -> None:
        """Only the auxiliary classes that a content rule names may come along."""
        named = [self._vocabulary.superclasses(name) for name in rule.aux]
        allowed = {found.oid for line in named for found in line}
        for line in lines:
            if line[0].kind is Kind.auxiliary and line[0].oid not in allowed:
                raise _violation(
                    f"class '{line[0].name}' not allowed by content rule '{rule.name}'"
                )

    def _name(self, attribute: str) -> str:
        kind = self._vocabulary.kind(attribute)
        return attribute if kind is None else kind.name


def _structural(lines: Sequence[tuple[ObjectClass, ...]]) -> ObjectClass:
    """The structural class that all the others are above of (RFC 4512 2.4.2)."""
    given = [line for line in lines if line[0].kind is Kind.structural]
    if not given:
        raise _violation("no structural object class provided")
    lowest = max(given, key=len)
    above = {found.oid for found in lowest}
    for line in given:
        if line[0].oid not in above:
            raise _violation(
                "invalid structural object class chain "
                f"({lowest[0].name}/{line[0].name})"
            )
    return lowest[0]


def _check_abstract(lines: Sequence[tuple[ObjectClass, ...]]) -> None:
    """An abstract class comes only as the superior of another (RFC 4512 2.4.1)."""
    concrete = [line for line in lines if line[0].kind is not Kind.abstract]
    used = {found.oid for line in concrete for found in line}
    for line in lines:
        if line[0].oid not in used:
            raise _violation(
                f"instantiation of abstract object class '{line[0].name}' not allowed"
            )


def _violation(text: str) -> ResultError:
    return refusal(ResultCode.objectClassViolation, text)


def naming_values(vocabulary: Vocabulary, rdn: RDN) -> list[tuple[Description, bytes]]:
    """The attributes and values an RDN is made of.

    Raises:
        ResultError: `InvalidDNSyntax` or `NamingViolation`.
    """
    found: list[tuple[Description, bytes]] = []
    for ava in rdn:
        description = vocabulary.describe(ava.type)
        if description is None:
            raise refusal(ResultCode.invalidDNSyntax, "invalid DN")
        value = ava.value.encode("utf-8", "surrogateescape")
        try:
            vocabulary.check_value(description.kind, value)
        except ValueError:
            raise refusal(ResultCode.invalidDNSyntax, "invalid DN") from None
        if description.kind.operational or description.options:
            raise refusal(
                ResultCode.namingViolation,
                f"naming attribute '{ava.type}' is operational or has options",
            )
        if any(description.kind is other.kind for other, _ in found):
            raise refusal(ResultCode.invalidDNSyntax, f"'{ava.type}' comes twice")
        found.append((description, value))
    return found


def holds(
    values: Mapping[str, tuple[bytes, ...]], description: Description, value: bytes
) -> bool:
    """Whether an entry has a value of an attribute, by its equality rule."""
    present = values.get(description.name, ())
    if value in present:
        return True
    normalize = description.kind.normalize
    if normalize is None or not present:
        return False
    form = normalize(value)
    return any(normalize(other) == form for other in present)
