"""WebChats: the conversation of a visitor to a web page, by an address of the account.

Nothing is routed, and no flow starts, before a message comes that fires webhooks (observed in
Twilio's own web chat).
"""

from __future__ import annotations

from typing import NamedTuple

from ...json_object import compact_json
from ..core.context import Context
from ..core.errors import Refused, TwilioError
from ..messaging import addresses, channels, members, users
from ..messaging.refusals import Reason
from ..messaging.resources import AddressConfiguration, Channel, Service
from ..studio.incoming import CONVERSATIONS

CHAT = "chat"
"""Type of the addresses that web chats come by."""


class WebChat(NamedTuple):
    """A new web chat: its conversation, and the visitor's identity."""

    conversation: Channel
    identity: str


def create(
    ctx: Context,
    address_sid: str,
    chat_friendly_name: str | None = None,
    customer_friendly_name: str | None = None,
    pre_engagement_data: object = None,
    identity: str | None = None,
) -> WebChat:
    """Make a conversation with the visitor in it, and the webhook that the address says.

    Without an identity the visitor gets one that nobody else has. It fires no webhooks (inferred).

    Raises:
        TwilioError: 45744, there is no such address; 45745, it is not one of web chats.
        Refused: SERVICE_NOT_FOUND, the address's; as `members.add` does.
    """
    address = ctx.store.first(AddressConfiguration, sid=address_sid)
    if address is None:
        raise TwilioError(45744, f"Address {address_sid} was not found")
    if address.type != CHAT:
        raise TwilioError(
            45745, f"AddressSid {address_sid} is invalid: its type is {address.type}, not {CHAT}"
        )
    service_sid = address.auto_creation["service_sid"]
    service = ctx.store.first(Service, sid=service_sid)
    if service is None:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid=service_sid)
    attributes = {} if pre_engagement_data is None else {"pre_engagement_data": pre_engagement_data}
    conversation = channels.create_private(
        ctx,
        service,
        friendly_name=chat_friendly_name,
        attributes=compact_json(attributes),
    )
    identity = identity or ctx.sids.new("")
    user = users.ensure(ctx, service, identity, customer_friendly_name)
    members.add(ctx, conversation, identity=identity, user=user)
    addresses.wire(ctx, address, conversation, CONVERSATIONS)
    return WebChat(conversation, identity)
