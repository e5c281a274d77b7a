"""Conditions as the table of a session says them.

1. A condition is made before any session is known. The class encodes its value, and the
   name in the node knows the attribute: so the table of a session can say it anew.
2. What the class can not encode is an `OpenCondition` until a session is asked.
3. Filters in text, nodes made by hand, octets and pieces of text go as they are.
4. Nothing here recurses; what nothing is to be said of stays the very same node.
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from attrs import evolve, frozen

from ldapom.filters import (
    And,
    Approx,
    Equality,
    Extensible,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
)
from ldapom.mapper.classes.conversion import encoded
from ldapom.secrets import is_secret

if TYPE_CHECKING:
    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import Described


class AttributeName(str):
    """The LDAP name of an attribute, which knows the attribute of the class.

    To everything else it is its text: so it is compared, printed and pickled.
    """

    __slots__ = ("attribute",)

    attribute: Described[Any]

    @classmethod
    def of(cls, attribute: Described[Any]) -> AttributeName:
        """Make the name of an attribute."""
        name = cls(attribute.ldap_name)
        name.attribute = attribute
        return name

    def __copy__(self) -> AttributeName:
        return self

    def __deepcopy__(self, memo: object) -> AttributeName:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


@frozen(repr=False)
class OpenCondition(Filter):
    """A condition on an attribute whose values only a session can encode.

    Attributes:
        node: The filter it is to become, its value left out.
        value: The value.
    """

    remedy: ClassVar[str] = (
        "only a session with converters= can say it: ask it by session.query(...)"
    )

    node: Equality | GreaterOrEqual | LessOrEqual | Approx | Extensible
    value: object

    @property
    def attribute(self) -> str | None:
        """The LDAP name of the attribute."""
        return self.node.attribute

    def __str__(self) -> str:
        """A text for people; it parses back to nothing."""
        head, _, _ = str(self.node).rpartition(")")
        return f"{head}<{self._shown()}>)"

    def __repr__(self) -> str:
        kind = type(self.node).__name__
        return f"{type(self).__name__}({kind} {self.attribute!r}, {self._shown()})"

    def __copy__(self) -> OpenCondition:
        return self

    def __deepcopy__(self, memo: object) -> OpenCondition:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"an open condition on {self.attribute!r} can not be pickled: {self.remedy}"
        )

    def _shown(self) -> str:
        return "hidden" if is_secret(self.attribute or "") else repr(self.value)


#: What has one value, and asks about that as a whole.
_ASSERTIONS = (Equality, GreaterOrEqual, LessOrEqual, Approx, Extensible)


def said(whole: Filter, table: Converters | None) -> Filter:
    """A filter as a table says it.

    Args:
        whole: The filter.
        table: The table of a session; without one nothing is left open.

    Raises:
        NoSyntax: If nobody says how a value is written.
        ValueError: If it can not be written so.
    """
    todo: list[Filter] = [whole]
    operands: list[list[Filter]] = [[]]
    while todo:
        node = todo.pop()
        if isinstance(node, And | Or | Not):
            # It comes back when its operands are done.
            inner = (node.filter,) if isinstance(node, Not) else node.filters
            todo += (_Closing(node), *reversed(inner))
            operands.append([])
        elif isinstance(node, _Closing):
            done = operands.pop()
            operands[-1].append(node.closed(done))
        else:
            operands[-1].append(_leaf(node, table))
    return operands[0][0]


@frozen(eq=False)
class _Closing(Filter):
    """Stands for a node whose operands are being looked at."""

    node: And | Or | Not

    def closed(self, done: list[Filter]) -> Filter:
        node = self.node
        before = (node.filter,) if isinstance(node, Not) else node.filters
        if all(map(is_, done, before)):
            return node
        return Not(done[0]) if isinstance(node, Not) else type(node)(done)


def _leaf(node: Filter, table: Converters | None) -> Filter:
    """A node without operands, as a table says it."""
    inner = node.node if isinstance(node, OpenCondition) else node
    if not isinstance(inner, _ASSERTIONS):
        return node
    name = inner.attribute
    if not isinstance(name, AttributeName):
        # Nobody's expression has made it.
        return node
    attribute = name.attribute
    own = attribute if table is None else table.own(attribute)
    if isinstance(node, OpenCondition):
        value = node.value
    elif own is attribute:
        return node
    else:
        value = attribute.converter.meant(inner.value)
    octets = encoded(own, value, own.converter.assertion)
    return evolve(inner, attribute=str(name), value=octets)
