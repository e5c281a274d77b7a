"""What Add, Modify and ModifyDN make of an entry's attributes; nothing is stored here.

Each function takes values, returns new ones, and leaves the old ones as they were: a
request that is refused half-way has changed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.errors import ResultCode
from ldapom.protocol.messages import ModifyOperation
from ldapom.testing import checks
from ldapom.testing.checks import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ldapom.dn import RDN
    from ldapom.protocol.messages import ModifyChange, PartialAttribute
    from ldapom.testing.vocabulary import Description, Vocabulary

    Values = dict[str, tuple[bytes, ...]]
    Apply = Callable[[Values, Description, tuple[bytes, ...]], None]


def collect(
    vocabulary: Vocabulary,
    attributes: Iterable[PartialAttribute],
    *,
    trusted: bool = False,
) -> Values:
    """The attributes of an Add, each checked by itself.

    Args:
        vocabulary: The directory's attribute types.
        attributes: As the request has them.
        trusted: Whether operational attributes are taken as well, and one that comes
            twice is merged (an LDIF dump).

    Raises:
        ResultError: An attribute is unknown or comes twice, or a value does not fit.
    """
    values: Values = {}
    described: list[Description] = []
    for attribute in attributes:
        description = checks.describe(vocabulary, attribute.type)
        name = description.name
        if not attribute.values:
            raise refusal(
                ResultCode.protocolError, f"{attribute.type}: no values given"
            )
        if name in values and not trusted:
            raise refusal(
                ResultCode.attributeOrValueExists,
                f"attribute '{name}' provided more than once",
            )
        values[name] = values.get(name, ()) + tuple(attribute.values)
        checks.check_values(vocabulary, description, values[name])
        described.append(description)
    if not trusted:
        for description in described:
            checks.check_changeable(description)
    return values


def with_naming(vocabulary: Vocabulary, values: Values, rdn: RDN) -> Values:
    """The values with those of the RDN among them."""
    named = dict(values)
    for description, value in checks.naming_values(vocabulary, rdn):
        if not checks.holds(named, description, value):
            named[description.name] = (*named.get(description.name, ()), value)
    return named


def check(
    vocabulary: Vocabulary, changes: Iterable[ModifyChange]
) -> list[tuple[Description, ModifyChange]]:
    """Check what can be checked of a Modify before its entry is looked at.

    Returns:
        Each change behind the description of its attribute.

    Raises:
        ResultError: A change fits no entry; see RFC 4511 4.6.
    """
    changes = tuple(changes)
    for change in changes:
        _check_number(change)
    described: list[tuple[Description, ModifyChange]] = []
    for change in changes:
        description = checks.describe(vocabulary, change.modification.type)
        _check_change(vocabulary, description, change)
        described.append((description, change))
    for description, _ in described:
        checks.check_changeable(description)
    return described


def modify(
    values: Values, described: Iterable[tuple[Description, ModifyChange]]
) -> Values:
    """The values after changes that `check` has seen, made in their order.

    Raises:
        ResultError: A change does not fit these values; see RFC 4511 4.6.
    """
    changed = dict(values)
    for description, change in described:
        apply = _APPLY[change.operation]
        apply(changed, description, tuple(change.modification.values))
    return changed


def _check_number(change: ModifyChange) -> None:
    """Check that a change has as many values as its operation takes."""
    name, values = change.modification.type, change.modification.values
    if change.operation is ModifyOperation.add and not values:
        raise refusal(ResultCode.protocolError, f"modify/add: {name}: no values given")
    if change.operation is ModifyOperation.increment and len(values) != 1:
        raise refusal(
            ResultCode.protocolError, f"modify/increment: {name}: needs one value"
        )


def _check_change(
    vocabulary: Vocabulary, description: Description, change: ModifyChange
) -> None:
    name, values = description.name, change.modification.values
    if change.operation is ModifyOperation.increment:
        if description.kind.syntax != _INTEGER:
            raise refusal(
                ResultCode.constraintViolation,
                f"{name}: attribute syntax inappropriate for increment",
            )
    elif change.operation is ModifyOperation.delete:
        checks.check_syntax(vocabulary, description, values)
        return
    checks.check_values(vocabulary, description, values)


def _add(values: Values, description: Description, given: tuple[bytes, ...]) -> None:
    name, normalize = description.name, description.kind.normalize
    present = values.get(name, ())
    if present:
        if normalize is None:
            raise _no_rule("add", name)
        forms = {normalize(value) for value in present}
        for number, value in enumerate(given):
            if normalize(value) in forms:
                raise refusal(
                    ResultCode.attributeOrValueExists,
                    f"modify/add: {name}: value #{number} already exists",
                )
    values[name] = present + given


def _delete(values: Values, description: Description, given: tuple[bytes, ...]) -> None:
    name, normalize = description.name, description.kind.normalize
    present = values.get(name)
    if given and normalize is None:
        raise _no_rule("delete", name)
    if not present:
        raise _absent(f"modify/delete: {name}: no such attribute")
    if not given or normalize is None:
        del values[name]
        return
    left = {normalize(value): value for value in present}
    for value in given:
        if left.pop(normalize(value), None) is None:
            raise _absent(f"modify/delete: {name}: no such value")
    _put(values, name, tuple(left.values()))


def _replace(
    values: Values, description: Description, given: tuple[bytes, ...]
) -> None:
    _put(values, description.name, given)


def _increment(
    values: Values, description: Description, given: tuple[bytes, ...]
) -> None:
    name = description.name
    present = values.get(name)
    if not present:
        raise _absent(f"modify/increment: {name}: no such attribute")
    amount = int(given[0])
    values[name] = tuple(str(int(value) + amount).encode() for value in present)


_INTEGER = "1.3.6.1.4.1.1466.115.121.1.27"
_APPLY: dict[ModifyOperation, Apply] = {
    ModifyOperation.add: _add,
    ModifyOperation.delete: _delete,
    ModifyOperation.replace: _replace,
    ModifyOperation.increment: _increment,
}


def _put(values: Values, name: str, given: tuple[bytes, ...]) -> None:
    if given:
        values[name] = given
    else:
        values.pop(name, None)


def _absent(text: str) -> Exception:
    return refusal(ResultCode.noSuchAttribute, text)


def _no_rule(operation: str, name: str) -> Exception:
    return refusal(
        ResultCode.inappropriateMatching,
        f"modify/{operation}: {name}: no equality matching rule",
    )


def check_named(vocabulary: Vocabulary, values: Values, rdn: RDN) -> None:
    """Check that a Modify left the values of the entry's name alone (RFC 4511 4.6).

    Raises:
        NotAllowedOnRDN: A value of the RDN is gone.
    """
    for description, value in checks.naming_values(vocabulary, rdn):
        if not checks.holds(values, description, value):
            raise refusal(
                ResultCode.notAllowedOnRDN,
                f"value of naming attribute '{description.name}' is not present in "
                "entry; rename the entry instead",
            )


def rename(
    vocabulary: Vocabulary,
    values: Values,
    old: RDN,
    new: RDN,
    *,
    delete_old: bool,
) -> Values:
    """The values after a rename: the new RDN's in, the old one's out if wanted."""
    renamed = dict(values)
    if delete_old:
        for description, value in checks.naming_values(vocabulary, old):
            _drop(renamed, description, value)
    return with_naming(vocabulary, renamed, new)


def _drop(values: Values, description: Description, value: bytes) -> None:
    normalize = description.kind.normalize
    form = value if normalize is None else normalize(value)
    left = tuple(
        other
        for other in values.get(description.name, ())
        if (other if normalize is None else normalize(other)) != form
    )
    _put(values, description.name, left)
