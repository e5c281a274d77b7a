"""List the members of each group, by name.

``member`` holds DNs: values with parts and a parent, usable wherever a DN is asked for.
"""

from __future__ import annotations

from directory import credentials, directory
from models import Group, User

from ldapom import NoResult, Session

if __name__ == "__main__":
    with Session(directory(), credentials()) as session:
        for group in session.query(Group).order_by("cn"):
            print(f"{group.cn.first} ({len(group.member)} members)")
            for dn in group.member:
                try:
                    member = session.get(User, dn)
                except NoResult:
                    print(f"  {dn} (no user)")
                else:
                    print(f"  {member.cn.first}")
