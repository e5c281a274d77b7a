"""A tour in under a minute: a directory, its models, and queries with them.

Run it with ``make demo``. Everything happens on this machine: the directory server is
the one in the box, on a free port of the loopback address.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from ldapom import LDAPError, Session, Simple
from ldapom.testing import Directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

SUFFIX = "dc=example,dc=com"
ADMIN = Simple(f"uid=admin,ou=people,{SUFFIX}", "secret")
#: Lines of a class that are shown.
EXCERPT = 18
MODELS = (
    f"User=inetOrgPerson+posixAccount@ou=people,{SUFFIX}:uid",
    f"Group=groupOfNames@ou=groups,{SUFFIX}:cn",
)

WIDEST = 100

screen = Console()
console = Console(
    width=min(WIDEST, screen.width) if screen.is_terminal else WIDEST, highlight=False
)


def main() -> None:
    """Show it all."""
    console.print()
    console.rule("[bold]ldapom: the directory as Python classes[/]")
    with (
        tempfile.TemporaryDirectory(prefix="ldapom-demo-") as folder,
        Directory.sample().serve() as server,
    ):
        headline("1. A directory server", "in the box, schema and all, on this machine")
        console.print(f"   listening on [bold]{server.url}[/]")
        models = generate(server.url, Path(folder) / "models.py")
        with Session(server.url, ADMIN) as session:
            look_up(models)
            conditions(models)
            change(models, session)
            mistakes(models)
    what_next()


def headline(title: str, words: str) -> None:
    """Begin a chapter."""
    console.print(f"\n[bold cyan]{title}[/]  [dim]{words}[/]")


def code(text: str) -> None:
    """Show a piece of Python."""
    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")
    highlighted = syntax.highlight(text)
    highlighted.rstrip()
    # Line by line, so that none ends in blanks when the output goes to a file.
    for line in highlighted.split("\n"):
        console.print(Text("   ").append_text(line))


def generate(url: str, path: Path) -> ModuleType:
    """Write the models from the live schema, show the best part, import them."""
    command = ["ldapom", "generate", url]
    for model in MODELS:
        command += ["--model", model]
    headline("2. Its models", "typed classes, written from the live schema")
    console.print("   [green]$[/] " + shown(command, path.name))
    run = [sys.executable, "-m", *command, "-o", str(path)]
    subprocess.run(run, check=True, capture_output=True)
    text = path.read_text()
    code(excerpt(text, "class PosixAccount(", EXCERPT))
    code(excerpt(text, "class User(", 1))
    lines, classes = len(text.splitlines()), text.count("\nclass ")
    console.print(f"   [dim]{lines} lines, {classes} classes, all documented[/]")
    return load(path)


def excerpt(text: str, start: str, lines: int) -> str:
    """The beginning of a class."""
    return "\n".join(text[text.index(start) :].splitlines()[:lines]) + "\n    ..."


def shown(command: Sequence[str], output: str) -> str:
    """The command as one would type it."""
    quoted = [f"'{word}'" if "=" in word else word for word in (*command, "-o", output)]
    text = " ".join(quoted)
    return text.replace(" --model", " \\\n     --model").replace(" -o", " \\\n     -o")


def load(path: Path) -> ModuleType:
    """Import a module from a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def look_up(models: ModuleType) -> None:
    """One entry, as an object."""
    headline("3. Look someone up", "no filter string, no bytes, no modlist")
    code(
        f'with Session(url, Simple("uid=admin,ou=people,{SUFFIX}", "secret")):\n'
        '    admin = User.query(uid="admin").first()\n'
        "print(admin)"
    )
    console.print(Panel(str(models.User.query(uid="admin").first()), expand=False))


def conditions(models: ModuleType) -> None:
    """Several entries, as a table."""
    user = models.User
    headline("4. Ask for more", "conditions are Python, values are never escaped")
    code(
        "wanted = (User.uidNumber >= 1000) & ~User.mail.endswith('.org')\n"
        "for user in User.query(wanted).order_by('sn').limit(6):\n"
        "    print(user.uid.first, user.cn.first, user.uidNumber, user.mail)"
    )
    wanted = (user.uidNumber >= 1000) & ~user.mail.endswith(".org")  # noqa: PLR2004
    table = Table("uid", "name", "uidNumber", "mail", header_style="bold")
    for entry in user.query(wanted).order_by("sn").limit(6):
        number, mail = str(entry.uidNumber), ", ".join(entry.mail)
        table.add_row(entry.uid.first, entry.cn.first, number, mail)
    console.print(table)
    total, staff = user.query().count(), models.Group.query().count()
    console.print(f"   [dim]{total} people and {staff} groups in this directory[/]")


def change(models: ModuleType, session: Session) -> None:
    """Edit an object, see what would be sent, send it."""
    headline("5. Change it", "objects are edited, only the difference is sent")
    code(
        'admin.mail.append("hostmaster@example.com")\n'
        'admin.description = ["the very first administrator"]\n'
        "print(session.pending.ldif())\n"
        "session.commit()"
    )
    admin = models.User.query(uid="admin").one()
    admin.mail.append("hostmaster@example.com")
    admin.description = ["the very first administrator"]
    records = session.pending.ldif().partition("dn:")
    console.print(Panel(Text("".join(records[1:]).strip()), expand=False))
    session.commit()


def mistakes(models: ModuleType) -> None:
    """What a typing error looks like, here and in the editor."""
    headline(
        "6. Make a mistake", "your type checker sees it first; at run time you get"
    )
    code('User.query(uidd="admin")')
    try:
        models.User.query(uidd="admin")
    except (TypeError, LDAPError) as error:
        kind = (type(error).__name__, "red")
        console.print(Text.assemble("   ", kind, f": {error}"))


def what_next() -> None:
    """Where to go from here."""
    console.print()
    console.print(
        Panel(
            "[bold].venv/bin/ldapom serve --sample[/]     keep this directory running\n"
            "[bold].venv/bin/ldapom generate --help[/]    models from your own server\n"
            "[bold]examples/[/]                           one short program per use\n"
            "[bold]make test[/]                           everything, real servers too",
            title="What to try next",
            expand=False,
        )
    )


if __name__ == "__main__":
    main()
