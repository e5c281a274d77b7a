"""Messages as lines of text for people: one field a line, secrets struck out.

1. A secret is shown by its length, see `ldapom.secrets`; what may be one counts as one:
   the values of extended operations and of controls that are not known to be harmless.
2. Foreign text comes as a Python literal, so no line holds what a terminal would obey
   or what would look like another line.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import attrs

from ldapom._filter_text import to_shown_text
from ldapom._printable import printable
from ldapom.errors import DecodeError
from ldapom.filters import And, Filter, Not, Or, Present
from ldapom.protocol import extended as x
from ldapom.protocol import messages as m
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Their own text is short and hides what has to be hidden.
_ONE_LINE: Final = (m.PartialAttribute,)

#: Longer lines are cut: a photograph is no reading matter.
LONGEST_LINE: Final = 2_000

#: Controls whose values hold no secret: pages, sorting, password policy, transactions,
#: the values of which are numbers, names and cookies.
HARMLESS_CONTROLS: Final = frozenset(
    {
        "1.2.840.113556.1.4.319",
        "1.2.840.113556.1.4.473",
        "1.2.840.113556.1.4.474",
        "1.2.840.113556.1.4.805",
        "1.3.6.1.4.1.42.2.27.8.5.1",
        "1.3.6.1.1.21.2",
        "2.16.840.1.113730.3.4.2",
        "2.16.840.1.113730.3.4.9",
        "2.16.840.1.113730.3.4.10",
    }
)
#: Extended requests whose values hold none.
HARMLESS_REQUESTS: Final = frozenset(
    {x.START_TLS, x.WHO_AM_I, x.CANCEL, x.START_TRANSACTION, x.END_TRANSACTION}
)


def lines(value: object, indent: str = "", label: str = "") -> Iterator[str]:
    """Describe one value: a message's fields below each other, anything else as is.

    Args:
        value: A message, or a part of one.
        indent: What every line begins with.
        label: What the first line says before the value.
    """
    if isinstance(value, Filter):
        yield _cut(f"{indent}{label}{shown_filter(value)}")
    elif isinstance(value, m.Control):
        yield _cut(f"{indent}{label}{_control(value)}")
    elif _is_list(value):
        yield from _items(value, indent, label)
    elif isinstance(value, IntEnum):
        yield f"{indent}{label}{value.name} ({int(value)})"
    elif not attrs.has(type(value)) or isinstance(value, _ONE_LINE):
        yield _cut(f"{indent}{label}{value!r}")
    else:
        yield f"{indent}{label}{type(value).__name__}"
        yield from fields(value, f"{indent}  ")


def fields(value: object, indent: str) -> Iterator[str]:
    """Describe the fields of a message, each on a line of its own or several."""
    struck = _struck(value)
    for one in attrs.fields(type(value)):  # type: ignore[arg-type]  # an attrs class
        label, part = f"{one.name}: ", getattr(value, one.name)
        if one.name == struck:
            yield f"{indent}{label}{hidden(part)}"
        elif callable(one.repr):
            yield f"{indent}{label}{one.repr(part)}"
        else:
            yield from lines(part, indent, label)


def _struck(value: object) -> str | None:
    """The field of a message that holds a secret, but not always."""
    if isinstance(value, m.CompareRequest) and is_secret(value.attribute):
        return "value"
    return "matched_dn" if _is_sicily(value) else None


def _is_sicily(value: object) -> bool:
    # MS-ADTS 5.1.1.1.3: the token of the server stands where a DN should.
    return isinstance(value, m.BindResponse) and value.matched_dn.startswith("NTLMSSP")


def _is_list(value: object) -> bool:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return False
    try:
        return len(value) > 0 and attrs.has(type(value[0]))
    except DecodeError:
        return False  # its repr says what is wrong


def _items(value: object, indent: str, label: str) -> Iterator[str]:
    yield f"{indent}{label.rstrip()}"
    assert isinstance(value, Sequence)  # noqa: S101  # `_is_list` has looked
    for item in value:
        yield from lines(item, f"{indent}  ", "- ")


def _control(control: m.Control) -> str:
    if control.type not in HARMLESS_CONTROLS:
        return repr(control)
    critical = ", critical" if control.criticality else ""
    return f"Control {control.type}{critical}, value {control.value!r}"


def _cut(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LONGEST_LINE]}… ({len(line)} characters)"


def shown_filter(node: Filter) -> str:
    """A filter's text without the values of secret attributes, fit for a terminal."""
    return printable(to_shown_text(node))


# --- may its octets be shown? ----------------------------------------------------


def holds_secret(message: m.LDAPMessage) -> bool:
    """Whether the octets of a message may hold a secret: then they are not shown."""
    if any(_hides(control) for control in message.controls):
        return True
    look = _SECRETS.get(type(message.op))
    return look is not None and look(message.op)


def _hides(control: m.Control) -> bool:
    return control.value is not None and control.type not in HARMLESS_CONTROLS


def _any_secret(attributes: Iterable[m.PartialAttribute]) -> bool:
    return any(is_secret(attribute.type) for attribute in attributes)


def _in_entry(op: m.SearchResultEntry) -> bool:
    try:
        return _any_secret(op.attributes)
    except DecodeError:
        return True  # nobody knows what it holds


def _in_extended(op: m.ExtendedRequest | m.ExtendedResponse) -> bool:
    return op.value is not None and op.name not in HARMLESS_REQUESTS


def _in_filter(node: Filter) -> bool:
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, And | Or):
            todo.extend(part.filters)
        elif isinstance(part, Not):
            todo.append(part.filter)
        elif not isinstance(part, Present):
            name = getattr(part, "attribute", None)
            # A rule without an attribute is held against all of them.
            if name is None or is_secret(name):
                return True
    return False


_SECRETS: Final[dict[type, Callable[..., bool]]] = {
    m.BindRequest: lambda op: True,  # noqa: ARG005  # whatever it says
    m.BindResponse: lambda op: op.server_sasl_creds is not None or _is_sicily(op),
    m.SearchRequest: lambda op: _in_filter(op.filter),
    m.SearchResultEntry: _in_entry,
    m.AddRequest: lambda op: _any_secret(op.attributes),
    m.ModifyRequest: lambda op: _any_secret(c.modification for c in op.changes),
    m.CompareRequest: lambda op: is_secret(op.attribute),
    m.ExtendedRequest: _in_extended,
    m.ExtendedResponse: _in_extended,
    m.IntermediateResponse: lambda op: op.value is not None,
}
