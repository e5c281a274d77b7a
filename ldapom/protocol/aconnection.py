"""The asyncio connection: open, bind, ask, change, unbind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ldapom.protocol import asks, requests
from ldapom.protocol import messages as m
from ldapom.protocol._apasswords import AsyncPasswords
from ldapom.protocol.asks import Search
from ldapom.protocol.astream import AsyncSearchStream
from ldapom.protocol.aupkeep import AsyncUpkeep
from ldapom.protocol.extended import CANCEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from ldapom.changes import Change, Value
    from ldapom.filters import Filter
    from ldapom.protocol.messages import Control
    from ldapom.protocol.requests import Name, ScopeName
    from ldapom.schema import RootDSE, Schema


class AsyncConnection(AsyncPasswords, AsyncUpkeep):
    """One connection to one server; an ``async with`` binds and unbinds it.

    Args:
        url: ``ldap://``, ``ldaps://`` or ``ldapi://``; several as a list, as `Servers`
            or as ``"srv:example.com"``; or a `Target` such as
            ``ldapom.testing.Directory``.
        credentials: Who to be; nobody when left out.
        tls: `Tls` settings or a ready ``ssl.SSLContext``. The default verifies chain
            and host name against the system's trust store.
        start_tls: Make an ``ldap://`` connection private before anything else.
        timeout: Seconds that each call may take, everything in it included; for a
            stream, each batch.
        allow_cleartext: Let secrets travel on a clear connection to another machine.
        wire: Codec and message limit.
        retry: How often an operation is tried. By default what only reads is tried
            again once, where the connection is lost or the server has no time.

    What is open and breaks is opened again by the next operation, and bound as before.
    A write whose request may have reached the server raises `OutcomeUnknown`.
    Any number of tasks of one loop may share it: their operations travel at the same
    time, and one that is cancelled is abandoned.

    Attributes:
        settings: All of the above.
        usage: What it has done so far; ``str()`` of it is a table.
    """

    is_async = True

    # --- open, bind, close: see `AsyncUpkeep` ----------------------------------------

    async def __aenter__(self) -> Self:
        was_open = self.is_open
        if self._bound is None or not was_open:
            try:
                await self.bind()
            except BaseException:
                if not was_open:
                    await self.unbind()
                raise
        self._entered.append(was_open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._entered.pop():
            await self.unbind()

    # --- asking --------------------------------------------------------------------

    def search(  # what people vary; `stream` takes the rest
        self,
        base: Name,
        filter: str | Filter = "(objectClass=*)",
        *,
        scope: ScopeName | m.Scope = "sub",
        attributes: Iterable[str] = (),
        size_limit: int = 0,
        page_size: int = 0,
        controls: Sequence[Control] = (),
    ) -> AsyncSearchStream:
        """Search; nothing is sent before the first entry is asked for.

        Args:
            base: Where to begin.
            filter: A `Filter`, or RFC 4515 text (`Filter.parse` takes values apart).
            scope: ``"base"``, ``"one"`` or ``"sub"``.
            attributes: Names to return; none mean all user attributes.
            size_limit: Stop after so many entries; 0 is no limit.
            page_size: Entries per page (RFC 2696); 0 asks for all at once.
            controls: Further request controls.

        Returns:
            A stream of `SearchEntry`; errors are raised when it is read.
        """
        request = requests.search(base, filter, scope, attributes, size_limit)
        return self.stream(request, page_size=page_size, controls=controls)

    def stream(
        self,
        request: m.SearchRequest,
        *,
        page_size: int = 0,
        controls: Sequence[Control] = (),
        timeout: float | None = None,
        whole: bool = False,
    ) -> AsyncSearchStream:
        """Search with every field of the request at hand.

        Args:
            timeout: Seconds for each batch, instead of the connection's.
            whole: Complete ``member;range=0-499`` even where it was asked for by
                number; ranges that the server made are completed always.
        """
        self._linked()  # nobody waits for the first entry to learn that it is not open
        search = Search(request, controls, page_size, whole)
        return AsyncSearchStream(self._do, search, timeout or self.settings.timeout)

    async def compare(self, dn: Name, attribute: str, value: Value) -> bool:
        """Whether the entry has the value, by the attribute's equality rule."""
        try:
            ask = asks.compare(dn, attribute, value)
        finally:
            del value  # see `requests`
        return await self._do(ask)

    async def who_am_i(self) -> str:
        """The authorization identity (RFC 4532), as the server writes it."""
        return await self._do(asks.who_am_i())

    @property
    async def supported_sasl_mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that the server offers at this moment; read each time.

        Servers offer others once TLS is active or a client certificate was shown.
        """
        return await self._do(asks.mechanisms())

    @property
    async def root_dse(self) -> RootDSE:
        """What the server says of itself; read when first asked for."""
        if self._root_dse is None:
            self._root_dse = await self._do(asks.root_dse())
        return self._root_dse

    @property
    async def schema(self) -> Schema:
        """The server's schema; read when first asked for.

        Raises:
            SchemaError: It can not be read.
        """
        if self._schema is None:
            dse = await self.root_dse
            self._schema = await self._do(asks.schema(dse, self._slot))
        return self._schema

    # --- changing --------------------------------------------------------------------

    async def add(
        self,
        dn: Name,
        attributes: Mapping[str, Value | Iterable[Value]],
        *,
        controls: Sequence[Control] = (),
    ) -> m.LDAPMessage:
        """Add an entry.

        Args:
            attributes: Values by attribute: `str` (sent as UTF-8), `bytes`, or several.

        Returns:
            The answer, for its response controls.
        """
        try:
            ask = asks.add(dn, attributes, controls)
        finally:
            del attributes  # see `requests`
        return await self._do(ask)

    async def modify(
        self, dn: Name, changes: Iterable[Change], *, controls: Sequence[Control] = ()
    ) -> m.LDAPMessage:
        """Change an entry: all of the changes or none."""
        return await self._do(asks.modify(dn, changes, controls))

    async def delete(
        self, dn: Name, *, controls: Sequence[Control] = ()
    ) -> m.LDAPMessage:
        """Delete an entry that has no children."""
        return await self._do(asks.delete(dn, controls))

    async def rename(
        self,
        dn: Name,
        new_rdn: Name,
        *,
        new_superior: Name | None = None,
        delete_old_rdn: bool = True,
        controls: Sequence[Control] = (),
    ) -> m.LDAPMessage:
        """Give an entry another RDN, another parent, or both."""
        request = requests.rename(
            dn, new_rdn, new_superior, delete_old_rdn=delete_old_rdn
        )
        return await self._do(asks.change(request, controls))

    async def extended(
        self, name: str, value: bytes | None = None, *, controls: Sequence[Control] = ()
    ) -> m.ExtendedResponse:
        """Carry out an extended operation (RFC 4511 4.12) by its OID."""
        ask = asks.extended(name, value, controls)
        del value  # see `requests`
        return await self._do(ask)

    async def abandon(self, operation: AsyncSearchStream | int) -> None:
        """Give up on a search; the server is told and nothing is waited for."""
        if isinstance(operation, AsyncSearchStream):
            await operation.close()
        else:
            self._live().abandon(operation)

    async def cancel(self, operation: AsyncSearchStream | int) -> bool:
        """Have the server stop an operation (RFC 3909), and wait until it has.

        A server that does not offer that is sent an Abandon. Whoever waits for the
        operation, or reads on in the stream, gets `Canceled`: entries that had come
        and were not read are dropped, also where the search was done already.

        Args:
            operation: A stream, or a message id.

        Returns:
            Whether the server says that it stopped: False when it was done already,
            and where the server only abandons.

        Raises:
            CannotCancel: The operation is one that can not be stopped.
        """
        if not (await self.root_dse).supports(CANCEL):
            await self.abandon(operation)
            return False
        if isinstance(operation, AsyncSearchStream):
            return await operation.cancel()
        return await self._do(asks.cancel(operation))
