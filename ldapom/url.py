"""LDAP URLs (RFC 4516) as values: where a server is, and what to ask it.

``ldap://host:port/dn?attributes?scope?filter?extensions``

1. ``ldap``, ``ldaps`` and ``ldapi`` are known; the "host" of ``ldapi`` is the path
   of a socket, percent-encoded: ``ldapi://%2Frun%2Fslapd%2Fldapi``.
2. What is left out has the meaning RFC 4516 gives it: base scope, the filter
   ``(objectClass=*)``, all user attributes.
3. Every part is split first and percent-decoded then, so an encoded ``?`` or ``,``
   is an ordinary character.
4. Read beyond the RFC: spaces and other printable characters that should be
   percent-encoded, an empty list of extensions, and the ``<GUID=…>`` names of
   Active Directory as opaque DNs. Names and passwords before an ``@`` are refused,
   and the refusal does not show them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NoReturn, Self, TypeAlias, cast
from urllib.parse import quote, unquote_to_bytes

from attrs import field, frozen, validators

from ldapom._dn_text import check_type
from ldapom._filter_text import is_description
from ldapom._given import numbers, one_of
from ldapom.dn import DN
from ldapom.errors import DNSyntaxError, FilterSyntaxError, URLSyntaxError
from ldapom.filters import Filter, Present
from ldapom.secrets import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Scope: TypeAlias = Literal["base", "one", "sub"]

#: The port of each scheme; a socket has none.
DEFAULT_PORTS = {"ldap": 389, "ldaps": 636, "ldapi": 0}
_SCOPES = ("base", "one", "sub")
_ANY_ENTRY = Present("objectClass")
_MAX_PORT = 65535

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_AUTHORITY = re.compile(r"[^/?#]*+")
_BRACKETS = re.compile(r"\[([^][]*)\]")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")
#: What stands before an ``@`` where a host should: other libraries take passwords
#: there. The lookahead lets a host and a port through, whatever comes behind them.
_LOGIN = re.compile(
    r"(?:[^:/?#@]*://)?+(?!(?:\[[^]@]*\]|[^][:/?#@]*)(?::[0-9]*)?(?:[/?]|\Z))(.*)@",
    re.DOTALL,
)
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_BAD_CHARACTER = re.compile("[\0-\x1f\x7f#\ud800-\udfff]")
#: What stays as it is when a URL is written; ``?`` and ``%`` never do.
_SAFE_DN = "=,+;:@!$&'()*"
_SAFE_FILTER = "=,+;:@!$&'()*~"
_SAFE_VALUE = "=+;:@$&'()*"


def refusal(reason: str, text: str, position: int) -> URLSyntaxError:
    """The error for a text that is no URL; a login in it is not shown.

    Args:
        reason: What is wrong.
        text: Where.
        position: From where on.
    """
    login = _LOGIN.match(text)
    if login is not None:
        start, end = login.span(1)
        shown = f"{text[:start]}{hidden(login[1])}{text[end:]}"
        if position > start:
            position = max(start, position + len(shown) - len(text))
        text = shown
    return URLSyntaxError(reason, text=text, position=position)


@frozen
class Extension:
    """One extension of a URL (RFC 4516 2); a critical one has to be honoured."""

    name: str
    value: str | None = None
    critical: bool = False


def _as_dn(dn: DN | str) -> DN:
    return dn if isinstance(dn, DN) else DN.parse(dn)


def _as_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


def _as_extensions(extensions: Iterable[Extension]) -> tuple[Extension, ...]:
    return tuple(extensions)


@frozen(repr=False)
class LDAPURL:
    """A URL of RFC 4516.

    Attributes:
        scheme: ``"ldap"``, ``"ldaps"`` or ``"ldapi"``.
        host: Name or address, an IPv6 one without brackets; the socket's path for
            ``ldapi``; "" where the URL names none.
        port: The port the URL names, or None; see `address`.
        dn: The base of a search.
        attributes: What to read; empty for all user attributes.
        scope: ``"base"``, ``"one"`` or ``"sub"``.
        filter: Which entries.
        extensions: In the order of the URL.
    """

    scheme: str = field(validator=one_of(tuple(DEFAULT_PORTS)))
    host: str = ""
    port: int | None = field(
        default=None,
        validator=validators.optional(numbers(1, _MAX_PORT)),
        kw_only=True,
    )
    dn: DN = field(factory=DN, converter=_as_dn, kw_only=True)
    attributes: tuple[str, ...] = field(default=(), converter=_as_names, kw_only=True)
    scope: Scope = field(default="base", validator=one_of(_SCOPES), kw_only=True)
    filter: Filter = field(default=_ANY_ENTRY, kw_only=True)
    extensions: tuple[Extension, ...] = field(
        default=(), converter=_as_extensions, kw_only=True
    )
    _text: str | None = field(default=None, init=False, eq=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL.

        Raises:
            URLSyntaxError: Where the text leaves the grammar.
        """
        if not isinstance(text, str):
            raise TypeError(f"a URL is str, not {type(text).__name__}")
        reader = _Reader(text)
        scheme, start = reader.scheme()
        host, port, start = reader.authority(scheme, start)
        parts = dict(reader.parts(start))
        url = cls(
            scheme,
            host,
            port=port,
            dn=reader.dn(*parts["dn"]),
            attributes=reader.attributes(*parts["attributes"]),
            scope=reader.scope(*parts["scope"]),
            filter=reader.filter(*parts["filter"]),
            extensions=reader.extensions(*parts["extensions"]),
        )
        object.__setattr__(url, "_text", text)
        return url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to connect to, with the defaults filled in.

        For ``ldapi`` it is the socket's path and 0.
        """
        if self.scheme == "ldapi":
            return self.host, 0
        port = DEFAULT_PORTS[self.scheme] if self.port is None else self.port
        return self.host or "localhost", port

    def __str__(self) -> str:
        """The URL as it was read, or else its shortest text."""
        if self._text is not None:
            return self._text
        text = f"{self.scheme}://{self._authority()}"
        query = self._query()
        while query and not query[-1]:
            query.pop()
        return f"{text}/{'?'.join(query)}" if query else text

    def _authority(self) -> str:
        if self.scheme == "ldapi":
            return quote(self.host, safe="")
        name, mark, zone = self.host.partition("%")
        host = name + ("%25" + zone if mark else "")
        host = f"[{host}]" if ":" in host else quote(host, safe="%")
        return host if self.port is None else f"{host}:{self.port}"

    def _query(self) -> list[str]:
        dn = str(self.dn).encode("utf-8", "surrogateescape")
        return [
            quote(dn, safe=_SAFE_DN),
            ",".join(quote(name, safe=_SAFE_VALUE) for name in self.attributes),
            "" if self.scope == "base" else self.scope,
            "" if self.filter == _ANY_ENTRY else quote(str(self.filter), _SAFE_FILTER),
            ",".join(map(_extension_text, self.extensions)),
        ]

    def __repr__(self) -> str:
        return f"LDAPURL.parse({str(self)!r})"


def _extension_text(extension: Extension) -> str:
    mark = "!" if extension.critical else ""
    value = extension.value
    tail = "" if value is None else f"={quote(value, safe=_SAFE_VALUE)}"
    return f"{mark}{extension.name}{tail}"


_SOCKET = "the path of a socket is percent-encoded, as in ldapi://%2Frun%2Fldapi"


class _Reader:
    """Reads the parts of one URL; each method knows where its part stands."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text
        bad = _BAD_CHARACTER.search(text)
        if bad is not None:
            self.refuse(f"{bad[0]!r} in a URL is percent-encoded", bad.start())
        bad = _BAD_PERCENT.search(text)
        if bad is not None:
            self.refuse("'%' stands before two hexadecimal digits", bad.start())

    def refuse(self, reason: str, position: int) -> NoReturn:
        raise refusal(reason, self.text, position)

    def decode(self, raw: str, start: int) -> str:
        if "%" not in raw:
            return raw
        try:
            return unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            self.refuse("these percent-encoded octets are no UTF-8", start)

    def scheme(self) -> tuple[str, int]:
        match = _SCHEME.match(self.text)
        if match is None:
            self.refuse("a URL starts with ldap://, ldaps:// or ldapi://", 0)
        scheme = match[1].lower()
        if scheme not in DEFAULT_PORTS:
            self.refuse("the scheme is ldap, ldaps or ldapi", 0)
        return scheme, match.end()

    def authority(self, scheme: str, start: int) -> tuple[str, int | None, int]:
        """Read host and port; the position given back is behind them."""
        match = _AUTHORITY.match(self.text, start)
        end = match.end() if match else start
        raw = self.text[start:end]
        if scheme == "ldapi":
            path = self.decode(raw, start)
            if "\0" in path:
                # The system would end the path there, and open another socket.
                self.refuse("the path of a socket has no NUL", start)
            rest = self.text[end + 1 :].partition("?")[0]
            if (path and "%" not in raw) or (not path and rest and "=" not in rest):
                self.refuse(_SOCKET, start)
            return path, None, end
        if "@" in raw:
            self.refuse(
                "no name or password goes before the host: pass credentials",
                start + raw.index("@"),
            )
        brackets = _BRACKETS.match(raw)
        if brackets is not None:
            host = self.address(brackets[1], start + 1)
            used = brackets.end()
        else:
            used = raw.find(":") if ":" in raw else len(raw)
            host = self.host(raw[:used], start)
        port = self.port(raw[used:], start + used)
        if port is not None and not host:
            self.refuse("a host is missing before the port", start)
        return host, port, end

    def address(self, raw: str, start: int) -> str:
        # Few URLs need it, and every program would load it.
        from ipaddress import IPv6Address

        host = self.decode(raw, start)
        try:
            IPv6Address(host)
        except ValueError:
            self.refuse("an IPv6 address stands in brackets", start)
        return host

    def host(self, raw: str, start: int) -> str:
        host = self.decode(raw, start)
        match = _HOST.match(host)
        end = match.end() if match else 0
        if end != len(host):
            where = start + end if host == raw else start
            self.refuse("this is no host name or address", where)
        return host

    def port(self, raw: str, start: int) -> int | None:
        if not raw:
            return None
        digits = raw[1:]
        if raw[0] != ":":
            self.refuse("':' and a port, or '/', should follow the host", start)
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > len("65535"):
            self.refuse("a port is a number from 1 to 65535", start + 1)
        if not 1 <= int(digits) <= _MAX_PORT:
            self.refuse("a port is a number from 1 to 65535", start + 1)
        return int(digits)

    def parts(self, start: int) -> Iterator[tuple[str, tuple[str, int]]]:
        """Split what follows the host; every part comes, with its position."""
        rest = self.text[start:]
        if rest[:1] == "?":
            self.refuse("'/' should stand before the first '?'", start)
        start += 1
        pieces = rest[1:].split("?")
        names = ("dn", "attributes", "scope", "filter", "extensions")
        for name in names:
            piece = pieces.pop(0) if pieces else ""
            yield name, (piece, start)
            start += len(piece) + 1
        if pieces:
            self.refuse("nothing follows the extensions; '?' is written %3F", start - 1)

    def dn(self, raw: str, start: int) -> DN:
        text = self.decode(raw, start)
        if text.startswith("<"):
            return DN.opaque(text)
        try:
            return DN.parse(text)
        except DNSyntaxError as error:
            where = start + error.position if text == raw else start
            self.refuse(error.reason, where)

    def attributes(self, raw: str, start: int) -> tuple[str, ...]:
        names = []
        for piece in raw.split(",") if raw else ():
            name = self.decode(piece, start)
            if name not in ("*", "+", "1.1") and not is_description(name.lstrip("@")):
                self.refuse("this is no attribute description", start)
            names.append(name)
            start += len(piece) + 1
        return tuple(names)

    def scope(self, raw: str, start: int) -> Scope:
        scope = self.decode(raw, start).lower() or "base"
        if scope not in _SCOPES:
            self.refuse("the scope is base, one or sub", start)
        return cast("Scope", scope)

    def filter(self, raw: str, start: int) -> Filter:
        text = self.decode(raw, start)
        if not text:
            return _ANY_ENTRY
        try:
            return Filter.parse(text)
        except FilterSyntaxError as error:
            where = start + error.position if text == raw else start
            self.refuse(error.reason, where)

    def extensions(self, raw: str, start: int) -> tuple[Extension, ...]:
        found = []
        for piece in raw.split(",") if raw else ():
            critical = piece[:1] == "!"
            name, mark, value = piece[critical:].partition("=")
            name = self.decode(name, start)
            if check_type(name) is not None:
                self.refuse("an extension is a name or an OID", start + critical)
            given = self.decode(value, start) if mark else None
            found.append(Extension(name, given, critical))
            start += len(piece) + 1
        return tuple(found)
