"""Sessions of the older SDKs: a Sync list for each client, of its commands and their outcomes.

They live in memory: a client that finds its list gone makes another one (observed).
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...json_object import text_of
from ..core.clock import iso
from ..core.context import Actor, Backend, Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..messaging.resources import Message, Service, User
from ..rest.http import Reply, Request
from . import commands, sync_objects
from .commands import COMMANDS, REPORT
from .conversations import HOST
from .notices import SyncNotice

PATH = "/v3/Lists"
PATHS = {
    "CreateSession": f"POST {PATH}",
    "FetchSessionContext": f"GET {PATH}/{{Sid}}/Context",
    "SendCommand": f"POST {PATH}/{{Sid}}/Items",
}
"""Requests about a session."""
PURPOSE = "com.twilio.rtd.ipmsg"
KEPT = 1_000
"""Sessions of an account; the oldest are forgotten."""
LIST_NOT_FOUND = 54150
_VERSIONS = {"3": "v1", "4": "v2"}
"""Versions of a session -> those of the requests that its commands stand for."""

Perform = Callable[[Actor, Request], tuple[Reply, bytes]]
"""Answers a request of the newer SDKs, with the answer's JSON as bytes, too."""


@dataclass(slots=True)
class SessionList:
    """The list of one client: its user, the version of its requests, and the events so far."""

    sid: str
    actor: Actor
    version: str
    base: str
    events: int = 0

    @property
    def url(self) -> str:
        """Its URL."""
        return f"https://cds.us1.twilio.com{PATH}/{self.sid}"

    def next_id(self) -> int:
        """Return the ID of its next event."""
        self.events += 1
        return self.events


class SessionLists:
    """The sessions of an account.

    Args:
        backend: The account's.
        account_sid: The account's SID.
        perform: Answers a request of the newer SDKs.
    """

    def __init__(self, backend: Backend, account_sid: str, perform: Perform) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._perform = perform
        self._lists: OrderedDict[str, SessionList] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, actor: Actor, sid: str) -> SessionList | None:
        """Return the list of a user's session; None where there is none."""
        found = self._lists.get(sid)
        return found if found is not None and found.actor == actor else None

    def answer(
        self, actor: Actor, request: Request, body: Mapping[str, Any]
    ) -> tuple[Reply, SyncNotice | None] | None:
        """Answer a request that is about a session, None for any other.

        Returns:
            The answer, and a notice for the client to follow it.
        """
        parts = request.path.removeprefix(PATH).strip("/").split("/")
        is_made = request.method == "POST" and request.path == PATH
        if is_made and body.get("purpose") == PURPOSE:
            return Reply(201, self._shown(self._make(actor, request, body))), None
        found = self.find(actor, parts[0]) if request.path.startswith(f"{PATH}/") else None
        if found is None:
            is_command = request.method == "POST" and parts[1:] == ["Items"]
            if not (is_command or parts[1:] == ["Context"]):
                return None
            message = f"There is no session {parts[0][:40]}; make another one"
            return Reply(404, {"status": 404, "code": LIST_NOT_FOUND, "message": message}), None
        if request.method == "POST" and parts[1:] == ["Items"]:
            return self._command(found, body)
        if parts[1:] == ["Context"]:
            return Reply(200, {"data": self.context(found), "last_event_id": 0}), None
        return Reply(200, self._shown(found)), None

    def _make(self, actor: Actor, request: Request, body: Mapping[str, Any]) -> SessionList:
        context = body.get("context")
        asked = context.get("apiVersion") if isinstance(context, dict) else None
        if asked not in _VERSIONS:
            raise TwilioError(
                NOT_SIMULATED,
                f"Sessions of version {text_of(asked)[:20]!r} are not simulated by this mock;"
                " twilio-chat 3.3 to 6.0 and @twilio/conversations 1.2 to 3.0 work",
            )
        made = SessionList(f"ES{secrets.token_hex(16)}", actor, _VERSIONS[asked], request.base)
        with self._lock:
            self._lists[made.sid] = made
            while len(self._lists) > KEPT:
                self._lists.popitem(last=False)
        return made

    def _shown(self, session: SessionList) -> dict[str, Any]:
        now = iso(self._backend.clock.now())
        return {
            "sid": session.sid,
            "unique_name": None,
            "url": session.url,
            "revision": str(session.events),
            "last_event_id": session.events,
            "date_created": now,
            "date_updated": now,
            "date_expires": None,
            "links": {"items": f"{session.url}/Items", "context": f"{session.url}/Context"},
        }

    # -- the context

    def context(self, session: SessionList) -> dict[str, Any]:
        """Return the names and links that a client starts with.

        The links are paths, which the SDK puts behind hosts of its own.
        """
        actor = session.actor
        with self._backend.store.lock:
            ctx = Context(self._backend, self._account_sid, actor)
            own = {"service_sid": actor.service_sid, "identity": actor.identity}
            user, service = (
                ctx.store.first(User, **own),
                ctx.store.first(Service, sid=actor.service_sid),
            )
        if user is None or service is None:
            raise TwilioError(20404, "The session's user is not there any more")
        client = f"/Client/{session.version}"
        return {
            "identity": user.identity,
            "userInfo": sync_objects.INFO.name(user.sid),
            "myChannels": sync_objects.CHANNELS.name(user.sid),
            "channels": f"{service.sid}.channels",
            "reachabilityEnabled": service.reachability_enabled,
            "httpCacheInterval": "PT5S",
            "consumptionReportInterval": f"PT{service.consumption_report_interval}S",
            "userInfosToSubscribe": 100,
            "links": {
                "publicChannelsUrl": f"{client}/Channels",
                "myChannelsUrl": f"{client}/MyChannels",
                "typingUrl": f"{client}/Typing",
                "syncListUrl": f"{client}/SyncList",
                "usersUrl": f"{client}/Users",
                "mediaServiceUrl": f"/v1/Services/{service.sid}/Media",
                "messagesReceiptsUrl": f"{client}/Conversations/%s/Messages/%s/Receipts",
            },
        }

    def greet(self, actor: Actor, sid: str) -> SyncNotice | None:
        """Return the event with the context of a user's session; None where there is none.

        Without it a client does not start.
        """
        session = self.find(actor, sid)
        if session is None:
            return None
        event = self._event(session) | {"context_data": self.context(session)}
        return SyncNotice("list_context_updated", event)

    def _event(self, session: SessionList) -> dict[str, Any]:
        number = session.next_id()
        return {
            "id": number,
            "list_sid": session.sid,
            "list_revision": str(number),
            "date_created": iso(self._backend.clock.now()),
        }

    # -- commands

    def _command(
        self, session: SessionList, body: Mapping[str, Any]
    ) -> tuple[Reply, SyncNotice | None]:
        data = body.get("data")
        asked = data.get("request") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(asked, dict):
            raise TwilioError(20001, "A command is {data: {request: {action}, commandId}}")
        index = session.next_id()
        item = {
            "item_index": index,
            "item_url": f"{session.url}/Items/{index}",
            "item_revision": str(index),
        }
        reply = Reply(
            201,
            {
                "index": index,
                "url": item["item_url"],
                "last_event_id": index,
                "revision": item["item_revision"],
                "date_updated": iso(self._backend.clock.now()),
                "date_expires": None,
            },
        )
        try:
            outcome = {"status": 200, "statusText": "OK", **self._carry_out(session, asked)}
        except TwilioError as error:
            outcome = {"status": error.code, "statusText": error.message}
        event = self._event(session) | item | {"item_data": {**data, "response": outcome}}
        return reply, SyncNotice("list_item_updated", event)

    def _carry_out(self, session: SessionList, asked: Mapping[str, Any]) -> dict[str, Any]:
        action = text_of(asked.get("action"))
        values = {"identity": session.actor.identity, **asked}
        if "conversationSid" in asked:
            values.setdefault("channelSid", asked["conversationSid"])
        values.setdefault("member", asked.get("memberSid") or asked.get("username"))
        if "address" in asked:
            values["binding"] = {
                "address": asked["address"],
                "proxy_address": asked.get("proxyAddress"),
            }
        if "messageIdx" in asked:
            values["messageSid"] = self._message(values)
        if action == REPORT:
            return {"report": [self._read(session, each) for each in _reports(asked)]}
        command = COMMANDS.get(action)
        if command is None:
            raise TwilioError(
                NOT_SIMULATED, f"The command {action[:40]!r} is not simulated by this mock"
            )
        answer = self._request(
            session, command.method, command.path_for(values), command.form_for(values)
        )
        return command.outcome(answer)

    def _message(self, values: Mapping[str, Any]) -> str:
        """Return the SID of the message that a command names by its index."""
        index = text_of(values["messageIdx"])
        where = {"channel_sid": text_of(values.get("channelSid"))}
        if index.isdecimal() and len(index) < 16:
            found = self._backend.store.first(Message, **where, index=int(index))
            if found is not None:
                return found.sid
        return "IM" + "0" * 32  # which there is none of

    def _read(self, session: SessionList, report: Mapping[str, Any]) -> dict[str, Any]:
        path = commands.Command("POST", commands.READ).path_for(report)
        form = {"LastConsumedMessageIndex": report.get("messageIdx")}
        answer = self._request(session, "POST", path, form)
        return {
            "channelSid": report.get("channelSid"),
            "unreadMessagesCount": answer["unread_messages_count"],
        }

    def _request(
        self, session: SessionList, method: str, path: str, form: Mapping[str, Any]
    ) -> Any:
        """Answer a request that a command stands for; TwilioError where it is refused."""
        path = f"/Client/{session.version}{path}"
        request = Request(method, HOST, path, {}, dict(form), base=session.base)
        reply, _ = self._perform(session.actor, request)
        if reply.status >= 400:
            raise TwilioError(reply.json["code"], reply.json["message"])
        return reply.json


def _reports(asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    report = asked.get("report")
    if not isinstance(report, list) or not all(isinstance(each, dict) for each in report):
        raise TwilioError(20001, "report must be a list of objects")
    return report
