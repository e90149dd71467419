"""Ways into Flex Conversations as a file describes them: addresses, and chats of your own server.

An address is configured in the account. A chat of your own server is not: for each customer the
server creates a conversation, and what it creates is written down here to be checked and rehearsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ...mock import SCOPED_EVENTS, flex_flows
from .config import Described, Name, Protectable, WebAddress
from .kinds.field_types import JsonObject

ADDRESSES, CUSTOM_CHATS = "address_configurations", "custom_chats"
"""Keys of the lists in a file."""
AddressType = Literal["sms", "whatsapp", "messenger", "gbm", "email", "rcs", "apple", "chat"]
CreationType = Literal["studio", "webhook", "default"]
MESSAGE_ADDED = "onMessageAdded"
SETTINGS: dict[str, dict[str, Any]] = {
    "studio": {"studio_flow": None, "studio_retry_count": 0},
    "webhook": {"webhook_url": None, "webhook_method": "post", "webhook_filters": (MESSAGE_ADDED,)},
    "default": {},
}
"""Settings that apply to each type of creation; None for one that it cannot do without."""


def _known(filters: tuple[str, ...]) -> tuple[str, ...]:
    for name in filters:
        if name not in SCOPED_EVENTS:
            raise PydanticCustomError(
                "filter",
                "names {name}, which is no event of a conversation; there are {known}",
                {"name": repr(name), "known": ", ".join(SCOPED_EVENTS)},
            )
    return tuple(sorted(filters))


class Creation(Described):
    """A new conversation, and the webhook that it gets.

    Attributes:
        type: `studio`, `webhook`, or `default` for no webhook.
        conversation_service: By SID (IS...) or friendly name; by default the account's own.
        studio_flow: By SID (FW...) or friendly name: for `studio`.
        studio_retry_count: Retries of a call to Studio that failed.
        webhook_url: Where events are posted: for `webhook`, as are the following.
        webhook_method: `post` or `get`.
        webhook_filters: The events; by default `onMessageAdded`.
    """

    type: CreationType = "default"
    conversation_service: Name | None = None
    studio_flow: Name | None = None
    studio_retry_count: flex_flows.RetryCount | None = None
    webhook_url: WebAddress | None = None
    webhook_method: Literal["get", "post"] | None = None
    webhook_filters: Annotated[
        tuple[str, ...] | None,
        Field(strict=False, min_length=1),
        AfterValidator(lambda names: names and _known(names)),
    ] = None

    @model_validator(mode="after")
    def _settings_fit_the_type(self) -> Self:
        given = {name for kind in SETTINGS.values() for name in kind} & {
            name for name, value in self if value is not None
        }
        own = SETTINGS[self.type]
        context = {"kind": self.type, "within": self.part, "known": ", ".join(own) or "none"}
        for name in [name for name, default in own.items() if default is None]:
            if name not in given:
                raise PydanticCustomError(
                    "missing_setting",
                    "{within}.{setting} is required for type {kind}; add it",
                    {"setting": name, **context},
                )
        for name in sorted(given - set(own)):
            raise PydanticCustomError(
                "foreign_setting",
                "{within}.{setting} does not apply to type {kind}; remove it."
                " What applies: {known}",
                {"setting": name, **context},
            )
        return self

    part: ClassVar[str] = "creation"
    """Its place in a file."""

    def settings(self) -> dict[str, Any]:
        """The settings that apply, defaults filled in."""
        own = (
            (name, getattr(self, name), default) for name, default in SETTINGS[self.type].items()
        )
        return {name: default if value is None else value for name, value, default in own}


class AutoCreation(Creation):
    """The new conversation that a message to an address makes.

    Attributes:
        enabled: Whether one is made.
    """

    part: ClassVar[str] = "auto_creation"
    enabled: bool = True


class OwnInteraction(Described):
    """The Interaction that your server creates, where no Studio flow sends to Flex.

    Attributes:
        workspace: By SID (WS...) or friendly name.
        workflow: By SID (WW...) or friendly name, in that workspace.
        channel: The task channel, by unique name or SID (TC...).
        timeout: Seconds the task may wait.
        priority: The task's priority.
        creation_on_message: Whether it waits for the customer's first message, which the
            webhook brings to your server.
        attributes: Attributes of the task, besides the customer's name as `from`, and
            `channelType`, which these may replace.
    """

    workspace: Name
    workflow: Name
    channel: Name = "chat"
    timeout: flex_flows.Timeout = 86_400
    priority: flex_flows.Priority = 0
    creation_on_message: bool = False
    attributes: JsonObject = Field(default_factory=dict)


class ConversationConfig(Protectable):
    """A way into Flex Conversations: how a conversation is made, and how it gets to an agent.

    Attributes:
        friendly_name: Its name.
        accept: Ids of warnings of `check` to suppress.
        long_lived: Whether agents leave a conversation in place of ending it, so that it stays
            open for the customer's next message; the Flex configuration must offer it.
        interaction: The Interaction that your server creates.
    """

    friendly_name: Name | None = None
    accept: Annotated[tuple[str, ...], Field(strict=False)] = ()
    long_lived: bool = False
    interaction: OwnInteraction | None = None

    @property
    def conversation(self) -> Creation:
        """The conversation that is made."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """Its key in a file."""
        raise NotImplementedError

    @property
    def channel_type(self) -> str:
        """Type of the Interaction's channel: `web` for a page."""
        return "web"

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which it is known in an account."""
        return (self.label,)

    @property
    def handler(self) -> str:
        """The party that a customer's message reaches: `studio`, `webhook` or `default`."""
        return self.conversation.type

    @model_validator(mode="after")
    def _interaction_fits(self) -> Self:
        reason = next(self._misfits(), None) if self.interaction is not None else None
        if reason is not None:
            context = {"setting": "interaction", "within": "", "reason": reason}
            raise PydanticCustomError("foreign_setting", "interaction {reason}", context)
        return self

    def _misfits(self) -> Iterator[str]:
        """Reasons why an own Interaction is impossible."""
        if self.handler == "studio":
            yield "does not apply to type studio, whose Send to Flex creates one; remove it"
        if self.handler == "default" and self.interaction and self.interaction.creation_on_message:
            yield (
                "cannot wait for a message, of which type default notifies nobody; set"
                " `type: webhook`, or leave out creation_on_message"
            )


class AddressConfig(ConversationConfig):
    """An address of the account, such as a number: an address configuration (IG).

    Attributes:
        type: The network, or `chat` for WebChats.
        address: The number, page or name on it; with the type its key.
        address_country: Two letters; it cannot be changed later.
        auto_creation: The conversation that a message makes.
    """

    type: AddressType
    address: Name
    address_country: Name | None = None
    auto_creation: AutoCreation = AutoCreation()

    @property
    def conversation(self) -> Creation:
        """The conversation that a message makes."""
        return self.auto_creation

    @property
    def label(self) -> str:
        """Type and address."""
        return f"{self.type} {self.address}"

    @property
    def channel_type(self) -> str:
        """Type of the Interaction's channel: `web` for a page."""
        return "web" if self.type == "chat" else self.type

    def _misfits(self) -> Iterator[str]:
        yield from super()._misfits()
        if self.type != "chat" and self.handler == "default":
            yield (
                "does not apply to type default, which notifies nobody of new conversations; set"
                " `type: webhook` under auto_creation"
            )

    def fields(self) -> dict[str, Any]:
        """The fields that an account keeps, settings as `auto_creation.studio_flow` etc."""
        own = self.model_dump(include={"type", "address", "address_country", "friendly_name"})
        kept = self.auto_creation
        common = {name: getattr(kept, name) for name in ("enabled", "type", "conversation_service")}
        return own | {
            f"auto_creation.{name}": value for name, value in (common | kept.settings()).items()
        }

    def complete(self) -> AddressConfig:
        """The same address with defaults written out, without what only a file has."""
        kept = self.auto_creation.model_copy(update=self.auto_creation.settings())
        only_here = {"accept": (), "interaction": None, "lifecycle": None, "long_lived": False}
        return self.model_copy(update={"auto_creation": kept, **only_here})


class CustomChatConfig(ConversationConfig):
    """A chat of your own page: your server creates its conversation, and nothing is configured.

    Attributes:
        creation: The conversation that your server creates, and its scoped webhook.
    """

    friendly_name: Name
    creation: Creation = Creation()

    @property
    def conversation(self) -> Creation:
        """The conversation that your server creates."""
        return self.creation

    @property
    def label(self) -> str:
        """Its name."""
        return self.friendly_name
