"""Push credentials and the bindings of devices. Notifications themselves are not simulated."""

from __future__ import annotations

import hashlib

from ..core.context import Context
from ..core.errors import Refused
from . import users
from .refusals import Reason
from .resources import Binding, Credential, Service

MESSAGE_TYPES = ("new_message", "added_to_channel", "removed_from_channel", "invited_to_channel")


def create(
    ctx: Context, *, type: str, friendly_name: str | None = None, sandbox: str | None = None
) -> Credential:
    """Register a push service."""
    return ctx.create(Credential, friendly_name=friendly_name, type=type, sandbox=sandbox)


def update(ctx: Context, credential: Credential, **changes: str | None) -> Credential:
    """Change a credential's `friendly_name` or `sandbox`."""
    ctx.store.save(credential, **changes, date_updated=ctx.now)
    return credential


def delete(ctx: Context, credential: Credential) -> None:
    """Forget a push service and the devices bound through it (the latter inferred)."""
    ctx.store.remove_all(Binding, credential_sid=credential.sid)
    ctx.store.remove(credential)


def bind(ctx: Context, service: Service, credential_sid: str, address: str) -> Binding:
    """Bind the acting chat user's device, as the Chat SDK's push registration does.

    A device that registers again keeps its binding (inferred).

    Raises:
        Refused: CREDENTIAL_NOT_FOUND.
    """
    credential = ctx.store.first(Credential, sid=credential_sid)
    if credential is None or ctx.actor.identity is None:
        raise Refused(Reason.CREDENTIAL_NOT_FOUND, sid=credential_sid)
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
