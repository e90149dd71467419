"""What the checks ask of an account, through the SDK, each question once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from twilio.base.exceptions import TwilioRestException

from ...account import Account
from ...mock import could_match
from ..config import FlexFlowConfig
from ..directory import Directory
from ..reading import Found, flows_of

ENOUGH_WORKERS = 50
"""Workers of a queue that are looked at; of one with more it is not said that nobody can."""
GREETABLE = frozenset({"onChannelAdded", "onMemberAdded"})
"""Events at which a bot can greet, before the customer has written."""
NOT_FOUND = 404


class AccountReader:
    """An account, asked as little as possible."""

    def __init__(self, account: Account) -> None:
        self._client = account.client
        self._account = account
        self.directory = Directory(account)
        self._definitions: dict[str, dict[str, Any] | None] = {}

    @cached_property
    def flows(self) -> list[Found]:
        """The flows it has."""
        return flows_of(self._account, self.directory)

    def definition(self, flow_sid: str) -> dict[str, Any] | None:
        """The published definition of a Studio flow; None where there are drafts only."""
        if flow_sid not in self._definitions:
            self._definitions[flow_sid] = self._published(flow_sid)
        return self._definitions[flow_sid]

    def _published(self, flow_sid: str) -> dict[str, Any] | None:
        revisions = self._client.studio.v2.flows(flow_sid).revisions
        try:
            found = revisions("LatestPublished").fetch().definition
        except TwilioRestException as refused:
            if refused.status != NOT_FOUND:
                raise
            return None
        return dict(found)

    def service_sid(self, flow: FlexFlowConfig) -> str:
        """The chat service of a flow.

        Raises:
            LookupError: There is no such service.
        """
        own = self._account.credentials.chat_service_sid
        return self.directory.services.sid(flow.chat_service) if flow.chat_service else own

    def greets(self, flow: FlexFlowConfig) -> str:
        """The URL told of new channels or members, by the flow's chat service; or a blank."""
        service = self._client.chat.v2.services(self.service_sid(flow)).fetch()
        hears = GREETABLE & set(service.webhook_filters or ())
        return (service.post_webhook_url or "") if hears else ""

    def workspace_of(self, workflow_sid: str) -> str | None:
        """The workspace that has a workflow, or None."""
        sids = (sid for _, sid in self.directory.workspaces.named)
        return next((sid for sid in sids if self._has(sid, workflow_sid)), None)

    def _has(self, workspace_sid: str, workflow_sid: str) -> bool:
        return any(sid == workflow_sid for _, sid in self.directory.workflows(workspace_sid).named)

    def queues(self, workspace_sid: str, workflow_sid: str, known: Mapping[str, Any]) -> list[Any]:
        """The queues that a workflow can send a task to, of which some attributes are known."""
        workspace = self._client.taskrouter.v1.workspaces(workspace_sid)
        text = workspace.workflows(workflow_sid).fetch().configuration
        sids = dict.fromkeys(_queue_sids(json.loads(text).get("task_routing") or {}, known))
        return [queue for queue in workspace.task_queues.list() if queue.sid in sids]

    def has_takers(self, workspace_sid: str, target_workers: str, channel: str) -> bool:
        """Whether any worker matches, who has capacity on a task channel (unique name or SID).

        Where more match than are looked at, one of them is taken to have it.
        """
        workspace = self._client.taskrouter.v1.workspaces(workspace_sid)
        matching = workspace.workers.list(
            target_workers_expression=target_workers, limit=ENOUGH_WORKERS + 1
        )
        looked_at = matching[:ENOUGH_WORKERS]
        return len(matching) > len(looked_at) or any(
            _can_take(workspace.workers(one.sid), channel) for one in looked_at
        )


def _queue_sids(routing: dict[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    filters = [one for one in routing.get("filters") or () if could_match(one["expression"], known)]
    targets = [target for one in filters for target in one["targets"]]
    for target in (*targets, routing.get("default_filter") or {}):
        if target.get("queue"):
            yield target["queue"]


def _can_take(worker: Any, channel: str) -> bool:
    return any(
        channel in (one.task_channel_unique_name, one.task_channel_sid)
        and (one.configured_capacity or 0) > 0
        for one in worker.worker_channels.list()
    )
