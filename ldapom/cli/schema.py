"""``ldapom schema``: a schema to look at, as a tree, as cards, or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from attrs import asdict, frozen

from ldapom.cli import (
    options,
    settings,
    source,
    writer,
)  # typer reads options at run time
from ldapom.cli.access import PASSWORD_VARIABLE, Access
from ldapom.cli.cards import (
    count,
    show_card,
    show_hits,
    show_problems,
    show_tree,
)
from ldapom.cli.page import Page, dump, say, status
from ldapom.cli.problems import Problem, reported
from ldapom.cli.reach import more, reach
from ldapom.errors import SchemaError
from ldapom.schema import cards as facts
from ldapom.schema.graph import mermaid, picture, svg
from ldapom.schema.outline import find, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.cli.source import Source
    from ldapom.schema.graph import Picture

#: A picture of more classes is a wall paper.
_MOST_CLASSES: Final = 60
#: What `--search` gives a shell when nothing is found, as grep does.
_NOTHING: Final = 1
_SHOWN_IN_TITLE: Final = 4

_LOOK, _DRAW = "What to look at", "A picture"

Place = Annotated[
    str | None,
    typer.Argument(
        metavar="URL|FILE",
        help="ldap://, ldaps:// or ldapi:// URL, or an LDIF or .schema file. Left out, "
        "it is the url of the tool.ldapom table of pyproject.toml.",
        show_default=False,
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Classes, attributes, matching rules or syntaxes, by name or OID. "
        "Without any, all classes are shown as a tree.",
        show_default=False,
    ),
]
Search = Annotated[
    str | None,
    typer.Option(
        "--search",
        "-s",
        metavar="WORD",
        help="Look for a word in names, OIDs and descriptions.",
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
Problems = Annotated[
    bool,
    typer.Option(
        "--problems",
        help="Show what could not be read, and what does not fit together.",
        rich_help_panel=_LOOK,
    ),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="FILE",
        help=options.MORE_DEFINITIONS,
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Write JSON instead, for programs.", rich_help_panel=_LOOK
    ),
]
Graph = Annotated[
    Path | None,
    typer.Option(
        "--graph",
        "-g",
        metavar="FILE",
        help="Draw the named classes, their superiors and what goes with them, or all "
        "classes; .svg for a picture, .mmd for Mermaid.",
        rich_help_panel=_DRAW,
        show_default=False,
    ),
]
AllAttributes = Annotated[
    bool,
    typer.Option(
        "--all-attributes",
        help="Draw long lists of attributes to their end.",
        rich_help_panel=_DRAW,
    ),
]


@frozen
class Look:
    """What one run shows.

    Args:
        names: The definitions to show, or the classes to draw.
        search: The word to look for.
        problems: Whether to show what is wrong.
        graph: The file to draw into.
        all_attributes: Whether to draw long lists to their end.
        as_json: Whether a program reads it.
    """

    names: tuple[str, ...] = ()
    search: str | None = None
    problems: bool = False
    graph: Path | None = None
    all_attributes: bool = False
    as_json: bool = False

    def check(self) -> None:
        """Refuse what contradicts itself, before any server is asked.

        Raises:
            Problem: It does.
        """
        asked = [name for name, given in self._ways() if given]
        if len(asked) > 1:
            raise Problem(f"{' and '.join(asked)} are two things; ask for one of them")
        if self.names and (self.search is not None or self.problems):
            raise Problem(f"{asked[0]} goes through all of the schema; leave out names")
        if self.search is not None and not self.search.strip():
            raise Problem("--search needs a word, as in --search mail")
        if self.graph is not None:
            _writer_for(self.graph)
        elif self.all_attributes:
            raise Problem("--all-attributes goes with a picture; add --graph FILE")

    def _ways(self) -> Iterator[tuple[str, bool]]:
        yield "--search", self.search is not None
        yield "--problems", self.problems
        yield "--graph", self.graph is not None


def schema(  # noqa: PLR0917  # typer reads the options from the signature
    place: Place = None,
    names: Names = None,
    search: Search = None,
    problems: Problems = False,
    also: Also = None,
    as_json: AsJson = False,
    graph: Graph = None,
    all_attributes: AllAttributes = False,
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
    """Look at a schema: its classes as a tree, a name's card, a word, a picture.

    Nothing is changed, neither in the directory nor here, but for the file of --graph.
    """
    with reported():
        place, named = _told_apart(place, tuple(names or ()))
        look = Look(named, search, problems, graph, all_attributes, as_json)
        look.check()
        access = Access(
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
        where, access = reach(place, access, "schema")
        read = source.reader(where, access, more(also, where))
        with status(f"reading the schema of {where.text}"):
            found = read()
        code = _show(found, look)
    raise typer.Exit(code)


def _told_apart(
    place: str | None, names: tuple[str, ...]
) -> tuple[str | None, tuple[str, ...]]:
    """Tell a place from a name, where settings allow to leave out the place."""
    if place is None or source.looks_like_one(place):
        return place, names
    if settings.read(Path.cwd()).url is not None:
        return None, (place, *names)
    raise Problem(
        f"{place!r} is neither a URL nor a file; write a server as ldap://{place}, and "
        f"names behind it, as in ldapom schema ldap://localhost {place}"
    )


def _show(found: Source, look: Look) -> int:
    if look.graph is not None:
        return _draw(found, look, look.graph)
    if look.search is not None:
        return _search(found, look, look.search)
    if look.problems:
        return _problems(found, look)
    if look.names:
        return _cards(found, look)
    branches = tree(found.schema)
    if look.as_json:
        dump([asdict(branch) for branch in branches])
        return 0
    show_tree(Page(), found.schema, branches)
    if found.schema.problems:
        number = count(len(found.schema.problems), "problem")
        say(f"note: the schema has {number}; --problems shows more")
    return 0


# --- cards, words, problems -------------------------------------------------------


def _cards(found: Source, look: Look) -> int:
    gathered = [card for name in look.names for card in _gather(found, name)]
    if look.as_json:
        dump([asdict(card) for card in gathered])
        return 0
    page = Page()
    for number, card in enumerate(gathered):
        if number:
            page.line()
            page.line()
        show_card(page, card)
    return 0


def _gather(found: Source, name: str) -> tuple[facts.Card, ...]:
    gathered = facts.cards(found.schema, name)
    if not gathered:
        close = facts.near(found.schema, name)
        hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise Problem(
            f"{found.label} has no class, attribute, rule or syntax {name!r}; {hint}"
            f"--search looks for parts of a name"
        )
    return gathered


def _search(found: Source, look: Look, word: str) -> int:
    hits = find(found.schema, word)
    if look.as_json:
        dump([asdict(hit) for hit in hits])
    elif hits:
        show_hits(Page(), hits)
    else:
        say(f"{word!r} is in no name, OID or description of {found.label}")
    return 0 if hits else _NOTHING


def _problems(found: Source, look: Look) -> int:
    problems = found.schema.problems
    if look.as_json:
        dump([asdict(problem) for problem in problems])
    else:
        show_problems(Page(), problems)
    return 0


# --- pictures ---------------------------------------------------------------------


def _as_svg(shown: Picture, subtitle: str, everything: bool) -> str:
    return svg(shown, subtitle=subtitle, all_attributes=everything)


def _as_mermaid(shown: Picture, subtitle: str, everything: bool) -> str:
    del subtitle  # Mermaid has no place for it
    return mermaid(shown, all_attributes=everything)


_WRITERS: Final = {".svg": _as_svg, ".mmd": _as_mermaid, ".mermaid": _as_mermaid}


def _writer_for(path: Path) -> Callable[[Picture, str, bool], str]:
    found = _WRITERS.get(path.suffix.lower())
    if found is None:
        raise Problem(
            f"--graph {path}: end the name with .svg for a picture, or with .mmd for "
            "the text of Mermaid"
        )
    return found


def _draw(found: Source, look: Look, path: Path) -> int:
    try:
        shown = picture(found.schema, look.names, title=_title(look.names))
    except SchemaError as error:
        raise Problem(f"{found.label}: {error}") from error
    number = count(len(shown.boxes), "object class")
    with status(f"drawing {number}"):
        text = _writer_for(path)(shown, f"{number}, {found.label}", look.all_attributes)
    changed = writer.write(path, text, option="--graph")
    if len(shown.boxes) > _MOST_CLASSES and not look.names:
        say(
            f"note: {number} make a large picture; name those you want, as in "
            f"--graph {path} person"
        )
    what = "drew" if changed else "unchanged:"
    say(f"{what} {path} ({number})")
    return 0


def _title(names: tuple[str, ...]) -> str:
    if not names:
        return "Object classes"
    more = len(names) - _SHOWN_IN_TITLE
    shown = ", ".join(names[:_SHOWN_IN_TITLE])
    return f"{shown} and {more} more" if more > 0 else shown
