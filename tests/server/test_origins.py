"""Pages of this machine may use the account; those of a foreign origin only if they are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from raw import AUTH
from served import Command

from helpers import Account, connect
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.server.origin_check import Origins
from helpers.mock.server.running import BackgroundServer

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
SERVICES = "/chat.twilio.com/v2/Services"
CHANNELS = f"{SERVICES}/{SERVICE}/Channels"
MEDIA = f"/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media"
SHOP = "https://shop.example.com"
LOCAL = ["http://localhost:3000", "http://127.0.0.1:8888", "https://localhost", "http://[::1]:80"]
FOREIGN = [
    SHOP,
    "null",
    "vscode-webview://1f2e3d",
    "vscode-file://vscode-app",
    "file://",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com:8787",
    "http://localhost@evil.example.com",
    "http://evil.example.com#http://localhost",
    "http://[",
    "http://",
    "",
    "http://localhost:3000, http://evil.example.com",
    "http://2130706433",
]


@pytest.fixture(scope="module")
def named(mock: MockTwilio) -> Iterator[str]:
    """The account, served to pages of a shop too."""
    with BackgroundServer(mock, allow_origins=[SHOP, "null"]) as server:
        yield server.url


def preflight(url: str, origin: str, path: str = CHANNELS) -> requests.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a"}
    return requests.options(url + path, headers={"Origin": origin, **asked}, timeout=30)


@pytest.mark.parametrize("origin", LOCAL)
def test_a_page_of_this_machine_uses_the_account(url: str, origin: str) -> None:
    page = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    allowed = preflight(url, origin).headers
    assert allowed["Access-Control-Allow-Origin"] == origin
    assert allowed["Access-Control-Allow-Headers"] == "x-a"
    for answer in (
        requests.get(url + CHANNELS, headers=page, auth=AUTH, timeout=30),
        requests.post(url + CHANNELS, headers=page, auth=AUTH, timeout=30),
    ):
        assert answer.ok
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", [CHANNELS, "/_mock/faults", MEDIA, "/flex-api.twilio.com/v1/x"])
def test_a_foreign_page_does_not(
    url: str, shared: Account, origin: str, method: str, path: str
) -> None:
    answer = requests.request(method, url + path, headers={"Origin": origin}, auth=AUTH, timeout=30)
    assert answer.status_code == 403
    assert f"--allow-origin {origin}" in answer.json()["message"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert shared.client.chat.v2.services(SERVICE).channels.list() == []


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize(
    "path", [CHANNELS, "/_mock/reset", "/chat/session", "/conversations/session"]
)
def test_a_foreign_page_is_let_try_nothing(url: str, origin: str, path: str) -> None:
    answer = preflight(url, origin, path)
    assert not answer.ok
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_that_hides_its_origin_changes_nothing(url: str) -> None:
    hidden = {"Sec-Fetch-Site": "cross-site"}
    refused = requests.post(url + CHANNELS, headers=hidden, auth=AUTH, timeout=30)
    assert (refused.status_code, "--allow-origin" in refused.json()["message"]) == (403, True)


def test_a_browser_that_asks_lets_named_pages_reach_this_machine(named: str) -> None:
    private = {"Access-Control-Request-Private-Network": "true"}
    asked = {"Access-Control-Request-Method": "POST", **private}
    for path in (CHANNELS, MEDIA, "/chat/token", "/conversations/token"):
        page = {"Origin": SHOP, **asked}
        allowed = requests.options(named + path, headers=page, timeout=30)
        assert allowed.headers["Access-Control-Allow-Private-Network"] == "true"


def test_an_origin_that_is_named_uses_the_account(named: str) -> None:
    for origin in (SHOP, "null", *LOCAL):
        assert preflight(named, origin).headers["Access-Control-Allow-Origin"] == origin
        page = {"Origin": origin}
        answer = requests.post(named + CHANNELS, headers=page, auth=AUTH, timeout=30)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (201, origin)
    other = {"Origin": "https://other.example.com"}
    assert requests.get(named + CHANNELS, headers=other, auth=AUTH, timeout=30).status_code == 403


def test_a_name_that_may_have_been_made_to_lead_here_is_refused(url: str, named: str) -> None:
    rebound = {"Host": "evil.example.com:8787"}
    refused = requests.get(url + CHANNELS, headers=rebound, auth=AUTH, timeout=30)
    assert refused.status_code == 403
    assert "--allow-origin http://evil.example.com:8787" in refused.json()["message"]
    for host in ("mock:8787", "host.docker.internal:8787", "10.0.0.7", "shop.example.com"):
        address = named if host == "shop.example.com" else url
        answer = requests.get(address + CHANNELS, headers={"Host": host}, auth=AUTH, timeout=30)
        assert answer.status_code == 200, host


def test_twilios_javascript_brings_its_token_from_any_page(url: str, shared: Account) -> None:
    page = {"Origin": SHOP}
    token = {"X-Twilio-Token": shared.chat_token("jane"), "Content-Type": "image/png"}
    assert preflight(url, SHOP, MEDIA).headers["Access-Control-Allow-Origin"] == "*"
    sent = requests.post(url + MEDIA, data=b"\x89PNG", headers=page | token, timeout=30)
    assert (sent.status_code, sent.headers["Access-Control-Allow-Origin"]) == (201, "*")
    as_account = requests.post(url + MEDIA, data=b"\x89PNG", headers=page, auth=AUTH, timeout=30)
    assert as_account.status_code == 403
    forged = page | {"X-Twilio-Token": "x.y.z"}
    assert requests.post(url + MEDIA, data=b"x", headers=forged, timeout=30).status_code == 401


def test_the_chat_pages_back_end_hands_tokens_to_pages_it_knows_only(
    named: str, shared: Account, mock: MockTwilio
) -> None:
    visitor = {"identity": "visitor_" + "0" * 32}
    url = f"{named}/chat/token"
    for origin in (named, *LOCAL, SHOP):
        site = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        answer = requests.post(url, json=visitor, headers=site, timeout=30)
        assert set(answer.json()) == {"token"}
        assert answer.headers["Access-Control-Allow-Origin"] == origin
    for origin in FOREIGN:
        if origin in (SHOP, "null"):
            continue
        answer = requests.post(url, json=visitor, headers={"Origin": origin}, timeout=30)
        assert answer.status_code == 403
        again = requests.post(url, json=visitor, headers={"Origin": origin}, auth=AUTH, timeout=30)
        assert again.status_code == 403


def test_what_the_mock_sends_is_not_answered_by_it(url: str) -> None:
    own = {"User-Agent": "TwilioProxy/1.1"}
    for path in ("/_mock/clock", CHANNELS, "/"):
        assert requests.get(url + path, headers=own, auth=AUTH, timeout=30).status_code == 403


@given(st.text())
def test_only_loopback_and_named_origins_are_allowed(origin: str) -> None:
    assert not Origins().allow(origin)
    assert not Origins().allow(f"http://localhost.{origin}")
    assert Origins(["https://shop.example.com"]).allow("HTTPS://shop.example.com")


@pytest.mark.parametrize("origin", ["*", "shop.example.com", f"{SHOP}/x", f"{SHOP} ", ""])
def test_a_named_origin_must_be_one(mock: MockTwilio, origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        BackgroundServer(mock, allow_origins=[origin])


def test_the_command_takes_origins(command: Callable[..., Command]) -> None:
    server = command("--allow-origin", SHOP, "--allow-origin", "https://other.example.com")
    assert preflight(server.url, SHOP).ok
    assert preflight(server.url, "https://other.example.com").ok
    assert not preflight(server.url, "https://third.example.com").ok
    assert connect(server.url).client.chat.v2.services.list()
