"""Operations of a chat user that only the Chat SDK's own connection has, and REST lacks."""

from __future__ import annotations

from ..core.context import Context
from ..core.errors import Refused
from ..messaging import channels, messages, push
from ..messaging.refusals import Reason
from ..messaging.resources import Service


def type_in(ctx: Context, channel_sid: str) -> int:
    """Show in a channel that the context's user is typing. Returns the seconds it lasts."""
    return messages.type_in(ctx, channels.find(ctx, channel_sid))


def bind_push(ctx: Context, credential_sid: str, address: str) -> str:
    """Bind a device of the context's user to a push service. Returns the binding's SID."""
    service = ctx.store.first(Service, sid=ctx.actor.service_sid)
    if service is None:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid=ctx.actor.service_sid)
    return push.bind(ctx, service, credential_sid, address).sid
