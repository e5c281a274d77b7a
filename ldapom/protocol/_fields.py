"""How fields of messages are converted and shown.

A list is kept as a tuple, whatever iterable it came as. There is one function for
each kind of item because a type checker reads a field's type from its converter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.secrets import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.protocol.messages import ModifyChange
    from ldapom.protocol.parts import Control

_Item = TypeVar("_Item")


def _tuple_of(values: Iterable[_Item]) -> tuple[_Item, ...]:
    if isinstance(values, str | bytes):
        # A lone value would fall apart into its characters or numbers.
        kind = type(values).__name__
        raise TypeError(f"expected a sequence of values, not one {kind}")
    return tuple(values)


def texts(values: Iterable[str]) -> tuple[str, ...]:
    """Keep strings; one string alone is a `TypeError`."""
    return values if isinstance(values, tuple) else _tuple_of(values)


def octet_strings(values: Iterable[bytes]) -> tuple[bytes, ...]:
    """Keep octet strings; one alone is a `TypeError`."""
    return values if isinstance(values, tuple) else _tuple_of(values)


if TYPE_CHECKING:

    def changes_of(values: Iterable[ModifyChange]) -> tuple[ModifyChange, ...]:
        """Keep changes."""
        return tuple(values)

    def controls_of(values: Iterable[Control]) -> tuple[Control, ...]:
        """Keep controls."""
        return tuple(values)
else:
    # Each message is made with one of them: a call of Python's own less.
    changes_of = controls_of = tuple


def hide(value: bytes | None) -> str:
    """Show a secret: its length and nothing else."""
    return "None" if value is None else hidden(value)
