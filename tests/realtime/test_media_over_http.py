"""Media as the JavaScript SDKs' own client moves it: plain HTTP, a token in a header, forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Account
from helpers.mock.rest.http import read_request
from helpers.mock.server.running import BackgroundServer

PAGE = "http://localhost:3000"


@pytest.fixture
def media(account: Account, server: BackgroundServer) -> Callable[..., requests.Response]:
    """Calls the media service as a web page of jane's does."""
    base = f"{server.url}/mcs.us1.twilio.com/v1/Services/{account.credentials.chat_service_sid}"
    headers = {"X-Twilio-Token": account.chat_token("jane"), "Origin": PAGE}

    def call(method: str, path: str = "/Media", **more: Any) -> requests.Response:
        more["headers"] = headers | more.get("headers", {})
        return requests.request(method, base + path, timeout=10, **more)

    return call


def test_raw_bytes_are_kept_and_links_lead_here(
    media: Callable[..., requests.Response], server: BackgroundServer
) -> None:
    kept = media(
        "POST",
        params={"Category": "media", "Filename": "a.bin"},
        data=b"\x00\r\n\xff",
        headers={"Content-Type": "application/octet-stream"},
    )
    assert kept.status_code == 201
    shown = kept.json()
    assert (shown["filename"], shown["size"], shown["author"]) == ("a.bin", 4, "jane")
    link = shown["links"]["content_direct_temporary"]
    assert link.startswith(f"{server.url}/mcs.us1.twilio.com/v1/Services/")
    content = requests.get(link, headers={"Origin": PAGE}, timeout=10)
    assert content.content == b"\x00\r\n\xff"
    assert content.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browsers_form_holds_the_file(media: Callable[..., requests.Response]) -> None:
    form = {
        "note": (None, "not a file"),
        "file": ("mälzeichen.png", b"\x89PNG\r\n\x1a", "image/png"),
    }
    shown = media("POST", files=form).json()
    assert (shown["filename"], shown["content_type"], shown["size"]) == (
        "mälzeichen.png",
        "image/png",
        7,
    )
    content = media("GET", f"/Media/{shown['sid']}/Content")
    assert content.content == b"\x89PNG\r\n\x1a"


@settings(max_examples=50, deadline=None)
@given(st.binary())
def test_a_forms_file_keeps_every_byte(content: bytes) -> None:
    form = requests.Request("POST", "http://x", files={"file": ("f.bin", content, "x/y")}).prepare()
    assert isinstance(form.body, bytes)
    read = read_request("POST", "x", "/", "", form.headers, form.body)
    assert read.files == (("file", "f.bin", "x/y", content),)


def test_a_form_without_a_file_is_refused(media: Callable[..., requests.Response]) -> None:
    refusal = media("POST", files={"note": (None, "no file")})
    assert (refusal.status_code, refusal.json()["code"]) == (400, 50511)


def test_several_are_described_at_once(media: Callable[..., requests.Response]) -> None:
    text = {"Content-Type": "text/plain"}
    sids = [media("POST", data=b"x", headers=text).json()["sid"] for _ in range(3)]
    body = {"command": "get", "list": [{"media_sid": sid} for sid in sids]}
    answer = media("POST", "/MediaSet", json=body)
    assert [(each["code"], each["media_record"]["sid"]) for each in answer.json()] == [
        (200, sid) for sid in sids
    ]


@pytest.mark.parametrize("body", [{}, [], {"command": "get"}, {"command": "put", "list": []}])
def test_a_senseless_set_is_refused(body: Any, media: Callable[..., requests.Response]) -> None:
    refusal = media("POST", "/MediaSet", json=body)
    assert (refusal.status_code, refusal.json()["code"]) == (400, 20001)


def test_a_page_may_send_a_preflight(media: Callable[..., requests.Response]) -> None:
    allowed = media(
        "OPTIONS",
        headers={
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-twilio-token",
        },
    )
    assert allowed.status_code == 200
    assert "x-twilio-token" in allowed.headers["Access-Control-Allow-Headers"].lower()


def test_a_bad_token_is_refused(media: Callable[..., requests.Response]) -> None:
    refusal = media("POST", data=b"x", headers={"X-Twilio-Token": "nonsense"})
    assert (refusal.status_code, refusal.json()["code"]) == (401, 20101)
