"""Offers that an agent is asked to take, and the tasks that came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import flex_ui
from ..chat import Channel


@dataclass(frozen=True, slots=True)
class Offer:
    """A task that an agent is asked to take.

    Attributes:
        sid: WR..., the reservation.
        task_sid: WT..., the task.
        attributes: The task's attributes; for a chat `name` and `channelSid`.
        age: Seconds since the task was made.
    """

    sid: str
    task_sid: str
    attributes: dict[str, Any] = field(repr=False)
    age: int = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Who is waiting."""
        return str(self.attributes.get("name") or "somebody")

    @property
    def channel_sid(self) -> str | None:
        """The chat channel of the task, if it has one."""
        return self.attributes.get("channelSid")


if TYPE_CHECKING:
    from .desk import AgentDesk


class AcceptedTask:
    """An accepted task.

    Attributes:
        desk: The agent's desk.
        offer: The reservation that was accepted.
        channel: The agent's view of the chat; None for a task without one.
    """

    def __init__(self, desk: AgentDesk, offer: Offer, channel: Channel | None) -> None:
        self.desk = desk
        self.offer = offer
        self.channel = channel

    def __repr__(self) -> str:
        return f"Conversation(with {self.offer.name!r}, {self.status})"

    @property
    def status(self) -> str:
        """The task's assignment status: `assigned`, `wrapping`, `completed` or `canceled`."""
        return str(self._task().fetch().assignment_status)

    def reply(self, body: str) -> int:
        """Send a message to the customer; its index.

        Raises:
            ValueError: The task has no chat.
        """
        if self.channel is None:
            raise ValueError("this task has no chat channel")
        return self.channel.send_message(body)

    def wrap_up(self) -> None:
        """End the chat as Flex UI does: the task to wrapping, the channel to INACTIVE.

        A long-lived channel stays ACTIVE.
        """
        flex_ui.wrap_up(self._task(), "Ended by the agent")
        if self.offer.channel_sid is not None:
            with flex_ui.ignore_not_found():
                flex_ui.end_chat(self.desk.service.channels(self.offer.channel_sid))

    def complete(self, reason: str = "Completed by the agent") -> None:
        """Finish the task, wrapping up first if need be, and leave the channel."""
        if self.status == "assigned":
            self.wrap_up()
        flex_ui.complete(self._task(), reason)
        self.desk.leave(self)

    def _task(self) -> Any:
        return self.desk.workspace.tasks(self.offer.task_sid)
