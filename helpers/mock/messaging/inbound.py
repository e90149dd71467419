"""Messages of people without an identity, which come by another network such as SMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.context import Context
from ..core.errors import Refused
from ..core.store import Store
from . import addresses, channels, members, messages
from .refusals import Reason
from .resources import AddressConfiguration, Channel, Member, Message, Service


def receive(
    ctx: Context,
    *,
    network: str,
    address: str,
    proxy_address: str,
    dialect: str,
    body: str | None = None,
    media_sids: Sequence[str] = (),
    changes: Mapping[str, Any],
) -> Message:
    """Add a message of an address to the channel that it is in, or make one (documented).

    Args:
        ctx: The unit of work.
        network: e.g. `sms`.
        address: The person's.
        proxy_address: The account's.
        dialect: The API in whose words a new channel's webhook is called.
        body: Text.
        media_sids: Files.
        changes: Fields of the channel or of the message that a webhook changed.

    Raises:
        Refused: ADDRESS_UNKNOWN, no channel has the pair, and none is made for the address.
    """
    author = changes.get("author", address)
    text = {key: changes[key] for key in ("body", "attributes") if key in changes}
    member = members.at_addresses(ctx, address, proxy_address)
    if member is not None:
        channel = channels.find(ctx, member.channel_sid)
    else:
        arrival = {"address": address, "proxy_address": proxy_address, "body": body}
        channel = _open(ctx, network, arrival, dialect, changes.get("friendly_name"))
    sent = {"author": author, "body": body, **text}
    return messages.send(ctx, channel, media_sids=media_sids, **sent)


def maker_of(store: Store, network: str, proxy_address: str) -> AddressConfiguration | None:
    """Return the configuration of an address that makes channels, or None."""
    spellings = [proxy_address, proxy_address.removeprefix(f"{network}:")]
    found = store.select(AddressConfiguration, {"type": network, "address": spellings})
    return next((each for each in found if each.auto_creation["enabled"]), None)


def _open(
    ctx: Context,
    network: str,
    arrival: Mapping[str, str | None],
    dialect: str,
    friendly_name: str | None,
) -> Channel:
    address, proxy_address = arrival["address"] or "", arrival["proxy_address"] or ""
    configuration = maker_of(ctx.store, network, proxy_address)
    if configuration is None:
        raise Refused(Reason.ADDRESS_UNKNOWN, address=address, proxy_address=proxy_address)
    sid = configuration.auto_creation["service_sid"]
    service = ctx.store.first(Service, sid=sid)
    if service is None:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid=sid)
    channel = channels.create_private(ctx, service, arrival=arrival, friendly_name=friendly_name)
    binding = {"type": network, "address": address, "proxy_address": proxy_address}
    members.add(ctx, channel, messaging_binding=binding)
    addresses.wire(ctx, configuration, channel, dialect)
    return channel


def places_of(ctx: Context, address: str) -> list[Member]:
    """Return the memberships of an address in channels that are not closed."""
    return [
        member
        for member in ctx.store.select(Member, {"user_sid": None})
        if member.name == address
        and channels.find(ctx, member.channel_sid).state_at(ctx.now) != "closed"
    ]
