"""From a plan to the text of a module, as ``ruff format`` would leave it.

Rules:

1. The text depends on the plan alone: no clock, no path, no version.
2. Whatever came from outside goes through `text.py`.
3. A call that does not fit a line is broken as ruff does: all arguments on one line,
   else one on each line. A comment for checkers does not count as width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ldapom.schema.codegen.text import (
    LINE_LENGTH,
    columns,
    docstring,
    docstring_of_lines,
    escaped,
    literal,
    visible,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ldapom.schema.codegen.members import Member
    from ldapom.schema.codegen.plan import ClassPlan, Field, Plan

_INDENT = "    "
_NARROWER = "  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower"
_OVERRIDE = "  # type: ignore[override]  # narrower on purpose"
#: What the generator writes behind its code.
COMMENTS: Final = (_NARROWER.strip(), _OVERRIDE.strip())
_HOW_TO_EDIT = (
    "The command below writes these classes anew. What you add stays: methods, other",
    "code, and attributes marked with # keep.",
)
_BUILTIN = "builtins"
_OURS = "ldapom"


def render(plan: Plan) -> str:
    """Write a module.

    Args:
        plan: What it holds.

    Returns:
        Its text, with one newline at the end.
    """
    blocks = [_header(plan), _imports(plan)]
    for class_plan in plan.classes:
        if class_plan.keywords is not None:
            blocks.append(_keywords(class_plan, class_plan.keywords))
        blocks.append(_class(class_plan))
    head = "\n\n".join("\n".join(block) for block in blocks[:2])
    return "\n\n\n".join([head, *("\n".join(block) for block in blocks[2:])]) + "\n"


# --- the head of the module ---------------------------------------------------


def _header(plan: Plan) -> list[str]:
    origin = f" from {plan.source}" if plan.source else ""
    first = wrapped(escaped(visible(f"Entry classes, made by ldapom{origin}.")), "")
    command = [f"{_INDENT}{escaped(visible(part))}" for part in plan.command]
    paragraphs = [
        first,
        list(_HOW_TO_EDIT),
    ]
    if command:
        rest = [f"{_INDENT}{line}" for line in command[1:]]
        paragraphs.append([command[0], *rest])
    paragraphs.append([f"Schema fingerprint: {plan.fingerprint}"])
    return docstring_of_lines(paragraphs, "")


def _imports(plan: Plan) -> list[str]:
    """Import what the module uses: the standard library's, then ours."""
    used = _used_types(plan)
    has_models = any(c.keywords is not None for c in plan.classes)
    fields = [f for c in plan.classes for f in c.fields]
    names = {kind.__name__ for kind in used if _module(kind) == _OURS}
    names |= {_specifier(f.member) for f in fields}
    names |= {"Many" if f.member.multi else "Attr" for f in fields}
    names |= {base for c in plan.classes for base in c.bases} & {"Entry", "Auxiliary"}
    standard = {_module(kind): set[str]() for kind in used} if used else {}
    for kind in used:
        standard[_module(kind)].add(kind.__name__)
    if has_models:
        names |= {"Filter", "Query"}
        standard["typing"] = {"TYPE_CHECKING", "Self", "TypedDict", "Unpack"}
    lines = ["from __future__ import annotations", ""]
    for module in sorted(standard.keys() - {_BUILTIN, _OURS}):
        lines += import_lines(module, standard[module])
    lines += [""] if lines[-1] else []
    return [*lines, *import_lines(_OURS, names)]


def import_lines(module: str, names: Iterable[str]) -> list[str]:
    """Write the import of names, in the order of isort: constants, classes, functions.

    Args:
        module: Where from.
        names: What; at least one.
    """
    ordered = sorted(names, key=lambda n: (not n.isupper(), n[0].islower(), n))
    return _broken(f"from {module} import ", "", ordered, bare=True)


def _used_types(plan: Plan) -> set[type]:
    fields = {f.member.python for c in plan.classes for f in c.fields}
    return fields | {m.python for c in plan.classes for m in c.keywords or ()}


def _module(kind: type) -> str:
    return _OURS if kind.__module__.split(".")[0] == _OURS else kind.__module__


# --- classes --------------------------------------------------------------------


def _class(plan: ClassPlan) -> list[str]:
    lines = class_head(plan.name, _class_arguments(plan))
    lines += docstring(plan.paragraphs, _INDENT)
    demanded = _fields(f for f in plan.fields if f.must)
    allowed = _fields(f for f in plan.fields if not f.must)
    for block in (demanded, allowed, _query(plan)):
        lines += ["", *block] if block else []
    return lines


def class_head(name: str, arguments: Sequence[str]) -> list[str]:
    """Write the first lines of a class.

    Args:
        name: What it is called.
        arguments: Its bases, and its arguments; one of several lines stays as it is.
    """
    if any("\n" in one for one in arguments):
        rest = "".join(f"{_INDENT}{one},\n" for one in arguments)
        return f"class {name}(\n{rest}):".split("\n")
    return _broken(f"class {name}", ":", arguments)


def _fields(plans: Iterable[Field]) -> list[str]:
    """Declare attributes, with an empty line around each that says what it is."""
    lines: list[str] = []
    was_documented = False
    for plan in plans:
        documentation = _documentation(plan)
        if lines and (documentation or was_documented):
            lines.append("")
        lines += [*_field(plan), *documentation]
        was_documented = bool(documentation)
    return lines


def _documentation(plan: Field) -> list[str]:
    """Say what an attribute is, on one line if it fits there."""
    texts = [text for text in (plan.doc, plan.more) if text]
    whole = docstring([" ".join(texts)], _INDENT) if texts else []
    return docstring(texts, _INDENT) if len(whole) > 1 else whole


def _class_arguments(plan: ClassPlan) -> list[str]:
    keywords = {"object_class": plan.object_class, "base": plan.base, "rdn": plan.rdn}
    written = [f"{k}={literal(v)}" for k, v in keywords.items() if v is not None]
    return [*plan.bases, *written]


def _field(plan: Field) -> list[str]:
    member = plan.member
    target = f"{_INDENT}{member.python_name}: {_annotation(member, must=plan.must)}"
    comment = _NARROWER if plan.narrows else ""
    return _assigned(target, _specifier(member), _field_arguments(plan), comment)


def _specifier(member: Member) -> str:
    """Name the function that declares an attribute."""
    return "on_request" if member.on_request else "attribute"


def _assigned(
    target: str, function: str, arguments: Sequence[str], comment: str
) -> list[str]:
    """Assign a call of ``attribute``; ruff breaks a line with a long name elsewhere."""
    if columns(f"{target} = {function}(") <= LINE_LENGTH:
        return _broken(f"{target} = {function}", "", arguments, comment=comment)
    if columns(f"{target} = (") <= LINE_LENGTH:
        call = _broken(f"{_INDENT * 2}{function}", "", arguments)
        return [f"{target} = ({comment}", *call, f"{_INDENT})"]
    head, _, value = target.removesuffix("]").partition("[")
    call = _broken(f"{_INDENT}] = {function}", "", arguments)
    return [f"{head}[{comment}", f"{_INDENT * 2}{value}", *call]


def _annotation(member: Member, *, must: bool) -> str:
    value = member.python.__name__
    if member.multi:
        return f"Many[{value}]"
    return f"Attr[{value}]" if must else f"Attr[{value} | None]"


def _field_arguments(plan: Field) -> list[str]:
    member = plan.member
    arguments = [literal(member.name)]
    if plan.must:
        arguments.append("must=True")
    elif not member.on_request and not member.read_only:
        arguments.append("default=()" if member.multi else "default=None")
    written = {"syntax": member.syntax, "equality": member.equality}
    arguments += [f"{k}={literal(v)}" for k, v in written.items() if v is not None]
    is_said = member.on_request or not member.read_only
    return [*arguments, *([] if is_said else ["read_only=True"])]


def _keywords(plan: ClassPlan, members: Sequence[Member]) -> list[str]:
    """Write the keywords of a model's query: every attribute and its value's type."""
    doc = docstring([f"What `{plan.name}.query` takes as keywords."], _INDENT)
    head = class_head(f"{plan.name}Query", ["TypedDict", "total=False"])
    lines = [*head, *doc]
    keys = [line for member in members for line in _keyword(member)]
    return [*lines, "", *keys] if keys else lines


def _keyword(member: Member) -> list[str]:
    name, value = f"{_INDENT}{member.python_name}: ", member.python.__name__
    if columns(name + value) <= LINE_LENGTH or columns(f"{name}(") > LINE_LENGTH:
        return [name + value]
    return [f"{name}(", f"{_INDENT * 2}{value}", f"{_INDENT})"]


def _query(plan: ClassPlan) -> list[str]:
    """Write the typed face of a model's query; at run time `Entry` has it."""
    if plan.keywords is None:
        return []
    inner = _INDENT * 2
    equals = f"**equals: Unpack[{plan.name}Query]"
    if columns(f"{inner}{_INDENT}{equals},") > LINE_LENGTH:
        edge = f"\n{inner}{_INDENT}"
        equals = f"**equals: Unpack[{edge}{_INDENT}{plan.name}Query{edge}]"
    definition = _broken(
        f"{inner}def query",
        " -> Query[Self]: ...",
        ["cls", "*conditions: Filter", equals],
        comment=_OVERRIDE,
    )
    return [f"{_INDENT}if TYPE_CHECKING:", "", f"{inner}@classmethod", *definition]


# --- breaking lines ---------------------------------------------------------------


def _broken(
    before: str,
    after: str,
    arguments: Sequence[str],
    *,
    comment: str = "",
    bare: bool = False,
) -> list[str]:
    """Lay out what stands in brackets as ruff does.

    Args:
        before: The line up to the opening bracket.
        after: What follows the closing bracket.
        arguments: What stands between.
        comment: A comment for checkers, on the line that they report.
        bare: Whether there are no brackets where all fits on one line.
    """
    inside = ", ".join(arguments)
    flat = f"{before}{inside}{after}" if bare else f"{before}({inside}){after}"
    if columns(flat) <= LINE_LENGTH:
        return [flat + comment]
    indent = " " * (len(before) - len(before.lstrip()))
    inner = indent + _INDENT
    first, last = f"{before}({comment}", f"{indent}){after}"
    if not bare and columns(inner + inside) <= LINE_LENGTH:
        return [first, inner + inside, last]
    return [first, *(f"{inner}{argument}," for argument in arguments), last]
