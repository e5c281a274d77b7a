"""Why a bind or a new password was refused, beyond the result code."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """What is the matter with a password or with the account it belongs to.

    Servers that hide more say `wrong` for everything: OpenLDAP tells who is locked
    out only with ``ppolicy_use_lockout``.
    """

    wrong = "wrong"
    no_such_user = "no_such_user"
    expired = "expired"
    must_change = "must_change"
    locked = "locked"
    disabled = "disabled"
    account_expired = "account_expired"
    hours = "hours"
    workstation = "workstation"
    restricted = "restricted"
    # Why a new password was not taken.
    too_short = "too_short"
    too_long = "too_long"
    too_young = "too_young"
    in_history = "in_history"
    insufficient_quality = "insufficient_quality"
    must_supply_old = "must_supply_old"
    not_allowed = "not_allowed"
    # Active Directory tells length, age, history and complexity by one code.
    policy = "policy"
    unknown = "unknown"

    @property
    def explanation(self) -> str:
        """What it means and what helps, in one phrase; empty for `unknown`."""
        return _EXPLANATIONS[self]


_EXPLANATIONS: dict[Reason, str] = {
    Reason.wrong: "the name or the password does not fit",
    Reason.no_such_user: "there is no such user",
    Reason.expired: "the password has expired: it has to be changed or set anew",
    Reason.must_change: (
        "the password must be changed before anything else: use change_password()"
    ),
    Reason.locked: (
        "the account is locked, often after too many failed logins: wait, or let an "
        "administrator unlock it"
    ),
    Reason.disabled: "the account is disabled: an administrator has to enable it",
    Reason.account_expired: (
        "the account itself has expired: an administrator has to extend it"
    ),
    Reason.hours: "the account may not log in at this hour",
    Reason.workstation: "the account may not log in from this machine",
    Reason.restricted: "a restriction of the account forbids this kind of login",
    Reason.too_short: "the new password is too short",
    Reason.too_long: "the new password is too long",
    Reason.too_young: "the password was changed too short a time ago",
    Reason.in_history: "the new password was used before",
    Reason.insufficient_quality: (
        "the new password is too simple for the server's rules"
    ),
    Reason.must_supply_old: "the old password has to be given: use change_password()",
    Reason.not_allowed: "this account may not change its password",
    Reason.policy: (
        "the new password breaks the domain's rules for length, complexity, age or "
        "history"
    ),
    Reason.unknown: "",
}

#: Reasons that lie with the account or its present password, not with a new one.
ACCOUNT_REASONS = frozenset(
    {
        Reason.wrong,
        Reason.no_such_user,
        Reason.expired,
        Reason.must_change,
        Reason.locked,
        Reason.disabled,
        Reason.account_expired,
        Reason.hours,
        Reason.workstation,
        Reason.restricted,
    }
)
