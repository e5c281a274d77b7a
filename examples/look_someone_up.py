"""Look someone up by a name, as it is typed into a search box.

What people type may hold ``*``, ``(``, ``)``, commas and umlauts: nothing is escaped,
because no filter text is ever built.
"""

from __future__ import annotations

from directory import credentials, directory
from models import User

from ldapom import Session


def look_up(typed: str) -> list[User]:
    """Everybody whose name or user id has this in it, sorted by surname."""
    anywhere = User.cn.contains(typed) | User.uid.contains(typed)
    return User.query(anywhere).order_by("sn").all()


if __name__ == "__main__":
    with Session(directory(), credentials()):
        admin = User.query(uid="admin").first()
        print(admin)
        for typed in ("a", "*)(uid=*"):
            found = look_up(typed)
            print(f"\n{len(found)} entries for {typed!r}")
            for user in found:
                print(f"  {user.cn.first:<24} {', '.join(user.mail)}")
