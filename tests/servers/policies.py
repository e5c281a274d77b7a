"""Password policies of OpenLDAP (draft-behera-ldap-password-policy), and who has them.

Each test makes users of its own: what a policy counts would else tell of other tests.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Final

from tests.servers.slapd import BASE

if TYPE_CHECKING:
    from tests.servers.slapd import Slapd

PASSWORD: Final = "secret"
POLICIES: Final = f"ou=policies,{BASE}"

_HOUR: Final = 3600
_POLICY: Final = """\
dn: cn={name},{folder}
objectClass: device
objectClass: pwdPolicy
cn: {name}
pwdAttribute: userPassword
pwdSafeModify: FALSE
{rules}
"""
# Each rule of "strict" shows by a user of its own; "harsh" knows no grace.
_RULES: Final = {
    "strict": (
        *("pwdMustChange: TRUE", "pwdLockout: TRUE", "pwdMaxFailure: 3"),
        *("pwdMinLength: 8", "pwdCheckQuality: 2", "pwdInHistory: 3"),
        *(f"pwdMaxAge: {24 * _HOUR}", f"pwdExpireWarning: {2 * _HOUR}"),
        "pwdGraceAuthnLimit: 2",
    ),
    "harsh": (f"pwdMaxAge: {24 * _HOUR}", "pwdGraceAuthnLimit: 0"),
}


def _changed(seconds: int) -> str:
    stamp = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - seconds))
    return f"pwdChangedTime: {stamp}"


def _kinds() -> dict[str, tuple[str, ...]]:
    """The policy of each kind of user, and what else is in its entry."""
    return {
        "good": ("strict",),
        "must-change": ("strict", "pwdReset: TRUE"),
        "locked": ("strict", "pwdAccountLockedTime: 000001010000Z"),
        "expiring": ("strict", _changed(23 * _HOUR)),
        "grace": ("strict", _changed(48 * _HOUR)),
        "expired": ("harsh", _changed(48 * _HOUR)),
    }


KINDS: Final = tuple(_kinds())


def load_policies(slapd: Slapd) -> None:
    """Add the policies to a server that has the sample."""
    slapd.load(
        f"dn: {POLICIES}\nobjectClass: organizationalUnit\nou: policies\n\n"
        + "\n".join(
            _POLICY.format(name=name, folder=POLICIES, rules="\n".join(rules))
            for name, rules in _RULES.items()
        )
    )


def policed(slapd: Slapd, kind: str = "good") -> str:
    """Add a user under a policy and return its DN; the password is ``secret``.

    Args:
        slapd: One that has the policies.
        kind: ``"good"`` (locked after three wrong passwords), ``"must-change"``,
            ``"locked"``, ``"expiring"`` (within the hour), ``"grace"`` (two binds
            left) or ``"expired"``.
    """
    policy, *lines = _kinds()[kind]
    uid = f"{kind}-{uuid.uuid4()}"
    dn = f"uid={uid},ou=people,{BASE}"
    more = "".join(f"{line}\n" for line in lines)
    slapd.load(
        f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {kind}\nsn: {kind}\n"
        f"userPassword: {PASSWORD}\npwdPolicySubentry: cn={policy},{POLICIES}\n{more}",
        relax=True,
    )
    return dn
