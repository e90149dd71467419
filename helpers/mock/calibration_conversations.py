"""Questions about Conversations, Interactions and web chats, as in `calibration_probes`.

Most are faulty calls, whose refusals are compared. They concern a conversation without anybody in
it, so that nobody gets a message even where one is accepted; no interaction and no task is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from twilio.base.values import unset
from twilio.rest import Client

from .calibration import Lab, Own, Probes, answer

PROBES = Probes()
NUMBER, OTHER = "+15005550006", "+15005550009"
"""Twilio's numbers for tests."""
URL = "https://example.com"
_MISSING = "0" * 32
_LONG = "x" * 257
_KILOBYTES = 1024

# -- things of the probes' own


class InstanceHook(NamedTuple):
    """A webhook of interactions, which the SDK does not have; no interaction names it."""

    client: Client
    uri: str
    friendly_name: str

    def update(self, **form: str) -> Any:
        """Change it; the names are those of the form."""
        return self.client.flex_api.v1.update("POST", self.uri, data=form)

    def delete(self) -> None:
        """Delete it."""
        self.client.flex_api.v1.delete("DELETE", self.uri)


class InstanceHooks:
    """Those of the account's Flex instance."""

    def __init__(self, client: Client) -> None:
        self._client = client
        instance = client.flex_api.v1.configuration().fetch().flex_instance_sid
        self._uri = f"/Instances/{instance}/InteractionWebhooks"

    def create(self, friendly_name: str) -> InstanceHook:
        """Make one."""
        form = {
            "FriendlyName": friendly_name,
            "Type": "interaction",
            "WebhookUrl": URL,
            "WebhookMethod": "POST",
            "WebhookEvents": ["onChannelCreated"],
        }
        return self._one(self._client.flex_api.v1.create("POST", self._uri, data=form))

    def list(self) -> Iterator[InstanceHook]:
        """Yield all of them."""
        return map(self._one, self._client.flex_api.v1.fetch("GET", self._uri)["data"])

    def _one(self, shown: dict[str, str]) -> InstanceHook:
        uri = f"{self._uri}/{shown['ttid']}"
        return InstanceHook(self._client, uri, shown["friendly_name"])


def _address(lab: Lab) -> dict[str, Any]:
    """Return an address of web chats that makes nothing by itself, and all else in our service."""
    service_sid = lab.own("conversation service").sid
    return {
        "type": "chat",
        "address": lab.name,
        "auto_creation_enabled": False,
        "auto_creation_conversation_service_sid": service_sid,
    }


OWN = {
    "conversation service": Own("Conversations", lambda client: client.conversations.v1.services),
    "chat address": Own(
        "Conversations", lambda client: client.conversations.v1.address_configurations, _address
    ),
    "interaction webhook": Own("Interactions", InstanceHooks),
}


def _service(lab: Lab) -> Any:
    return lab.own("conversation service")


def _conversation(lab: Lab, **given: Any) -> Any:
    return _service(lab).conversations.create(**given)


# -- refusals

_Refused = Callable[[Any], object]


def _webhook(conversation: Any, target: str = "webhook", **given: Any) -> None:
    """Create a webhook with what is given, and what its target needs otherwise."""
    needed: dict[str, Any] = {
        "configuration_url": URL,
        "configuration_filters": ["onMessageAdded"],
        "configuration_triggers": ["help"],
        "configuration_flow_sid": f"FW{_MISSING}",
    }
    conversation.webhooks.create(target=target, **{**needed, **given})


def _twice(create: Callable[[], object]) -> None:
    create()
    create()


def _six_webhooks(conversation: Any) -> None:
    for _ in range(6):
        _webhook(conversation)


def _person(
    conversation: Any, identity: Any = unset, address: Any = unset, proxy: Any = unset, **more: str
) -> None:
    conversation.participants.create(
        identity=identity,
        messaging_binding_address=address,
        messaging_binding_proxy_address=proxy,
        **more,
    )


_OF_SERVICES: dict[str, tuple[str, _Refused]] = {
    "50003": ("400 50003", lambda on: on.conversations.create(friendly_name=_LONG)),
    "50004": ("400 50004", lambda on: on.conversations.create(unique_name=_LONG)),
    "50104": ("400 50104", lambda on: on.roles.create("probe", "conversation", ["fly"])),
    "50105": ("400 50105", lambda on: on.roles.create("probe", "probe", ["sendMessage"])),
    "50206": ("400 50206", lambda on: on.users.create(f"US{_MISSING}")),
    "50207": ("400 50207", lambda on: on.users.create(_LONG)),
    "50303": (
        "400 50303",
        lambda on: on.conversations.create(attributes=json.dumps("x" * 16 * _KILOBYTES)),
    ),
    "50304": ("400 50304", lambda on: on.conversations.create(attributes="no JSON")),
    "50341": ("400 50341", lambda on: on.conversations.create(messaging_service_sid="MG1")),
    "50353": (
        "409 50353",
        lambda on: _twice(partial(on.conversations.create, unique_name="taken")),
    ),
    "50374": ("400 50374", lambda on: on.conversations.create(state="")),
    "50375": ("400 50375", lambda on: on.conversations.create(timers_inactive="PT30S")),
    "50378": ("400 50378", lambda on: on.conversations.create(state="asleep")),
    "50384": ("400 50384", lambda on: on.conversations.create(state="closed")),
    "50390": ("400 50390", lambda on: on.conversations.create(unique_name=f"CH{_MISSING}")),
    "50426": (
        "400 50426",
        lambda on: on.conversation_with_participants.create(
            participant=[json.dumps({"identity": f"probe {number}"}) for number in range(11)]
        ),
    ),
    "50451": (
        "400 50451",
        lambda on: on.participant_conversations.list(identity="probe", address=NUMBER),
    ),
}
_OF_CONVERSATIONS: dict[str, tuple[str, _Refused]] = {
    "50054": ("400 50054", lambda on: _webhook(on, configuration_url="no URL")),
    "50055": ("400 50055", lambda on: _webhook(on, configuration_method="PUT")),
    "50109": (
        "400 50109",
        lambda on: on.participants.create(identity="probe", role_sid=f"RL{_MISSING}"),
    ),
    "50211": ("400 50211", lambda on: _person(on, "probe", NUMBER, OTHER)),
    "50310": ("400 50310", lambda on: on.messages.create(author=_LONG, body="probe")),
    "50360": ("404 50360", lambda on: on.webhooks.get(f"WH{_MISSING}").fetch()),
    "50361": ("400 50361", _six_webhooks),
    "50362": (
        "400 50362",
        lambda on: _webhook(on, "trigger", configuration_triggers=list("abcdef")),
    ),
    "50364": ("400 50364", lambda on: _webhook(on, "probe")),
    "50365": ("400 50365", lambda on: _webhook(on, configuration_filters=["probe"])),
    "50366": ("400 50366", lambda on: _webhook(on, "trigger", configuration_triggers=[""])),
    "50367": ("400 50367", lambda on: _webhook(on, "studio", configuration_flow_sid="probe")),
    "50368": ("400 50368", lambda on: _webhook(on, "")),
    "50369": ("400 50369", lambda on: _webhook(on, configuration_url="")),
    "50370": ("400 50370", lambda on: _webhook(on, configuration_filters=[])),
    "50371": ("400 50371", lambda on: _webhook(on, "trigger", configuration_triggers=[])),
    "50372": ("400 50372", lambda on: _webhook(on, configuration_url=f"{URL}/{'x' * 2048}")),
    "50407": ("400 50407", lambda on: _person(on, unset, "nobody", OTHER)),
    "50408": ("400 50408", lambda on: _person(on, unset, NUMBER, "nobody")),
    "50409": ("400 50409", lambda on: _person(on, unset, NUMBER, NUMBER)),
    "50411": ("400 50411", lambda on: _person(on, unset, "", OTHER)),
    "50414": ("400 50414", lambda on: _person(on, unset, f"whatsapp:{NUMBER}", OTHER)),
    "50432": ("404 50432", lambda on: on.participants.get(f"MB{_MISSING}").fetch()),
    "50503": ("400 50503", lambda on: on.messages.create()),
    "50504": ("400 50504", lambda on: on.messages.create(body="x" * (32 * _KILOBYTES + 1))),
    "50507": ("404 50507", lambda on: on.messages.create(media_sid=f"ME{_MISSING}")),
    "50526": ("400 50526", lambda on: on.messages.create(content_sid="HX1")),
    "50528": (
        "400 50528",
        lambda on: on.messages.create(body="probe", content_variables='{"1": "x"}'),
    ),
    "A participant with an address alone needs another with a projected address (50412)": (
        "400 50412",
        lambda on: _person(on, unset, NUMBER),
    ),
}
"""Faulty calls on a conversation, by the rule that refuses them."""
for _place, _calls in ((_service, _OF_SERVICES), (_conversation, _OF_CONVERSATIONS)):
    for _rule, (_expected, _call) in _calls.items():

        def _ask(lab: Lab, place: Any = _place, call: _Refused = _call) -> str:
            on = place(lab)
            return answer(partial(call, on))

        PROBES.asks("Conversations", _rule, _expected)(_ask)

# -- Conversations

conversations = partial(PROBES.asks, "Conversations")


@conversations(
    "A conversation of another service is not found by the path without a service", "404 50350"
)
def _short_path(lab: Lab) -> str:
    sid = _conversation(lab).sid
    return answer(lab.client.conversations.v1.conversations(sid).fetch)


@conversations("Timers run from the last message or change, each by itself", "60 s, 600 s")
def _two_timers(lab: Lab) -> str:
    made = _conversation(lab, timers_inactive="PT1M", timers_closed="PT10M")
    return ", ".join(f"{_pending(made, name)} s" for name in ("date_inactive", "date_closed"))


def _pending(conversation: Any, name: str) -> int:
    """Return the seconds from a conversation's creation to the end of a timer."""
    end = datetime.fromisoformat(conversation.timers[name])
    start: datetime = conversation.date_created
    return round((end - start).total_seconds())


@conversations("A timer needs no State", "accepted")
def _no_state(lab: Lab) -> str:
    return answer(lambda: _conversation(lab, timers_closed="PT10M"))


@conversations("A timer has at most 36,500 days (50379, 50380)", "400 50379, 400 50380")
def _long_timers(lab: Lab) -> str:
    names = ("timers_inactive", "timers_closed")
    return ", ".join(answer(partial(_conversation, lab, **{name: "P36501D"})) for name in names)


@conversations("An empty timer is none", "no timer")
def _empty_timer(lab: Lab) -> str:
    made = _conversation(lab, timers_closed="PT10M").update(timers_closed="")
    return "a timer" if made.timers else "no timer"


@conversations(
    "A closed conversation is readable and not writable (50377, 400)",
    "accepted, 400 50377, 400 50377, 400 50377, accepted",
)
def _closed(lab: Lab) -> str:
    closed = _conversation(lab).update(state="closed")
    calls = (
        closed.fetch,
        partial(closed.update, friendly_name="probe"),
        partial(closed.update, attributes="{}"),
        partial(closed.update, state="active"),
        closed.delete,
    )
    return ", ".join(map(answer, calls))


@conversations(
    "ParticipantConversations takes an identity or an address, not both (50451), sorts by"
    " conversation and includes closed ones",
    "accepted",
)
def _everybodys(lab: Lab) -> str:
    return lab.read("conversation service", "ParticipantConversations")


@conversations("A PageSize of Conversations above the maximum counts as the maximum", "accepted")
def _large_page(lab: Lab) -> str:
    return lab.read("conversation service", "Conversations?PageSize=101")


@conversations("Default roles cannot be deleted (20409 inferred)", "409 20409")
def _default_role(lab: Lab) -> str:
    service = _service(lab)
    role_sid = service.configuration().fetch().default_conversation_role_sid
    return answer(service.roles.get(role_sid).delete)


@conversations(
    "The default service role of Flex's service has joinConversation and editOwnUserInfo alone",
    "editOwnUserInfo, joinConversation",
)
def _guests(lab: Lab) -> str:
    service = lab.client.conversations.v1.services(lab.credentials.chat_service_sid)
    role_sid = service.configuration().fetch().default_chat_service_role_sid
    return ", ".join(sorted(service.roles(role_sid).fetch().permissions))


@conversations("An address of type chat can be made by API, of any text", "accepted")
def _chat_address(lab: Lab) -> str:
    return answer(lambda: lab.make("chat address"))


# -- Interactions and web chats

interactions = partial(PROBES.asks, "Interactions")


@interactions(
    "A faulty Channel or Routing is refused with 45366 or 45351 and HTTP 400; what TaskRouter"
    " refuses with its own code",
    "400 45366, 400 45366",
)
def _faulty_interactions(lab: Lab) -> str:
    customer = {"type": "web", "initiated_by": "customer"}
    channels: tuple[dict[str, Any], ...] = (
        customer,
        {**customer, "properties": {"media_channel_sid": _conversation(lab).sid}},
    )
    create = lab.client.flex_api.v1.interaction.create
    return ", ".join(
        answer(partial(create, channel=each, routing={"properties": {}})) for each in channels
    )


@interactions("An interaction is read by its SID", "404 20404")
def _missing_interaction(lab: Lab) -> str:
    return answer(lab.client.flex_api.v1.interaction(f"KD{_MISSING}").fetch)


@interactions("Parameters of an interaction webhook are read by either of their names", "yes")
def _shorter_names(lab: Lab) -> str:
    changed = lab.own("interaction webhook").update(Url=f"{URL}/probe")
    return "yes" if changed["webhook_url"] == f"{URL}/probe" else "no"


@interactions(
    "AddressSid of another kind, or an address of another type, is refused with 45745; an unknown"
    " one with 45744",
    "400 45745, 404 45744",
)
def _faulty_addresses(lab: Lab) -> str:
    sids = (f"IS{_MISSING}", f"IG{_MISSING}")
    return ", ".join(answer(partial(_web_chat, lab, sid)) for sid in sids)


def _web_chat(lab: Lab, address_sid: str, **given: Any) -> None:
    lab.client.flex_api.v2.web_channels.create(address_sid=address_sid, **given)


for _rule, _expected, _data in (
    ("45731", "400 45731", json.dumps("x" * 16 * _KILOBYTES)),
    ("45733", "400 45733", "no JSON"),
):

    def _ask_data(lab: Lab, data: str = _data) -> str:
        address_sid = lab.own("chat address").sid
        return answer(lambda: _web_chat(lab, address_sid, pre_engagement_data=data))

    interactions(_rule, _expected)(_ask_data)
