"""What provokes the codes of the account, access tokens, Flex and webhooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from provoking import HOOK, NOBODY, PROVOKED, Provocation, Stage, provokes

from helpers.mock import NOT_SIMULATED

# -- requests


@provokes(NOT_SIMULATED)
def an_operation_that_is_not_simulated(stage: Stage) -> Iterator[None]:
    yield
    stage.flex.interaction.create(channel={"type": "web"})


@provokes(20001)
def a_value_that_is_none_of_the_choices(stage: Stage) -> Iterator[None]:
    yield
    stage.service.channels.create(type="secret")


@provokes(20003)
def a_wrong_auth_token(stage: Stage) -> Iterator[None]:
    yield
    stage.stranger().chat.v2.services.create("Mine")


@provokes(20004)
def a_method_that_a_path_does_not_have(stage: Stage) -> Iterator[None]:
    yield
    stage.client.chat.v2.update("PUT", "/Services", data={"FriendlyName": "Mine"})


@provokes(20007)
def a_page_of_less_than_nothing(stage: Stage) -> Iterator[None]:
    yield
    stage.service.users.list(page_size=-1)


@provokes(20161)
def an_update_of_nothing(stage: Stage) -> Iterator[None]:
    channel = stage.channel
    yield
    channel.update()


@provokes(20403)
def a_chat_user_that_makes_a_service(stage: Stage) -> Iterator[None]:
    yield
    stage.account.client_of_chat_user(stage.token(), "jane").chat.v2.services.create("Mine")


@provokes(20404)
def a_channel_that_does_not_exist(stage: Stage) -> Iterator[None]:
    yield
    stage.service.channels("CH" + NOBODY).update(friendly_name="Found it")


@provokes(20409)
def a_default_role_deleted(stage: Stage) -> Iterator[None]:
    role = stage.roles["channel user"]
    yield
    role.delete()


# -- access tokens


def a_token_with(**changes: Any) -> Provocation:
    def steps(stage: Stage) -> Iterator[None]:
        yield
        stage.seen_with(stage.token(**changes)).channels.create()

    return steps


PROVOKED |= {
    20103: a_token_with(signing_key_sid="SK" + NOBODY),
    20104: a_token_with(ttl=-60),
    20105: a_token_with(nbf=int(time.time()) + 3600, valid_until=int(time.time()) + 7200),
    20106: a_token_with(grants=[]),
    20107: a_token_with(secret="not the API secret, which nobody knows"),
}


@provokes(20101)
def a_token_that_is_none(stage: Stage) -> Iterator[None]:
    yield
    stage.seen_with("an access token").channels.create()


@provokes(20102)
def a_token_signed_by_another_algorithm(stage: Stage) -> Iterator[None]:
    yield
    stage.seen_with(stage.token_signed("HS512")).channels.create()


# -- Flex


@provokes(45004)
def pre_engagement_data_that_is_not_json(stage: Stage) -> Iterator[None]:
    stage.flex_channel("user-1")
    yield
    stage.flex_channel("user-2", pre_engagement_data="not JSON")


@provokes(45205)
def a_flex_channel_of_a_flow_that_does_not_exist(stage: Stage) -> Iterator[None]:
    yield
    stage.flex.channel.create("FO" + NOBODY, "user-1", "Jane", "Chat")


@provokes(45208)
def the_unique_name_of_an_active_channel(stage: Stage) -> Iterator[None]:
    stage.flex_channel("user-1", chat_unique_name="support")
    yield
    stage.flex_channel("user-2", chat_unique_name="support")


@provokes(45211)
def a_reserved_identity_for_a_contact(stage: Stage) -> Iterator[None]:
    stage.flex_channel("user-1")
    yield
    stage.flex_channel("system")


@provokes(45212)
def a_second_enabled_flow_for_one_contact(stage: Stage) -> Iterator[None]:
    same = {"integration_type": "external", "integration_url": stage.flex_flow.integration["url"]}
    yield
    stage.flex.flex_flow.create("Second", stage.own.chat_service_sid, "custom", **same)


# -- channel webhooks


def a_webhook_with(kind: str, **configuration: Any) -> Provocation:
    def steps(stage: Stage) -> Iterator[None]:
        given = {f"configuration_{name}": value for name, value in configuration.items()}
        channel = stage.channel
        yield
        channel.webhooks.create(kind, **given)

    return steps


EVENTS = ["onMessageSent"]
PROVOKED |= {
    50054: a_webhook_with("webhook", url="ftp://example.com", filters=EVENTS),
    50055: a_webhook_with("webhook", url=HOOK, filters=EVENTS, method="PUT"),
    50065: a_webhook_with("webhook", url=HOOK, filters=EVENTS, retry_count=4),
    50322: a_webhook_with("trigger", url=HOOK, triggers=list("abcdef")),
    50324: a_webhook_with("pigeon", url=HOOK, filters=EVENTS),
    50325: a_webhook_with("webhook", url=HOOK, filters=["onMessageSend"]),
    50326: a_webhook_with("trigger", url=HOOK, triggers=["help", " "]),
    50327: a_webhook_with("studio", flow_sid="my flow"),
    50329: a_webhook_with("webhook", filters=EVENTS),
    50330: a_webhook_with("webhook", url=HOOK),
    50331: a_webhook_with("trigger", url=HOOK),
    50332: a_webhook_with("webhook", url=f"{HOOK}/{'x' * 2048}", filters=EVENTS),
}


@provokes(50321)
def a_sixth_webhook(stage: Stage) -> Iterator[None]:
    webhooks = stage.channel.webhooks
    given = {"configuration_url": HOOK, "configuration_filters": EVENTS}
    for _ in range(5):
        webhooks.create("webhook", **given)
    yield
    webhooks.create("webhook", **given)


# -- webhooks that are asked before something happens


@provokes(50056)
def a_webhook_that_refuses(stage: Stage) -> Iterator[None]:
    stage.ask_before_sending(lambda request: 403)
    yield
    stage.send_as_jane()


@provokes(50057)
def a_webhook_that_fails(stage: Stage) -> Iterator[None]:
    stage.ask_before_sending(lambda request: 500)
    yield
    stage.send_as_jane()


@provokes(50076)
def a_webhook_that_takes_too_long(stage: Stage) -> Iterator[None]:
    stage.ask_before_sending(lambda request: time.sleep(0.2))
    stage.mock.webhooks.timeout = 0.05
    yield
    stage.send_as_jane()
