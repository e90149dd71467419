"""An agent's desk: goes available, sees offers, accepts or rejects them, keeps conversations."""

from __future__ import annotations

import json
import logging
import threading
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from ..account import Account
from ..chat import Channel, ChatClient
from ..chat.emitter import Emitter
from ..chat.errors import TransientError, as_chat_error
from ..chat.retrying_client import Backoff, RetryingClient
from ..mock import MockTwilio, MockUnreachable, TaskRouterNotification
from .accepted_task import AcceptedTask, Offer, ignore_not_found

WORKSPACE = "Flex Task Assignment"
POLL_SECONDS = 1.0
"""Pause between looks, where the mock is not in this kernel."""
_log = logging.getLogger(__name__)


class NoDeskHere(RuntimeError):
    """There is no desk for this account, or no such agent."""


class AgentDesk(Emitter):
    """What Flex UI is to an agent, through the official SDK's TaskRouter and Chat calls.

    At a shared mock the desk looks for offers every second. It goes on through failures, and
    through a restart that has lost all state, as long as there is an agent of this name again.

    Events: `offersChanged` (list of `Offer`), `activityChanged` (name),
    `conversationStarted` and `conversationEnded` (Conversation), `problemChanged` (text or None).

    Attributes:
        problem: Why it cannot look for offers, and when it tries again; None while it can.

    Args:
        account: From `connect()`; a mock. On a live account the agent sits in Flex.
        agent: The worker's friendly name.
        workspace: The friendly name of the agent's workspace.

    Raises:
        NoDeskHere: The account is live, or has no such worker.
    """

    def __init__(
        self, account: Account, agent: str = "alice", *, workspace: str = WORKSPACE
    ) -> None:
        super().__init__()
        if account.mode == "live":
            raise NoDeskHere(
                "On a live account the agent sits in Flex: log in at https://flex.twilio.com, go"
                " available there and accept the task."
            )
        self.account = account
        self.agent = agent
        self.problem: str | None = None
        self._stopped = threading.Event()
        self._client = self._reached()
        self._workspace_name = workspace
        self._find_worker()
        self.service = self._client.chat.v2.services(account.credentials.chat_service_sid)
        self.conversations: list[AcceptedTask] = []
        self._chat: ChatClient | None = None
        self._known: list[Offer] = []
        self._stop_following = self._follow()

    def _reached(self) -> Any:
        """The account's SDK client; one that tries again, where it leads out of this kernel."""
        known = self.account.client
        if isinstance(self.account.mock, MockTwilio):
            return known
        line = RetryingClient(known.http_client, self._wait)
        credentials = self.account.credentials
        return Client(credentials.account_sid, credentials.auth_token, http_client=line)

    def _wait(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    def _find_worker(self) -> None:
        taskrouter = self._client.taskrouter.v1
        workspaces = taskrouter.workspaces.list(friendly_name=self._workspace_name, limit=1)
        if not workspaces:
            raise NoDeskHere(f"this account has no workspace {self._workspace_name!r}")
        self.workspace = taskrouter.workspaces(workspaces[0].sid)
        workers = self.workspace.workers.list(friendly_name=self.agent, limit=1)
        if not workers:
            names = ", ".join(
                worker.friendly_name for worker in self.workspace.workers.list(limit=20)
            )
            raise NoDeskHere(f"there is no worker {self.agent!r}; there are: {names}")
        self._worker_sid = workers[0].sid
        self.worker = self.workspace.workers(self._worker_sid)
        attributes = json.loads(workers[0].attributes)
        self.identity = _identity(str(attributes.get("contact_uri", "")), self.agent)

    def __repr__(self) -> str:
        return f"AgentDesk({self.agent!r}, {self.activity})"

    @property
    def activity(self) -> str:
        """What the agent is doing, e.g. `Available`."""
        return str(self.worker.fetch().activity_name)

    def go(self, activity: str) -> None:
        """Change activity, by its name; one that takes no tasks rejects what is offered.

        Raises:
            NoDeskHere: The workspace has no such activity.
        """
        found = self.workspace.activities.list(friendly_name=activity, limit=1)
        if not found:
            raise NoDeskHere(f"there is no activity {activity!r}")
        rejecting = {} if found[0].available else {"reject_pending_reservations": True}
        self.worker.update(activity_sid=found[0].sid, **rejecting)
        self.emit("activityChanged", activity)
        self.refresh()

    def go_available(self) -> None:
        """Take chats from now on."""
        self.go("Available")

    def go_offline(self) -> None:
        """Take no more chats; those under way go on."""
        self.go("Offline")

    @property
    def offers(self) -> list[Offer]:
        """The reservations that wait for an answer, oldest first."""
        pending = self.worker.reservations.list(reservation_status="pending")
        return [self._offer(reservation) for reservation in pending]

    def _offer(self, reservation: Any) -> Offer:
        task = self.workspace.tasks(reservation.task_sid).fetch()
        attributes = json.loads(task.attributes or "{}")
        return Offer(reservation.sid, reservation.task_sid, attributes, task.age)

    def accept(self, offer: Offer | None = None) -> AcceptedTask:
        """Accept an offer, the oldest by default, and join its chat.

        Raises:
            NoDeskHere: There is no offer.
            TwilioRestException: The reservation is no longer pending.
        """
        offer = offer or self._oldest()
        self.worker.reservations(offer.sid).update(reservation_status="accepted")
        channel = self._join(offer.channel_sid) if offer.channel_sid else None
        conversation = AcceptedTask(self, offer, channel)
        self.conversations.append(conversation)
        self.emit("conversationStarted", conversation)
        self.refresh()
        return conversation

    def reject(self, offer: Offer | None = None) -> None:
        """Reject an offer, the oldest by default; its task goes to somebody else.

        Raises:
            NoDeskHere: There is no offer.
        """
        offer = offer or self._oldest()
        self.worker.reservations(offer.sid).update(reservation_status="rejected")
        self.refresh()

    def _oldest(self) -> Offer:
        offers = self.offers
        if not offers:
            raise NoDeskHere(f"nothing is offered to {self.agent!r} (activity: {self.activity})")
        return offers[0]

    def _join(self, channel_sid: str) -> Channel | None:
        """The agent's view of a chat, as a member of it; None if it has been deleted."""
        with ignore_not_found():
            self._become_member(channel_sid)
            return self._connected().get_channel_by_sid(channel_sid)
        return None

    def _become_member(self, channel_sid: str) -> None:
        try:
            self.service.channels(channel_sid).members.create(
                identity=self.identity,
                attributes='{"member_type": "agent"}',
                x_twilio_webhook_enabled="true",
            )
        except TwilioRestException as error:
            if error.code != 50404:  # a member already
                raise

    def _connected(self) -> ChatClient:
        """The agent's chat client, whose token is renewed as long as the desk is open."""
        if self._chat is None:
            self._chat = ChatClient(self.account, self.account.chat_token(self.identity))
            self._chat.on("tokenAboutToExpire", self._renew)
            self._chat.on("tokenExpired", self._renew)
        return self._chat

    def _renew(self, *_: object) -> None:
        if self._chat is not None and not self._stopped.is_set():
            self._chat.update_token(self.account.chat_token(self.identity))

    def leave(self, conversation: AcceptedTask) -> None:
        """Leave the chat of a finished conversation, as Flex UI does on completion.

        The agent stays where a later task of the same chat is theirs too.
        """
        if conversation in self.conversations:
            self.conversations.remove(conversation)
        channel_sid = conversation.offer.channel_sid
        others = {each.offer.channel_sid for each in self.conversations}
        if channel_sid is not None and channel_sid not in others:
            with ignore_not_found():  # the janitor may have been there first
                self.service.channels(channel_sid).members(self.identity).delete()
        self.emit("conversationEnded", conversation)
        self.refresh()

    def refresh(self) -> list[Offer]:
        """Look for offers now, and tell if they have changed."""
        offers = self.offers
        if offers != self._known:
            self._known = offers
            self.emit("offersChanged", offers)
        return offers

    def close(self) -> None:
        """Follow no more, and disconnect from chats."""
        self._stopped.set()
        self._stop_following()
        if self._chat is not None:
            self._chat.shutdown()

    def _follow(self) -> Any:
        if isinstance(self.account.mock, MockTwilio):
            return self.account.mock.follow_taskrouter(self._hear)
        name = f"desk-{self.agent}"
        threading.Thread(target=self._poll, name=name, daemon=True).start()
        return lambda: None

    def _hear(self, news: TaskRouterNotification) -> None:
        is_own = news.worker_sid == self._worker_sid
        if is_own and news.name.startswith("reservation.") and not self._stopped.is_set():
            self.refresh()

    def _poll(self) -> None:
        pause, backoff = POLL_SECONDS, Backoff()
        while not self._stopped.wait(pause):
            try:
                self._look()
            except Exception as failure:  # the desk continues
                trouble = _trouble_of(failure)
                pause = backoff.after(trouble)
                self._suffer(f"{trouble.what}, next try in {pause:.1f} s")
            else:
                pause = POLL_SECONDS
                backoff.reset()
                self._suffer(None)

    def _look(self) -> None:
        if self._chat is not None and self._chat.connection_state == "denied":
            self._renew()  # it could not be, while the server was away
        try:
            self.refresh()
        except TwilioException as error:
            if not _is_not_found(error):
                raise
            self._find_worker()  # in an account made anew
            self.emit("activityChanged", self.activity)
            self.refresh()

    def _suffer(self, problem: str | None) -> None:
        if problem != self.problem and not self._stopped.is_set():
            _log.debug("the desk of %s: %s", self.agent, problem or "it works again")
            self.problem = problem
            self.emit("problemChanged", problem)


def _trouble_of(failure: Exception) -> TransientError:
    """What keeps the desk from looking; what nobody expects is logged in full."""
    if isinstance(failure, TransientError):
        return failure
    if isinstance(failure, TwilioException):
        return TransientError(str(as_chat_error(failure).msg))
    if not isinstance(failure, (NoDeskHere, MockUnreachable)):
        _log.error("a desk failed to look for offers", exc_info=failure)
    return TransientError(str(failure))


def _is_not_found(error: TwilioException) -> bool:
    return bool(as_chat_error(error).status == HTTPStatus.NOT_FOUND)


def _identity(contact_uri: str, fallback: str) -> str:
    """The chat identity in a worker's `contact_uri`, e.g. `client:alice` (observed)."""
    return unquote(contact_uri.removeprefix("client:")) or fallback
