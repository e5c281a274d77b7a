"""Add, change, rename and delete: nothing is sent before ``commit``, and all is told.

A session notices what is done to its entries, in place or by assignment.
"""

from __future__ import annotations

import sys

from directory import credentials, directory
from models import Group, User

from ldapom import (
    ConflictError,
    LDIFTarget,
    References,
    Session,
    ValidationError,
    attribute,
)


class Team(Group):
    """A group whose members are users: they are taken where DNs are, and loaded."""

    member: References[User] = attribute("member", must=True)  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower on purpose


def person(uid: str, name: str, number: int) -> User:
    """A new user; the DN comes from the class's base and rdn."""
    return User(
        uid=[uid],
        cn=[name],
        sn=[name.rpartition(" ")[2]],
        uidNumber=number,
        gidNumber=100,
        homeDirectory=f"/home/{uid}",
    )


def change(session: Session) -> None:
    """Change an entry, look at what would be sent, and send it."""
    admin = session.query(User, uid="admin").one()
    admin.description.append("keeps the lights on")
    print(session.pending.ldif())
    done = session.commit()
    print(f"{len(done)} of {len(done)} done: {done[0]}")


def add(session: Session) -> None:
    """Add two people and their team; the order is worked out."""
    radia = person("radia", "Radia Perlman", 2001)
    mshaw = person("mshaw", "Mary Shaw", 2002)
    session.add(Team(cn=["pioneers"], member=[radia, mshaw]))
    session.add(radia)
    session.add(mshaw)
    session.commit()
    team = session.query(Team, cn="pioneers").one()
    # One search for all members; and back again.
    print(", ".join(user.cn.first or "?" for user in team.member.entries()))
    print(mshaw.referenced_by(Team.member).one().dn)


def refuse(session: Session) -> None:
    """What the schema forbids is said at once, and taken back."""
    mshaw = session.query(User, uid="mshaw").one()
    mshaw.sn.clear()
    try:
        session.commit()
    except ValidationError as error:
        print(f"nothing was sent: {error}")
        session.discard()
    print(f"and sn is {mshaw.sn.one} again")


def race(session: Session) -> None:
    """Two change the same value: one wins, and the other is told."""
    mine = session.query(User, uid="radia").one()
    with Session(session.settings.url, credentials()) as other:
        theirs = other.query(User, uid="radia").one()
        mine.employeeNumber, theirs.employeeNumber = "1", "2"
        other.commit()
    try:
        session.commit()
    except ConflictError:
        session.refresh(mine, discard=True)
        print(f"theirs won: {mine.employeeNumber}")


def save_or_not(session: Session) -> None:
    """A writer of its own saves at the end, or nothing where something fails."""
    with session.query(User, uid="mshaw").writer() as users:
        for user in users:
            user.title = ["Engineer"]
            users.rename(user, uid="mary")
            print(f"{user.uid.one} is {user.state.value}")
    renamed = session.query(User, uid="mary").one()
    print(f"{renamed.dn.rdn} is an {renamed.title.one}")
    session.delete(renamed)
    session.commit()


def on_paper() -> None:
    """Without a server, changes become LDIF for ``ldapmodify``."""
    with Session(LDIFTarget(sys.stdout)) as session:
        session.add(person("mary", "Mary Keller", 2003))
        session.commit()


if __name__ == "__main__":
    with Session(directory(), credentials()) as running:
        for step in (change, add, refuse, race, save_or_not):
            step(running)
    on_paper()
