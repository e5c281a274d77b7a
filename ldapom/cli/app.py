"""The commands, and what ``ldapom`` says when it is called without one."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ldapom.cli.generate import generate
from ldapom.cli.info import info
from ldapom.cli.schema import schema
from ldapom.cli.serve import serve

_LESSON = """\
ldapom: typed Python classes from your directory's own schema.

  Try it, without a server of your own:

    ldapom serve --sample               a small directory, in this terminal
    ldapom generate ldap://localhost:3389 \\
      -m 'User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid' \\
      -o models.py                      classes for it, in another one

  Then, in Python:

    from ldapom import Session
    from models import User

    with Session("ldap://localhost:3389"):
        print(User.query(uid="admin").first())

  ldapom COMMAND --help says more; the commands are generate,
  schema, info and serve.
"""

_GENERATE_EXAMPLES = """\
Examples:

ldapom generate ldap://localhost --class inetOrgPerson

ldapom generate ldaps://ldap.example.com -b uid=me,dc=example,dc=com
-o models.py -m 'User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid'

ldapom generate my.schema --class myClass

ldapom generate --check
"""

_INFO_EXAMPLES = """\
Examples:

ldapom info ldap://localhost

ldapom info ldaps://ldap.example.com -b uid=me,dc=example,dc=com

ldapom info ldap://localhost --json
"""

_SCHEMA_EXAMPLES = """\
Examples:

ldapom schema ldap://localhost

ldapom schema ldap://localhost inetOrgPerson mail

ldapom schema ldap://localhost --search phone

ldapom schema my.schema --also /etc/ldap/schema/nis.schema --problems

ldapom schema ldap://localhost --graph people.svg inetOrgPerson posixAccount
"""

_SERVE_EXAMPLES = """\
Examples:

ldapom serve --sample

ldapom serve --ldif people.ldif --schema my.schema --port 3389
"""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=_GENERATE_EXAMPLES)(generate)
app.command(epilog=_INFO_EXAMPLES)(info)
app.command(epilog=_SCHEMA_EXAMPLES)(schema)
app.command(epilog=_SERVE_EXAMPLES)(serve)


def _show_version(value: bool) -> None:
    if value:
        try:
            version = metadata.version("ldapom")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"ldapom {version}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Say which this is."
    ),
]


@app.callback(invoke_without_command=True)
def start(context: typer.Context, version: Version = False) -> None:
    """Typed Python classes from a directory's own schema."""
    del version  # its callback has seen it
    if context.invoked_subcommand is None:
        Console(highlight=False).print(Text(_LESSON), end="", soft_wrap=True)
