"""`python -m helpers.mock`: starts fast, says where and with what, and ends cleanly."""

from __future__ import annotations

import http.client
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from served import Command

from helpers import connect
from helpers.mock import DEMO_VALUES
from helpers.mock.__main__ import main
from helpers.mock.server.running import GRACE

Start = Callable[..., Command]
CHANNELS = f"chat.twilio.com/v2/Services/{DEMO_VALUES['TWILIO_CHAT_SERVICE_SID']}/Channels"


def test_the_start_line_gives_the_url_and_the_demo_credentials(command: Start) -> None:
    server = command()
    credentials = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])
    assert all(value in server.start_line for value in credentials)
    assert requests.get(f"{server.url}/{CHANNELS}", auth=credentials).status_code == 200


@pytest.mark.long
def test_a_secret_from_the_environment_opens_it_and_is_never_shown(
    command: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "5ecret" * 5)
    server = command()
    opened = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], "5ecret" * 5)
    assert requests.get(f"{server.url}/{CHANNELS}", auth=opened).status_code == 200
    assert "5ecret" not in server.start_line + server.end()[1]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_with_a_connection_open(command: Start, how: int) -> None:
    server = command()
    kept = http.client.HTTPConnection(urlsplit(server.url).netloc)
    kept.request("GET", f"/{CHANNELS}")
    kept.getresponse().read()
    started = time.monotonic()
    code, output = server.end(how)
    kept.close()
    assert time.monotonic() - started < 3
    assert (code, output) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGINT] * 2])
def test_it_ends_without_a_word_while_a_fault_keeps_a_client_waiting(
    command: Start, signals: list[signal.Signals]
) -> None:
    server = command()
    fault = connect(server.url).mock.faults.add("FetchService", kind="timeout")
    client = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    client.request("GET", f"/{CHANNELS.removesuffix('/Channels')}")
    deadline = time.monotonic() + 10
    while not fault.hits:
        assert time.monotonic() < deadline
    for each in signals[1:]:
        server.process.send_signal(each)
    started = time.monotonic()
    assert server.end(signals[0]) == (0, "")
    assert time.monotonic() - started < GRACE  # or it would have waited for that client
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.getresponse()
    client.close()


@pytest.mark.long
def test_a_port_that_is_taken_is_reported_in_one_line(command: Start) -> None:
    port = str(urlsplit(command().url).port)
    with pytest.raises(AssertionError, match=f"port {port}: Address already in use"):
        command("--port", port)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--port", "99999"), "'99999' is no whole number from 0 to 65535"),
        (("--port", "-1"), "'-1' is no whole number from 0 to 65535"),
        (("--seed", "9" * 30), "is no whole number from 0 to"),
        (("--time-zone", "Nowhere"), "there is no time zone 'Nowhere'; give a name such as"),
        (("--hots", "::1"), "unrecognized arguments: --hots"),
        (("--host", "192.0.2.1"), "Give --host an address of this machine"),
        (("--host", "nowhere.invalid"), "Give --host an address of this machine"),
        (("--db", ""), "leave it out for an account in memory"),
        (("--db", "."), "is a folder. Name a file in it"),
        (("--seats", "3", "--port", "65533"), "leaves no ports for 3 seats"),
        (("--seats", "3", "--https-proxy", "0"), "leads to one account: leave out --seats"),
    ],
)
def test_options_it_cannot_start_with_are_refused_with_what_to_do(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    problem: str,
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest's own stay
    try:
        code: object = main(["--port", "0", *options])
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    assert code in (1, 2)
    assert (out, problem in err) == ("", True), err


def test_it_can_be_had_on_every_address_and_says_one_that_works_here(command: Start) -> None:
    server = command("--host", "0.0.0.0")
    assert server.url.startswith("http://127.0.0.1:")
    assert connect(server.url).mock.clock.is_frozen is False
    assert "Other machines are let in" in server.start_line


@pytest.mark.long
def test_the_same_seed_gives_the_same_sids_and_another_one_others(command: Start) -> None:
    made = [
        connect(command(*options).url)
        .client.flex_api.v1.flex_flow.create(
            friendly_name="Custom",
            channel_type="custom",
            chat_service_sid=DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"],
            integration_type="external",
            integration_url="https://bot.example.com",
        )
        .sid
        for options in ((), (), ("--seed", "7"))
    ]
    assert made[0] == made[1] != made[2]


@pytest.mark.long
def test_a_file_is_taken_up_again_and_held_by_one_server(command: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "account.db")
    first = command("--db", file)
    service = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
    made = connect(first.url).client.chat.v2.services(service).channels.create().sid
    with pytest.raises(AssertionError, match=r"account\.db"):
        command("--db", file)
    assert first.end() == (0, "")
    again = connect(command("--db", file).url).client.chat.v2.services(service).channels
    assert [channel.sid for channel in again.list()] == [made]
    assert again.create().sid != made


def test_a_file_that_is_no_account_is_refused_and_left_alone(
    command: Start, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not an account")
    with pytest.raises(AssertionError, match=r"notes\.txt"):
        command("--db", str(file))
    assert file.read_text() == "not an account"


def test_a_missing_copy_of_the_chat_sdk_is_reported_in_one_line(
    command: Start, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=r"nothing\.js, from the call, is no file"):
        command("--chat-sdk", str(tmp_path / "nothing.js"))


def test_a_copy_of_the_chat_sdk_is_served_to_the_chat_page(command: Start, tmp_path: Path) -> None:
    copy = tmp_path / "sdk.js"
    copy.write_text("the SDK")
    server = command("--chat-sdk", str(copy))
    assert requests.get(f"{server.url}/chat/twilio-chat.min.js", timeout=30).text == "the SDK"
