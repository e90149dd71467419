"""Requests of Flex UI 2.x about Interactions, through the event bridge (observed in its sources).

Each is an operation of Flex v1, or the answer to an invitation, which is that to its reservation.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from ...json_object import entry, json_object
from ..core.access_token import Claims
from ..core.context import Context
from ..core.errors import TwilioError
from ..flex.resources import InteractionChannel, InteractionInvite
from ..rest import flex_interactions as flex
from ..rest import taskrouter_v1 as taskrouter
from ..rest.collection import Arguments, Operation
from ..rest.http import Reply, Request, last
from ..taskrouter.resources import Reservation, Task

_OF_FLEX = (
    "ListInteractionChannel",
    "UpdateInteractionChannel",
    "ListInteractionChannelParticipant",
    "CreateInteractionChannelParticipant",
    "UpdateInteractionChannelParticipant",
)
_ANSWERS = {"accept": "accepted", "decline": "rejected"}
"""Answers to an invitation -> the status of its reservation."""


def refuse_foreign(ctx: Context, claims: Claims, interaction_sid: str) -> None:
    """Refuse what a token is not for: a plain worker has the interactions of its own tasks.

    Raises:
        TwilioError: 20403.
    """
    channels = ctx.store.select(InteractionChannel, {"interaction_sid": interaction_sid})
    of_channels = {"channel_sid": [each.sid for each in channels]}
    tasks = [each.task_sid for each in ctx.store.select(InteractionInvite, of_channels)]
    own = {"workspace_sid": claims.workspace_sid}
    found: list[Reservation] | list[Task] = (
        ctx.store.select(
            Reservation, {**own, "worker_sid": claims.worker_sid, "task_sid": tasks}, limit=1
        )
        if claims.role == "worker"
        else ctx.store.select(Task, {**own, "sid": tasks}, limit=1)
    )
    if not found:
        raise TwilioError(20403, "The access token is for no task of this interaction")


def _call(operation: Operation, ctx: Context, arguments: Arguments, request: Request) -> Reply:
    """Call an operation of Flex v1, in which tasks that are to go to wrap-up need no word of it."""
    form = dict(request.form)
    if entry(json_object(last(form, "Routing") or ""), "status") == "wrapup":
        del form["Routing"]
    request.form = form
    reply = operation.handle(ctx, arguments, request)
    if operation.name == "ListInteractionChannelParticipant":
        channel = flex.CHANNELS.resolve(ctx, arguments, arguments["ChannelSid"])
        reply.json = {**reply.json, "channel_type": channel.type}
    return reply


def _answer_invite(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    """Accept or reject the reservation that a request names, of the invitation's task."""
    invite = flex.INVITES.resolve(ctx, arguments, arguments["Sid"])
    routing = json_object(last(request.form, "Routing") or "")
    sid = entry(entry(routing, "reservation"), "sid")
    status = _ANSWERS.get(last(request.form, "Action") or "")
    reservation = ctx.store.first(Reservation, sid=str(sid), task_sid=invite.task_sid)
    if status is None or reservation is None:
        raise TwilioError(20001, "The body must name an action and a reservation of the invitation")
    answer = Request("POST", request.host, request.path, {}, {"ReservationStatus": status})
    assert taskrouter.WORKER_RESERVATIONS.update is not None
    taskrouter.WORKER_RESERVATIONS.update.perform(answer, ctx, reservation)
    return Reply(200, {"sid": invite.sid, "channel_sid": invite.channel_sid})


def operations(host: str) -> Iterator[Operation]:
    """Yield the operations, at the event bridge."""
    for each in flex.OPERATIONS:
        if each.name in _OF_FLEX:
            yield replace(each, host=host, handle=partial(_call, each))
    path = f"{flex.INVITES.path}/{{Sid}}"
    yield Operation("UpdateInteractionChannelInvite", "POST", host, path, _answer_invite)
