"""The options of ``ldapom generate``, as typer reads them from annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_WHAT, _WHERE, _WHO = "What to write", "Where to", "Who to be, and what to trust"

#: A day; what waits longer is no command.
_LONGEST = 86_400.0


def _seconds(value: float) -> float:
    if not 0 < value <= _LONGEST:
        raise typer.BadParameter(f"seconds are more than 0 and at most {_LONGEST:.0f}")
    return value


Url = Annotated[
    str | None,
    typer.Argument(
        metavar="URL|FILE",
        help="ldap://, ldaps:// or ldapi:// URL, or an LDIF or .schema file.",
        show_default=False,
    ),
]
#: What ``--also`` is, in every command that has it.
MORE_DEFINITIONS = "Another LDIF or .schema file with more definitions. Repeatable."

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME=CLASS[+CLASS...][@BASE][:RDN]",
        help="A class for your application: one structural class, any auxiliary ones, "
        "where its entries live, what names them. Repeatable.",
        rich_help_panel=_WHAT,
    ),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        metavar="NAME",
        help="An object class, with its superiors. Repeatable.",
        rich_help_panel=_WHAT,
    ),
]
Everything = Annotated[
    bool,
    typer.Option(
        "--all",
        help="All object classes of the schema.",
        rich_help_panel=_WHAT,
    ),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="FILE",
        help=MORE_DEFINITIONS,
        rich_help_panel=_WHAT,
    ),
]
NamingOption = Annotated[
    str | None,
    typer.Option(
        metavar="schema|snake_case",
        help="How attributes are spelled in Python: uidNumber, as in the schema, "
        "or uid_number.",
        rich_help_panel=_WHAT,
    ),
]
Single = Annotated[
    list[str] | None,
    typer.Option(
        "--single",
        metavar="ATTRIBUTE",
        help="Treat as single-valued, though the schema does not. Repeatable.",
        rich_help_panel=_WHAT,
    ),
]
Operational = Annotated[
    list[str] | None,
    typer.Option(
        "--operational",
        metavar="ATTRIBUTE",
        help="Add an operational attribute, such as createTimestamp, or a "
        "collective one, to be read only. Repeatable.",
        rich_help_panel=_WHAT,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The file to write, if it changes; - or nothing is standard output.",
        rich_help_panel=_WHERE,
    ),
]
Check = Annotated[
    bool,
    typer.Option(
        "--check",
        help="Write nothing; show how the file differs and exit with 1 if it does.",
        rich_help_panel=_WHERE,
    ),
]
Template = Annotated[
    str | None,
    typer.Option(
        "--template",
        metavar="NAME",
        help="What writes it: python, or an entry point of the group "
        "ldapom.templates of an installed package.",
        rich_help_panel=_WHERE,
        show_default=False,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FOLDER",
        help="Keep the schema there, and read it again only when it has changed, or "
        "after a day.",
        rich_help_panel=_WHERE,
        show_default=False,
    ),
]
Bind = Annotated[
    str | None,
    typer.Option(
        "--bind",
        "-b",
        metavar="DN",
        help="Who to be. The password is asked for, unless it is given as below.",
        rich_help_panel=_WHO,
    ),
]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Where the password is; - is standard input.",
        rich_help_panel=_WHO,
    ),
]
PasswordEnv = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The environment variable to look for the password in.",
        rich_help_panel=_WHO,
    ),
]
ExternalOption = Annotated[
    bool,
    typer.Option(
        "--external",
        help="Be whom the server takes you for at an ldapi:// socket.",
        rich_help_panel=_WHO,
    ),
]
Ca = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        help="PEM file of the authorities to trust instead of the system's.",
        rich_help_panel=_WHO,
    ),
]
StartTls = Annotated[
    bool,
    typer.Option(
        "--start-tls",
        help="Make an ldap:// connection private before anything else.",
        rich_help_panel=_WHO,
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        callback=_seconds,
        help="How long each step may take.",
        rich_help_panel=_WHO,
    ),
]
SkipVerify = Annotated[
    bool,
    typer.Option(
        "--insecure-skip-verify",
        help="Accept any certificate, and so anybody in between.",
        rich_help_panel=_WHO,
    ),
]
AllowCleartext = Annotated[
    bool,
    typer.Option(
        "--insecure-allow-cleartext",
        help="Send the password where anybody in between can read it.",
        rich_help_panel=_WHO,
    ),
]
