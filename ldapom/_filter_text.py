r"""The text form of filters (RFC 4515): reading and writing.

Read beyond the grammar of RFC 4515 section 3 (and RFC 4526, ``(&)`` and ``(|)``):

=====================  =================================================  =========
text                   read as                                            why
=====================  =================================================  =========
blanks, newlines       nothing, around the whole filter, between the      files
                       filters of a list, after ``&``, ``|``, ``!``
``(a_b=x)``            ``_`` inside an attribute's or a rule's name       schemas
``(m;range=0-*=x)``    the range option of Active Directory               AD
``(cn:DN:=x)``         ``:dn`` in any case, as ABNF has it                RFC 5234
=====================  =================================================  =========

Refused, though some tools read it: a filter without its parentheses, two ``*`` in
a row, ``\*`` and other escapes without two digits, ``(:dn:=x)`` (neither attribute
nor rule). Each text is read once from left to right, without recursion.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from ldapom.changes import as_value
from ldapom.errors import FilterSyntaxError
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
    Present,
    Substrings,
)
from ldapom.secrets import is_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_NUMBER = r"(?:0|[1-9][0-9]*+)"
_OID = rf"(?:[A-Za-z][A-Za-z0-9_-]*+|{_NUMBER}(?:\.{_NUMBER})++)"
_OPERATOR = r"(?:[~<>]?=|:(?:[A-Za-z0-9._-]++:){0,2}=)"
_RANGE = rf"(?i:range)=[0-9]++-(?:[0-9]++|\*)(?={_OPERATOR})"
_DESCRIPTION = rf"{_OID}(?:;(?:{_RANGE}|[A-Za-z0-9_-]++))*+"
_SURROGATES = "\ud800-\udfff"
_VALUE = rf"(?:[^()\\\0{_SURROGATES}]++|\\[0-9A-Fa-f]{{2}})*+"

_BLANKS = re.compile(r"[ \t\r\n]*+")
_SIMPLE_HEAD = rf"\(({_DESCRIPTION})([~<>]?=)"
_EXTENSIBLE_HEAD = rf"\(({_DESCRIPTION})?(:[Dd][Nn])?(?::({_OID}))?:="
_SIMPLE = re.compile(rf"{_SIMPLE_HEAD}({_VALUE})\)")
_EXTENSIBLE = re.compile(rf"{_EXTENSIBLE_HEAD}({_VALUE})\)")
_HEAD = re.compile(rf"{_SIMPLE_HEAD}|{_EXTENSIBLE_HEAD}")
_START = re.compile(rf"\({_DESCRIPTION}")
_TO_END = re.compile(_VALUE)
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})")


def parse(text: str, values: Sequence[str | bytes], *, max_depth: int) -> Filter:
    """Read a filter; see `Filter.parse`."""
    if not isinstance(text, str):
        raise TypeError(f"a filter's text is str, not {type(text).__name__}")
    reader = _Reader(text, values)
    # The lists that are open here: operator, operands so far.
    outer: list[tuple[str, list[Filter]]] = []
    position = reader.blanks(0)
    while True:
        mark = text[position : position + 1]
        operator = text[position + 1 : position + 2]
        if mark == "(" and operator and operator in "&|!":
            if len(outer) >= max_depth:
                reader.refuse(f"more than {max_depth} filters nested", position)
            outer.append((operator, []))
            position = reader.blanks(position + 2)
            continue
        if mark == "(":
            node, position = reader.assertion(position)
        elif mark == ")" and outer:
            node = reader.composite(*outer.pop(), position)
            position += 1
        else:
            reader.refuse_start(position, inside=bool(outer))
        position = reader.blanks(position)
        if not outer:
            reader.finish(position)
            return node
        outer[-1][1].append(node)


class _Reader:
    """One text and the values for its placeholders."""

    __slots__ = ("text", "used", "values")

    def __init__(self, text: str, values: Sequence[str | bytes]) -> None:
        self.text = text
        self.values = tuple(map(as_value, values))
        self.used = 0

    def refuse(self, reason: str, position: int) -> NoReturn:
        raise FilterSyntaxError(reason, text=self.text, position=position)

    def blanks(self, position: int) -> int:
        """Where the blanks that start here end."""
        match = _BLANKS.match(self.text, position)
        return match.end() if match else position

    def finish(self, position: int) -> None:
        """Check that text and values are used up."""
        if position != len(self.text):
            self.refuse(
                "the filter is complete before this; join several as (&(…)(…))",
                position,
            )
        if self.used != len(self.values):
            self.refuse(
                f"{len(self.values)} values for {self.used} placeholders '?'", position
            )

    def composite(self, operator: str, operands: list[Filter], end: int) -> Filter:
        if operator == "&":
            return And(operands)
        if operator == "|":
            return Or(operands)
        if len(operands) != 1:
            self.refuse("'!' takes exactly one filter", end)
        return Not(operands[0])

    def assertion(self, position: int) -> tuple[Filter, int]:
        """Read one ``(attribute operator value)``."""
        match = _SIMPLE.match(self.text, position)
        if match is not None:
            attribute, operator, raw = match.groups()
            start = match.start(3)
            if operator == "=" and "*" in raw:
                return self.pattern(attribute, raw, start), match.end()
            value = self.octets(raw, start)
            return _MAKERS[operator](attribute, value), match.end()
        match = _EXTENSIBLE.match(self.text, position)
        if match is None:
            self.refuse_assertion(position)
        attribute, dn, rule, raw = match.groups()
        if attribute is None and rule is None:
            self.refuse(_NO_RULE, position + 1)
        value = self.octets(raw, match.start(4))
        return Extensible(rule, attribute, value, dn is not None), match.end()

    def pattern(self, attribute: str, raw: str, start: int) -> Filter:
        """Read a value with ``*``: presence or substrings."""
        if raw == "*":
            return Present(attribute)
        pieces = raw.split("*")
        parts: list[bytes] = []
        for number, piece in enumerate(pieces, 1):
            parts.append(self.octets(piece, start, star=True))
            inner = 1 < number < len(pieces)
            if not parts[-1] and (piece or inner):
                self.refuse("a part of a substring filter is empty", start)
            start += len(piece) + 1
        return Substrings(attribute, parts[0] or None, parts[1:-1], parts[-1] or None)

    def octets(self, raw: str, start: int, *, star: bool = False) -> bytes:
        """What an assertion value, or a part of one, says."""
        if not star and "*" in raw:
            self.refuse(
                "'*' goes with '=' only; a literal one is written as \\2a",
                start + raw.index("*"),
            )
        if not self.values or "?" not in raw:
            return _unescape(raw)
        first, *others = raw.split("?")
        out = [_unescape(first)]
        position = start + len(first)
        for other in others:
            if self.used == len(self.values):
                self.refuse("no value is left for this placeholder", position)
            out += (self.values[self.used], _unescape(other))
            self.used += 1
            position += 1 + len(other)
        return b"".join(out)

    # --- errors --------------------------------------------------------------

    def refuse_start(self, position: int, *, inside: bool) -> NoReturn:
        """Say why neither a filter nor the end of a list is here."""
        if position == len(self.text):
            self.refuse("')' is missing" if inside else "a filter is missing", position)
        if inside:
            self.refuse("'(' or ')' should stand here", position)
        self.refuse("a filter stands in parentheses, such as (cn=x)", position)

    def refuse_assertion(self, position: int) -> NoReturn:
        """Say why no assertion can be read at this ``(``."""
        head = _HEAD.match(self.text, position)
        if head is None:
            start = _START.match(self.text, position)
            if start is None:
                self.refuse("an attribute should follow '('", position + 1)
            self.refuse("one of = ~= >= <= := should follow the attribute", start.end())
        value = _TO_END.match(self.text, head.end())
        end = value.end() if value else head.end()
        self.refuse(_bad_character(self.text[end : end + 1]), end)


_NO_RULE = "an attribute or a matching rule should stand before ':='"


def _bad_character(character: str) -> str:
    """Why a value can not go on with this character."""
    if not character:
        return "')' is missing"
    if character == "\\":
        return "a backslash stands before two hexadecimal digits, itself it is \\5c"
    if character in "(\0":
        return f"{character!r} in a value is written as \\{ord(character):02x}"
    return "an octet that is no UTF-8 is written as \\XX"


def _unescape(raw: str) -> bytes:
    octets = raw.encode()
    if b"\\" not in octets:
        return octets
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), octets)


_Maker: TypeAlias = "Callable[[str, bytes], Filter]"

_MAKERS: dict[str, _Maker] = {
    "=": Equality,
    "~=": Approx,
    ">=": GreaterOrEqual,
    "<=": LessOrEqual,
}

# --- writing -----------------------------------------------------------------

_OPERATORS: dict[type[Filter], str] = {
    kind: operator
    for operator, kind in (
        ("=", Equality),
        ("~=", Approx),
        (">=", GreaterOrEqual),
        ("<=", LessOrEqual),
    )
}
#: What has to be escaped, and control characters, which nobody wants to see raw.
_NEEDS_ESCAPE = re.compile("[()*\\\\\0-\x1f\x7f\udc80-\udcff]")
_IS_DESCRIPTION = re.compile(rf"{_DESCRIPTION}(?==\Z)")
_NOT_DESCRIPTION = re.compile(rb"[^A-Za-z0-9;._-]")


def is_description(name: str) -> bool:
    """Whether a text is an attribute description with its options (RFC 4512 2.5)."""
    return _IS_DESCRIPTION.match(name + "=") is not None


def to_text(node: Filter) -> str:
    """Write a filter's canonical text.

    An attribute that is no attribute description comes with escapes in it: such a
    text can not be mistaken for another filter, and does not parse.
    """
    return "".join(_pieces(node, _assertion_text))


def to_shown_text(node: Filter) -> str:
    """The same text for people, without the values of secret attributes."""
    return "".join(_pieces(node, _shown_text))


def _shown_text(node: Filter) -> str:
    name = getattr(node, "attribute", None) or ""
    if not is_secret(name) or isinstance(node, Present):
        return _assertion_text(node)
    return f"({_description(name)}=<hidden>)"


def _pieces(node: Filter, write: Callable[[Filter], str]) -> Iterator[str]:
    todo: list[Filter | str] = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, And | Or):
            yield "(&" if isinstance(part, And) else "(|"
            todo.append(")")
            todo.extend(reversed(part.filters))
        elif isinstance(part, Not):
            yield "(!"
            todo += (")", part.filter)
        else:
            yield write(part)


def _assertion_text(node: Filter) -> str:
    if isinstance(node, Equality | Approx | GreaterOrEqual | LessOrEqual):
        name, operator = node.attribute, _OPERATORS[type(node)]
        return f"({_description(name)}{operator}{_escape(name, node.value)})"
    if isinstance(node, Present):
        return f"({_description(node.attribute)}=*)"
    if isinstance(node, Substrings):
        name = node.attribute
        parts = (node.initial or b"", *node.any, node.final or b"")
        pattern = "*".join(_escape(name, part) for part in parts)
        return f"({_description(name)}={pattern})"
    if isinstance(node, Extensible):
        name = node.attribute or ""
        head = _description(name) if name else ""
        head += ":dn" if node.dn_attributes else ""
        head += _rule(node.rule, node.dn_attributes) if node.rule is not None else ""
        return f"({head}:={_escape(name, node.value)})"
    if type(node).__str__ is not Filter.__str__:
        # Somebody's own node, which knows its text.
        return str(node)
    raise TypeError(f"{type(node).__name__} is no filter with a text form")


def _description(name: str) -> str:
    if is_description(name):
        return name
    octets = name.encode("utf-8", "surrogatepass")
    return _NOT_DESCRIPTION.sub(lambda m: b"\\%02x" % ord(m[0]), octets).decode()


def _rule(name: str, dn_attributes: bool) -> str:
    # A rule called "dn" alone would read as the flag; the text has no form for it.
    if name.lower() == "dn" and not dn_attributes:
        return r":\64n"
    return f":{_description(name)}"


def _escape(attribute: str, value: bytes) -> str:
    text = value.decode("utf-8", "surrogateescape")
    text = _NEEDS_ESCAPE.sub(lambda m: f"\\{ord(m[0]) & 0xFF:02x}", text)
    # Otherwise "0-1=x" behind ";range" would read as the range option.
    return text.replace("=", "\\3d") if _ends_in_range(attribute) else text


def _ends_in_range(attribute: str) -> bool:
    return attribute[-6:].lower() == ";range"
