"""Twilio's front ends in a cell, as Python sees them: a browser gets the way to a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from twilio.rest import Client

from helpers import Account, FlexDesktop, FlexWebChat, connect
from helpers.front_ends import FrontEndFrame, NotServed
from helpers.mock import Credentials, MockTwilio
from helpers.mock.rest.flex_users import MAX_PLUGINS
from helpers.mock.server.running import BackgroundServer


@pytest.fixture
def server(account: Account) -> Iterator[BackgroundServer]:
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve() as server:
        yield server


def first_message(widget: FrontEndFrame, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a browser that shows the widget is sent."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(widget, "send", sent.append)
    widget._handle_custom_msg({"type": "hello", "browser": "one"}, [])
    [message] = sent
    return message


def test_a_browser_gets_the_page_and_two_ways_to_it(
    account: Account, server: BackgroundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    [flow] = account.client.flex_api.v1.flex_flow.list()
    assert first_message(FlexWebChat(account, flow), monkeypatch) == {
        "type": "start",
        "to": "one",
        "mock": server.url,
        "door": server.frame_path,
        "page": f"/webchat/?flow={flow.sid}",
        "title": "Twilio's web chat widget",
        "width": "400px",
        "height": "600px",
    }
    assert first_message(FlexWebChat(account), monkeypatch)["page"] == "/webchat/"
    assert first_message(FlexWebChat(account, flow.sid), monkeypatch)["page"].endswith(flow.sid)


def test_a_desktop_is_a_workers_of_a_version(
    account: Account, server: BackgroundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = FlexDesktop(account, "bob", version="2.17")
    assert first_message(desktop, monkeypatch)["page"] == "/flex/?worker=bob&version=2.17"
    assert first_message(FlexDesktop(account), monkeypatch)["page"] == "/flex/?worker=alice"
    assert repr(desktop) == "FlexDesktop('bob')"
    shown, _ = desktop._repr_mimebundle_()
    assert "Flex desktop of bob runs here" in shown["text/html"]


def test_a_plugin_goes_to_its_desktop_alone(
    account: Account, server: BackgroundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = "class Hello { init() {} }"
    desktop = FlexDesktop(account, plugin=plugin)
    page = first_message(desktop, monkeypatch)["page"]
    saved = json.dumps({name: str(value) for name, value in desktop.get_state().items()})
    assert page.partition("plugin=")[2] not in saved
    assert isinstance(account.mock, MockTwilio)
    kept = account.mock.flex_users.plugins
    assert kept == {page.partition("plugin=")[2]: plugin}
    for _ in range(MAX_PLUGINS):
        FlexDesktop(account, plugin="class Other {}")
    assert len(kept) == MAX_PLUGINS
    assert plugin not in kept.values()
    with pytest.raises(ValueError, match="the mock of this kernel"):
        FlexDesktop(connect(server.url), plugin=plugin)


def test_of_a_shared_mock_the_browser_gets_the_address_alone(
    server: BackgroundServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = first_message(FlexWebChat(connect(server.url)), monkeypatch)
    assert (message["mock"], message["door"]) == (server.url, "")


def test_the_way_in_is_not_in_what_a_notebook_saves(
    account: Account, server: BackgroundServer
) -> None:
    widget = FlexWebChat(account)
    saved = json.dumps({name: str(value) for name, value in widget.get_state().items()})
    assert server.frame_path not in saved
    shown, _ = widget._repr_mimebundle_()
    assert server.frame_path not in str(shown)
    assert str(server.url) not in str(shown)
    assert repr(widget) == "FlexWebChat()"
    assert shown["text/html"] == (
        "<p>Twilio&#x27;s web chat widget runs here while the notebook is open in a browser.</p>"
    )


def test_a_browser_that_reaches_nothing_says_so(account: Account, server: BackgroundServer) -> None:
    widget = FlexWebChat(account)
    widget._handle_custom_msg({"type": "shown", "problem": "cannot reach"}, [])
    assert widget.problem == "cannot reach"
    widget._handle_custom_msg({"type": "shown", "problem": ""}, [])
    assert widget.problem == ""


def test_a_mock_that_is_not_served_is_refused_with_what_to_do(account: Account) -> None:
    with pytest.raises(NotServed, match=r"account\.mock\.serve\(\)"):
        FlexWebChat(account)


def test_a_live_account_is_refused() -> None:
    live = Account("live", Credentials.demo(), Client("AC", "x").http_client)
    with pytest.raises(ValueError, match="on a mock"):
        FlexWebChat(live)
