"""Files: uploaded once, sent once, fetched over links that expire on the mock's clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support import refused
from twilio.base.version import Version
from twilio.rest import Client

from helpers import Account, connect

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
MEGABYTE = 1024 * 1024


def parsed(answer: Any) -> dict[str, Any]:
    """The JSON of an answer; its refusal is raised as the SDK raises one."""
    if not answer.ok:
        raise Version.exception("", "", answer, "Unable to reach media")
    return dict(json.loads(answer.text))


@pytest.fixture
def upload(account: Account, client: Client) -> Callable[..., dict[str, Any]]:
    """Uploads a file, a PNG unless told otherwise."""

    def send(
        content: bytes = PNG,
        content_type: str = "image/png",
        by: Client = client,
        **params: Any,
    ) -> dict[str, Any]:
        sid = account.credentials.chat_service_sid
        url = f"https://mcs.us1.twilio.com/v1/Services/{sid}/Media"
        headers = {"Content-Type": content_type}
        return parsed(by.request("POST", url, data=content, headers=headers, params=params))

    return send


@pytest.fixture
def fetch(client: Client) -> Callable[[str], dict[str, Any]]:
    """Fetches what is at a URL of the media service."""
    return lambda url: parsed(client.request("GET", url))


@pytest.fixture
def download(account: Account) -> Callable[[str], bytes]:
    """What a browser gets that opens a link: it has no credentials."""
    assert account.mock is not None
    door = account.mock.http_client

    def get(url: str) -> bytes:
        answer = door.request("GET", url)
        if not answer.ok:
            parsed(answer)
        return str(answer.text).encode("latin-1")

    return get


# -- uploading


def test_an_upload_has_what_twilio_documents(
    account: Account, upload: Callable[..., dict[str, Any]]
) -> None:
    account.clock.freeze(datetime(2026, 1, 5, 12, tzinfo=UTC))
    made = upload(Filename="cat.png")
    service_sid, noon = account.credentials.chat_service_sid, "2026-01-05T12:00:00Z"
    url = f"https://mcs.us1.twilio.com/v1/Services/{service_sid}/Media/{made['sid']}"
    links = made.pop("links")
    assert made.pop("sid")[:2] == "ME"
    assert made == {
        "account_sid": account.credentials.account_sid,
        "service_sid": service_sid,
        "channel_sid": None,
        "message_sid": None,
        "date_created": noon,
        "date_upload_updated": noon,
        "date_updated": noon,
        "size": len(PNG),
        "content_type": "image/png",
        "filename": "cat.png",
        "author": None,
        "category": "media",
        "is_multipart_upstream": False,
        "url": url,
    }
    assert links["content"] == f"{url}/Content"
    assert links["content_direct_temporary"].startswith(f"{url}/Content?")


def test_an_upload_may_have_no_name_and_no_content(
    upload: Callable[..., dict[str, Any]], download: Callable[[str], bytes]
) -> None:
    made = upload(content=b"")
    assert (made["filename"], made["size"]) == (None, 0)
    assert download(made["links"]["content_direct_temporary"]) == b""


def test_what_a_chat_user_uploads_is_its_own(
    account: Account, upload: Callable[..., dict[str, Any]]
) -> None:
    jane = account.client_of_chat_user(account.chat_token("jane"), "jane")
    assert upload(by=jane)["author"] == "jane"


@pytest.mark.parametrize(
    "content_type", ["text/plain; charset=utf-8", "application/vnd.ms-excel", "image/svg+xml"]
)
def test_a_content_type_is_kept_as_it_came(
    upload: Callable[..., dict[str, Any]], content_type: str
) -> None:
    assert upload(content_type=content_type)["content_type"] == content_type


@pytest.mark.parametrize("content_type", ["", "png", "image/", "/png", "image png", "a/b/c"])
def test_what_is_no_content_type_is_refused(
    upload: Callable[..., dict[str, Any]], content_type: str
) -> None:
    with refused(400, 50511):
        upload(content_type=content_type)


def test_a_file_above_the_services_limit_is_refused(
    service: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    limit = service.fetch().media["size_limit_mb"]
    assert limit == 150
    with refused(413, 50512, "150 MB"):
        upload(content=bytes(limit * MEGABYTE + 1))


def test_media_needs_a_service_and_credentials(
    account: Account, client: Client, upload: Callable[..., dict[str, Any]]
) -> None:
    nowhere = f"https://mcs.us1.twilio.com/v1/Services/IS{'0' * 32}/Media"
    headers = {"Content-Type": "image/png"}
    with refused(404, 20404):
        parsed(client.request("POST", nowhere, data=PNG, headers=headers))
    wrong = Client(account.credentials.account_sid, "wrong", http_client=client.http_client)
    with refused(401, 20003):
        upload(by=wrong)


# -- fetching


def test_media_is_fetched_with_a_fresh_link(
    account: Account,
    upload: Callable[..., dict[str, Any]],
    fetch: Callable[[str], dict[str, Any]],
) -> None:
    account.clock.freeze()
    made = upload()
    assert fetch(made["url"]) == made
    account.clock.advance(60)
    again = fetch(made["url"])
    assert again["links"]["content_direct_temporary"] != made["links"]["content_direct_temporary"]
    assert again | {"links": None} == made | {"links": None}


def test_a_link_gives_the_content_to_anybody_for_five_minutes(
    account: Account,
    upload: Callable[..., dict[str, Any]],
    fetch: Callable[[str], dict[str, Any]],
    download: Callable[[str], bytes],
) -> None:
    account.clock.freeze(1_767_614_400)
    made = upload(content=bytes(range(256)))
    link = made["links"]["content_direct_temporary"]
    account.clock.advance(299)
    assert download(link) == bytes(range(256))
    account.clock.advance(1)
    with refused(403, 20403, "fetch the media again"):
        download(link)
    assert download(fetch(made["url"])["links"]["content_direct_temporary"]) == bytes(range(256))


def test_a_link_that_was_tampered_with_opens_nothing(
    upload: Callable[..., dict[str, Any]], download: Callable[[str], bytes]
) -> None:
    one, two = upload(), upload(content=b"other")
    link = one["links"]["content_direct_temporary"]
    query = link.split("?")[1]
    for forged in (
        link.replace("Expires=", "Expires=9"),
        link.replace("Expires=", "Expires=x"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        f"{two['links']['content']}?{query}",
        f"{one['links']['content']}?Signature=",
        f"{one['links']['content']}?Signature=あ&Expires=9999999999",
    ):
        with refused(403, 20403):
            download(forged)


def test_two_accounts_of_one_seed_sign_links_differently() -> None:
    def file_of(account: Account) -> tuple[str, dict[str, list[str]]]:
        account.clock.freeze(1_767_614_400)
        service = f"https://mcs.us1.twilio.com/v1/Services/{account.credentials.chat_service_sid}"
        headers = {"Content-Type": "image/png"}
        made = parsed(account.client.request("POST", f"{service}/Media", data=PNG, headers=headers))
        query = urlsplit(made["links"]["content_direct_temporary"]).query
        return made["sid"], parse_qs(query)

    one, other = (file_of(connect(seed=7)) for _ in range(2))
    assert one[0] == other[0]
    assert one[1]["Expires"] == other[1]["Expires"]
    assert one[1]["Signature"] != other[1]["Signature"]


def test_the_lasting_link_takes_credentials(
    account: Account,
    client: Client,
    upload: Callable[..., dict[str, Any]],
    download: Callable[[str], bytes],
) -> None:
    content = upload()["links"]["content"]
    answer = client.request("GET", content)
    assert (answer.status_code, answer.text.encode("latin-1")) == (200, PNG)
    assert answer.headers["Content-Type"] == "image/png"
    with refused(401, 20003):
        download(content)


def test_media_that_does_not_exist_is_not_found(
    upload: Callable[..., dict[str, Any]], fetch: Callable[[str], dict[str, Any]]
) -> None:
    made = upload()
    nothing = made["url"].replace(made["sid"], "ME" + "0" * 32)
    for url in (nothing, f"{nothing}/Content"):
        with refused(404, 20404):
            fetch(url)


AS_JSON = {"Content-Type": "application/json; charset=utf-8"}


@pytest.fixture
def fetched(account: Account, acting_as: Callable[[str], Any]) -> Callable[[str, str], list[int]]:
    """The codes, 0 for none, with which a chat user's ways to a file are answered."""

    def codes(identity: str, sid: str) -> list[int]:
        by = account.client_of_chat_user(account.chat_token(identity), identity)
        service = f"https://mcs.us1.twilio.com/v1/Services/{account.credentials.chat_service_sid}"
        wanted = json.dumps({"command": "get", "list": [{"media_sid": sid}]}).encode()
        answers = [
            by.request("GET", f"{service}/Media/{sid}"),
            by.request("GET", f"{service}/Media/{sid}/Content"),
            by.request("POST", f"{service}/MediaSet", data=wanted, headers=dict(AS_JSON)),
        ]
        return [0 if each.ok else json.loads(each.text)["code"] for each in answers]

    return codes


@pytest.mark.parametrize(("type", "code"), [("private", 50300), ("public", 50400)])
def test_a_file_is_refused_to_a_chat_user_as_its_message_is(
    service: Any,
    acting_as: Callable[[str], Any],
    upload: Callable[..., dict[str, Any]],
    fetched: Callable[[str, str], list[int]],
    type: str,
    code: int,
) -> None:
    sid = service.channels.create(type=type).sid
    channel = service.channels(sid)
    channel.members.create(identity="jane")
    made = upload()["sid"]
    message = channel.messages.create(media_sid=made)
    with refused(404 if code == 50300 else 403, code):
        acting_as("mallory").channels(sid).messages(message.sid).fetch()
    assert fetched("mallory", made) == [code] * 3
    assert fetched("jane", made) == [0] * 3
    channel.members("jane").delete()
    assert fetched("jane", made) == [code] * 3
    channel.delete()
    assert fetched("jane", made) == [20404] * 3


def test_a_file_that_was_not_sent_is_its_uploaders_alone(
    account: Account,
    janes: Any,
    acting_as: Callable[[str], Any],
    upload: Callable[..., dict[str, Any]],
    fetched: Callable[[str, str], list[int]],
) -> None:
    bob = account.client_of_chat_user(account.chat_token("bob"), "bob")
    for made in (upload(by=bob)["sid"], upload()["sid"]):
        assert fetched("jane", made) == [20404] * 3
        with refused(404, 50507):
            acting_as("jane").channels(janes.sid).messages.create(media_sid=made)
    own = upload(by=bob)["sid"]
    assert fetched("bob", own) == [0] * 3


# -- sending


def test_a_message_shows_its_media_and_the_media_its_message(
    channel: Any, upload: Callable[..., dict[str, Any]], fetch: Callable[[str], dict[str, Any]]
) -> None:
    made = upload(Filename="cat.png")
    sent = channel.messages.create(from_="jane", media_sid=made["sid"], attributes='{"a": 1}')
    assert (sent.type, sent.body, sent.index) == ("media", None, 0)
    assert (sent._from, sent.attributes) == ("jane", '{"a": 1}')
    shown = {"size": len(PNG), "content_type": "image/png", "filename": "cat.png"}
    assert sent.media == {"sid": made["sid"], **shown}
    assert channel.messages(sent.sid).fetch().media == sent.media
    now = fetch(made["url"])
    assert (now["channel_sid"], now["message_sid"]) == (sent.channel_sid, sent.sid)


def test_media_is_sent_once_only(channel: Any, upload: Callable[..., dict[str, Any]]) -> None:
    made = upload()
    first = channel.messages.create(media_sid=made["sid"])
    with refused(400, 50508):
        channel.messages.create(media_sid=made["sid"])
    channel.messages(first.sid).delete()
    with refused(400, 50508):
        channel.messages.create(media_sid=made["sid"])
    assert channel.messages.list() == []


def test_media_must_exist_in_the_channels_service(
    client: Client, channel: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    made = upload()
    other = client.chat.v2.services(client.chat.v2.services.create(friendly_name="Other").sid)
    elsewhere = other.channels(other.channels.create().sid)
    with refused(404, 50507):
        elsewhere.messages.create(media_sid=made["sid"])
    with refused(404, 50507):
        channel.messages.create(media_sid="ME" + "0" * 32)
    assert channel.messages.create(media_sid=made["sid"]).type == "media"


def test_a_refused_message_does_not_use_its_media_up(
    channel: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    made = upload()
    with refused(400, 50304):
        channel.messages.create(media_sid=made["sid"], attributes="nonsense")
    assert channel.messages.create(media_sid=made["sid"]).media["sid"] == made["sid"]


def test_the_body_of_a_media_message_cannot_be_changed_but_its_attributes_can(
    channel: Any, upload: Callable[..., dict[str, Any]]
) -> None:
    sent = channel.messages.create(media_sid=upload()["sid"])
    with refused(400, 50509):
        channel.messages(sent.sid).update(body="a cat")
    changed = channel.messages(sent.sid).update(attributes='{"alt": "a cat"}')
    assert (changed.body, changed.attributes) == (None, '{"alt": "a cat"}')


def test_a_chat_user_sends_media_with_the_permission_only(
    account: Account,
    service: Any,
    janes: Any,
    acting_as: Callable[[str], Any],
    upload: Callable[..., dict[str, Any]],
) -> None:
    jane = account.client_of_chat_user(account.chat_token("jane"), "jane")
    own = acting_as("jane").channels(janes.sid).messages
    assert own.create(media_sid=upload(by=jane)["sid"])._from == "jane"
    texts_only = service.roles.create(
        friendly_name="texts only", type="channel", permission=["sendMessage"]
    )
    service.channels(janes.sid).members("jane").update(role_sid=texts_only.sid)
    with refused(403, 50107, "sendMediaMessage"):
        own.create(media_sid=upload(by=jane)["sid"])
    own.create(body="a text")
    service.roles(texts_only.sid).update(permission=["sendMediaMessage"])
    own.create(media_sid=upload(by=jane)["sid"])
    with refused(403, 50107, "sendMessage"):
        own.create(body="a text")
    assert [message.type for message in own.list()] == ["media", "text", "media"]
