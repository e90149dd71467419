"""Media as the JavaScript SDKs' own client moves it: plain HTTP, a token in a header, forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

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
        return requests.request(method, base + path, timeout=30, **more)

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
    content = requests.get(link, headers={"Origin": PAGE}, timeout=30)
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


@settings(max_examples=examples(50), deadline=None)
@given(st.binary())
def test_a_forms_file_keeps_every_byte(content: bytes) -> None:
    form = requests.Request("POST", "http://x", files={"file": ("f.bin", content, "x/y")}).prepare()
    assert isinstance(form.body, bytes)
    read = read_request("POST", "x", "/", "", form.headers, form.body)
    assert read.files == (("file", "f.bin", "x/y", content),)


def test_a_form_without_a_file_is_refused(media: Callable[..., requests.Response]) -> None:
    refusal = media("POST", files={"note": (None, "no file")})
    assert (refusal.status_code, refusal.json()["code"]) == (400, 50511)


_FORM = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.eml"\r\n'
    b"Content-Type: message/rfc822\r\n\r\nSubject: hi\r\n\r\n--c\r\n--b--\r\n"
)


def _read(form: bytes, content_type: str = "multipart/form-data; boundary=b") -> Any:
    return read_request("POST", "x", "/", "", {"Content-Type": content_type}, form)


@pytest.mark.parametrize("cut", range(1, len(_FORM) - 2))
def test_a_form_that_was_cut_off_is_refused(cut: int) -> None:
    problem = _read(_FORM[:cut]).problem
    assert problem is not None
    assert problem.code == 20001


def test_a_form_without_its_end_is_refused_and_a_whole_one_kept(
    media: Callable[..., requests.Response],
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    cut = media("POST", data=_FORM[:-6], headers=headers)
    assert (cut.status_code, cut.json()["code"]) == (400, 20001)
    whole = media("POST", data=_FORM, headers=headers).json()
    assert (whole["filename"], whole["size"]) == ("a.eml", 18)
    assert media("GET", f"/Media/{whole['sid']}/Content").content == b"Subject: hi\r\n\r\n--c"


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_without_a_boundary_is_refused(content_type: str) -> None:
    problem = _read(_FORM, content_type).problem
    assert problem is not None
    assert problem.code == 20001


@pytest.mark.parametrize("name", ['"' + "(" * 1000, "*0*=utf-8''%", ";" * 1000, '"\\', "é"])
def test_a_forms_file_may_have_any_name(name: str) -> None:
    form = _FORM.replace(b"a.eml", name.encode())
    [file] = _read(form).files
    assert (file.content, file.content_type) == (b"Subject: hi\r\n\r\n--c", "message/rfc822")


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
