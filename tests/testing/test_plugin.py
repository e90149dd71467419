"""The pytest plugin in a project of its own: three lines, a marker, and failures that read well."""

from __future__ import annotations

from typing import Any

import pytest
from support import seconds_of_work

from helpers import connect
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.testing import ServedMock, served

pytest_plugins = ("pytester",)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Load what tests within tests use, as they would drop what they load and load it again."""
    with MockTwilio() as twilio, served(twilio):
        client = twilio.client
        client.flex_api.v1.flex_flow.list()
        client.studio.v2.flows.list()
        client.conversations.v1.conversations.list()
        client.chat.v2.services.list()
        twilio.load("busy afternoon")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a file of tests with the plugin and no other, in this process."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "helpers.testing.plugin")

    return run


def test_a_test_of_three_lines_passes(run: Any) -> None:
    done = run(
        """
        def test_a_chat_begins_empty(twilio):
            chat = twilio.client.conversations.v1.conversations.create(friendly_name="Support")
            assert chat.messages.list() == []
        """
    )
    done.assert_outcomes(passed=1)


def test_a_wrong_call_fails_with_twilios_code_and_a_sentence(run: Any) -> None:
    done = run(
        """
        def test_a_flex_channel(twilio):
            twilio.client.flex_api.v1.channel.create("FO" + "0" * 32, "jane", "Jane", "Chat")
        """
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "E * Twilio refused it with 45205, *: https://www.twilio.com/docs/api/errors/45205",
            "*Requests to Twilio, the latest last*",
            "POST flex-api.twilio.com/v1/Channels -> 404 (45205): *",
        ]
    )


def test_a_list_that_is_refused_fails_with_twilios_code(run: Any) -> None:
    done = run(
        """
        def test_channels(twilio):
            twilio.client.chat.v2.services("IS" + "0" * 32).channels.list()
        """
    )
    done.stdout.fnmatch_lines(["E * Twilio refused it with 20404, resource not found: *"])


def test_a_client_with_other_credentials_is_explained(run: Any) -> None:
    done = run(
        """
        from twilio.rest import Client
        client = Client("AC" + "9f" * 16, "8e" * 16)

        def test_it(twilio):
            client.conversations.v1.conversations.create()
        """
    )
    done.stdout.fnmatch_lines(["E * Twilio refused it with 20003, * is the client made before *"])


def test_another_failure_shows_the_requests_and_no_code(run: Any) -> None:
    done = run(
        """
        def test_flows(twilio):
            twilio.client.studio.v2.flows.list()
            raise ValueError("of its own")
        """
    )
    done.stdout.fnmatch_lines(["GET studio.twilio.com/v2/Flows -> 200"])
    assert "Twilio refused" not in str(done.stdout)


def test_a_client_of_the_applications_own_reaches_the_account(run: Any) -> None:
    done = run(
        """
        import asyncio, os
        from twilio.http.async_http_client import AsyncTwilioHttpClient
        from twilio.rest import Client

        def application():
            return Client().conversations.v1.conversations.create(friendly_name="Shop").sid

        async def asynchronous():
            async with AsyncTwilioHttpClient() as door:
                chats = Client(http_client=door).conversations.v1.conversations
                return len(await chats.list_async())

        def test_it(twilio):
            sid = application()
            chats = twilio.client.conversations.v1.conversations.list()
            assert [each.sid for each in chats] == [sid]
            assert asyncio.run(asynchronous()) == 1
            assert len(twilio.requests) == 3
        """
    )
    done.assert_outcomes(passed=1)


def test_the_marker_sets_seed_time_history_and_faults(run: Any) -> None:
    done = run(
        """
        import pytest
        from twilio.base.exceptions import TwilioRestException

        SIDS = set()

        @pytest.mark.twilio(seed=7, time="2026-06-01T09:00:00Z")
        class TestOfSeven:
            @pytest.mark.parametrize("again", (1, 2))
            def test_sids_and_dates_repeat(self, twilio, again):
                chat = twilio.client.conversations.v1.conversations.create()
                SIDS.add(chat.sid)
                assert len(SIDS) == 1
                assert chat.date_created.isoformat() == "2026-06-01T09:00:00+00:00"
                twilio.clock.advance(3600)
                assert twilio.client.conversations.v1.conversations.create().date_created.hour == 10

            @pytest.mark.twilio(seed=8)
            def test_a_nearer_marker_goes_before(self, twilio):
                assert twilio.client.conversations.v1.conversations.create().sid not in SIDS
                assert twilio.clock.is_frozen

        @pytest.mark.twilio(scenario="busy afternoon")
        def test_a_history(twilio):
            assert len(twilio.client.chat.v2.services(
                twilio.credentials.chat_service_sid).channels.list()) == 16

        @pytest.mark.twilio(faults={
            "CreateConversation": 429,
            "FetchConversation": 20404,
            "DeleteConversation": [503, {"kind": "reset"}],
        })
        def test_faults(twilio):
            for call in (twilio.client.conversations.v1.conversations.create,
                         twilio.client.conversations.v1.conversations("CH" + "0" * 32).fetch,
                         twilio.client.conversations.v1.conversations("CH" + "0" * 32).delete):
                with pytest.raises(TwilioRestException) as refused:
                    call()
            assert [each.code for each in twilio.requests] == [20429, 20404, 20503]
            with pytest.raises(ConnectionError):
                try: call()
                except Exception as error: raise ConnectionError from error
            twilio.client.conversations.v1.conversations.create()
        """
    )
    done.assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("sead=1", "*an account has no setting 'sead'; there is seed*"),
        ("7", "*7 has no name; there is seed, time, scenario, faults*"),
        ("scenario='quiet'", "*there is no scenario 'quiet'; the nearest is *"),
        ("time='2026-06-01'", "*give a time zone, e.g. 2026-06-01T09:00:00Z*"),
        ("faults={'CreateMesage': 503}", "*the nearest are CreateMessage*"),
        ("faults={'CreateMessage': 1}", "*no error of Twilio's that this mock knows has HTTP*"),
    ],
)
def test_a_wrong_marker_is_named(run: Any, marker: str, reason: str) -> None:
    done = run(
        f"""
        import pytest
        @pytest.mark.twilio({marker})
        def test_it(twilio): pass
        """
    )
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([reason])


def test_the_settings_of_a_developers_own_account_are_neither_used_nor_shown(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "9f" * 16)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "8e" * 16)
    monkeypatch.setenv("TWILIO_MODE", "live")
    done = run(
        """
        import os
        from twilio.rest import Client

        def test_it(twilio):
            assert Client().account_sid == twilio.credentials.account_sid
            assert "9f9f" not in Client().account_sid
            assert "TWILIO_MODE" not in os.environ
            assert 0, os.environ["TWILIO_AUTH_TOKEN"]
        """
    )
    done.assert_outcomes(failed=1)
    assert "8e8e" not in str(done.stdout)


def test_a_thousand_tests_would_take_seconds(run: Any) -> None:
    source = """
        import pytest

        @pytest.mark.parametrize("number", range(COUNT))
        def test_it(twilio, number):
            own = twilio.credentials.chat_service_sid
            flow = twilio.client.flex_api.v1.flex_flow.create(
                friendly_name="Shop", chat_service_sid=own, channel_type="custom",
                integration_type="external", integration_url="https://shop.example.com")
            channel = twilio.client.flex_api.v1.channel.create(flow.sid, "jane", "Jane", "Chat")
            chat = twilio.client.chat.v2.services(own).channels(channel.sid)
            chat.messages.create(body="hello", from_="jane")
            assert [each.body for each in chat.messages.list()] == ["hello"]
        """
    thirty = source.replace("COUNT", "30")
    took = seconds_of_work(lambda: run(thirty).assert_outcomes(passed=30))
    assert took < 2  # tests/benchmarks/starting.py has 1,000


# -- the fixtures themselves, in this project


def test_the_server_answers_for_the_same_account(
    twilio: MockTwilio, twilio_server: ServedMock
) -> None:
    import os

    import requests

    assert twilio_server.environment == {**DEMO_VALUES, "TWILIO_MOCK_URL": twilio_server.url}
    assert os.environ["TWILIO_MOCK_URL"] == twilio_server.url
    made = twilio.client.conversations.v1.conversations.create(friendly_name="Support")
    own = twilio_server.credentials
    url = f"{twilio_server.url}/conversations.twilio.com/v1/Conversations/{made.sid}"
    answer = requests.get(url, auth=(own.account_sid, own.auth_token), timeout=30)
    assert answer.json()["friendly_name"] == "Support"
    assert [each.method for each in twilio.requests] == ["POST", "GET"]


def test_what_goes_to_another_host_goes_there(
    twilio: MockTwilio, twilio_server: ServedMock
) -> None:
    account = connect(twilio_server.url)  # by the SDK's own client, over HTTP
    account.client.conversations.v1.conversations.create(friendly_name="By HTTP")
    assert [each.by for each in twilio.requests] == ["account"]
    assert [each.host for each in account.requests] == ["conversations.twilio.com"]


def test_secrets_show_in_no_repr(twilio: MockTwilio, twilio_server: ServedMock) -> None:
    assert repr(twilio_server) == f"ServedMock(url='{twilio_server.url}')"
    assert DEMO_VALUES["TWILIO_AUTH_TOKEN"] not in repr(twilio)


def test_without_pytest_it_is_a_context_manager() -> None:
    with MockTwilio() as twilio:
        chat = twilio.client.conversations.v1.conversations.create(friendly_name="Support")
        assert chat.fetch().friendly_name == "Support"
