"""Import people from CSV: go on behind rows that fail, and keep what is left as LDIF.

Every row is a commit of its own, so a bad one holds up no other. What was refused is
still pending then: as LDIF it can be mended and given to ``apply_ldif.py`` later.
"""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from directory import credentials, directory
from models import User

from ldapom import CommitError, Session, ldif

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS = """\
uid,name,number
fran,Fran Allen,3001
admin,Already There,3002
karen,Karen Spärck Jones,not yet known
,No Name,3004
joan,Joan Clarke,3005
"""


def person(row: dict[str, str]) -> User:
    """A new user; a number that is none is a `ValueError`."""
    return User(
        uid=[row["uid"]],
        cn=[row["name"]],
        sn=[row["name"].rpartition(" ")[2]],
        uidNumber=int(row["number"]),
        gidNumber=100,
        homeDirectory=f"/home/{row['uid']}",
    )


def load(session: Session, rows: Iterable[dict[str, str]]) -> list[ldif.ChangeRecord]:
    """Add all that can be added; give what the server refused."""
    rest: list[ldif.ChangeRecord] = []
    for number, row in enumerate(rows, start=1):
        try:
            session.add(person(row))
            session.commit()
        except CommitError as error:  # the server refused it
            print(f"row {number}: {error.__cause__}")
            rest += [operation.record for operation in session.pending]
            session.discard()
        except ValueError as error:  # nothing was sent: the schema forbids it
            print(f"row {number}: {error}")
            session.discard()
        else:
            print(f"row {number}: added")
    return rest


if __name__ == "__main__":
    with Session(directory(), credentials()) as running:
        left = load(running, csv.DictReader(ROWS.splitlines()))
        ldif.write(left, sys.stdout)  # or the path of a file
        for uid in ("fran", "joan"):
            running.delete(running.query(User, uid=uid).one())
        running.commit()
