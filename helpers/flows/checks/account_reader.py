"""Reads from an account, through the SDK, the data that checks need; most of it once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from ...account import Account
from ...flex_ui import ignore_not_found
from ...mock import could_match, unknown_filters
from ..accounts.directory import Directory
from ..accounts.ways_in import AccountFlow, flows_of
from ..file.config import Contact, FlexFlowConfig, by_contact

ENOUGH_WORKERS = 50
"""Workers of a queue whose capacity is read; where more match, one is taken to have it."""
PUBLISHED = "LatestPublished"
"""The revision of a Studio flow that runs."""
GREETABLE = frozenset({"onChannelAdded", "onMemberAdded"})
"""Webhook events at which a bot can greet, before the customer writes."""


_T = TypeVar("_T")


class AccountReader:
    """Reads one account, as little of it as possible."""

    def __init__(self, account: Account) -> None:
        self._client = account.client
        self._account = account
        self.directory = Directory(account)
        self._kept: dict[tuple[Any, ...], Any] = {}

    def _once(self, *key: Any, read: Callable[[], _T]) -> _T:
        """Return the result of reading, from the second time on as it was kept."""
        if key not in self._kept:
            self._kept[key] = read()
        found: _T = self._kept[key]
        return found

    @cached_property
    def flows(self) -> list[AccountFlow]:
        """The account's Flex Flows."""
        return flows_of(self.directory)

    @cached_property
    def enabled(self) -> dict[Contact, list[AccountFlow]]:
        """The account's enabled flows of each contact, as far as a file can describe them."""
        return by_contact(
            (one.config, one) for one in self.flows if isinstance(one.config, FlexFlowConfig)
        )

    @cached_property
    def offers_leave(self) -> bool:
        """True where the Flex configuration has agents leave conversations."""
        found = self._client.flex_api.v1.configuration().fetch().agent_conv_end_methods or {}
        return "Leave" in (found.get("enabled") or ())

    def definition(self, flow_sid: str, revision: str = PUBLISHED) -> dict[str, Any] | None:
        """A definition of a Studio flow, by default the published one; None without one."""

        def read() -> dict[str, Any] | None:
            revisions = self._client.studio.v2.flows(flow_sid).revisions
            with ignore_not_found():
                return dict(revisions(revision).fetch().definition)
            return None

        return self._once("definition", flow_sid, revision, read=read)

    def greets(self, flow: FlexFlowConfig) -> str:
        """The URL that the flow's chat service notifies of new channels or members, or a blank.

        Raises:
            LookupError: There is no such service.
        """
        service = self._service(flow)
        is_notified = GREETABLE & set(service.webhook_filters or ())
        return (service.post_webhook_url or "") if is_notified else ""

    def unknown_filters(self, flow: FlexFlowConfig) -> list[str]:
        """The faults of webhook filters of the flow's chat service.

        Raises:
            LookupError: There is no such service.
        """
        return unknown_filters(self._service(flow))

    def _service(self, flow: FlexFlowConfig) -> Any:
        sid = self._account.credentials.chat_service_sid
        if flow.chat_service:
            sid = self.directory.services.sid(flow.chat_service)
        return self._once("service", sid, read=lambda: self._client.chat.v2.services(sid).fetch())

    def queues(self, workspace_sid: str, workflow_sid: str, known: Mapping[str, Any]) -> list[Any]:
        """The queues that a workflow can send a task to, given some of its attributes."""

        def read() -> list[Any]:
            routing = self._routing(workspace_sid, workflow_sid)
            filters = [
                one for one in routing.get("filters") or () if could_match(one["expression"], known)
            ]
            targets = [target for one in filters for target in one["targets"]]
            last = routing.get("default_filter") or {}
            sids = {target.get("queue") for target in (*targets, last)}
            return [queue for queue in self._all_queues(workspace_sid) if queue.sid in sids]

        return self._once(workspace_sid, workflow_sid, repr(known), read=read)

    def _all_queues(self, workspace_sid: str) -> list[Any]:
        workspace = self._client.taskrouter.v1.workspaces(workspace_sid)
        return self._once("queues", workspace_sid, read=workspace.task_queues.list)

    def expressions(
        self, workspace_sid: str, workflow_sid: str, are: Callable[[str], bool]
    ) -> list[str]:
        """The expressions that `are` so: of a workflow, its targets, and the queues it names."""

        def read() -> list[str]:
            filters = self._routing(workspace_sid, workflow_sid).get("filters") or []
            targets = [target for one in filters for target in one.get("targets") or ()]
            queues = self.queues(workspace_sid, workflow_sid, {})
            names = ("expression", "skip_if")
            found = [one.get(name) or "" for one in (*filters, *targets) for name in names]
            return [*filter(are, [*found, *(queue.target_workers or "" for queue in queues)])]

        return self._once(workspace_sid, workflow_sid, are, read=read)

    def _routing(self, workspace_sid: str, workflow_sid: str) -> dict[str, Any]:
        workflow = self._client.taskrouter.v1.workspaces(workspace_sid).workflows(workflow_sid)
        text = self._once("workflow", workflow_sid, read=lambda: workflow.fetch().configuration)
        return json.loads(text).get("task_routing") or {}

    def has_takers(self, workspace_sid: str, target_workers: str, channel: str) -> bool:
        """Return whether a matching worker has capacity on a task channel (unique name or SID)."""
        workspace = self._client.taskrouter.v1.workspaces(workspace_sid)

        def read() -> bool:
            matching = workspace.workers.list(
                target_workers_expression=target_workers, limit=ENOUGH_WORKERS + 1
            )
            return len(matching) > ENOUGH_WORKERS or any(
                channel in (one.task_channel_unique_name, one.task_channel_sid)
                and (one.configured_capacity or 0) > 0
                for worker in matching
                for one in workspace.workers(worker.sid).worker_channels.list()
            )

        return self._once(workspace_sid, target_workers, channel, "takers", read=read)
