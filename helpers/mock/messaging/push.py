"""Push credentials and the bindings of devices. Notifications themselves are not simulated."""

from __future__ import annotations

import hashlib
from typing import Literal

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from . import users
from .limits import NewName
from .resources import Binding, Credential, Service

PushService = Literal["gcm", "apn", "fcm"]
MESSAGE_TYPES = ("new_message", "added_to_channel", "removed_from_channel", "invited_to_channel")


class CredentialChanges(Parameters):
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


def create(ctx: Context, new: NewCredential) -> Credential:
    """Register a push service."""
    return ctx.create(
        Credential,
        friendly_name=new.friendly_name,
        type=new.type,
        sandbox=_sandbox(new.sandbox),
    )


def _sandbox(sandbox: bool | None) -> str | None:
    """Twilio shows the flag as text (specified)."""
    return None if sandbox is None else str(sandbox)


def update(ctx: Context, credential: Credential, changes: CredentialChanges) -> Credential:
    """Rename a credential or change its secrets."""
    given = changes.given()
    kept = {"friendly_name": given["friendly_name"]} if "friendly_name" in given else {}
    if "sandbox" in given:
        kept["sandbox"] = _sandbox(given["sandbox"])
    ctx.store.save(credential, **kept, date_updated=ctx.now)
    return credential


def delete(ctx: Context, credential: Credential) -> None:
    """Forget a push service and the devices bound through it (the latter inferred)."""
    ctx.store.remove_all(Binding, credential_sid=credential.sid)
    ctx.store.remove(credential)


def bind(ctx: Context, service: Service, credential_sid: str, address: str) -> Binding:
    """Bind the acting chat user's device, as the Chat SDK's push registration does.

    A device that registers again keeps its binding (inferred).

    Raises:
        TwilioError: 20404, no such credential.
    """
    credential = ctx.store.first(Credential, sid=credential_sid)
    if credential is None or ctx.actor.identity is None:
        raise TwilioError(
            20404, f"The requested resource /Credentials/{credential_sid} was not found"
        )
    user = users.ensure(ctx, service, ctx.actor.identity)
    device = hashlib.sha256(f"{user.identity}:{address}".encode()).hexdigest()[:32]
    endpoint = f"{user.identity}:{device}"
    known = ctx.store.first(Binding, service_sid=service.sid, endpoint=endpoint)
    if known is not None:
        push = {"credential_sid": credential.sid, "binding_type": credential.type}
        ctx.store.save(known, **push, date_updated=ctx.now)
        return known
    return ctx.create(
        Binding,
        service_sid=service.sid,
        user_sid=user.sid,
        identity=user.identity,
        endpoint=endpoint,
        credential_sid=credential.sid,
        binding_type=credential.type,
        message_types=list(MESSAGE_TYPES),
    )


def unbind(ctx: Context, binding: Binding) -> None:
    """Forget a device."""
    ctx.store.remove(binding)
