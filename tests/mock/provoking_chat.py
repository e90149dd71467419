"""What provokes the codes of Programmable Chat (50xxx), webhooks apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provoking import NOBODY, PROVOKED, Provocation, Stage, provokes
from twilio.jwt.access_token.grants import ChatGrant

# -- values that a new channel, user or message may not have


def a_channel_with(**given: Any) -> Provocation:
    def steps(stage: Stage) -> Iterator[None]:
        yield
        stage.service.channels.create(**given)

    return steps


def a_user_called(identity: str) -> Provocation:
    def steps(stage: Stage) -> Iterator[None]:
        yield
        stage.service.users.create(identity)

    return steps


def a_message_with(**given: Any) -> Provocation:
    def steps(stage: Stage) -> Iterator[None]:
        channel = stage.channel
        yield
        channel.messages.create(**given)

    return steps


def settings_with(**given: Any) -> Provocation:
    def steps(stage: Stage) -> Iterator[None]:
        yield
        stage.service.update(**given)

    return steps


PROVOKED |= {
    50003: a_channel_with(friendly_name="x" * 65),
    50004: a_channel_with(unique_name="x" * 65),
    50060: settings_with(limits_user_channels=1001),
    50061: settings_with(limits_channel_members=0),
    50203: a_user_called("system"),
    50204: a_user_called(""),
    50206: a_user_called("US" + NOBODY),
    50207: a_user_called("x" * 257),
    50303: a_channel_with(attributes='{"long": "' + "x" * 16 * 1024 + '"}'),
    50304: a_channel_with(attributes="not JSON"),
    50306: a_channel_with(unique_name="CH" + NOBODY),
    50310: a_message_with(from_="x" * 257),
    50505: a_message_with(body="x" * (32 * 1024 + 1)),
    50507: a_message_with(media_sid="ME" + NOBODY),
}


# -- services and roles


@provokes(50050)
def a_device_of_a_service_that_does_not_exist(stage: Stage) -> Iterator[None]:
    credential = stage.client.chat.v2.credentials.create("fcm")
    yield
    stage.mock.bind_push(stage.token(grants=[ChatGrant("IS" + NOBODY)]), credential.sid, "phone")


@provokes(50100)
def a_role_that_does_not_exist(stage: Stage) -> Iterator[None]:
    yield
    stage.service.users.create("jane", role_sid="RL" + NOBODY)


@provokes(50101)
def a_service_role_for_a_member(stage: Stage) -> Iterator[None]:
    role, channel = stage.roles["service user"], stage.channel
    yield
    channel.members.create("jane", role_sid=role.sid)


@provokes(50102)
def a_channel_role_for_a_user(stage: Stage) -> Iterator[None]:
    role = stage.roles["channel user"]
    yield
    stage.service.users.create("jane", role_sid=role.sid)


@provokes(50104)
def a_permission_that_does_not_exist(stage: Stage) -> Iterator[None]:
    yield
    stage.service.roles.create("pilot", "channel", ["sendMessage", "fly"])


@provokes(50105)
def a_role_of_an_unknown_type(stage: Stage) -> Iterator[None]:
    yield
    stage.service.roles.create("pilot", "aircraft", ["sendMessage"])


@provokes(50107)
def a_chat_user_that_renames_a_channel(stage: Stage) -> Iterator[None]:
    stage.channel.members.create("jane")
    yield
    stage.seen_by("jane").channels(stage.channel.sid).update(friendly_name="Mine")


# -- users


@provokes(50201)
def a_second_user_of_one_identity(stage: Stage) -> Iterator[None]:
    stage.service.users.create("jane")
    yield
    stage.service.users.create("jane", friendly_name="Another Jane")


@provokes(50205)
def a_chat_user_that_takes_a_role(stage: Stage) -> Iterator[None]:
    stage.service.users.create("jane")
    role = stage.roles["service admin"]
    yield
    stage.seen_by("jane").users("jane").update(friendly_name="Boss", role_sid=role.sid)


@provokes(50208)
def one_channel_too_many_for_a_user(stage: Stage) -> Iterator[None]:
    stage.service.update(limits_user_channels=1)
    stage.channel.members.create("jane")
    other = stage.service.channels.create()
    yield
    other.members.create("jane")


@provokes(50212)
def a_second_invitation(stage: Stage) -> Iterator[None]:
    stage.service.users.create("jane")
    stage.channel.invites.create("jane")
    yield
    stage.channel.invites.create("jane")


# -- channels


@provokes(50300)
def a_private_channel_seen_from_outside(stage: Stage) -> Iterator[None]:
    hidden = stage.service.channels.create(type="private")
    yield
    stage.seen_by("jane").channels(hidden.sid).update(friendly_name="Found it")


@provokes(50307)
def a_second_channel_of_one_unique_name(stage: Stage) -> Iterator[None]:
    stage.service.channels.create(unique_name="support")
    yield
    stage.service.channels.create(unique_name="support")


# -- members


@provokes(50400)
def a_message_from_outside(stage: Stage) -> Iterator[None]:
    channel = stage.channel
    yield
    stage.seen_by("jane").channels(channel.sid).messages.create(body="Hello")


@provokes(50403)
def one_member_too_many(stage: Stage) -> Iterator[None]:
    stage.service.update(limits_channel_members=1)
    stage.channel.members.create("jane")
    yield
    stage.channel.members.create("joe")


@provokes(50404)
def a_member_added_twice(stage: Stage) -> Iterator[None]:
    stage.channel.members.create("jane")
    yield
    stage.channel.members.create("jane")


@provokes(50406)
def a_read_index_that_is_no_number(stage: Stage) -> Iterator[None]:
    member = stage.channel.members.create("jane")
    yield
    member.update(last_consumed_message_index="the last one")


# -- media


@provokes(50508)
def a_file_sent_twice(stage: Stage) -> Iterator[None]:
    sid = stage.upload()
    stage.channel.messages.create(media_sid=sid)
    yield
    stage.channel.messages.create(media_sid=sid)


@provokes(50509)
def a_body_for_a_media_message(stage: Stage) -> Iterator[None]:
    message = stage.channel.messages.create(media_sid=stage.upload())
    yield
    message.update(body="A picture")


@provokes(50511)
def a_file_of_no_type(stage: Stage) -> Iterator[None]:
    yield
    stage.upload(content_type="a picture")


@provokes(50512)
def a_file_that_is_too_large(stage: Stage) -> Iterator[None]:
    content = bytes(150 * 1024 * 1024 + 1)
    yield
    stage.upload(content)
