"""Push credentials and the bindings of devices. Notifications themselves are not simulated."""

from __future__ import annotations

import hashlib
from typing import Literal

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields
from . import users
from .resources import Binding, Credential, Service
from .rules import NewName

PushService = Literal["gcm", "apn", "fcm"]
MESSAGE_TYPES = ("new_message", "added_to_channel", "removed_from_channel", "invited_to_channel")


class CredentialChanges(Fields):
    """Parameters of credential update (specified)."""

    friendly_name: NewName | None = None
    certificate: str | None = None
    private_key: str | None = None
    sandbox: bool | None = None
    api_key: str | None = None
    secret: str | None = None


class NewCredential(CredentialChanges):
    """Parameters of credential creation (specified)."""

    type: PushService


def create(call: Call, new: NewCredential) -> Credential:
    """Register a push service."""
    return call.store.add(
        Credential(
            sid=call.sids.new("CR"),
            account_sid=call.account_sid,
            friendly_name=new.friendly_name,
            type=new.type,
            sandbox=_sandbox(new.sandbox),
            date_created=call.now,
            date_updated=call.now,
        )
    )


def _sandbox(sandbox: bool | None) -> str | None:
    """Twilio shows the flag as text (specified)."""
    return None if sandbox is None else str(sandbox)


def update(call: Call, credential: Credential, changes: CredentialChanges) -> Credential:
    """Rename a credential or change its secrets."""
    given = changes.given()
    kept = {"friendly_name": given["friendly_name"]} if "friendly_name" in given else {}
    if "sandbox" in given:
        kept["sandbox"] = _sandbox(given["sandbox"])
    call.store.save(credential, **kept, date_updated=call.now)
    return credential


def delete(call: Call, credential: Credential) -> None:
    """Forget a push service and the devices bound through it (the latter inferred)."""
    call.store.remove_all(Binding, credential_sid=credential.sid)
    call.store.remove(credential)


def bind(call: Call, service: Service, credential_sid: str, address: str) -> Binding:
    """Bind the acting chat user's device, as the Chat SDK's push registration does.

    A device that registers again keeps its binding (inferred).

    Raises:
        TwilioError: 20404, no such credential.
    """
    credential = call.store.first(Credential, sid=credential_sid)
    if credential is None or call.actor.identity is None:
        raise TwilioError(
            20404, f"The requested resource /Credentials/{credential_sid} was not found"
        )
    user = users.ensure(call, service, call.actor.identity)
    device = hashlib.sha256(f"{user.identity}:{address}".encode()).hexdigest()[:32]
    endpoint = f"{user.identity}:{device}"
    known = call.store.first(Binding, service_sid=service.sid, endpoint=endpoint)
    if known is not None:
        push = {"credential_sid": credential.sid, "binding_type": credential.type}
        call.store.save(known, **push, date_updated=call.now)
        return known
    return call.store.add(
        Binding(
            sid=call.sids.new("BS"),
            account_sid=call.account_sid,
            service_sid=service.sid,
            user_sid=user.sid,
            identity=user.identity,
            endpoint=endpoint,
            credential_sid=credential.sid,
            binding_type=credential.type,
            message_types=list(MESSAGE_TYPES),
            date_created=call.now,
            date_updated=call.now,
        )
    )


def unbind(call: Call, binding: Binding) -> None:
    """Forget a device."""
    call.store.remove(binding)
