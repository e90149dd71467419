"""The requests of a busy day, as customers' servers and Flex UI send them.

They go straight to the mock's `handle`: the same requests as the SDK's, without the time it takes
to build and read an object for each of fifty thousand of them. The account is set up through the
SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import flex_ui
from ...json_object import compact_json
from ...mock import MockTwilio, Request
from ..file.config import FlexFlowConfig
from .demand import Demand

CHAT, FLEX, TASKROUTER = "chat.twilio.com", "flex-api.twilio.com", "taskrouter.twilio.com"
_ERROR = 400
_GONE = 404
_HEADERS = {CHAT: {"X-Twilio-Webhook-Enabled": "true"}}


class RequestRefused(Exception):
    """The mock refuses a request; `status`, `code` and `message` are Twilio's."""

    def __init__(self, request: str, status: int, code: int, message: str) -> None:
        super().__init__(request, status, code, message)
        self.request, self.status, self.code, self.message = request, status, code, message

    def __str__(self) -> str:
        return f"{self.request} is refused: {self.code}: {self.message}"


class RestClient:
    """Sends requests to one account: to the flow's chat service, and to the agents' workspace."""

    def __init__(
        self,
        mock: MockTwilio,
        flow: FlexFlowConfig,
        flow_sids: Mapping[str, str],
        service_sid: str,
        workspace_sid: str,
    ) -> None:
        self._handle = mock.handle
        self._flow, self._flow_sids = flow, flow_sids
        self._auth = (mock.credentials.account_sid, mock.credentials.auth_token)
        self._channels = f"/v2/Services/{service_sid}/Channels"
        self._workspace = f"/v1/Workspaces/{workspace_sid}"

    def _read(self, method: str, host: str, path: str, **form: str) -> Any:
        """Send a request; its reply's document."""
        return self._send(method, host, path, form, needs_document=True)

    def _write(self, method: str, host: str, path: str, **form: str) -> None:
        """Send a request whose reply nobody reads, unless it is refused."""
        self._send(method, host, path, form, needs_document=False)

    def _send(
        self, method: str, host: str, path: str, form: Mapping[str, str], *, needs_document: bool
    ) -> Any:
        request = Request(
            method,
            host,
            path,
            form=form,
            headers=_HEADERS.get(host, {}),
            auth=self._auth,
            needs_document=needs_document,
        )
        reply = self._handle(request)
        if reply.status >= _ERROR:
            code, message = reply.json["code"], reply.json["message"]
            raise RequestRefused(f"{method} {path}", reply.status, code, message)
        return reply.json

    def open_chat(self, identity: str, demand: Demand) -> tuple[str, str | None]:
        """Make a customer's Flex channel; its SID, and that of its task if there is one yet.

        A class's attributes are the task's; a flow that makes none finds them in the channel's.
        """
        flow = demand.flow or self._flow
        name = "TaskAttributes" if flow.integration_type == "task" else "PreEngagementData"
        own = {name: compact_json(demand.attributes)} if demand.attributes else {}
        made = self._read(
            "POST",
            FLEX,
            "/v1/Channels",
            FlexFlowSid=self._flow_sids[demand.flow.friendly_name if demand.flow else ""],
            Identity=identity,
            ChatUserFriendlyName=identity,
            ChatFriendlyName=f"Chat with {identity}",
            **own,
        )
        return made["sid"], made["task_sid"]

    def say(self, channel_sid: str, identity: str, body: str) -> None:
        """Send a message."""
        path = f"{self._channels}/{channel_sid}/Messages"
        self._write("POST", CHAT, path, From=identity, Body=body)

    def join(self, channel_sid: str, agent: str) -> None:
        """Make an agent a member of a chat, unless another task of it was there first."""
        path = f"{self._channels}/{channel_sid}/Members"
        try:
            self._write("POST", CHAT, path, Identity=agent, Attributes=flex_ui.AGENT_ATTRIBUTES)
        except RequestRefused as refused:
            if refused.code != flex_ui.MEMBER_EXISTS:
                raise

    def leave(self, channel_sid: str, identity: str) -> None:
        """Remove a member from a chat, unless the janitor was there first."""
        path = f"{self._channels}/{channel_sid}/Members/{flex_ui.in_path(identity)}"
        try:
            self._write("DELETE", CHAT, path)
        except RequestRefused as refused:
            if refused.status != _GONE:
                raise

    def end_chat(self, channel_sid: str) -> None:
        """Mark a chat INACTIVE, unless it is long-lived."""
        path = f"{self._channels}/{channel_sid}"
        attributes = flex_ui.ended(self._read("GET", CHAT, path)["attributes"])
        if attributes is not None:
            self._write("POST", CHAT, path, Attributes=attributes)

    def accept(self, worker_sid: str, reservation_sid: str) -> None:
        """Accept an offer."""
        path = f"{self._workspace}/Workers/{worker_sid}/Reservations/{reservation_sid}"
        self._write("POST", TASKROUTER, path, ReservationStatus="accepted")

    def channel_of(self, task_sid: str) -> str | None:
        """The chat of a task; None without one."""
        task = self._read("GET", TASKROUTER, f"{self._workspace}/Tasks/{task_sid}")
        found = flex_ui.chat_of(task["attributes"])
        return found if isinstance(found, str) else None

    def update_task(self, task_sid: str, status: str) -> None:
        """Put a task into wrap-up, or complete it."""
        path = f"{self._workspace}/Tasks/{task_sid}"
        self._write("POST", TASKROUTER, path, AssignmentStatus=status)

    def update_worker(self, worker_sid: str, activity_sid: str, *, away: bool) -> None:
        """Set an agent's activity; one who goes away rejects pending offers."""
        form = {"RejectPendingReservations": "true"} if away else {}
        path = f"{self._workspace}/Workers/{worker_sid}"
        self._write("POST", TASKROUTER, path, ActivitySid=activity_sid, **form)
