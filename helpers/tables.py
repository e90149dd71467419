"""pandas views of what happened: chats, requests, webhooks, interactions, tasks, executions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from operator import attrgetter
from typing import Any

import pandas as pd
from twilio.base.exceptions import TwilioRestException

from .account import Account
from .chat import Channel, Conversation, Message
from .flex_ui import chat_in, customer_in, ignore_not_found, in_path, interaction_channel_in
from .frames import AlignedTable
from .json_object import json_object
from .masking import mask
from .mock import Attempt, MockTwilio
from .request_log import LoggedRequest

__all__ = [
    "AlignedTable",
    "MockOnly",
    "addresses",
    "conversations",
    "deliveries",
    "events",
    "executions",
    "flows",
    "interactions",
    "receipts",
    "requests",
    "reservations",
    "steps",
    "swallowed",
    "tasks",
    "transcript",
    "webhooks",
]

_PEOPLE = 1000
"""Participants that a conversation has at most (documented)."""
_TRIGGER = "Trigger"
_ENDED = "Ended"
_by_date = attrgetter("date_created")


class MockOnly(RuntimeError):
    """Only a mock in this kernel knows this."""


# -- chats and requests


def transcript(channel: Channel | Conversation, limit: int = 1000) -> pd.DataFrame:
    """Return a channel's messages, at most `limit` of the latest, oldest first.

    One row a message, by `index`: `author`, `body`, `type` and `sent` (UTC).
    """
    messages: list[Message] = []
    page = channel.get_messages(page_size=min(limit, 100))
    while page.items and len(messages) < limit:
        messages[:0] = page.items
        page = page.prev_page()
    rows = [(m.index, m.author, m.body, m.type, m.timestamp) for m in messages[-limit:]]
    return _frame("index author body type sent", rows).set_index("index").rename_axis(None)


def requests(log: Iterable[LoggedRequest]) -> pd.DataFrame:
    """Return logged REST calls, oldest first: `method`, `host`, `path`, `status`, `code`, `by`.

    `code` is Twilio's error code, missing for a success.
    """
    rows = [(e.method, e.host, e.path, e.status, e.code, e.by) for e in log]
    return _frame("method host path status code by", rows).astype({"code": "Int64"})


def deliveries(log: Iterable[Attempt]) -> pd.DataFrame:
    """Return webhook attempts, such as `account.mock.webhooks.log`, oldest first.

    One row an attempt: `event`, `source` (`SDK`, `API` or a network such as `SMS`), `scope`, where
    the URL is set (`account`, `service`, `conversation`, `channel`, `interaction`, `workspace`),
    `url`, `attempt`, `status`, missing without an answer, and `problem`.
    """
    rows = [
        (
            each.event,
            each.parameters.get("Source"),
            each.scope,
            each.url,
            each.number + 1,
            each.status,
            each.problem or "",
        )
        for each in log
    ]
    table = _frame("event source scope url attempt status problem", rows)
    return table.astype({"status": "Int64"})


# -- Conversations


def conversations(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the conversations, at most `limit`, oldest first.

    One row a conversation: `conversation` (CH...), `name`, `state`, `inactive_at` and `closed_at`,
    when its timers end, and its `participants`: identities and addresses.
    """
    found = _service(account).conversations
    rows = [
        (
            each.sid,
            each.friendly_name or each.unique_name or "",
            str(each.state),
            each.timers.get("date_inactive", ""),
            each.timers.get("date_closed", ""),
            ", ".join(map(_person, each.participants.list(limit=_PEOPLE))),
        )
        for each in _oldest_first(found, limit)
    ]
    return _frame("conversation name state inactive_at closed_at participants", rows)


def receipts(account: Account, conversation_sid: str) -> pd.DataFrame:
    """Return how far the messages of a conversation came to phones, oldest first.

    One row a phone and message: `index`, `body`, `to` (its address), `status` and `error_code`.

    Raises:
        ValueError: The SID is empty.
    """
    conversation = _service(account).conversations(in_path(conversation_sid))
    people = {each.sid: _person(each) for each in conversation.participants.list(limit=_PEOPLE)}
    rows = [
        (
            message.index,
            message.body or "",
            people.get(each.participant_sid, each.participant_sid),
            str(each.status),
            each.error_code,
        )
        for message in conversation.messages.list()
        if message.delivery
        for each in message.delivery_receipts.list()
    ]
    return _frame("index body to status error_code", rows)


def addresses(account: Account) -> pd.DataFrame:
    """Return the address configurations, oldest first.

    One row an address: `configuration` (IG...), `name`, `type`, `address`, `autocreation`, whether
    a message to it makes a conversation, and what that leads to: `handler` (`studio`, `webhook` or
    `default`) and `target` (the Studio flow or URL).
    """
    found = account.client.conversations.v1.address_configurations.list()
    rows = []
    for each in sorted(found, key=_by_date):
        made = each.auto_creation or {}
        target = made.get("studio_flow_sid") or made.get("webhook_url") or ""
        about = (bool(made.get("enabled")), made.get("type") or "", target)
        rows.append((each.sid, each.friendly_name or "", each.type, each.address, *about))
    return _frame("configuration name type address autocreation handler target", rows)


def webhooks(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the webhooks of Conversations: the account's, the service's, each conversation's.

    One row a webhook: `scope` (`account`, `service` or `conversation`), `of`, the service or
    conversation (at most `limit`), `target` (`pre`, `post`, `webhook`, `trigger` or `studio`),
    `goes_to` (URL or Studio flow), and `filters`, of a trigger its words.
    """
    service = _service(account)
    hooks = account.client.conversations.v1.configuration.webhooks().fetch()
    rows = [
        (scope, of, kind, url, ", ".join(each.filters or ()))
        for scope, of, each in (
            ("account", "", hooks),
            ("service", service.fetch().sid, service.configuration.webhooks().fetch()),
        )
        for kind, url in (("pre", each.pre_webhook_url), ("post", each.post_webhook_url))
        if url
    ]
    for conversation in _oldest_first(service.conversations, limit):
        for webhook in conversation.webhooks.list():
            about = webhook.configuration
            goes_to = about.get("url") or about.get("flow_sid") or ""
            words = ", ".join(about.get("filters") or ())
            rows.append(("conversation", conversation.sid, webhook.target, goes_to, words))
    return _frame("scope of target goes_to filters", rows)


def interactions(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the interactions of the tasks that there are, at most `limit` of a workspace.

    One row an interaction: `interaction` (KD...), `channel` (UO...), its `type` and `status`, the
    `conversation` (CH...), `customer`, and `people`, the types of who is in the channel.
    """
    rows: dict[str, tuple[str, ...]] = {}
    for _, task in _tasks(account, limit):
        attributes = json_object(task.attributes)
        channel = interaction_channel_in(account.client.flex_api.v1, attributes)
        if channel is None:
            continue
        with ignore_not_found():
            shown = channel.fetch()
            people = ", ".join(str(each.type) for each in channel.participants.list())
            customer, chat = customer_in(attributes) or "", chat_in(attributes) or ""
            about = (str(shown.type), str(shown.status), chat, customer, people)
            rows.setdefault(shown.sid, (shown.interaction_sid, shown.sid, *about))
    columns = "interaction channel type status conversation customer people"
    return _frame(columns, list(rows.values()))


def _oldest_first(conversations_: Any, limit: int) -> list[Any]:
    """Return conversations, which Twilio lists by their latest activity."""
    found: list[Any] = conversations_.list(limit=limit)
    found.reverse()
    found.sort(key=_by_date)  # it keeps the order of those of one second
    return found


def _service(account: Account) -> Any:
    return account.client.conversations.v1.services(account.credentials.chat_service_sid)


def _person(participant: Any) -> str:
    return str(participant.identity or (participant.messaging_binding or {}).get("address", ""))


# -- Flex and TaskRouter


def flows(account: Account) -> pd.DataFrame:
    """Return the account's Flex Flows, oldest first.

    One row a flow: `flow` (FO...), `name`, `channel_type`, `handler` (`task`, `studio` or
    `external`), `target` (the workflow, Studio flow or URL), `enabled`, `long_lived` and `janitor`.
    """
    targets = ("workflow_sid", "flow_sid", "url")
    rows = [
        (
            flow.sid,
            flow.friendly_name,
            str(flow.channel_type),
            str(flow.integration_type),
            next(filter(None, map((flow.integration or {}).get, targets)), ""),
            flow.enabled,
            flow.long_lived,
            flow.janitor_enabled,
        )
        for flow in sorted(account.client.flex_api.v1.flex_flow.list(), key=_by_date)
    ]
    columns = "flow name channel_type handler target enabled long_lived janitor"
    return _frame(columns, rows)


def tasks(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the tasks, at most `limit` of a workspace, oldest first; Twilio deletes ended ones.

    One row a task: `task` (WT...), `customer`, `status`, `queue`, `channel`, `priority`, `chat`
    (CH...) and `reason` of its end; unknown values are empty.
    """
    rows = [
        (
            task.sid,
            customer_in(json_object(task.attributes)) or "",
            str(task.assignment_status),
            task.task_queue_friendly_name or "",
            task.task_channel_unique_name or "",
            task.priority,
            chat_in(json_object(task.attributes)) or "",
            task.reason or "",
        )
        for _, task in _tasks(account, limit)
    ]
    return _frame("task customer status queue channel priority chat reason", rows)


def reservations(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the reservations of `tasks(account, limit)`, by task, each task's oldest first.

    One row a reservation: `reservation` (WR...), `task` (WT...), `customer`, `worker` and `status`.
    """
    rows = [
        (
            each.sid,
            task.sid,
            customer_in(json_object(task.attributes)) or "",
            each.worker_name,
            each.reservation_status,
        )
        for workspace, task in _tasks(account, limit)
        for each in sorted(workspace.tasks(task.sid).reservations.list(), key=_by_date)
    ]
    return _frame("reservation task customer worker status", rows)


def events(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the latest events, at most `limit` of a workspace, oldest first.

    One row an event: `name`, e.g. `reservation.accepted`, `description`, `task` (WT...) and
    `worker` (name), each empty if the event concerns none.
    """
    rows = []
    for workspace in _workspaces(account):
        found = workspace.events.list(limit=limit)
        if len(found) > 1 and found[0].event_date > found[-1].event_date:
            found.reverse()  # so that those of one second keep their order
        for event in sorted(found, key=attrgetter("event_date")):
            data = event.event_data or {}
            concerned = (data.get("task_sid") or "", data.get("worker_name") or "")
            rows.append((event.event_type, event.description, *concerned))
    return _frame("name description task worker", rows)


def _workspaces(account: Account) -> Iterator[Any]:
    for workspace in account.client.taskrouter.v1.workspaces.list():
        yield account.client.taskrouter.v1.workspaces(workspace.sid)


def _tasks(account: Account, limit: int) -> Iterator[tuple[Any, Any]]:
    for workspace in _workspaces(account):
        for task in sorted(workspace.tasks.list(limit=limit), key=_by_date):
            yield workspace, task


# -- Studio


def executions(account: Account, limit: int = 1000) -> pd.DataFrame:
    """Return the executions, at most `limit` of a Studio flow, by flow, each flow's oldest first.

    One row an execution: `execution` (FN...), `flow` (name), `contact`, `status`, `steps` as in
    `Trigger > menu > hand_over`, and `waits_at`, the widget where it is parked, else empty.
    """
    rows = []
    for flow in sorted(account.client.studio.v2.flows.list(), key=_by_date):
        found = account.client.studio.v2.flows(flow.sid).executions.list(limit=limit)
        for execution in sorted(found, key=_by_date):
            path = _path(execution)
            widgets = [widget for widget, _, _ in path]
            status, waits_at = str(execution.status), ""
            if status == "active" and path:
                widget, _, next_widget = path[-1]
                waits_at = "" if next_widget == _ENDED else next_widget or widget
            if waits_at and widgets[-1:] != [waits_at]:
                widgets.append(waits_at)
            steps = " > ".join(widgets)
            contact = execution.contact_channel_address
            rows.append((execution.sid, flow.friendly_name, contact, status, steps, waits_at))
    return _frame("execution flow contact status steps waits_at", rows)


def steps(account: Account, execution_sid: str) -> pd.DataFrame:
    """Return the steps of one execution (FN...), widget by widget.

    One row a step, in order: `widget`, `event` that it was left by, and the `next` widget; both are
    empty while the execution stands there.

    Raises:
        KeyError: No flow of the account has such an execution.
        ValueError: The SID is empty.
    """
    key = in_path(execution_sid)
    for flow in account.client.studio.v2.flows.list():
        try:
            execution = account.client.studio.v2.flows(flow.sid).executions(key).fetch()
        except TwilioRestException as error:
            if error.status != HTTPStatus.NOT_FOUND:  # that is an execution of another flow
                raise
            continue
        return _frame("widget event next", _path(execution))
    raise KeyError(f"no Studio flow of this account has an execution {execution_sid}")


def swallowed(account: Account) -> pd.DataFrame:
    """Return the messages that no flow answered, since the contact's execution was busy.

    That is so while an execution waits in another channel, or is still at work: the message is no
    reply to it, and starts no second one.

    One row a message, oldest first: `flow` (name), `contact`, `execution` (FN...), `waits_at`
    (widget where that one stands now), `message` (IM...) and `body`; empty if it is gone.

    Raises:
        MockOnly: This is no mock in this kernel; Twilio has no list of such messages.
    """
    if not isinstance(account.mock, MockTwilio):
        raise MockOnly(
            "only a mock account in this kernel, from connect(), knows which messages were"
            " swallowed: Twilio lists them nowhere; executions(account) shows which ones are parked"
        )
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    known = executions(account).set_index("execution")
    rows = []
    for routed in account.mock.studio.log:
        if routed.outcome == "swallowed":
            sid = routed.execution_sid or ""
            about = known.loc[sid] if sid in known.index else {"flow": "", "waits_at": ""}
            message, body = service.channels(routed.channel_sid).messages(routed.message_sid), None
            with ignore_not_found():
                body = message.fetch().body
            place = (about["flow"], routed.contact, sid, about["waits_at"])
            rows.append((*place, routed.message_sid, body or ""))
    return _frame("flow contact execution waits_at message body", rows)


def _path(execution: Any) -> list[tuple[str, str, str]]:
    """Return an execution's steps in order: widget, event, next widget."""
    found = execution.steps.list()
    names = [step.transitioned_from for step in found]
    if len(found) > 1 and names[-1] == _TRIGGER != names[0]:
        found.reverse()
    return [(step.transitioned_from, step.name or "", step.transitioned_to or "") for step in found]


def _frame(columns: str, rows: list[Any]) -> pd.DataFrame:
    shown = [[mask(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return AlignedTable(shown, columns=columns.split())
