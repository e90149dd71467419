"""Who is told of what after it happened, in which words, and how the telling is signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hooks import HOOK, Hook, registered
from support import refused
from twilio.request_validator import RequestValidator

from helpers import Account
from helpers.mock.webhooks.network import CallPolicy
from helpers.mock.webhooks.receivers import Receivers

VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"


@pytest.fixture
def hook(webhooks: Any) -> Hook:
    return registered(webhooks)


def tell_of(service: Any, *events: str, **settings: Any) -> None:
    service.update(post_webhook_url=HOOK, webhook_filters=list(events), **settings)


# -- filters and triggers


def test_a_service_is_told_of_the_events_it_filters_for_and_of_no_others(
    service: Any, channel: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent", "onMemberAdded")
    janes.send_message("hello")
    channel.members.create(identity="agent", x_twilio_webhook_enabled="true")
    channel.update(friendly_name="Sales", x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert hook.events == ["onMessageSent", "onMemberAdded"]


def test_a_filter_that_is_no_event_is_kept_and_the_log_of_deliveries_says_it_never_fires(
    service: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent", "onMessageAdded", "frobnicate")
    assert service.fetch().webhook_filters == ["onMessageSent", "onMessageAdded", "frobnicate"]
    first, second = webhooks.log
    assert (first.event, first.url, first.status) == ("webhook_filters", HOOK, None)
    assert "'onMessageAdded' is no event of Chat" in str(first.problem)
    assert "'frobnicate' is no event of Chat" in str(second.problem)
    janes.send_message("hello")
    assert webhooks.settle()
    assert hook.events == ["onMessageSent"]
    service.update(friendly_name="Other")
    assert len(webhooks.log) == 3


def test_a_service_without_filters_is_told_of_nothing(
    service: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    service.update(post_webhook_url=HOOK)
    janes.send_message("hello")
    assert webhooks.settle()
    assert hook.events == []


def test_a_channels_webhook_hears_of_its_own_channel_only(
    service: Any, channel: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    made = channel.webhooks.create(
        "webhook", configuration_url=HOOK, configuration_filters=["onMessageSent"]
    )
    other = service.channels(service.channels.create().sid)
    other.messages.create(body="elsewhere", x_twilio_webhook_enabled="true")
    janes.send_message("here")
    channel.update(friendly_name="Sales", x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert hook.all("Body") == ["here"]
    assert (hook.last["WebhookType"], hook.last["WebhookSid"]) == ("webhook", made.sid)


def test_a_service_and_every_webhook_of_a_channel_are_told_in_the_order_they_were_made(
    service: Any, channel: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent")
    made = [
        channel.webhooks.create(
            "webhook", configuration_url=HOOK, configuration_filters=["onMessageSent"]
        ).sid
        for _ in range(5)
    ]
    janes.send_message("hello")
    assert webhooks.settle()
    assert hook.all("WebhookSid") == [None, *made]
    assert len(set(hook.all("MessageSid"))) == 1


def triggered_by(channel: Any, *triggers: str) -> None:
    channel.webhooks.create(
        "trigger", configuration_url=HOOK, configuration_triggers=list(triggers)
    )


@pytest.mark.parametrize(
    ("triggers", "body"),
    [
        (["help"], "I need help, please"),
        (["help"], "I need HELP"),
        (["Help"], "i need help"),
        (["help"], "helpful people"),
        (["help", "agent"], "let me talk to an agent"),
        (["talk to an agent"], "Let me talk to an agent!"),
        (["straße"], "In der Straße 5"),
    ],
)
def test_a_trigger_fires_where_its_words_are_in_a_new_message_whatever_their_case(
    channel: Any, janes: Any, webhooks: Any, triggers: list[str], body: str
) -> None:
    hook = registered(webhooks)
    triggered_by(channel, *triggers)
    janes.send_message(body)
    assert webhooks.settle()
    assert (hook.events, hook.all("Body")) == (["onMessageSent"], [body])


def test_a_trigger_stays_silent_where_its_words_are_not_together(
    channel: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    triggered_by(channel, "talk to an agent", "help")
    for body in ("I need somebody", "an agent, to talk to", "hel p", ""):
        janes.send_message(body)
    channel.messages.create(x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert hook.events == []


def test_a_trigger_is_not_pulled_by_an_edit(
    channel: Any, janes: Any, acting_as: Callable[[str], Any], webhooks: Any, hook: Hook
) -> None:
    triggered_by(channel, "help")
    janes.send_message("I need somebody")
    own = acting_as("jane").channels(janes.sid).messages
    own(own.list()[0].sid).update(body="I need help")
    assert webhooks.settle()
    assert hook.events == []


def test_a_webhook_goes_where_it_was_last_told_to_go_and_nowhere_once_deleted(
    channel: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    elsewhere = registered(webhooks, url="https://elsewhere.example.com")
    made = channel.webhooks.create(
        "webhook", configuration_url=HOOK, configuration_filters=["onMessageSent"]
    )
    channel.webhooks(made.sid).update(configuration_url="https://elsewhere.example.com")
    janes.send_message("moved")
    assert webhooks.settle()
    channel.webhooks(made.sid).delete()
    janes.send_message("gone")
    assert webhooks.settle()
    assert (hook.all("Body"), elsewhere.all("Body")) == ([], ["moved"])


def test_a_studio_webhook_posts_nothing(
    channel: Any, janes: Any, webhooks: Any, studio_settings: dict[str, Any]
) -> None:
    flow_sid = studio_settings["integration_flow_sid"]
    channel.webhooks.create("studio", configuration_flow_sid=flow_sid)
    janes.send_message("hello")
    assert webhooks.settle()
    assert webhooks.log == []


@pytest.mark.parametrize("url", ["nonsense", "ftp://example.com", "http://", "http://[bad"])
def test_an_address_that_no_webhook_can_go_to_is_refused(
    service: Any, channel: Any, url: str
) -> None:
    with refused(400, 50054):
        service.update(post_webhook_url=url)
    with refused(400, 50054):
        service.update(pre_webhook_url=url)
    with refused(400, 50054):
        channel.webhooks.create(
            "webhook", configuration_url=url, configuration_filters=["onMessageSent"]
        )
    assert service.fetch().post_webhook_url is None
    assert channel.webhooks.list() == []


def test_a_services_webhook_settings_are_checked(service: Any) -> None:
    with refused(400, 50055):
        service.update(webhook_method="PUT")
    with refused(400, 50065):
        service.update(post_webhook_retry_count=4)
    with refused(400, 50065):
        service.update(pre_webhook_retry_count=-1)


def test_a_blank_address_means_no_webhook(
    service: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent")
    service.update(post_webhook_url="")
    janes.send_message("hello")
    assert webhooks.settle()
    assert hook.events == []


# -- who acts


def test_rest_fires_webhooks_only_with_the_header(
    service: Any, channel: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent")
    channel.messages.create(body="silent")
    channel.messages.create(body="silent too", x_twilio_webhook_enabled="false")
    channel.messages.create(body="told", x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert hook.all("Body") == ["told"]


def test_a_chat_user_fires_webhooks_always(
    service: Any, janes: Any, acting_as: Callable[[str], Any], webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent")
    own = acting_as("jane").channels(janes.sid)
    own.messages.create(body="no header")
    own.messages.create(body="refusing it", x_twilio_webhook_enabled="false")
    assert webhooks.settle()
    assert hook.all("Body") == ["no header", "refusing it"]


def test_the_source_tells_the_chat_sdk_from_rest(
    service: Any, channel: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent")
    janes.send_message("from the SDK")
    channel.messages.create(from_="jane", body="from REST", x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert hook.all("Source") == ["SDK", "API"]
    assert hook.all("From") == ["jane", "jane"]
    assert hook.all("ClientIdentity") == ["jane", None]


def test_a_flow_with_an_external_handler_tells_it_of_the_customers_messages(
    account: Account,
    make_flow: Callable[..., Any],
    make_channel: Callable[..., Any],
    webhooks: Any,
    hook: Hook,
) -> None:
    made = make_channel(make_flow(integration_url=HOOK, integration_retry_count=2))
    own = account.client_of_chat_user(account.chat_token("user-42"), "user-42").chat.v2
    own.services(account.credentials.chat_service_sid).channels(made.sid).messages.create(body="Hi")
    assert webhooks.settle()
    assert (hook.events, hook.all("Body"), hook.all("From")) == (
        ["onMessageSent"],
        ["Hi"],
        ["user-42"],
    )


# -- how it is signed and sent


def test_a_post_carries_a_signature_that_twilios_validator_accepts(
    account: Account, service: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    tell_of(service, "onMessageSent")
    janes.send_message("ünïcödé & 100% = 😀\nsecond line", {"mood": "good"})
    assert webhooks.settle()
    [request] = hook.requests
    signature = request.headers["X-Twilio-Signature"]
    accepts = RequestValidator(account.credentials.auth_token).validate
    assert (request.method, request.url) == ("POST", HOOK)
    assert request.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert accepts(request.url, request.parameters, signature)
    assert not accepts(request.url, {**request.parameters, "Body": "forged"}, signature)
    assert not accepts(request.url + "?x=1", request.parameters, signature)
    by_another = RequestValidator(account.credentials.api_secret)
    assert not by_another.validate(request.url, request.parameters, signature)


def test_a_get_carries_its_parameters_in_a_signed_url(
    account: Account, service: Any, janes: Any, webhooks: Any, hook: Hook
) -> None:
    address = f"{HOOK}?key=a%20b"
    service.update(
        post_webhook_url=address, webhook_method="GET", webhook_filters=["onMessageSent"]
    )
    janes.send_message("ünïcödé & 100% = 😀")
    assert webhooks.settle()
    [request] = hook.requests
    query = parse_qs(urlsplit(request.url).query)
    assert request.method == "GET"
    assert request.url.startswith(f"{address}&EventType=onMessageSent&")
    assert query.pop("key") == ["a b"]
    assert {name: values[0] for name, values in query.items()} == request.parameters
    signature = request.headers["X-Twilio-Signature"]
    accepts = RequestValidator(account.credentials.auth_token).validate
    assert accepts(request.url, {}, signature)
    assert not accepts(request.url.replace("onMessageSent", "onMessageRemoved"), {}, signature)


class Repeated(dict[str, list[str]]):
    """Parameters whose names may be repeated, as web frameworks keep them."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


@pytest.mark.parametrize(
    ("parameters", "signature"),
    [
        (
            {
                "CallSid": "CA1234567890ABCDE",
                "Digits": "1234",
                "From": "+14158675309",
                "To": "+18005551212",
                "Caller": "+14158675309",
            },
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            Repeated(Sid=["CA123"], SidAccount=["AC123"], Digits=["5678", "1234", "1234"]),
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_twilios_own_signature_vectors_come_out(parameters: dict[str, Any], signature: str) -> None:
    receivers, hook = Receivers("12345", CallPolicy()), Hook()
    receivers.register(VECTOR_URL, hook)
    assert receivers.send("POST", VECTOR_URL, parameters).status == 200
    assert hook.requests[0].headers["X-Twilio-Signature"] == signature


@pytest.mark.parametrize(
    "url",
    ["https://Hooks.Example.com", "https://hooks.example.com/", "https://hooks.example.com/?a=1"],
)
def test_a_receiver_is_found_however_its_address_is_written(
    service: Any, janes: Any, webhooks: Any, url: str
) -> None:
    hook = registered(webhooks, url="https://hooks.example.com")
    service.update(post_webhook_url=url, webhook_filters=["onMessageSent"])
    janes.send_message("hello")
    assert webhooks.settle()
    assert [request.url for request in hook.requests] == [url]
