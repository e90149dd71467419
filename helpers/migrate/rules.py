"""Rules of a migration to Flex Conversations, from Twilio's migration guides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..json_object import entry, json_object
from . import application, foretold
from .calls import Call
from .foretold import Foretold
from .legacy import LegacyAccount, Resource
from .studio import RewrittenFlow

How = Literal["by itself", "call", "flow edit", "your code", "no equal"]
"""How a change comes about: Twilio keeps it; a call that the report names; an edit of a Studio
flow, which it shows; a change of your application; or nothing takes its place."""

EVENTS = {
    "onMessageSend": "onMessageAdd",
    "onMessageSent": "onMessageAdded",
    "onMediaMessageSent": "onMessageAdded",
    "onMessageUpdate": "onMessageUpdate",
    "onMessageUpdated": "onMessageUpdated",
    "onMessageRemove": "onMessageRemove",
    "onMessageRemoved": "onMessageRemoved",
    "onChannelAdd": "onConversationAdd",
    "onChannelAdded": "onConversationAdded",
    "onChannelUpdate": "onConversationUpdate",
    "onChannelUpdated": "onConversationUpdated",
    "onChannelDestroy": "onConversationRemove",
    "onChannelDestroyed": "onConversationRemoved",
    "onMemberAdd": "onParticipantAdd",
    "onMemberAdded": "onParticipantAdded",
    "onMemberUpdate": "onParticipantUpdate",
    "onMemberUpdated": "onParticipantUpdated",
    "onMemberRemove": "onParticipantRemove",
    "onMemberRemoved": "onParticipantRemoved",
    "onUserUpdate": "onUserUpdate",
    "onUserUpdated": "onUserUpdated",
    "onUserAdded": "onUserAdded",
}
"""Events of Chat webhooks and what Conversations calls them (Twilio's migration guide)."""
ADDRESS_TYPES = {"sms": "sms", "whatsapp": "whatsapp", "facebook": "messenger", "web": "chat"}
"""Channel types of Flex Flows for which Conversations has addresses, and their type there."""
_ON_THE_WAY = (
    " Your server is on the way of messages from now on: while it does not answer, no task is made."
)
YOUR_URL = "https://your-server.example.com/messages"
"""Placeholder of a URL that a legacy set-up does not have."""


@dataclass(frozen=True)
class RequiredChange:
    """One thing of the legacy set-up and what becomes of it.

    Attributes:
        what: The legacy thing, such as `Flex Flow 'Custom chat'`.
        sid: Its SID; blank for what has none.
        becomes: What stands in its place.
        how: How the change comes about.
        why: The reason, or what to look out for.
        calls: The calls that make it, for `call` and `flow edit`.
        code: Python for your application, for `your code`.
        shows: Differences that it makes to a rehearsal.
    """

    what: str
    sid: str
    becomes: str
    how: How
    why: str
    calls: tuple[Call, ...] = ()
    code: str = ""
    shows: tuple[Foretold, ...] = ()


def required_changes(
    source: LegacyAccount, flows: Sequence[RewrittenFlow]
) -> Iterator[RequiredChange]:
    """Everything legacy of an account and what becomes of it, in an order to make it in."""
    for service in source.services:
        yield from _of_service(service, is_first=service is source.services[0])
    for flow in flows:
        yield _of_studio(flow)
    for flex_flow in source.flex_flows:
        yield from _of_flex_flow(flex_flow, source)
    if any(flex_flow.get("enabled") for flex_flow in source.flex_flows):
        yield from _of_applications()
    for channel in source.channels:
        yield from _of_channel(channel)
    for hook in source.channel_webhooks:
        yield _of_webhook(hook)
    for invite in source.invites:
        yield _of_invite(invite)


def _of_service(service: Resource, *, is_first: bool) -> Iterator[RequiredChange]:
    sid, what = service["sid"], f"Chat service {service.get('friendly_name')!r}"
    calls: tuple[Call, ...] = ()
    how: How = "by itself"
    if is_first:
        configure = Call(
            ("conversations", "v1", ("configuration",)),
            "update",
            {"default_chat_service_sid": sid},
        )
        calls, how = (configure,), "call"
    yield RequiredChange(
        what,
        sid,
        "the Conversations service of the same SID",
        how,
        "Users, roles, private channels, messages and members stay, with their SIDs."
        + (" Make it the account's default service." if calls else ""),
        calls,
    )
    urls = {
        name: service[name] for name in ("pre_webhook_url", "post_webhook_url") if service.get(name)
    }
    if urls:
        filters, lost = _events(service.get("webhook_filters"))
        given = {**urls, "filters": filters, "method": service.get("webhook_method") or "POST"}
        yield RequiredChange(
            f"webhooks of {what}",
            sid,
            "service webhooks of Conversations, with its event names",
            "call",
            "A setting apart from Chat's, which stays: both are called until you clear it"
            " (inferred). The parameters are called otherwise: ChannelSid is ConversationSid,"
            " InstanceSid is ChatServiceSid, From is Author, MemberSid is ParticipantSid; a media"
            " message has Media and no Body." + lost,
            (Call((*_service(sid), "configuration", ("webhooks",)), "update", given),),
            shows=foretold.webhooks(filters),
        )


def _of_studio(flow: RewrittenFlow) -> RequiredChange:
    what = f"Studio flow {flow.name!r}"
    if not flow.is_changed:
        why = "; ".join(flow.remarks) or "Incoming Conversation is wired already"
        return RequiredChange(what, flow.sid, "the same flow", "by itself", f"{_capital(why)}.")
    publish = Call(
        ("studio", "v2", ("flows", flow.sid)),
        "update",
        {
            "status": "published",
            "definition": flow.after,
            "commit_message": "Incoming Conversation",
        },
        {"definition": f"json.loads(Path({json.dumps(file_of(flow))}).read_text())"},
    )
    why = "A conversation starts a flow by Incoming Conversation, not by Incoming Message."
    extra = "".join(f" {_capital(remark)}." for remark in flow.remarks)
    return RequiredChange(
        what,
        flow.sid,
        "the flow with Incoming Conversation wired and trigger.conversation",
        "flow edit",
        why + extra,
        (publish,),
        shows=_shown_by(flow),
    )


def _shown_by(flow: RewrittenFlow) -> tuple[Foretold, ...]:
    canceled = foretold.CANCELED if flow.waits_an_hour else ()
    return (*foretold.BY_INTERACTION, *canceled)


def _of_applications() -> Iterator[RequiredChange]:
    """Changes of all that chats, whatever its Flex Flow."""
    yield RequiredChange(
        "pages and apps on twilio-chat",
        "",
        "pages and apps on @twilio/conversations",
        "your code",
        "twilio-chat does not find conversations; most names are alike, with Conversation for"
        " Channel and Participant for Member.",
        shows=foretold.PAGES,
    )
    yield RequiredChange(
        "Flex UI 1",
        "",
        "Flex UI 2, whose agents have Interactions",
        "your code",
        "Flex adds agents to the conversation and takes them out; End closes the Interaction's"
        " channel and the conversation, and does so again without a complaint. A transfer makes"
        " another task, where that of a chat was offered again. A task that is no"
        " Interaction cannot be ended so.",
        shows=foretold.AGENTS,
    )
    yield RequiredChange(
        "attributes.status of chats",
        "",
        "the state of the conversation",
        "your code",
        "ACTIVE is active, and INACTIVE is closed, not inactive.",
        shows=foretold.STATES,
    )
    yield RequiredChange(
        "messages to a chat that has ended",
        "",
        "a refusal: a closed conversation takes none (400, 50377)",
        "your code",
        "In a channel that is INACTIVE they reach nobody; in a conversation that is closed they"
        " are refused, an agent's too, so your page opens a new chat.",
        shows=foretold.CLOSED,
    )


def _of_flex_flow(flow: Resource, source: LegacyAccount) -> Iterator[RequiredChange]:
    what, sid = f"Flex Flow {flow.get('friendly_name')!r}", flow.get("sid") or ""
    if not flow.get("enabled"):
        yield RequiredChange(
            what, sid, "nothing", "no equal", "It is not enabled; leave it behind."
        )
        return
    address = ADDRESS_TYPES.get(flow.get("channel_type") or "")
    yield _address(what, flow, address) if address else _own_chat(what, flow)
    yield from _settings_without_equal(what, sid, flow, source)


def _own_chat(what: str, flow: Resource) -> RequiredChange:
    """A chat whose conversation your server creates, as there is no address for it."""
    kind, settings = flow.get("integration_type"), flow.get("integration") or {}
    service, channel = flow.get("chat_service_sid") or "", flow.get("channel_type") or ""
    shows = (*foretold.OPENS, *foretold.BY_HANDLER.get(kind or "", foretold.BOT))
    becomes = "an Interaction that your server creates"
    if kind == "task":
        why = (
            "Nothing inbound creates a task by itself: call POST /v1/Interactions when the"
            " customer writes, from a scoped webhook or directly."
        )
        code = application.interaction(settings, channel)
        if settings.get("creation_on_message"):
            code = application.webhook_to(YOUR_URL) + application.ON_MESSAGE + code
            why += _ON_THE_WAY
            shows += foretold.BY_SERVER
    elif kind == "studio":
        becomes = "a conversation with the customer and a scoped webhook to Studio, for each chat"
        why = (
            f"Conversations has no address of type {channel!r}: your server creates each"
            " conversation, and posts with X-Twilio-Webhook-Enabled. Its attributes are what your"
            " server says: from is the customer's name here, where Flex set the identity."
        )
        code = application.webhook_to_studio(settings.get("flow_sid"))
    else:
        becomes = "a conversation with the customer and a scoped webhook to your URL, for each chat"
        why = (
            "Your server answers as before, and hands over to an agent with POST /v1/Interactions;"
            " a second one of the conversation is dropped (45353)."
        )
        code = application.webhook_to(settings.get("url"))
    code = application.opening(service, channel) + code
    if kind != "task" and settings.get("retry_count"):
        why += " A scoped webhook has no retry_count: what fails is not sent again."
        shows += foretold.NO_RETRIES
    sid = flow.get("sid") or ""
    return RequiredChange(what, sid, becomes, "your code", why, code=code, shows=shows)


def _address(what: str, flow: Resource, kind: str) -> RequiredChange:
    settings, integration = flow.get("integration") or {}, flow.get("integration_type")
    given, code = _address_arguments(flow, kind), ""
    becomes = f"an address configuration of type {kind}"
    why = "Each new conversation of the address gets this webhook by itself."
    if given["auto_creation_type"] == "default":
        why = "Nothing inbound creates a task by itself: your server calls POST /v1/Interactions."
    if integration == "task":
        becomes += ", and an Interaction that your server creates"
        by_webhook = given["auto_creation_type"] == "webhook"
        code = application.interaction(
            settings,
            flow.get("channel_type") or "",
            kind="web" if kind == "chat" else kind,
            sid="conversation_sid" if by_webhook else "chat.conversation_sid",
        )
        code = (application.ON_MESSAGE if by_webhook else application.web_chat()) + code
        if by_webhook:
            why += (
                " Nothing inbound creates a task by itself: put your server's URL in place of"
                f" {YOUR_URL}, and call POST /v1/Interactions with the first message." + _ON_THE_WAY
            )
    if kind == "chat":
        why += (
            " Web chats start with POST /v2/WebChats (AddressSid) instead of WebChannels; the"
            " customer's name is friendlyName of the pre-engagement data."
        )
    else:
        why += " The first text makes the conversation, and one after its end a new one."
    if kind != "chat" and not flow.get("contact_identity"):
        why += " The flow names no contact identity: put the number in place of its name."
    call = Call(("conversations", "v1", "address_configurations"), "create", given)
    arrives = foretold.WEB_CHAT if kind == "chat" else foretold.PHONE
    shows = (*arrives, *foretold.BY_HANDLER.get(integration or "", foretold.BOT))
    if integration == "task":
        shows += (*foretold.LATER, *foretold.BY_SERVER)
    if settings.get("retry_count") and integration == "external":
        why += " retry_count has no equal."
        shows += foretold.NO_RETRIES
    sid = flow.get("sid") or ""
    return RequiredChange(what, sid, becomes, "call", why, (call,), code, shows)


def _address_arguments(flow: Resource, kind: str) -> dict[str, Any]:
    """Arguments that make the address configuration of a Flex Flow."""
    settings, integration = flow.get("integration") or {}, flow.get("integration_type")
    given: dict[str, Any] = {
        "type": kind,
        "address": address_of(flow),
        "friendly_name": flow.get("friendly_name"),
        "auto_creation_enabled": True,
        "auto_creation_conversation_service_sid": flow.get("chat_service_sid"),
    }
    if integration == "studio":
        given |= {
            "auto_creation_type": "studio",
            "auto_creation_studio_flow_sid": settings.get("flow_sid"),
            "auto_creation_studio_retry_count": settings.get("retry_count"),
        }
    elif integration == "task" and kind == "chat" and not settings.get("creation_on_message"):
        given["auto_creation_type"] = "default"
    else:
        given |= {
            "auto_creation_type": "webhook",
            "auto_creation_webhook_url": settings.get("url") or YOUR_URL,
            "auto_creation_webhook_method": "POST",
            "auto_creation_webhook_filters": [application.MESSAGE_ADDED],
        }
    return {name: value for name, value in given.items() if value is not None}


def _of_channel(channel: Resource) -> Iterator[RequiredChange]:
    sid, service = channel["sid"], channel.get("service_sid") or ""
    name = channel.get("unique_name") or channel.get("friendly_name") or sid
    what = f"channel {name!r}"
    if channel.get("type") == "public":
        yield RequiredChange(
            what,
            sid,
            "a conversation, once it is private",
            "call",
            "Conversations are private; a public channel is not found until its type changes.",
            (Call(("chat", "v3", ("channels", service, sid)), "update", {"type": "private"}),),
        )
    status = entry(json_object(channel.get("attributes") or ""), "status")
    if status == "INACTIVE":
        yield RequiredChange(
            what,
            sid,
            "a closed conversation",
            "call",
            "attributes.status INACTIVE becomes the state closed, not inactive.",
            (Call(_conversation(service, sid), "update", {"state": "closed"}),),
        )


def _of_webhook(hook: Resource) -> RequiredChange:
    settings = hook.get("configuration") or {}
    service, channel = hook.get("service_sid") or "", hook.get("channel_sid") or ""
    filters, lost = _events(settings.get("filters"))
    kind = hook.get("type")
    given: dict[str, Any] = {"target": kind}
    if kind == "studio":
        given |= {"configuration_flow_sid": settings.get("flow_sid")}
        filters = filters or [application.MESSAGE_ADDED]
    else:
        given |= {
            "configuration_url": settings.get("url"),
            "configuration_method": settings.get("method"),
        }
    if kind == "trigger":
        given["configuration_triggers"] = settings.get("triggers")
    else:
        given["configuration_filters"] = filters
    given = {name: value for name, value in given.items() if value}
    why = "Webhooks of Chat channels do not fire for Conversations' events." + lost
    if settings.get("retry_count"):
        why += " retry_count has no equal on a scoped webhook."
    return RequiredChange(
        f"webhook {hook['sid']} ({kind}) of channel {channel}",
        hook["sid"],
        "a scoped webhook of the conversation",
        "call",
        why,
        (Call((*_conversation(service, channel), "webhooks"), "create", given),),
    )


def _of_invite(invite: Resource) -> RequiredChange:
    service, channel = invite.get("service_sid") or "", invite.get("channel_sid") or ""
    identity = invite.get("identity")
    return RequiredChange(
        f"invite of {identity!r} to channel {channel}",
        invite["sid"],
        "a participant",
        "call",
        "Conversations has no invites: a participant is added.",
        (
            Call(
                (*_conversation(service, channel), "participants"),
                "create",
                {"identity": identity},
            ),
        ),
    )


def address_of(flow: Resource) -> str:
    """The address of a Flex Flow: its contact, or its name where it names none."""
    return str(flow.get("contact_identity") or flow.get("friendly_name") or "")


def _service(sid: str) -> tuple[Any, ...]:
    return ("conversations", "v1", ("services", sid))


def _conversation(service: str, sid: str) -> tuple[Any, ...]:
    return (*_service(service), ("conversations", sid))


def file_of(flow: RewrittenFlow) -> str:
    """The name of the file that a rewritten flow is written to."""
    name = re.sub(r"[^\w .-]", "_", flow.name).strip(" .") or "flow"
    return f"{name} {flow.sid}.json"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _events(filters: Any) -> tuple[list[str], str]:
    """Filters by Conversations' names, and a sentence about those that it has not."""
    given = [each for each in filters or () if isinstance(each, str)]
    known = list(dict.fromkeys(EVENTS[each] for each in given if each in EVENTS))
    lost = [each for each in given if each not in EVENTS]
    return known, f" No equal: {', '.join(lost)}." if lost else ""


def _settings_without_equal(
    what: str, sid: str, flow: Resource, source: LegacyAccount
) -> Iterator[RequiredChange]:
    if flow.get("long_lived"):
        yield _leave(what, sid, source)
    if flow.get("janitor_enabled") and flow.get("long_lived"):
        why = "The janitor ends no long-lived chat."
        yield RequiredChange(f"JanitorEnabled of {what}", sid, "nothing", "by itself", why)
    elif flow.get("janitor_enabled"):
        yield _closed_timer(what, source)


def _leave(what: str, sid: str, source: LegacyAccount) -> RequiredChange:
    leave = Call(  # the SDK's own update() takes no plain JSON
        (),
        "request",
        {
            "method": "POST",
            "uri": "https://flex-api.twilio.com/v1/Configuration",
            "headers": {"Content-Type": "application/json"},
            "data": {
                "account_sid": source.account_sid,
                "agent_conv_end_methods": {"enabled": ["Leave"]},
            },
        },
    )
    return RequiredChange(
        f"LongLived of {what}",
        sid,
        "Leave, which agents choose in place of End",
        "call",
        "A conversation that an agent leaves stays open, up to 90 days; the customer's next"
        " message makes a new task. A page that is opened again, a Studio flow, or a message"
        " before the agent has left makes none, and nothing keeps a conversation open that an"
        " agent ends.",
        (leave,),
        shows=foretold.LEAVE,
    )


def _closed_timer(what: str, source: LegacyAccount) -> RequiredChange:
    stay = any(each.get("enabled") and each.get("long_lived") for each in source.flex_flows)
    timer = Call(
        ("conversations", "v1", ("configuration",)),
        "update",
        {"default_closed_timer": "P90D" if stay else "P1D"},
    )
    suggestion = (
        " It closes conversations that agents left, too: 90 days is what Leave allows."
        if stay
        else " A day is our suggestion."
    )
    return RequiredChange(
        f"JanitorEnabled of {what}",
        "",  # it concerns the whole account
        "a closed timer, and a channel status that your server sets",
        "call",
        "No janitor closes a conversation whose task ended outside Flex UI: a timer does,"
        " later, or POST .../Channels/{UO} with Status=closed. The timer closes any"
        " conversation in which nobody writes for so long." + suggestion,
        (timer,),
        shows=foretold.JANITOR,
    )
