"""pytest plugin: the fixtures `twilio` and `twilio_server`, and the marker `twilio`.

    @pytest.mark.twilio(seed=1, time="2026-06-01T09:00:00Z", scenario="busy afternoon")
    def test_a_greeting(twilio): ...

It loads the mock when the first test uses it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..mock import MockTwilio
    from .serving import ServedMock

_MARKER = (
    "twilio(seed, time, scenario, faults): the account of the fixture `twilio`: seed of its SIDs;"
    " moment at which its clock stands still; a history; calls that fail, by pattern, each with an"
    " HTTP status, a code of Twilio's or the settings of a fault"
)
_SHOWN = 10
"""Requests shown with a test that failed."""
_account = pytest.StashKey["MockTwilio"]()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def twilio(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockTwilio]:
    """A new Twilio account of this test alone, with the SDK's client as `client`.

    Every `twilio.rest.Client` that is used meanwhile reaches it, and the environment has its
    credentials.
    """
    from .interception import intercepted
    from .settings import AccountSettings, BadSetting

    marks = reversed([*request.node.iter_markers("twilio")])
    try:
        settings = AccountSettings.merged((each.args, each.kwargs) for each in marks)
    except BadSetting as error:
        pytest.fail(f"@pytest.mark.twilio: {error}", pytrace=False)
    with settings.opened() as mock, intercepted(mock):
        for name, value in mock.credentials.environment.items():
            monkeypatch.setenv(name, value)
        for name in ("TWILIO_MODE", "TWILIO_MOCK_URL"):
            monkeypatch.delenv(name, raising=False)
        request.node.stash[_account] = mock
        yield mock


@pytest.fixture
def twilio_server(twilio: MockTwilio, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedMock]:
    """The account of the fixture `twilio`, served for other processes, which inherit its URL."""
    from .serving import served

    with served(twilio) as server:
        monkeypatch.setenv("TWILIO_MOCK_URL", server.url)
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add Twilio's code and reason to a refusal, and the latest requests to a failure."""
    mock = item.stash.get(_account, None)
    if mock is None or call.excinfo is None or call.excinfo.errisinstance(pytest.skip.Exception):
        return (yield)
    from .assertions import described
    from .refusals import note_of

    if note := note_of(call.excinfo.value):
        call.excinfo.value.add_note(note)
    report = yield
    if report.failed and len(mock.requests):
        lines = [described(each) for each in mock.requests[-_SHOWN:]]
        report.sections.append(("Requests to Twilio, the latest last", "\n".join(lines)))
    return report
