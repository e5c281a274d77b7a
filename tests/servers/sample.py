"""The sample of `ldapom.testing` as LDIF text, to be loaded into a real server."""

from __future__ import annotations

import re
from typing import Final

from ldapom.testing import Directory, sample

# A value and the lines it is folded over.
_PASSWORD: Final = re.compile(r"^userPassword:.*(?:\n .*)*", re.MULTILINE)


def sample_ldif(people: int | None = None) -> str:
    """Return what `Directory.sample` holds, as LDIF with passwords in the clear.

    The sample keeps hashes. A real server's SASL mechanisms, PLAIN too, read the
    password itself; it is ``secret`` for everyone.

    Args:
        people: How many people there are to be; those of the file when left out.
    """
    if people is None:
        text = sample.text()
    else:
        text = Directory.sample(people).dump(operational=False)
    return _PASSWORD.sub("userPassword: secret", text)
