"""Each reason for which messaging refuses, provoked in each dialect that has words of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support import stored
from twilio.base.exceptions import TwilioException

from helpers import Account
from helpers.chat.errors import as_chat_error
from helpers.mock import TwilioError
from helpers.mock.core.errors import Refusals, Refused
from helpers.mock.messaging.refusals import Reason
from helpers.mock.rest import chat_words, conversations_words

NONE = "0" * 32
Attempt = Callable[[], Any]


class Place:
    """An account with a channel of jane's, and a private one of bob's, as the SDK names them."""

    def __init__(self, account: Account) -> None:
        self.account, self.mock, self.client = account, account.mock, account.client
        self.sid = account.credentials.chat_service_sid
        self.service = self.client.chat.v2.services(self.sid)
        self.channel = self.channel_of("jane", unique_name="support")
        self.private = self.channel_of("bob", type="private")
        self.service.users.create(identity="ann")
        self.roles = {each.friendly_name: each.sid for each in self.service.roles.list()}
        self.jane = self.as_user("jane").chat.v2.services(self.sid)
        self.janes = self.jane.channels(self.channel.sid)
        self.v1 = self.client.conversations.v1.services(self.sid)
        self.conversation = self.v1.conversations(self.private.sid)

    def as_user(self, identity: str) -> Any:
        return self.account.client_of_chat_user(self.account.chat_token(identity), identity)

    def as_v1_user(self, identity: str) -> Any:
        return self.as_user(identity).conversations.v1.services(self.sid)

    def phone(self) -> Any:
        return self.conversation.participants.create(
            messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
        )

    def channel_of(self, identity: str, **settings: Any) -> Any:
        made = self.service.channels.create(**settings)
        made.members.create(identity=identity)
        return made

    def role(self, type: str = "channel", *permissions: str) -> Any:
        return self.service.roles.create("Extra", type, list(permissions or ["editChannelName"]))

    def upload(self, content: bytes = b"GIF", kind: str = "image/gif") -> dict[str, Any]:
        url = f"https://mcs.us1.twilio.com/v1/Services/{self.sid}/Media"
        headers = {"Content-Type": kind}
        return parsed(self.client.request("POST", url, data=content, headers=headers))

    def send_media(self) -> Any:
        return self.channel.messages(parsed(self.post_media(self.upload()["sid"]))["sid"])

    def post_media(self, sid: str) -> Any:
        url = f"https://chat.twilio.com/v2/Services/{self.sid}/Channels/{self.channel.sid}/Messages"
        return self.client.request("POST", url, data={"MediaSid": sid})

    def download(self, url: str) -> Any:
        return parsed(self.mock.http_client.request("GET", url))


def parsed(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.text)
    if not answer.ok:
        raise TwilioError(found["code"], found["message"])
    return found


# -- Chat


def no_service(place: Place) -> Attempt:
    token = place.account.chat_token("jane")
    credential = place.client.chat.v2.credentials.create(type="fcm").sid
    place.service.delete()
    return lambda: place.mock.bind_push(token, credential, "phone")


def closed(place: Place) -> Attempt:
    place.conversation.update(state="closed")
    return lambda: place.private.messages.create(body="x")


def full(place: Place) -> Attempt:
    place.service.update(limits_channel_members=1)
    return lambda: place.channel.members.create(identity="ann")


def full_user(place: Place) -> Attempt:
    place.service.update(limits_user_channels=1)
    return lambda: place.private.members.create(identity="jane")


def invited(place: Place) -> Attempt:
    place.channel.invites.create(identity="ann")
    return lambda: place.channel.invites.create(identity="ann")


def horizon_of_another(place: Place) -> Attempt:
    place.channel.members.create(identity="ann")
    return lambda: place.janes.members("ann").update(last_consumed_message_index=0)


def horizon_of_invited(place: Place) -> Attempt:
    place.channel.invites.create(identity="ann")
    view = place.service.users("ann").user_channels(place.channel.sid)
    return lambda: view.update(last_consumed_message_index=0)


def role_in_use(place: Place) -> Attempt:
    role = place.role()
    place.channel.members("jane").update(role_sid=role.sid)
    return role.delete


def media_body(place: Place) -> Attempt:
    message = place.send_media()
    return lambda: message.update(body="x")


def media_sent(place: Place) -> Attempt:
    sid = place.upload()["sid"]
    parsed(place.post_media(sid))
    return lambda: parsed(place.post_media(sid))


def link_expired(place: Place) -> Attempt:
    link = place.upload()["links"]["content_direct_temporary"]
    place.account.clock.advance(301)
    return lambda: place.download(link)


def media_too_large(place: Place) -> Attempt:
    return lambda: place.upload(b"x" * (150 * 1024 * 1024 + 1))


def webhooks_full(place: Place) -> Attempt:
    def add() -> Any:
        return place.channel.webhooks.create(
            "webhook", configuration_url="https://x.test/", configuration_filters=["onMessageSent"]
        )

    for _ in range(5):
        add()
    return add


def own_message(place: Place) -> Attempt:
    sid = place.janes.messages.create(body="x").sid
    return lambda: place.janes.messages(sid).update(last_updated_by="bob")


CHAT: dict[Reason, tuple[int, int, str, Callable[[Place], Attempt]]] = {
    Reason.SERVICE_NOT_FOUND: (404, 50050, "not found", no_service),
    Reason.NOT_PERMITTED: (
        *(403, 50107, "permission addMember"),
        lambda it: (
            lambda: (
                it.as_user("ann")
                .chat.v2.services(it.sid)
                .channels(it.channel.sid)
                .members.create(identity="bob")
            )
        ),
    ),
    Reason.NOT_OWN: (
        *(403, 50107, "own channels"),
        lambda it: it.jane.users("ann").user_channels.list,
    ),
    Reason.ACCOUNT_ONLY: (
        *(403, 20403, "account credentials"),
        lambda it: it.janes.webhooks.list,
    ),
    Reason.ROLE_NOT_FOUND: (
        *(404, 50100, f"Role RL{NONE} not found"),
        lambda it: lambda: it.channel.members("jane").update(role_sid="RL" + NONE),
    ),
    Reason.NOT_A_CHANNEL_ROLE: (
        *(400, 50101, "of type deployment; a channel role"),
        lambda it: lambda: it.channel.members("jane").update(role_sid=it.roles["service user"]),
    ),
    Reason.NOT_A_SERVICE_ROLE: (
        *(400, 50102, "of type channel; a deployment role"),
        lambda it: lambda: it.service.users("ann").update(role_sid=it.roles["channel user"]),
    ),
    Reason.ROLE_NOT_SETTABLE: (
        *(403, 50205, "may not set a role"),
        lambda it: lambda: it.jane.users("jane").update(role_sid=it.roles["service admin"]),
    ),
    Reason.ROLE_IS_DEFAULT: (
        *(409, 20409, "default role"),
        lambda it: it.service.roles(it.roles["channel user"]).delete,
    ),
    Reason.ROLE_IN_USE: (409, 20409, "has this role", role_in_use),
    Reason.PERMISSION_UNKNOWN: (
        *(400, 50104, "'fly' does not exist for channel roles"),
        lambda it: lambda: it.role("channel", "fly"),
    ),
    Reason.USER_EXISTS: (
        *(409, 50201, "already exists"),
        lambda it: lambda: it.service.users.create(identity="ann"),
    ),
    Reason.USER_OF_ANOTHER: (
        *(403, 50107, "cannot create another user"),
        lambda it: lambda: it.jane.users.create(identity="new"),
    ),
    Reason.USER_UNKNOWN: (
        *(404, 20404, "/Invites was not found"),
        lambda it: lambda: it.channel.invites.create(identity="nobody"),
    ),
    Reason.CHANNEL_NOT_FOUND: (
        *(404, 50300, f"Channel CH{NONE} not found"),
        lambda it: lambda: it.mock.type_in(it.account.chat_token("jane"), "CH" + NONE),
    ),
    Reason.CHANNEL_HIDDEN: (
        *(404, 50300, "private and you are not a member"),
        lambda it: it.jane.channels(it.private.sid).fetch,
    ),
    Reason.CHANNEL_CLOSED: (409, 20409, "closed conversation", closed),
    Reason.CHANNEL_NOT_JOINABLE: (
        *(403, 50107, "a member must add you"),
        lambda it: (
            lambda: (
                it.as_user("bob")
                .chat.v2.services(it.sid)
                .channels(it.private.sid)
                .members.create(identity="bob")
            )
        ),
    ),
    Reason.CHANNEL_FULL: (403, 50403, "limit of 1 members", full),
    Reason.UNIQUE_NAME_TAKEN: (
        *(409, 50307, "'support' already exists"),
        lambda it: lambda: it.service.channels.create(unique_name="support"),
    ),
    Reason.NOT_A_MEMBER: (
        *(403, 50400, "'ann' is not a member"),
        lambda it: (
            it.as_user("ann").chat.v2.services(it.sid).channels(it.channel.sid).messages.list
        ),
    ),
    Reason.MEMBER_EXISTS: (
        *(409, 50404, "already exists"),
        lambda it: lambda: it.channel.members.create(identity="jane"),
    ),
    Reason.USER_FULL: (403, 50208, "limit of 1 channels", full_user),
    Reason.HORIZON_OF_ANOTHER: (
        *(403, 50107, "own read horizon"),
        horizon_of_another,
    ),
    Reason.HORIZON_OF_INVITED: (403, 50400, "Only a member", horizon_of_invited),
    Reason.INVITED_ALREADY: (409, 50212, "invited", invited),
    Reason.TEXT_TOO_LONG: (
        *(400, 50505, "1601 characters, at most 1600"),
        lambda it: (it.phone(), lambda: it.private.messages.create(body="x" * 1_601))[1],
    ),
    Reason.MEDIA_BODY_FIXED: (400, 50509, "cannot be changed", media_body),
    Reason.MESSAGE_FIELDS_FIXED: (403, 50107, "body and attributes only", own_message),
    Reason.MEDIA_NOT_FOUND: (
        *(404, 50507, "not found"),
        lambda it: lambda: parsed(it.post_media("ME" + NONE)),
    ),
    Reason.MEDIA_SENT: (400, 50508, "sent already", media_sent),
    Reason.MEDIA_TYPE_BAD: (
        *(400, 50511, "media type"),
        lambda it: lambda: it.upload(kind="picture"),
    ),
    Reason.MEDIA_TOO_LARGE: (413, 50512, "at most 150 MB", media_too_large),
    Reason.LINK_EXPIRED: (403, 20403, "expired", link_expired),
    Reason.WEBHOOKS_FULL: (400, 50321, "at most 5", webhooks_full),
    Reason.CREDENTIAL_NOT_FOUND: (
        *(404, 20404, "/Credentials/CR"),
        lambda it: lambda: it.mock.bind_push(it.account.chat_token("jane"), "CR" + NONE, "phone"),
    ),
}


# -- Conversations, where its words differ


def v1_without_service(place: Place) -> Attempt:
    place.service.delete()
    return place.client.conversations.v1.conversations.list


def v1_closed(place: Place) -> Attempt:
    place.conversation.update(state="closed")
    return lambda: place.conversation.update(friendly_name="x")


def v1_full(place: Place) -> Attempt:
    place.service.update(limits_channel_members=1)
    return lambda: place.conversation.participants.create(identity="ann")


def v1_full_user(place: Place) -> Attempt:
    place.service.update(limits_user_channels=1)
    return lambda: place.conversation.participants.create(identity="jane")


def v1_name_taken(place: Place) -> Attempt:
    place.conversation.update(unique_name="vip")
    return lambda: place.v1.conversations.create(unique_name="vip")


def not_a_participant(place: Place) -> Attempt:
    place.private.invites.create(identity="ann")
    return place.as_v1_user("ann").conversations(place.private.sid).messages.list


def address_taken(place: Place) -> Attempt:
    def add() -> Any:
        return place.conversation.participants.create(
            messaging_binding_address="+15550001", messaging_binding_proxy_address="+15550002"
        )

    add()
    return add


def v1_full_of_phones(place: Place) -> Attempt:
    def add(number: int) -> Any:
        return place.conversation.participants.create(
            messaging_binding_address=f"+155500{number}",
            messaging_binding_proxy_address="+15550002",
        )

    for number in range(10, 60):
        add(number)
    return lambda: add(60)


def v1_full_of_webhooks(place: Place) -> Attempt:
    def add() -> Any:
        return place.conversation.webhooks.create(
            target="studio", configuration_flow_sid="FW" + NONE
        )

    for _ in range(5):
        add()
    return add


def enabled_address(it: Place, kind: str) -> None:
    it.client.conversations.v1.address_configurations.create(
        type="sms", address="+15550100", auto_creation_enabled=True, auto_creation_type=kind
    )


def v1_address_configured(place: Place) -> Attempt:
    def add() -> Any:
        return place.client.conversations.v1.address_configurations.create(
            type="chat", address="shop"
        )

    add()
    return add


CONVERSATIONS: dict[Reason, tuple[int, int, str, Callable[[Place], Attempt]]] = {
    Reason.SERVICE_NOT_FOUND: (404, 20404, "/Services/default was not found", v1_without_service),
    Reason.ROLE_NOT_FOUND: (
        *(400, 50109, f"Conversation role RL{NONE} not found"),
        lambda it: lambda: it.conversation.participants("bob").update(role_sid="RL" + NONE),
    ),
    Reason.NOT_A_CHANNEL_ROLE: (
        *(400, 50101, "of type service; a conversation role"),
        lambda it: (
            lambda: it.conversation.participants("bob").update(role_sid=it.roles["service user"])
        ),
    ),
    Reason.NOT_A_SERVICE_ROLE: (
        *(400, 50102, "of type conversation; a service role"),
        lambda it: lambda: it.v1.users("bob").update(role_sid=it.roles["channel user"]),
    ),
    Reason.NOT_OWN: (
        *(403, 50107, "only its own conversations"),
        lambda it: it.as_v1_user("jane").users("bob").user_conversations.list,
    ),
    Reason.CHANNEL_FULL_OF_OTHERS: (403, 50418, "limit of 50 participants", v1_full_of_phones),
    Reason.WEBHOOK_NOT_FOUND: (
        *(404, 50360, "Scoped webhook WH"),
        lambda it: it.conversation.webhooks("WH" + NONE).fetch,
    ),
    Reason.WEBHOOKS_FULL: (400, 50361, "at most 5 webhooks", v1_full_of_webhooks),
    Reason.ADDRESS_UNKNOWN: (
        *(501, 501, "messaging webhook"),
        lambda it: lambda: it.mock.phone("+15550001").send("Hello", to="+15550002"),
    ),
    Reason.ADDRESS_WITHOUT_FLOW: (
        *(400, 50367, "AutoCreation.StudioFlowSid is required"),
        lambda it: lambda: enabled_address(it, "studio"),
    ),
    Reason.ADDRESS_WITHOUT_URL: (
        *(400, 50369, "AutoCreation.WebhookUrl is required"),
        lambda it: lambda: enabled_address(it, "webhook"),
    ),
    Reason.ADDRESS_TAKEN: (409, 20409, "Address shop is configured already", v1_address_configured),
    Reason.CHANNEL_NOT_FOUND: (
        *(404, 50350, f"Conversation {'CH' + NONE} not found"),
        lambda it: it.v1.conversations("CH" + NONE).fetch,
    ),
    Reason.CHANNEL_HIDDEN: (
        *(403, 50430, "not participant of conversation"),
        lambda it: it.as_v1_user("jane").conversations(it.private.sid).fetch,
    ),
    Reason.CHANNEL_CLOSED: (400, 50377, "final closed state", v1_closed),
    Reason.CHANNEL_NOT_JOINABLE: (
        *(403, 50107, "a participant must add you"),
        lambda it: (
            lambda: (
                it.as_v1_user("bob")
                .conversations(it.private.sid)
                .participants.create(identity="bob")
            )
        ),
    ),
    Reason.TEXT_TOO_LONG: (
        *(400, 50504, "1601 characters, at most 1600"),
        lambda it: (it.phone(), lambda: it.conversation.messages.create(body="x" * 1_601))[1],
    ),
    Reason.CHANNEL_FULL: (403, 50417, "limit of 1 participants", v1_full),
    Reason.UNIQUE_NAME_TAKEN: (409, 50353, "'vip' already exists", v1_name_taken),
    Reason.NOT_A_MEMBER: (403, 50430, "'ann' is not participant", not_a_participant),
    Reason.MEMBER_NOT_FOUND: (
        *(404, 50432, "Participant MB"),
        lambda it: it.conversation.participants("MB" + NONE).fetch,
    ),
    Reason.MEMBER_EXISTS: (
        *(409, 50433, "already exists"),
        lambda it: lambda: it.conversation.participants.create(identity="bob"),
    ),
    Reason.MEMBER_ADDRESS_TAKEN: (409, 50416, "already exists in Conversation", address_taken),
    Reason.USER_FULL: (403, 50214, "limit of 1 conversations", v1_full_user),
}
CASES = [
    pytest.param(reason, *case, id=f"{name}-{reason.name}")
    for name, cases in (("chat", CHAT), ("conversations", CONVERSATIONS))
    for reason, case in cases.items()
]


def test_every_reason_with_words_is_provoked_here() -> None:
    chats = chat_words.REFUSALS.table
    own = {
        reason
        for reason, words in conversations_words.REFUSALS.table.items()
        if chats.get(reason) != words
    }
    assert set(chats) == set(CHAT)
    assert own == set(CONVERSATIONS)
    assert set(Reason) == set(CHAT) | set(CONVERSATIONS)


@pytest.mark.parametrize(("reason", "status", "code", "words", "prepare"), CASES)
def test_a_reason_is_worded_and_changes_nothing(
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    reason: Reason,
    status: int,
    code: int,
    words: str,
    prepare: Callable[[Place], Attempt],
) -> None:
    attempt = prepare(Place(account))
    before = stored(account)
    given: list[object] = []
    worded = Refusals.error

    def noted(self: Refusals, refused: Refused) -> TwilioError:
        given.append(refused.reason)
        return worded(self, refused)

    monkeypatch.setattr(Refusals, "error", noted)
    with pytest.raises((TwilioException, TwilioError)) as caught:
        attempt()
    refusal = as_chat_error(caught.value)
    assert given == [reason]
    assert (refusal.status, refusal.code) == (status, code)
    assert words in str(refusal)
    monkeypatch.undo()
    assert stored(account) == before


def test_a_chat_user_cannot_delete_a_user_by_rest_either(account: Account) -> None:
    place = Place(account)
    with pytest.raises(TwilioException) as caught:
        place.jane.users("ann").delete()
    refusal = as_chat_error(caught.value)
    assert (refusal.status, refusal.code) == (403, 20403)
    assert place.service.users("ann").fetch().identity == "ann"
