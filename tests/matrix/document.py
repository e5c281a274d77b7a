"""The matrix as a page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.architecture import ROOT
from tests.matrix.logins import LOGINS
from tests.matrix.outcomes import CELLS, OUTCOMES, Refused
from tests.matrix.places import WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.outcomes import Outcome

PAGE: Final = ROOT / "docs" / "matrix-binds.md"

_HEAD: Final = """\
# Every bind, over every transport, at every server

`python -m tests.matrix` writes this page, and a test fails when it is out of date.
[authentication.md](authentication.md) says what to use where.

Each cell is a test, run by `Connection` and by `AsyncConnection`.
Where the bind works, the server is asked who we are (a domain controller for the own entry), 3,000 entries are read on the same connection, and it is asked again; under asyncio several searches travel at once.
Where it is refused, the error is the one that is named below the tables.

| in a cell | means |
|---|---|
| yes | it works; inside TLS the channel binding goes along where the mechanism has one |
| sealed | it works, and nobody can read or change what follows |
| signed | it works, and nobody can change what follows |
| nobody | it works, and whoever is nobody may read the root DSE alone |
| anything else | it is refused, as said [below](#refusals) |

The servers of the tests are on this very machine.
To another one, what is "yes" in the column *clear* and has a password is refused with `LocalProtocolError` before anything of the password is used, unless `allow_cleartext=True` allows it; that is tested too.
"""
_ABOUT: Final = {
    "OpenLDAP": "With Cyrus SASL and MIT Kerberos.",
    "389 DS": "With Cyrus SASL and MIT Kerberos.",
    "Samba AD": (
        "A domain controller with `ldap server require strong auth = no`. Over `ldapi` "
        "it is the domain's own socket."
    ),
    "Samba AD, strong": (
        "The same with `ldap server require strong auth = yes`, which is how Samba "
        "comes."
    ),
    "The directory in the box": "`ldapom.testing.Directory`, served.",
}


def page() -> str:
    """The whole page."""
    return "\n".join((_HEAD, *map(_section, OUTCOMES), _refusals()))


def _section(server: str) -> str:
    lines = [f"## {server}", "", _ABOUT[server], ""]
    lines += [f"| | credentials | {' | '.join(WAYS)} |", "|---|---" + "|---" * 4 + "|"]
    lines += [
        f"| {name} | `{LOGINS[name].spelling}` | "
        + " | ".join(map(_cell, OUTCOMES[server][name]))
        + " |"
        for name in LOGINS
    ]
    return "\n".join([*lines, ""])


def _cell(outcome: Outcome) -> str:
    if isinstance(outcome, Refused):
        return outcome.mark
    if not outcome.reads:
        return "nobody"
    return "yes" if outcome.layer is None else outcome.layer.partition(", ")[2]


def _refusals() -> str:
    return "\n".join(("## Refusals", "", *_reasons(), ""))


def _reasons() -> Iterator[str]:
    refused = dict.fromkeys(o for *_, o in CELLS if isinstance(o, Refused))
    for each in refused:
        yield f"- **{each.mark}**: {each.why}"
