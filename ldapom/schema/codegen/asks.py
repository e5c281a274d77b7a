r"""What a user asks the generator for, and the one-line spelling of a model.

The spelling of a model, on the command line and in ``pyproject.toml``::

    NAME=class[+class...][@base][:rdn]
    User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid

Rules:

1. The name ends at the first ``=``. The classes end at the first ``@`` or ``:``,
   which no class name holds; everything behind the ``@`` is the base DN, which may
   hold any of ``= + @ :`` and escapes.
2. The naming attribute is what stands behind the last ``:`` if it can be an attribute
   name, or several joined by ``+``. So the colon in ``cn=a:b,dc=example`` belongs to
   the DN. Where a DN itself ends like that (``dc=a:b``), write another ``:`` behind
   it, or its colon as ``\3A``.
"""

from __future__ import annotations

import re

from attrs import frozen

from ldapom.dn import DN
from ldapom.errors import DNSyntaxError, SchemaError
from ldapom.schema.codegen.names import Naming, is_usable
from ldapom.schema.codegen.text import visible

_GRAMMAR = "NAME=class[+class...][@base][:rdn]"
_EXAMPLE = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
_NAME = r"(?:[A-Za-z][A-Za-z0-9_-]*|\d+(?:\.\d+)*)"
_BASE = re.compile(rf"(?P<base>.*):(?P<rdn>(?:{_NAME}(?:\+{_NAME})*)?)", re.DOTALL)
_CLASS = re.compile(r"[^\s:+@=]+")


@frozen
class ModelAsk:
    """One application model: its name, its classes, where it lives, how it is named.

    Args:
        name: The Python name of the class to write.
        classes: Names or OIDs: one structural class, any number of auxiliary ones.
        base: The DN that its entries live under; None leaves it to the session.
        rdn: The naming attribute; None takes a usual one.
    """

    name: str
    classes: tuple[str, ...]
    base: str | None = None
    rdn: str | None = None

    @classmethod
    def parse(cls, text: str) -> ModelAsk:
        """Read the spelling of a model.

        Args:
            text: ``NAME=class[+class...][@base][:rdn]``.

        Returns:
            The model asked for; its classes are not looked up yet.

        Raises:
            SchemaError: The text is none, and the message says what is missing.
        """
        name, equals, rest = text.partition("=")
        if not equals:
            raise _refused(text, "there is no '=' behind the model's name")
        classes, base, rdn = _parts(rest)
        ask = cls(name.strip(), tuple(c.strip() for c in classes.split("+")), base, rdn)
        ask.check(text)
        return ask

    def check(self, text: str) -> None:
        """Refuse what can be no model, whatever the schema says.

        Args:
            text: What the user wrote, for the message.

        Raises:
            SchemaError: The name, a class name or the base DN is not usable.
        """
        if not is_usable(self.name):
            reason = f"{self.name!r} can not be the name of a class in the module"
            raise _refused(text, f"{reason}; take another name")
        if not all(_CLASS.fullmatch(name) for name in self.classes):
            raise _refused(text, "a class name is missing or has a blank in it")
        try:
            DN.parse(self.base or "")
        except DNSyntaxError as error:
            raise _refused(text, f"its base is no DN: {error}") from error

    def __str__(self) -> str:
        """Give the spelling back; it parses to an equal ask."""
        text = f"{self.name}={'+'.join(self.classes)}"
        if self.base is not None:
            text += f"@{self.base}"
        if self.rdn is not None:
            return f"{text}:{self.rdn}"
        ambiguous = self.base is not None and _BASE.fullmatch(self.base)
        return f"{text}:" if ambiguous else text


@frozen
class Asks:
    """Everything that decides what a generated module holds, beside the schema.

    Args:
        models: Application models.
        classes: Object classes to write without a model, with their superiors.
        naming: How attributes are spelled in Python.
        single: Attributes to treat as single-valued though the schema does not.
        operational: Operational attributes to add to each model, or, if there is
            none, to each class asked for.
        everything: Whether to write all object classes of the schema.
    """

    models: tuple[ModelAsk, ...] = ()
    classes: tuple[str, ...] = ()
    naming: Naming = Naming.schema
    single: tuple[str, ...] = ()
    operational: tuple[str, ...] = ()
    everything: bool = False

    def options(self) -> tuple[tuple[str, str], ...]:
        """Give the command line options that ask for the same, in a fixed order.

        A switch has no text.
        """
        return (
            *([("--all", "")] * self.everything),
            *(("--model", str(model)) for model in self.models),
            *(("--class", name) for name in self.classes),
            *([("--naming", self.naming.value)] * (self.naming is not Naming.schema)),
            *(("--single", name) for name in self.single),
            *(("--operational", name) for name in self.operational),
        )


def _parts(rest: str) -> tuple[str, str | None, str | None]:
    """Split what stands behind the ``=`` into classes, base and naming attribute."""
    classes, at, tail = rest.partition("@")
    if not at:
        classes, _, rdn = rest.partition(":")
        return classes, None, rdn.strip() or None
    found = _BASE.fullmatch(tail)
    base, rdn = (found["base"], found["rdn"]) if found else (tail, "")
    return classes, base.strip() or None, rdn or None


def _refused(text: str, reason: str) -> SchemaError:
    return SchemaError(
        f"model {visible(text)!r}: {reason}; write {_GRAMMAR}, such as {_EXAMPLE}"
    )
