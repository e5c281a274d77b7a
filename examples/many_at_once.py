"""Ask many things at once: tasks on one connection, and threads that share a pool.

A task that is cancelled, or runs out of time, gives up its own question alone.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from directory import SUFFIX, credentials, directory
from models import User

from ldapom import AsyncSession, LDAPError, Pool, Session

NAMES = ("admin", "ada", "grace", "nobody")


async def look_up(session: AsyncSession, name: str) -> str:
    """One of many questions that travel at the same time."""
    user = await session.query(User, uid=name).one_or_none()
    return "not there" if user is None else str(user.cn.first)


async def main() -> None:
    """All of them in one session, over one connection."""
    async with AsyncSession(directory(), credentials()) as session:
        found = await asyncio.gather(*(look_up(session, name) for name in NAMES))
        for name, cn in zip(NAMES, found, strict=True):
            print(f"{name:<8} {cn}")
        try:
            async with asyncio.timeout(5):
                count = await session.query(User).count()
            print(f"{count} users")
        except (TimeoutError, LDAPError) as error:
            print(f"no answer: {error}")


def in_a_thread(pool: Pool, name: str) -> bool:
    """What a request of a web application does: take a connection, give it back."""
    with Session(pool) as session:
        return session.query(User, uid=name).exists()


if __name__ == "__main__":
    asyncio.run(main())
    with Pool(directory(), credentials(), max_size=2) as pool:
        with ThreadPoolExecutor(8) as threads:
            there = list(threads.map(lambda name: in_a_thread(pool, name), NAMES * 5))
        print(f"{sum(there)} of {len(there)} found")
        admin = f"uid=admin,ou=people,{SUFFIX}"
        print(f"right password: {pool.authenticate(admin, 'secret')}")
        print(f"wrong password: {pool.authenticate(admin, 'guess')}")
        print(pool.statistics)
