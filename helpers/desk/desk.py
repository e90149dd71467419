"""An agent's desk: goes available, accepts or rejects offers, keeps the accepted tasks."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from .. import flex_ui
from ..account import Account
from ..chat import Channel, ChatClient, ChatError, Conversation, ConversationsClient
from ..chat.emitter import Emitter
from ..chat.errors import TransientError, as_chat_error
from ..chat.retrying_client import Backoff, RetryingClient
from ..flex_ui import WORKSPACE, ignore_not_found
from ..json_object import json_object
from ..masking import log_exception
from ..mock import MockTwilio, MockUnreachable, RemoteMock, TaskRouterNotification

Connected = TypeVar("Connected", ChatClient, ConversationsClient)
POLL_SECONDS = 1.0
"""Seconds between polls, where the mock is not in this kernel."""
EVENT_BRIDGE = "https://event-bridge.twilio.com/v1/wschannels"
_NOT_IN_IT = 50430
_log = logging.getLogger(__name__)


class NoDeskHere(RuntimeError):
    """There is no desk for this account, or no such agent."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A task offered to an agent, made `age` seconds ago; `sid` is the reservation's (WR...).

    The task's attributes are `name` and `channelSid` for a chat, `customerName` or `from` and
    `conversationSid` for an interaction.
    """

    sid: str
    task_sid: str
    attributes: dict[str, Any] = field(repr=False)
    age: int = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the customer who waits."""
        return flex_ui.customer_in(self.attributes) or "somebody"

    @property
    def channel_sid(self) -> str | None:
        """Chat channel of the task, if it has one that a URL can name."""
        return flex_ui.chat_in(self.attributes)


@dataclass(eq=False)
class AcceptedTask:
    """An accepted task.

    Attributes:
        channel: The agent's view of its chat; None for a task without one.
        interaction: The SDK's context of its interaction's channel; None for a task of Programmable
            Chat.
        conversation: Its chat in the words of Conversations, of which `channel` is the same in
            those of Chat; None for a task of Programmable Chat.
    """

    desk: AgentDesk
    offer: Offer
    channel: Channel | None
    interaction: Any = field(default=None, repr=False)
    conversation: Conversation | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"AcceptedTask(with {self.offer.name!r}, {self.status})"

    @property
    def status(self) -> str:
        """Assignment status of the task: `assigned`, `wrapping`, `completed` or `canceled`."""
        return str(self._task().fetch().assignment_status)

    def reply(self, body: str) -> int:
        """Send a message to the customer and return its index; ValueError without a chat."""
        if self.channel is None:
            raise ValueError("this task has no chat channel")
        return self.channel.send_message(body)

    def wrap_up(self, *, leaving: bool = False) -> None:
        """End the chat as Flex UI does: the task to wrapping, the channel to INACTIVE.

        A long-lived channel stays ACTIVE, as does one that the task names no longer. An
        interaction's channel and conversation are closed, unless the agent is about to leave it.
        """
        if self.interaction is not None and leaving:
            flex_ui.wrap_up_agent(self.interaction, self.offer.task_sid)
            return
        if self.interaction is not None:
            flex_ui.end_interaction(self.interaction)
            return
        channel_sid = flex_ui.wrap_up(self._task(), "Ended by the agent")
        if channel_sid:
            with flex_ui.ignore_not_found():
                flex_ui.end_chat(self.desk.chat_of(channel_sid))

    def complete(self, reason: str = "Completed by the agent") -> None:
        """Complete the task, wrapping up first if need be, and leave the channel.

        Flex completes the task of an interaction by itself, without the reason.
        """
        if self.status == "assigned":
            self.wrap_up()
        if self.interaction is None:
            flex_ui.complete(self._task(), reason)
            self.desk.leave(self)
        else:
            self.park()

    def leave(self) -> None:
        """Leave an interaction, which the customer takes up again by writing: a new task.

        Raises:
            ValueError: The task is none of an interaction.
        """
        flex_ui.leave_interaction(self._interaction("leave"))
        self.desk.leave(self)

    def park(self) -> None:
        """Complete the task of an interaction, and leave its conversation open.

        It is taken up again by an invite.

        Raises:
            ValueError: The task is none of an interaction.
        """
        flex_ui.close_agent(self._interaction("park"), self.offer.task_sid)
        self.desk.leave(self)

    def transfer(self, to: str, mode: str = "cold") -> None:
        """Transfer the chat to a worker (WK...) or a queue (WQ...), as Flex UI does.

        In a cold transfer the agent leaves at once. In a warm one the agent stays: until another
        accepts it, or in an interaction until the agent leaves.

        Raises:
            TwilioRestException: The task or the goal is not such that it can be transferred.
        """
        if self.interaction is not None:
            flex_ui.transfer_interaction(self.interaction, self.offer.task_sid, to, mode)
            if mode == "cold":
                self.desk.leave(self)
            return
        about = {"TaskSid": self.offer.task_sid, "ReservationSid": self.offer.sid}
        self.desk.request_of_worker("Transfers", {**about, "To": to, "Mode": mode.upper()})
        if mode == "cold":
            flex_ui.complete_reservation(self.desk.worker.reservations(self.offer.sid))
            self.desk.leave(self)

    def pause(self) -> None:
        """Pause an interaction as in Flex UI: its task ends, the agent has room for another chat.

        Raises:
            ValueError: The task is none of an interaction.
            TwilioError: 45354, or `ControlRefused` at a shared mock: it is not active.
        """
        agent = flex_ui.agent_in(self._interaction("pause"), self.offer.task_sid)
        self.desk.mock.pause_interaction(agent or "")
        self.desk.leave(self)

    def resume(self) -> AcceptedTask | None:
        """Take a paused interaction up again, with a new task, which is returned.

        Returns None while the agent has no room for it: it is accepted once there is some, and
        `AgentDesk.resume()` takes it up then.

        Raises:
            ValueError: The task is none of an interaction.
            TwilioError: 45354, or `ControlRefused` at a shared mock: it is not paused.
        """
        agent = flex_ui.agent_in(self._interaction("resume"), self.offer.task_sid)
        self.desk.mock.resume_interaction(agent or "")
        return self.desk.resume_chat(self.offer.channel_sid)

    def _interaction(self, act: str) -> Any:
        if self.interaction is None:
            raise ValueError(f"only an interaction has {act}(); use wrap_up() and complete()")
        return self.interaction

    def _task(self) -> Any:
        return self.desk.workspace.tasks(self.offer.task_sid)


class AgentDesk(Emitter):
    """The part of Flex UI for an agent, through the official SDK's TaskRouter and Chat calls.

    At a shared mock the desk polls for offers every second. It survives failures, and a restart
    that has lost all state, as long as there is an agent of this name again.

    Events: `offersChanged` (list of `Offer`), `activityChanged` (name),
    `conversationStarted` and `conversationEnded` (AcceptedTask), `problemChanged` (text or None).

    Attributes:
        conversations: Accepted tasks, oldest first.
        problem: Reason why it cannot poll, and when it tries again; None while it can.

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
        self._client = account.client
        if not isinstance(account.mock, MockTwilio):
            own = account.credentials
            http_client = RetryingClient(account.client.http_client, self._stopped.wait)
            self._client = Client(own.account_sid, own.auth_token, http_client=http_client)
        self._workspace_name = workspace
        self._find_worker()
        self.service = self._client.chat.v2.services(account.credentials.chat_service_sid)
        self.conversations: list[AcceptedTask] = []
        self._chats: dict[type, ChatClient | ConversationsClient] = {}
        self._known: list[Offer] = []
        self._unfollow: Any = None
        if isinstance(account.mock, MockTwilio):
            self._unfollow = account.mock.follow_taskrouter(self._handle)
        else:
            threading.Thread(target=self._poll, name=f"desk-{agent}", daemon=True).start()

    def _find_worker(self) -> None:
        taskrouter = self._client.taskrouter.v1
        workspaces = taskrouter.workspaces.list(friendly_name=self._workspace_name, limit=1)
        if not workspaces:
            raise NoDeskHere(f"this account has no workspace {self._workspace_name!r}")
        self.workspace = taskrouter.workspaces(workspaces[0].sid)
        workers = self.workspace.workers.list(friendly_name=self.agent, limit=1)
        if not workers:
            names = ", ".join(each.friendly_name for each in self.workspace.workers.list(limit=20))
            raise NoDeskHere(f"there is no worker {self.agent!r}; there are: {names}")
        self._worker_sid = workers[0].sid
        self._worker_path = f"Workspaces/{workspaces[0].sid}/Workers/{self._worker_sid}"
        self.worker = self.workspace.workers(self._worker_sid)
        self.identity = flex_ui.identity_of(workers[0])

    def __repr__(self) -> str:
        return f"AgentDesk({self.agent!r}, {self.activity})"

    @property
    def mock(self) -> MockTwilio | RemoteMock:
        """The account's mock, for steps that REST has not; NoDeskHere without one."""
        if self.account.mock is None:
            raise NoDeskHere("this account names no mock: open it with connect()")
        return self.account.mock

    @property
    def activity(self) -> str:
        """The agent's activity, e.g. `Available`."""
        return str(self.worker.fetch().activity_name)

    def go(self, activity: str) -> None:
        """Change activity, by name, or NoDeskHere; one that takes no tasks rejects the offers."""
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
        """Take no more chats; current ones continue."""
        self.go("Offline")

    @property
    def offers(self) -> list[Offer]:
        """Pending reservations, oldest first."""
        return self._reservations("pending")

    def _reservations(self, status: str) -> list[Offer]:
        offers = []
        for reservation in self.worker.reservations.list(reservation_status=status):
            task = self.workspace.tasks(reservation.task_sid).fetch()
            attributes = json_object(task.attributes) or {}
            offers.append(Offer(reservation.sid, task.sid, attributes, task.age))
        return offers

    def accept(self, offer: Offer | None = None) -> AcceptedTask:
        """Accept an offer, the oldest by default, and join its chat.

        Raises:
            NoDeskHere: There is no offer.
            TwilioRestException: The reservation is no longer pending.
        """
        offer = offer or self._oldest()
        flex_ui.accept(self.worker.reservations(offer.sid))
        return self._open(offer)

    def resume(self) -> AcceptedTask | None:
        """Take up the latest task that the agent has accepted and not ended; None without one.

        Flex UI does so when its page is loaded again.
        """
        if self.conversations:
            return self.conversations[-1]
        accepted = self._reservations("accepted")
        return self._open(accepted[-1]) if accepted else None

    def resume_chat(self, channel_sid: str | None) -> AcceptedTask | None:
        """Take up the accepted task of a chat that is not here yet; None without one."""
        known = {each.offer.sid for each in self.conversations}
        for offer in self._reservations("accepted"):
            if offer.channel_sid == channel_sid and offer.sid not in known:
                return self._open(offer)
        return None

    def _open(self, offer: Offer) -> AcceptedTask:
        interaction = flex_ui.interaction_channel_in(self._client.flex_api.v1, offer.attributes)
        accepted = AcceptedTask(self, offer, None, interaction)
        with ignore_not_found():
            if offer.channel_sid and interaction is None:
                flex_ui.join(self.chat_of(offer.channel_sid), self.identity)
                accepted.channel = self._chat(ChatClient).get_channel_by_sid(offer.channel_sid)
            elif offer.channel_sid:
                accepted.conversation = self._conversation(offer.channel_sid)
                if accepted.conversation is not None:
                    accepted.channel = accepted.conversation.chat_channel
        self.conversations.append(accepted)
        self.emit("conversationStarted", accepted)
        self.refresh()
        return accepted

    def _conversation(self, sid: str) -> Conversation | None:
        """Return a conversation that Flex has let the agent join, or None if it was closed then."""
        try:
            return self._chat(ConversationsClient).get_conversation_by_sid(sid)
        except ChatError as error:
            if error.code != _NOT_IN_IT:
                raise
            return None

    def _chat(self, kind: type[Connected]) -> Connected:
        """Return the agent's client of Chat or Conversations, connected at its first use."""
        if kind not in self._chats:
            made = kind(self.account, self.account.chat_token(self.identity))
            made.on("tokenAboutToExpire", self._renew)
            made.on("tokenExpired", self._renew)
            self._chats[kind] = made
        found = self._chats[kind]
        assert isinstance(found, kind)
        return found

    def reject(self, offer: Offer | None = None) -> None:
        """Reject an offer, the oldest by default, to another agent; NoDeskHere if there is none."""
        offer = offer or self._oldest()
        self.worker.reservations(offer.sid).update(reservation_status="rejected")
        self.refresh()

    def _oldest(self) -> Offer:
        offers = self.offers
        if not offers:
            raise NoDeskHere(f"nothing is offered to {self.agent!r} (activity: {self.activity})")
        return offers[0]

    def _renew(self, *_: object) -> None:
        if not self._stopped.is_set():
            for chat in self._chats.values():
                chat.update_token(self.account.chat_token(self.identity))

    def leave(self, conversation: AcceptedTask) -> None:
        """Leave a finished task's chat, as Flex UI does, unless a later task of it is here too.

        Flex takes the agent out of an interaction's conversation by itself.
        """
        if conversation in self.conversations:
            self.conversations.remove(conversation)
        channel_sid = conversation.offer.channel_sid
        others = {each.offer.channel_sid for each in self.conversations}
        is_ours = conversation.interaction is None and channel_sid not in others
        if channel_sid is not None and is_ours:
            flex_ui.leave(self.chat_of(channel_sid), self.identity)
        self.emit("conversationEnded", conversation)
        self.refresh()

    def chat_of(self, channel_sid: str) -> Any:
        """Return the SDK's context of a task's chat channel."""
        return self.service.channels(flex_ui.in_path(channel_sid))

    def request_of_worker(self, path: str, parameters: dict[str, str]) -> None:
        """Make a request that only the TaskRouter SDK makes, as Flex UI does, as the agent.

        Raises:
            TwilioRestException: It is refused.
        """
        own = self.account.worker_token(self.agent, workspace=self._workspace_name)
        url = f"{self._worker_path}/{path}"
        answer = self._client.http_client.request(
            "POST",
            EVENT_BRIDGE,
            data={"url": url, "method": "POST", "params": parameters, "token": own},
            headers={"Content-Type": "application/json"},
        )
        if not answer.ok:
            refusal = json_object(answer.text) or {}
            raise TwilioRestException(
                answer.status_code,
                f"/{url}",
                str(refusal.get("message", answer.text)),
                int(refusal.get("code", answer.status_code)),
                "POST",
            )

    def refresh(self) -> list[Offer]:
        """Read the offers now, and emit them if they have changed."""
        offers = self.offers
        if offers != self._known:
            self._known = offers
            self.emit("offersChanged", offers)
        return offers

    def close(self) -> None:
        """Stop following, and disconnect from chats."""
        self._stopped.set()
        if self._unfollow is not None:
            self._unfollow()
        for chat in self._chats.values():
            chat.shutdown()

    def _handle(self, event: TaskRouterNotification) -> None:
        is_own = event.worker_sid == self._worker_sid and event.name.startswith("reservation.")
        if is_own and not self._stopped.is_set():
            self.refresh()

    def _poll(self) -> None:
        pause, backoff = POLL_SECONDS, Backoff()
        while not self._stopped.wait(pause):
            try:
                self._sync()
            except Exception as error:
                failure = _as_transient(error)
                pause = backoff.after(failure)
                self._set_problem(f"{failure.what}, next try in {pause:.1f} s")
            else:
                pause = POLL_SECONDS
                backoff.reset()
                self._set_problem(None)

    def _sync(self) -> None:
        if any(chat.connection_state == "denied" for chat in self._chats.values()):
            self._renew()  # it failed while the server was away
        try:
            self.refresh()
        except TwilioException as error:
            if as_chat_error(error).status != HTTPStatus.NOT_FOUND:
                raise
            self._find_worker()  # in a new account
            self.emit("activityChanged", self.activity)
            self.refresh()

    def _set_problem(self, problem: str | None) -> None:
        if problem != self.problem and not self._stopped.is_set():
            _log.debug("the desk of %s: %s", self.agent, problem or "it works again")
            self.problem = problem
            self.emit("problemChanged", problem)


def _as_transient(error: Exception) -> TransientError:
    """Return a failure of polling; an unexpected one is logged in full."""
    if isinstance(error, TransientError):
        return error
    if isinstance(error, TwilioException):
        return TransientError(str(as_chat_error(error).msg))
    if not isinstance(error, (NoDeskHere, MockUnreachable)):
        log_exception(_log, "a desk failed to poll for offers", error=error)
    return TransientError(str(error))
