"""Which servers a domain names in the DNS (RFC 2782), asked by dnspython."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from ldapom.errors import ConnectError, LocalProtocolError

if TYPE_CHECKING:
    from ldapom.protocol.io.deadline import Deadline

#: What a domain's records are kept for at most, whatever the DNS says: a day.
_LONGEST_TTL = 86_400.0


@frozen
class Record:
    """One SRV record.

    Attributes:
        priority: Those with the lowest are to be tried first.
        weight: Of those with the same priority, how often.
        host: The server's name, without the dot at its end.
        port: Its port.
    """

    priority: int
    weight: int
    host: str
    port: int


@frozen
class Answer:
    """What the DNS said; ``ttl`` seconds long it holds."""

    records: tuple[Record, ...]
    ttl: float


def look_up(service: str, domain: str, deadline: Deadline) -> Answer:
    """Ask for the servers of a domain; waits for the resolver.

    Args:
        service: ``"_ldap._tcp"`` or ``"_ldaps._tcp"``.
        domain: The domain.
        deadline: When to give up.

    Raises:
        ConnectError: There are none, or the DNS did not tell in time.
        LocalProtocolError: The package dnspython is not installed.
    """
    try:
        import dns.exception
        import dns.resolver
    except ImportError as error:
        raise LocalProtocolError(
            "SRV records need the package dnspython: install ldapom[srv] from its "
            "checkout or wheel"
        ) from error
    name = f"{service}.{domain.rstrip('.')}."
    try:
        found = dns.resolver.resolve(name, "SRV", lifetime=deadline.remaining())
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise ConnectError(f"the DNS names no server at {name}: {error}") from error
    records = tuple(
        Record(r.priority, r.weight, r.target.to_text(omit_final_dot=True), r.port)
        for r in found
        # RFC 2782: the target "." says that there is decidedly no such service.
        if r.target.labels != (b"",)
    )
    if not records:
        raise ConnectError(f"{name} says that the domain offers no such service")
    ttl = 0 if found.rrset is None else found.rrset.ttl
    return Answer(records, min(float(ttl), _LONGEST_TTL))
