"""``ldapom generate``: typed classes from a live schema, or from a schema file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from attrs import frozen
from rich.console import Console
from rich.text import Text

from ldapom.cli import (
    options,
    source,
    templates,
    writer,
)  # typer reads options at run time
from ldapom.cli import settings as table
from ldapom.cli.access import PASSWORD_VARIABLE, Access
from ldapom.cli.cards import count
from ldapom.cli.page import say, status
from ldapom.cli.problems import Problem, reported, safe
from ldapom.cli.reach import reach
from ldapom.cli.source import Place
from ldapom.errors import SchemaError
from ldapom.schema.codegen import Asks, ModelAsk, Naming, make_plan, merged, summary
from ldapom.schema.codegen.compare import is_same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.cli.settings import Settings
    from ldapom.cli.source import Source
    from ldapom.schema import Schema
    from ldapom.schema.codegen import Plan


@frozen
class Job:
    """Everything that one run needs to know.

    Args:
        source: The server or file.
        asks: What to write.
        output: Where to; None is standard output.
        access: How to reach a server.
        template: What writes it.
        also: Files with more definitions.
    """

    source: Place
    asks: Asks
    output: Path | None
    access: Access
    template: str = templates.OWN
    also: tuple[Place, ...] = ()

    def plan(self, found: Source) -> Plan:
        """Plan the module for a schema that has been read."""
        head = f"ldapom generate {shlex.quote(found.label)}"
        rest = [_spelled(option, text) for option, text in self._options()]
        command = (head, *rest)
        return make_plan(found.schema, self.asks, source=found.label, command=command)

    def _options(self) -> Iterator[tuple[str, str]]:
        yield from (("--also", place.text) for place in self.also)
        yield from self.asks.options()
        if not self.source.is_file and self.access.bind_dn is not None:
            yield "--bind", self.access.bind_dn
        if self.template != templates.OWN:
            yield "--template", self.template
        if self.output is not None:
            yield "--output", self.output.name


def _spelled(option: str, text: str) -> str:
    return f"{option} {shlex.quote(text)}" if text else option


def generate(  # noqa: PLR0917  # typer reads the options from the signature
    url: options.Url = None,
    model: options.Models = None,
    class_: options.Classes = None,
    everything: options.Everything = False,
    also: options.Also = None,
    naming: options.NamingOption = None,
    single: options.Single = None,
    operational: options.Operational = None,
    output: options.Output = None,
    check: options.Check = False,
    template: options.Template = None,
    cache: options.Cache = None,
    bind: options.Bind = None,
    password_file: options.PasswordFile = None,
    password_env: options.PasswordEnv = PASSWORD_VARIABLE,
    external: options.ExternalOption = False,
    ca: options.Ca = None,
    start_tls: options.StartTls = False,
    timeout: options.Timeout = 30.0,
    insecure_skip_verify: options.SkipVerify = False,
    insecure_allow_cleartext: options.AllowCleartext = False,
) -> None:
    """Write typed Python classes from a directory's own schema.

    What is not given is taken from the tool.ldapom table of pyproject.toml: url, \
    also, models, classes, output, naming, single, operational, template; and, for \
    the server it names, bind_dn, cache, ca_file, start_tls.

    Methods and other code of yours in the file stay when it is written again.
    """
    with reported():
        found = table.read(Path.cwd())
        given = Access(
            bind,
            password_file,
            password_env,
            external=external,
            ca_file=ca,
            start_tls=start_tls,
            timeout=timeout,
            skip_verify=insecure_skip_verify,
            allow_cleartext=insecure_allow_cleartext,
            schema_cache=cache,
        )
        source, access = reach(url, given, "generate")
        asks = Asks(
            *_asked_for(model, class_, found, everything=everything),
            _naming(naming or found.naming),
            tuple(single or found.single),
            tuple(operational or found.operational),
            everything,
        )
        place = _output(output, found, is_asked=bool(model or class_ or everything))
        how = template or found.template or templates.OWN
        job = Job(source, asks, place, access, how, _also(also, found))
        if _check(job) if check else _write(job):
            raise typer.Exit(1)


# --- what was asked for -----------------------------------------------------------


def _also(names: list[str] | None, found: Settings) -> tuple[Place, ...]:
    """Take files from the command line if it has any."""
    return tuple(map(Place, names)) if names else found.more


def _asked_for(
    models: list[str] | None,
    classes: list[str] | None,
    found: Settings,
    *,
    everything: bool,
) -> tuple[tuple[ModelAsk, ...], tuple[str, ...]]:
    """Take models and classes from the command line if it has any of them."""
    if models or classes or everything:
        return tuple(map(ModelAsk.parse, models or ())), tuple(classes or ())
    return tuple(map(ModelAsk.parse, found.models)), found.classes


def _output(given: Path | None, found: Settings, *, is_asked: bool) -> Path | None:
    """Find the file to write.

    The file of the settings holds what the settings ask for: what the command line
    asks for never overwrites it unless it names it.
    """
    if given is not None:
        return None if str(given) == "-" else given
    path = None if is_asked else found.output_path
    here = Path.cwd()
    return path.relative_to(here) if path and path.is_relative_to(here) else path


def _naming(text: str | None) -> Naming:
    if text is None:
        return Naming.schema
    try:
        return Naming(text)
    except ValueError as error:
        names = " or ".join(naming.value for naming in Naming)
        raise Problem(f"naming is {names}, not {text!r}") from error


# --- doing it ---------------------------------------------------------------------


def _planned(job: Job) -> tuple[Plan, str]:
    if not job.asks.models and not job.asks.classes and not job.asks.everything:
        raise Problem(
            "nothing is asked for: name a model, as in --model "
            "'User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid', or a "
            "class, as in --class inetOrgPerson, or ask for --all"
        )
    templates.find(job.template)
    read = source.reader(job.source, job.access, job.also)
    with status(f"reading the schema of {job.source.text}"):
        found = read()
    try:
        plan = job.plan(found)
    except SchemaError as error:
        more = _unread(found) or _where_to_look(found, error)
        raise Problem(f"{found.label}: {error}{more}") from error
    for note in (*_left_out(found.schema, plan), *_twice(found, plan)):
        say(note)
    return plan, templates.write(job.template, plan)


def _with_yours(job: Job, text: str) -> str:
    """Carry over what somebody wrote into the file; only Python is understood.

    Raises:
        SchemaError: The file is no Python.
        OSError: It can not be read.
    """
    if job.output is None or job.template != templates.OWN:
        return text
    old = writer.read(job.output)
    return merged(old, text) if old and old.strip() else text


def _left_out(schema: Schema, plan: Plan) -> Iterator[str]:
    """Say which superiors a schema, often a part of one, names but does not have."""
    for one in plan.classes:
        superiors = (
            schema.object_class(one.object_class).sup if one.object_class else ()
        )
        for name in superiors:
            if name not in schema.object_classes:
                yield (
                    f"note: {one.object_class} is derived from {name}, which "
                    f"{plan.source} does not define; what that demands and allows is "
                    "left out"
                )


def _unread(found: Source) -> str:
    """Say how much of a schema could not be read, where that may be the reason."""
    number = sum(one.position is not None for one in found.schema.problems)
    if not number:
        return ""
    return (
        f"; {count(number, 'definition')} there can not be read: "
        f"ldapom schema {shlex.quote(found.label)} --problems shows more"
    )


def _where_to_look(found: Source, error: SchemaError) -> str:
    """Name the command that shows what a schema has, where a name is unknown."""
    if not str(error).startswith("the schema has no ") or str(error).endswith("?"):
        return ""
    return f"; ldapom schema {shlex.quote(found.label)} shows what there is"


def _twice(found: Source, plan: Plan) -> Iterator[str]:
    """Say which of the definitions that were used have another one beside them."""
    schema = found.schema
    classes = {one.object_class for one in plan.classes}
    attributes = {one.member.name for of in plan.classes for one in of.fields}
    taken = [schema.object_classes[key] for _, key in schema.object_classes.taken]
    names = {one.name for one in taken} & classes
    others = [schema.attribute_types[key] for _, key in schema.attribute_types.taken]
    names |= {one.name for one in others} & attributes
    for name in sorted(names, key=str.lower):
        yield (
            f"note: {plan.source} defines {name} more than once; the first definition "
            f"is used, and ldapom schema {shlex.quote(found.label)} --problems shows "
            "the others"
        )


def _write(job: Job) -> bool:
    plan, text = _planned(job)
    if job.output is None:
        typer.echo(text, nl=False)
        return False
    try:
        text = _with_yours(job, text)
    except SchemaError as error:
        raise Problem(
            f"{job.output} stays as it is: {error}; mend or remove it, or name another "
            "file with --output"
        ) from error
    except OSError as error:
        raise writer.unwritable(job.output, error) from error
    changed = writer.write(job.output, text)
    models = sum(c.keywords is not None for c in plan.classes)
    number = f"{count(models, 'model')}, {count(len(plan.classes), 'class')} in all"
    what = "wrote" if changed else "unchanged:"
    say(f"{what} {job.output} ({number}, from {plan.source})")
    return False


def _check(job: Job) -> bool:
    """Compare, show the difference, and say whether there is one."""
    if job.output is None:
        raise Problem(
            "--check compares a file; name it with --output FILE, or as output in "
            "[tool.ldapom]"
        )
    plan, text = _planned(job)
    then = "generate it again"
    try:
        text = _with_yours(job, text)
    except SchemaError as error:
        then = f"to generate it again is refused: {error}"
    lines = writer.difference(job.output, text)
    old = writer.read(job.output) or ""
    is_python = job.template == templates.OWN
    if not lines or (is_python and is_same(old, text)):
        say(f"{job.output} is what {plan.source} asks for")
        return False
    found = summary(old, text)
    _show([*found, *([""] if found else []), *lines])
    say(f"{job.output} differs from what {plan.source} asks for; {then}")
    return True


# --- showing it -------------------------------------------------------------------


def _show(lines: list[str]) -> None:
    """Print a diff; a file may hold anything, so nothing in it is markup."""
    styles = {"+": "green", "-": "red", "@": "cyan", "~": "yellow"}
    screen = Console(highlight=False)
    for line in lines:
        shown = "".join(c if c.isprintable() else safe(c) or " " for c in line)
        screen.print(Text(shown, styles.get(line.strip()[:1], "")), soft_wrap=True)
