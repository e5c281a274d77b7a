"""What a write that was carried out means for the entries that are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom.mapper import naming
from ldapom.mapper.state import State
from ldapom.protocol.messages import PartialAttribute
from ldapom.secrets import is_secret

if TYPE_CHECKING:
    from ldapom.mapper.entry import Entry
    from ldapom.mapper.state import EntryState


def keys_changed(state: EntryState) -> set[str]:
    """The keys of the attributes that a commit of it changes."""
    keys = {attribute.key for attribute, _ in state.changed()}
    return (
        keys if state.status is State.new else keys | naming.renamed_raw(state).keys()
    )


def share(state: EntryState, other: Entry, keys: set[str]) -> None:
    """Let another view of an entry have what was changed by way of this one."""
    info = type(other).__ldapom__
    shared = frozenset(key for key in keys if key in info.by_key)
    parts = [
        PartialAttribute(info.by_key[key].ldap_name, state.values(key))
        for key in shared
        if state.values(key)
    ]
    theirs = other._state
    if shared and theirs.status is State.clean:
        theirs.renew(theirs.dn, parts, shared, held=other.__dict__)


def forget_secrets(state: EntryState, keys: set[str]) -> None:
    """Forget what was sent of secrets: servers keep something else of a password."""
    secrets = {
        key: (one.ldap_name, ())
        for key in keys
        if (one := state.by_key(key)) is not None and is_secret(one.ldap_name)
    }
    if secrets:
        state.replace_raw(secrets)
