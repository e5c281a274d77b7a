"""What writes the module: the house's own template, or one that a package brings.

A package offers a template as an entry point of the group ``ldapom.templates``: a
function that takes a `Plan` and gives the text of a file. Its name goes behind
``--template``::

    [project.entry-points."ldapom.templates"]
    markdown = "my_package:write_markdown"
"""

from __future__ import annotations

import traceback
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, cast

from ldapom.cli.problems import Problem
from ldapom.errors import LDAPError
from ldapom.schema.codegen import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.schema.codegen import Plan

GROUP: Final = "ldapom.templates"
#: The one that writes Python classes.
OWN: Final = "python"


def find(name: str) -> Callable[[Plan], str]:
    """Find a template.

    Args:
        name: ``python``, or the name of an entry point.

    Returns:
        What writes the text of a plan.

    Raises:
        Problem: There is none of this name, or it can not be loaded.
    """
    if name == OWN:
        return render
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in offered:
        names = ", ".join(sorted({OWN, *offered}))
        raise Problem(
            f"there is no template {name!r}; those installed are {names}, and a "
            f"package brings more as entry points of the group {GROUP}"
        )
    try:
        found: object = offered[name].load()
    except Exception as error:
        raise Problem(
            f"the template {name!r} can not be loaded from {offered[name].value}: "
            f"{error}"
        ) from error
    if not callable(found):
        raise Problem(f"the template {name!r} ({offered[name].value}) is no function")
    return cast("Callable[[Plan], str]", found)


def write(name: str, plan: Plan) -> str:
    """Write a plan with a template.

    Raises:
        Problem: There is none of this name, it fails, or it gives no text.
    """
    template = find(name)
    if name == OWN:
        return template(plan)
    try:
        text: object = template(plan)
    except LDAPError:
        raise  # it says itself what to put right
    except Exception as error:
        raise Problem(f"the template {name!r} failed {_where(error)}") from error
    if not isinstance(text, str):
        kind = type(text).__name__
        raise Problem(f"the template {name!r} has to give a str, not {kind}")
    return text


def _where(error: Exception) -> str:
    """Say what went wrong in a template, and in which line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = "".join(traceback.format_exception_only(error)).strip()
    return f"in line {last.lineno} of {last.filename}: {what}"
