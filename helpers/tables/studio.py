"""What Studio's flows did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from twilio.base.exceptions import TwilioRestException

from ..account import Account
from ..mock import MockTwilio

_EXECUTIONS = ["execution", "flow", "contact", "status", "steps", "waits_at"]
_STEPS = ["widget", "event", "next"]
_SWALLOWED = ["flow", "contact", "execution", "waits_at", "message", "body"]
_TRIGGER = "Trigger"
_ENDED = "Ended"


class MockOnly(RuntimeError):
    """Only a mock in this kernel knows this."""


def executions(account: Account, limit: int = 1000) -> pd.DataFrame:
    """The executions of the account's Studio flows, by flow, each flow's oldest first.

    Args:
        account: From `connect()`.
        limit: At most so many executions of a flow.

    Returns:
        One row an execution: `execution` (FN...), `flow` (name), `contact`, `status`, `steps` as
        in `Trigger > menu > hand_over`, and `waits_at`, the widget where it is parked, else empty.
    """
    rows = []
    for flow, execution in _executions(account, limit):
        way = _way(execution)
        walked = [widget for widget, _, _ in way]
        waits_at = _standing(execution, way)
        if waits_at and walked[-1:] != [waits_at]:
            walked.append(waits_at)
        contact = execution.contact_channel_address
        status = str(execution.status)
        name = flow.friendly_name
        rows.append((execution.sid, name, contact, status, " > ".join(walked), waits_at))
    return pd.DataFrame(rows, columns=_EXECUTIONS)


def steps(account: Account, execution_sid: str) -> pd.DataFrame:
    """What one execution did, widget by widget.

    Args:
        account: From `connect()`.
        execution_sid: FN...

    Returns:
        One row a step, in order: `widget`, `event` that it was left by, and the `next` widget;
        both are empty while the execution stands there.

    Raises:
        KeyError: No flow of the account has such an execution.
    """
    for flow in account.client.studio.v2.flows.list():
        try:
            execution = account.client.studio.v2.flows(flow.sid).executions(execution_sid).fetch()
        except TwilioRestException as error:
            if error.status != 404:  # an execution of another flow
                raise
            continue
        return pd.DataFrame(_way(execution), columns=_STEPS)
    raise KeyError(f"no Studio flow of this account has an execution {execution_sid}")


def swallowed(account: Account) -> pd.DataFrame:
    """Messages that no flow answered, as the contact's execution was busy with something else.

    That is so while an execution waits in another channel, or is still at work: the message is no
    reply to it, and starts no second one.

    Args:
        account: A mock account in this kernel.

    Returns:
        One row a message, oldest first: `flow` (name), `contact`, `execution` (FN...), `waits_at`
        (widget where that one stands now), `message` (IM...) and `body`; empty if it is gone.

    Raises:
        MockOnly: The account is live, or a shared mock in another process; Twilio has no list of
            such messages.
    """
    if not isinstance(account.mock, MockTwilio):
        raise MockOnly(
            "only a mock account in this kernel, from connect(), knows which messages were"
            " swallowed: Twilio lists them nowhere; executions(account) shows which ones are parked"
        )
    known = executions(account).set_index("execution")
    rows = []
    for heard in account.mock.studio.log:
        if heard.outcome == "swallowed":
            sid = heard.execution_sid or ""
            about = known.loc[sid] if sid in known.index else {"flow": "", "waits_at": ""}
            body = _body(account, heard.channel_sid, heard.message_sid)
            rows.append(
                (about["flow"], heard.contact, sid, about["waits_at"], heard.message_sid, body)
            )
    return pd.DataFrame(rows, columns=_SWALLOWED)


def _executions(account: Account, limit: int) -> Iterator[tuple[Any, Any]]:
    for flow in sorted(account.client.studio.v2.flows.list(), key=_made):
        running = account.client.studio.v2.flows(flow.sid).executions
        for execution in sorted(running.list(limit=limit), key=_made):
            yield flow, execution


def _made(resource: Any) -> Any:
    return resource.date_created


def _way(execution: Any) -> list[tuple[str, str, str]]:
    """An execution's steps in order: widget, event, next widget."""
    found = execution.steps.list()
    names = [step.transitioned_from for step in found]
    if len(found) > 1 and names[-1] == _TRIGGER != names[0]:
        found.reverse()
    return [(step.transitioned_from, step.name or "", step.transitioned_to or "") for step in found]


def _standing(execution: Any, way: list[tuple[str, str, str]]) -> str:
    """The widget where an active execution stands, or an empty text."""
    if str(execution.status) != "active" or not way:
        return ""
    widget, _, following = way[-1]
    return "" if following == _ENDED else following or widget


def _body(account: Account, channel_sid: str, message_sid: str) -> str:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    try:
        return service.channels(channel_sid).messages(message_sid).fetch().body or ""
    except TwilioRestException as error:
        if error.status != 404:  # deleted meanwhile
            raise
        return ""
