"""Parts of ldapom by themselves, each beside the same of others: no server is asked."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

from benchmarks import EXAMPLES, data
from benchmarks.replay import entry
from ldapom.protocol import messages as m
from ldapom.protocol.codec import decode, encode
from ldapom.protocol.codec.fast.entries import receive_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.clock import Clock, Place, Workload

_PROGRAM: Final = (
    "import sys, time; sys.path.append({path!r}); "
    "wall, used = time.perf_counter(), time.process_time(); "
    "import {name}; "
    "print(time.perf_counter() - wall, time.process_time() - used)"
)


def messages(count: int) -> list[m.LDAPMessage]:
    """Search results of so many people."""
    return [
        m.LDAPMessage(
            7,
            entry(
                f"uid={data.uid(number)},{data.PEOPLE}",
                {
                    name: [value.encode() for value in values]
                    for name, values in data.person(number).items()
                },
            ),
        )
        for number in range(count)
    ]


def _decoded(clock: Clock, count: int, read: Callable[[bytes], object]) -> None:
    octets = [encode(message) for message in messages(count)]
    with clock:
        for each in octets:
            assert read(each) is not None
        clock.count = count


def decoding(place: Place, clock: Clock) -> None:
    """Decode whole messages, attributes included."""
    _decoded(clock, place.count, decode)


def arriving(place: Place, clock: Clock) -> None:
    """Decode messages as a stream does: attributes are left for whoever reads them."""
    octets = b"".join(encode(message) for message in messages(place.count))
    with clock:
        _, found, _, _ = receive_answers(octets, 0, max_size=1 << 20)
        clock.count = len(found)


def decoding_ldap3(place: Place, clock: Clock) -> None:
    """The same with ldap3's fast decoder: names as text, values as octets."""
    from ldap3.operation.search import raw_attributes_to_dict_fast
    from ldap3.utils.asn1 import decode_message_fast

    def read(octets: bytes) -> object:
        name, attributes = decode_message_fast(octets)["payload"]
        return name[3].decode(), raw_attributes_to_dict_fast(attributes[3])

    _decoded(clock, place.count // 5, read)


def decoding_pyasn1(place: Place, clock: Clock) -> None:
    """The same with pyasn1 and ldap3's grammar."""
    from ldap3.protocol.rfc4511 import LDAPMessage
    from pyasn1.codec.ber import decoder

    def read(octets: bytes) -> object:
        return decoder.decode(octets, asn1Spec=LDAPMessage())

    _decoded(clock, place.count // 100, read)


def encoding(place: Place, clock: Clock) -> None:
    """Encode messages."""
    several = messages(place.count)
    with clock:
        for message in several:
            assert encode(message)
        clock.count = place.count


def encoding_pyasn1(place: Place, clock: Clock) -> None:
    """The same with pyasn1."""
    from ldapom.protocol.codec import spec

    several = messages(place.count // 100)
    with clock:
        for message in several:
            assert spec.encode(message)
        clock.count = len(several)


def schema(place: Place, clock: Clock) -> None:
    """Read the server's schema and parse each of its definitions."""
    from ldapom import Connection, Schema, Simple

    Schema.empty()  # what parses is imported before, as all of ldap3 is
    with Connection(place.url, Simple(place.user, place.password)) as connection, clock:
        found = connection.schema
        clock.count = len(list(found.attribute_types.values()))
        clock.count += len(list(found.object_classes.values()))


def schema_ldap3(place: Place, clock: Clock) -> None:
    """The same with ldap3."""
    import ldap3

    server = ldap3.Server("127.0.0.1", place.port, get_info=ldap3.SCHEMA)
    with clock:
        ldap3.Connection(server, place.user, place.password, auto_bind=True)
        clock.count = len(server.schema.attribute_types)
        clock.count += len(server.schema.object_classes)


def _imported(name: str, clock: Clock) -> None:
    """Import a module in a fresh interpreter; its own clock is what counts."""
    command = [sys.executable, "-c", _PROGRAM.format(name=name, path=EXAMPLES)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    clock.wall, clock.user = map(float, done.stdout.split())
    clock.count = 1


def importing(_: Place, clock: Clock) -> None:
    """``import ldapom``."""
    _imported("ldapom", clock)


def importing_models(_: Place, clock: Clock) -> None:
    """Import a generated module, and ldapom with it."""
    _imported("models", clock)


def importing_ldap3(_: Place, clock: Clock) -> None:
    """``import ldap3``."""
    _imported("ldap3", clock)


WORKLOADS: Final[dict[str, Workload]] = {
    "decode": decoding,
    "decode-arriving": arriving,
    "decode-ldap3": decoding_ldap3,
    "decode-pyasn1": decoding_pyasn1,
    "encode": encoding,
    "encode-pyasn1": encoding_pyasn1,
    "schema": schema,
    "schema-ldap3": schema_ldap3,
    "import": importing,
    "import-models": importing_models,
    "import-ldap3": importing_ldap3,
}
