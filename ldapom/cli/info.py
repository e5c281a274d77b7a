"""``ldapom info``: a server in words, and what ldapom makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from attrs import asdict

from ldapom.cli import options  # noqa: TC001  # typer reads options at run time
from ldapom.cli.access import PASSWORD_VARIABLE, Access
from ldapom.cli.page import Page, dump, status
from ldapom.cli.problems import Problem, reported
from ldapom.cli.reach import reach
from ldapom.cli.report import Report, gather

if TYPE_CHECKING:
    from ldapom.cli.report import Offer

_LABEL: Final = 18
_OID: Final = 34

Server = Annotated[
    str | None,
    typer.Argument(
        metavar="URL",
        help="ldap://, ldaps:// or ldapi:// URL. Left out, it is the url of the "
        "tool.ldapom table of pyproject.toml.",
        show_default=False,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write JSON instead, for programs.")
]


def info(  # noqa: PLR0917  # typer reads the options from the signature
    url: Server = None,
    as_json: AsJson = False,
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
    """Say what a server is, what it can do, and what of it ldapom uses.

    It needs no login; with one, servers may show more.
    """
    with reported():
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
        )
        where, access = reach(url, access, "info")
        name = where.text
        if where.is_file:
            raise Problem(
                f"{name!r} is no URL; write a server as ldap://{name}, or look at a "
                f"schema file with ldapom schema {name}"
            )
        connection = access.connection(name)
        with status(f"asking {name}"):
            report = gather(connection, is_verified=not access.skip_verify)
        if as_json:
            dump(asdict(report))
        else:
            show(Page(), report)


def show(page: Page, report: Report) -> None:
    """Show a report, the most important first."""
    page.line((report.software or "A server that does not say what it is", "bold cyan"))
    page.line()
    page.pair("Address", report.url)
    for label, text in report.facts:
        page.pair(label, text)
    page.pair("Connection", report.protection)
    page.pair("You are", report.identity)
    page.pair("Holds", report.contexts[0] if report.contexts else "nothing it tells of")
    for context in report.contexts[1:]:
        page.pair(" ", context)
    page.pair("Base", report.base)
    page.pair("Schema", report.schema)
    page.pair("LDAP version", ", ".join(map(str, report.versions)))
    page.pair("Also at", ", ".join(report.alternatives))
    _show_mechanisms(page, report)
    page.heading("What ldapom does here")
    for use in report.uses:
        sign = _sign(page, is_good=use.offered)
        page.row([(sign, 2), (use.name, _LABEL)], use.text, first=_colour(use.offered))
    if report.limits:
        page.heading("Limits")
        for name, value in report.limits:
            page.row([(name, _LABEL + 8)], value)
    for kind, title in _KINDS.items():
        _show_offers(page, title, [o for o in report.offers if o.kind == kind])
    if report.hints:
        page.heading("Hints")
        for hint in report.hints:
            page.row([("-", 2)], hint, first="yellow")


_KINDS: Final = {
    "control": "Controls",
    "extension": "Extended operations",
    "feature": "Features",
    "capability": "Capabilities",
}


def _sign(page: Page, *, is_good: bool) -> str:
    if page.is_plain:
        return "+" if is_good else "-"
    return "✓" if is_good else "-"


def _colour(is_good: bool) -> str:
    return "green" if is_good else "dim"


def _show_mechanisms(page: Page, report: Report) -> None:
    page.heading("Logging in")
    sign = _sign(page, is_good=True)
    page.row(
        [(sign, 2), ("simple", _LABEL)],
        "a DN and its password; wants TLS: Simple(dn, password)",
        first="green",
    )
    for each in report.mechanisms:
        page.row(
            [(_sign(page, is_good=each.is_usable), 2), (each.name, _LABEL)],
            f"{each.words}: {each.how}",
            first=_colour(each.is_usable),
        )


def _show_offers(page: Page, title: str, offers: list[Offer]) -> None:
    if not offers:
        return
    page.heading(f"{title} ({len(offers)})")
    for offer in sorted(offers, key=lambda o: (not o.name, o.name.lower(), o.oid)):
        words = f"{offer.name} ({offer.source})" if offer.name else "not known here"
        page.row([(offer.oid, _OID)], words, first="" if offer.name else "dim")
