"""The requests that a busy day is made of, as customers' servers and Flex UI send them.

They go straight to the mock's `handle`: what the SDK would send, without the time it takes to build
and read an object for each of fifty thousand of them. The account is set up through the SDK.
"""

from __future__ import annotations

import json
from typing import Any

from ...mock import MockTwilio, Request

CHAT, FLEX, TASKROUTER = "chat.twilio.com", "flex-api.twilio.com", "taskrouter.twilio.com"
_ERROR = 400
_GONE = 404
_TOLD = {"X-Twilio-Webhook-Enabled": "true"}
_AGENT = '{"member_type": "agent"}'


class RequestRefused(Exception):
    """The mock refuses a request; `status`, `code` and `message` are Twilio's."""

    def __init__(self, request: str, status: int, code: int, message: str) -> None:
        self.request, self.status, self.code, self.message = request, status, code, message
        super().__init__(f"{request} is refused: {code}: {message}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.request, self.status, self.code, self.message)


class RestClient:
    """Sends requests to one account.

    Args:
        mock: The account.
        service_sid: IS..., the chat service of the flow.
        workspace_sid: WS..., where the agents work.
    """

    def __init__(self, mock: MockTwilio, service_sid: str, workspace_sid: str) -> None:
        self._handle = mock.handle
        self._auth = (mock.credentials.account_sid, mock.credentials.auth_token)
        self._channels = f"/v2/Services/{service_sid}/Channels"
        self._workspace = f"/v1/Workspaces/{workspace_sid}"

    def _send(self, method: str, host: str, path: str, **form: str) -> Any:
        request = Request(
            method, host, path, form=form, headers=_TOLD if host == CHAT else {}, auth=self._auth
        )
        reply = self._handle(request)
        if reply.status >= _ERROR:
            raise RequestRefused(
                f"{method} {path}", reply.status, reply.json["code"], reply.json["message"]
            )
        return reply.json

    def open_chat(self, flow_sid: str, identity: str) -> tuple[str, str | None]:
        """Make a customer's Flex channel; its SID, and that of its task if there is one yet."""
        made = self._send(
            "POST",
            FLEX,
            "/v1/Channels",
            FlexFlowSid=flow_sid,
            Identity=identity,
            ChatUserFriendlyName=identity,
            ChatFriendlyName=f"Chat with {identity}",
        )
        return made["sid"], made["task_sid"]

    def say(self, channel_sid: str, identity: str, body: str) -> None:
        """Send a message."""
        path = f"{self._channels}/{channel_sid}/Messages"
        self._send("POST", CHAT, path, From=identity, Body=body)

    def join(self, channel_sid: str, agent: str) -> None:
        """Make an agent a member of a chat."""
        path = f"{self._channels}/{channel_sid}/Members"
        self._send("POST", CHAT, path, Identity=agent, Attributes=_AGENT)

    def leave(self, channel_sid: str, identity: str) -> None:
        """Take somebody out of a chat; it does not matter if the janitor was there first."""
        try:
            self._send("DELETE", CHAT, f"{self._channels}/{channel_sid}/Members/{identity}")
        except RequestRefused as refused:
            if refused.status != _GONE:
                raise

    def end_chat(self, channel_sid: str) -> None:
        """Mark a chat INACTIVE, as Flex UI does, unless it is long-lived."""
        path = f"{self._channels}/{channel_sid}"
        attributes = json.loads(self._send("GET", CHAT, path)["attributes"])
        if not attributes.get("long_lived"):
            ended = json.dumps({**attributes, "status": "INACTIVE"})
            self._send("POST", CHAT, path, Attributes=ended)

    def accept(self, worker_sid: str, reservation_sid: str) -> None:
        """Accept an offer."""
        path = f"{self._workspace}/Workers/{worker_sid}/Reservations/{reservation_sid}"
        self._send("POST", TASKROUTER, path, ReservationStatus="accepted")

    def channel_of(self, task_sid: str) -> str | None:
        """The chat that a task is about; None if it names none."""
        task = self._send("GET", TASKROUTER, f"{self._workspace}/Tasks/{task_sid}")
        found = json.loads(task["attributes"]).get("channelSid")
        return found if isinstance(found, str) else None

    def move_task(self, task_sid: str, status: str) -> None:
        """Have a task go into wrap-up or be completed."""
        path = f"{self._workspace}/Tasks/{task_sid}"
        self._send("POST", TASKROUTER, path, AssignmentStatus=status)

    def move_worker(self, worker_sid: str, activity_sid: str, *, away: bool) -> None:
        """Have an agent go available, or away, which rejects what is offered."""
        form = {"ActivitySid": activity_sid}
        if away:
            form["RejectPendingReservations"] = "true"
        self._send("POST", TASKROUTER, f"{self._workspace}/Workers/{worker_sid}", **form)
