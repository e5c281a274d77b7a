"""Many people below one entry, for searches that take more than one page or frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.servers.process import ServerFailed, run
from tests.servers.slapd import BASE

if TYPE_CHECKING:
    from tests.servers.ds389 import Ds389
    from tests.servers.slapd import Slapd

#: Enough for several pages, and for many frames of a security layer.
COUNT: Final = 3000
MANY: Final = f"ou=many,{BASE}"


def populate(server: Slapd | Ds389, count: int = COUNT) -> str:
    """Add people to a server that has the sample, and return the DN they are below.

    They are ``uid=u00000`` and so on, alike at each call; who asks again finds them
    there. Only the administrator may read more than 500 without pages.

    Args:
        server: It holds them from now on.
        count: How many there are to be.

    Raises:
        ServerFailed: It refused one; the message names it.
    """
    if not _present(server):
        server.load("".join((_folder(), *map(_person, range(count)))))
    return MANY


def _present(server: Slapd | Ds389) -> bool:
    command = ("ldapsearch", "-x", "-LLL", "-H", server.socket_url)
    try:
        return "dn:" in run(*command, "-b", MANY, "-s", "base", "1.1")
    except ServerFailed as error:
        if "No such object" in str(error):
            return False
        raise


def _folder() -> str:
    return f"dn: {MANY}\nobjectClass: organizationalUnit\nou: many\n\n"


def _person(number: int) -> str:
    uid = f"u{number:05d}"
    return (
        f"dn: uid={uid},{MANY}\nobjectClass: inetOrgPerson\nuid: {uid}\n"
        f"cn: Person {number}\nsn: Surname{number % 1000}\nmail: {uid}@example.com\n"
        f"description: person number {number} of many, who are all alike\n\n"
    )
