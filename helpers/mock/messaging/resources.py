"""Resources of messaging, field by field."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from ...json_object import object_to_read
from ..core.schema import DatedResource, Resource

MAX_MEMBERS = 100
"""Default members a channel (documented on the limits page; OpenAPI swaps the two defaults)."""
MAX_USER_CHANNELS = 250
"""Default channels a user joins (documented on the limits page)."""
PUSHES = ("new_message", "added_to_channel", "removed_from_channel", "invited_to_channel")
"""Events that a device can be notified of."""
_PUSH = {"enabled": False, "template": "", "sound": ""}


class Service(DatedResource):
    """A chat service (IS): users, roles and channels live inside one."""

    prefix: ClassVar[str] = "IS"

    friendly_name: str
    default_service_role_sid: str | None
    default_channel_role_sid: str | None
    default_channel_creator_role_sid: str | None
    read_status_enabled: bool = True
    reachability_enabled: bool = False
    typing_indicator_timeout: int = 5
    consumption_report_interval: int = 10
    limits: dict[str, int] = field(
        default_factory=lambda: {"channel_members": MAX_MEMBERS, "user_channels": MAX_USER_CHANNELS}
    )
    pre_webhook_url: str | None = None
    post_webhook_url: str | None = None
    webhook_method: str = "POST"
    webhook_filters: list[str] = field(default_factory=list)
    pre_webhook_retry_count: int = 0
    post_webhook_retry_count: int = 0
    notifications: dict[str, Any] = field(
        default_factory=lambda: {
            "log_enabled": False,
            "new_message": {**_PUSH, "badge_count_enabled": False},
            **{push: {**_PUSH} for push in PUSHES[1:]},
        }
    )
    media: dict[str, Any] = field(
        default_factory=lambda: {
            "size_limit_mb": 150,
            "compatibility_message": "Media messages are not supported by your client",
        }
    )
    media_notification: dict[str, Any] = field(
        default_factory=lambda: {"enabled": False, "template": ""}
    )


class Role(DatedResource):
    """A named set of permissions (RL), of type `service` or `channel`.

    `permissions` are the model's own; `is_default` marks the four that every service starts with.
    """

    prefix: ClassVar[str] = "RL"

    service_sid: str
    friendly_name: str
    type: str
    permissions: list[str]
    is_default: bool

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("service_sid",),)


class User(DatedResource):
    """A chat user (US): an identity, unique and case-sensitive within a service."""

    prefix: ClassVar[str] = "US"

    service_sid: str
    identity: str
    friendly_name: str | None = None
    attributes: str = "{}"
    role_sid: str = ""
    is_online: bool | None = None
    is_notifiable: bool | None = None
    joined_channels_count: int = 0

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("service_sid", "identity"))


class Channel(DatedResource):
    """A channel, or conversation (CH).

    `next_index` is the index the next message will take. `state` is `active`, `inactive` or
    `closed`, which is final; timers, in seconds since `active_at`, make it one of the latter.
    `active_at` is when the latest message came, or the timers were set.
    """

    prefix: ClassVar[str] = "CH"

    service_sid: str
    friendly_name: str | None = None
    unique_name: str | None = None
    attributes: str = "{}"
    type: str = "public"
    created_by: str = "system"
    members_count: int = 0
    messages_count: int = 0
    next_index: int = 0
    last_message_sid: str | None = None
    state: str = "active"
    inactive_after: float | None = None
    closed_after: float | None = None
    active_at: float | None = None
    messaging_service_sid: str | None = None
    email_binding: dict[str, str] | None = None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("service_sid", "unique_name"))
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("service_sid",),)
    durations: ClassVar[tuple[str, ...]] = ("inactive_after", "closed_after")

    def timer_dates(self) -> dict[str, float]:
        """Return when each timer ends or ended, by the state it leads to."""
        timers = {"closed": self.closed_after, "inactive": self.inactive_after}
        start = self.active_at or self.date_created
        return {state: start + after for state, after in timers.items() if after is not None}

    def state_at(self, now: float) -> str:
        """Return the state, timers considered; each timer runs by itself (inferred)."""
        if self.state == "closed" or (self.inactive_after is None and self.closed_after is None):
            return self.state
        ended = [state for state, date in self.timer_dates().items() if date <= now]
        return ended[0] if ended else self.state

    def next_change(self) -> float | None:
        """Return when a timer is next due to change the state; None where none is."""
        if self.inactive_after is None and self.closed_after is None:
            return None
        changes = {"active": ("inactive", "closed"), "inactive": ("closed",)}.get(self.state, ())
        dates = self.timer_dates()
        return min((dates[state] for state in changes if state in dates), default=None)

    def attribute(self, name: str) -> Any:
        """One value of the channel's JSON attributes; None where they have none of that name."""
        return object_to_read(self.attributes).get(name)


class Member(DatedResource):
    """A place in a channel (MB), with how far its user has read.

    A member without an identity, reached through another network such as SMS, has a
    `messaging_binding`: type, address and proxy address.
    """

    prefix: ClassVar[str] = "MB"

    service_sid: str
    channel_sid: str
    user_sid: str | None = None
    identity: str | None = None
    role_sid: str = ""
    attributes: str = "{}"
    last_consumed_message_index: int | None = None
    last_consumption_timestamp: float | None = None
    messaging_binding: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """The name the member writes under: its identity, else its address."""
        return self.identity or (self.messaging_binding or {}).get("address", self.sid)

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("channel_sid", "identity"))
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("user_sid",),)


class Invite(DatedResource):
    """An invitation of an identity into a channel (IN), gone once it joins or declines."""

    prefix: ClassVar[str] = "IN"

    service_sid: str
    channel_sid: str
    user_sid: str
    identity: str
    role_sid: str
    created_by: str

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("channel_sid", "identity"))
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("user_sid",),)


class UserChannel(Resource):
    """A user's own view of a channel it is in, or invited to; it has no SID of its own."""

    account_sid: str
    service_sid: str
    channel_sid: str
    user_sid: str
    member_sid: str | None
    status: str
    notification_level: str

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("user_sid", "channel_sid"),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",),)


class Message(DatedResource):
    """One message (IM), with text, files or both.

    Indexes rise in order of arrival and are never used twice. `member_sid` is the author's place in
    the channel, as it was then; None for an author without one, and blank where it is not known, in
    files of earlier versions.
    """

    prefix: ClassVar[str] = "IM"

    service_sid: str
    channel_sid: str
    author: str = "system"
    body: str | None = None
    attributes: str = "{}"
    index: int = 0
    type: str = "text"
    media: list[dict[str, Any]] | None = None
    last_updated_by: str | None = None
    was_edited: bool = False
    subject: str | None = None
    member_sid: str | None = ""

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("channel_sid", "index"))
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",),)


class Media(DatedResource):
    """A file kept by the media service (ME), to be sent with one message.

    `link_key` signs the links to its content.
    """

    prefix: ClassVar[str] = "ME"

    service_sid: str
    channel_sid: str | None
    message_sid: str | None
    author: str | None
    content: bytes
    content_type: str
    filename: str | None
    category: str
    size: int
    link_key: str

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("service_sid",),)


class ChannelWebhook(DatedResource):
    """A receiver of a channel's events (WH): a URL, a URL on keywords, or a Studio flow.

    `dialect` names the API it was made over, in whose words it is called.
    """

    prefix: ClassVar[str] = "WH"

    service_sid: str
    channel_sid: str
    type: str
    configuration: dict[str, Any]
    dialect: str = "chat"

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",),)


class DeliveryReceipt(DatedResource):
    """How far a message came to one member without an identity (DY).

    `status` is `sent`, `delivered`, `read`, `failed` or `undelivered`; `network_sid` is the
    message's SID in the other network.
    """

    prefix: ClassVar[str] = "DY"

    service_sid: str
    channel_sid: str
    message_sid: str
    member_sid: str
    network_sid: str
    status: str = "sent"
    error_code: int = 0

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",), ("message_sid",))


class EventHooks(Resource):
    """Receivers of a service's events, or of all services' that have none of their own.

    The account's have no service. Events and parameters are in the words of the newer API.
    """

    account_sid: str
    service_sid: str | None
    method: str = "POST"
    filters: list[str] = field(default_factory=list)
    pre_webhook_url: str | None = None
    post_webhook_url: str | None = None
    target: str = "webhook"

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("service_sid",),)


class MessagingSettings(Resource):
    """Settings of all services: the default one, and timers (seconds) of new private channels."""

    account_sid: str
    default_service_sid: str | None = None
    messaging_service_sid: str | None = None
    inactive_after: float | None = None
    closed_after: float | None = None

    durations: ClassVar[tuple[str, ...]] = ("inactive_after", "closed_after")


class Credential(DatedResource):
    """Access to a push service (CR). Its secrets are checked, used for nothing and not kept."""

    prefix: ClassVar[str] = "CR"

    friendly_name: str | None
    type: str
    sandbox: str | None


class Binding(DatedResource):
    """A device of a user that takes push notifications (BS)."""

    prefix: ClassVar[str] = "BS"

    service_sid: str
    user_sid: str
    identity: str
    endpoint: str
    credential_sid: str
    binding_type: str
    message_types: list[str]

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("service_sid", "endpoint"))
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("service_sid",), ("user_sid",))


class AddressConfiguration(DatedResource):
    """An address of the account (IG), such as a number, and what a message to it makes.

    `auto_creation` has `enabled`, `type` (`default`, `webhook` or `studio`), `service_sid`, and
    the configuration of a webhook that each new channel gets.
    """

    prefix: ClassVar[str] = "IG"

    type: str
    address: str
    friendly_name: str | None
    auto_creation: dict[str, Any]
    address_country: str | None = None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("type", "address"))


IN_A_SERVICE: tuple[type[Resource], ...] = (
    Role,
    User,
    Channel,
    Member,
    Invite,
    UserChannel,
    Message,
    Media,
    ChannelWebhook,
    Binding,
    DeliveryReceipt,
    EventHooks,
)
"""Everything that goes when its service is deleted."""
IN_A_CHANNEL: tuple[type[Resource], ...] = (
    Member,
    Invite,
    UserChannel,
    Message,
    ChannelWebhook,
    DeliveryReceipt,
)
"""Everything that goes when its channel is deleted."""
OF_A_USER: tuple[type[Resource], ...] = (Invite, UserChannel, Binding)
"""Everything that goes with its user, besides the memberships that channels count."""
KINDS: tuple[type[Resource], ...] = (
    Service,
    *IN_A_SERVICE,
    Credential,
    MessagingSettings,
    AddressConfiguration,
)
