"""The example in FastAPI: its tests pass, and catch three mistakes of a chat back end."""

from __future__ import annotations

import os
import shutil
import sys

import pytest
from examples_of_projects import EXAMPLES, broken

import helpers.testing

pytest_plugins = ("pytester",)

FASTAPI = {
    "as it is": ("", "", []),
    "a signature that is not checked": (
        "if not validator.validate(settings.public_url + WEBHOOK, form, signature):",
        "if False:",
        ["test_only_twilio_can_call_the_webhook"],
    ),
    "an echo loop": (
        "if author == BOT:",
        "if False:",
        ["test_the_bot_answers_once", "test_a_customer_who_wants_an_agent_gets_one"],
    ),
    "a missing header": (
        ', x_twilio_webhook_enabled="true"',
        "",
        ["test_the_bot_answers_once", "test_a_customer_who_wants_an_agent_gets_one"],
    ),
}
"""Mistakes: the place in the back end, the text there, and the tests that have to see it."""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package under the name of its wheel, and what the example needs."""
    report = pytest.fail if os.environ.get("CI") else pytest.skip
    try:
        import fastapi.testclient  # noqa: F401
    except ImportError as missing:
        report(f"needs docs/examples/fastapi/requirements.txt: {missing}")
    monkeypatch.setitem(sys.modules, "flex_chat_lab", helpers)
    monkeypatch.setitem(sys.modules, "flex_chat_lab.testing", helpers.testing)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.long
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("mistake", FASTAPI)
def test_the_shop_in_fastapi(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    old, new, caught = FASTAPI[mistake]
    if caught:  # what goes wrong need not be waited for long
        monkeypatch.setattr("helpers.testing.assertions.PATIENCE", 0.2)
    broken(EXAMPLES / "fastapi/shop.py", pytester.path / "shop.py", old, new)
    shutil.copy(EXAMPLES / "fastapi/test_shop.py", pytester.path)
    pytester.syspathinsert()
    done = pytester.inline_run("-p", "helpers.testing.plugin", "-p", "no:cacheprovider")
    passed, _, failed = done.listoutcomes()
    names = [each.nodeid.rpartition("::")[2] for each in failed]
    assert len(passed) + len(failed) == 5
    assert [name for name in caught if name not in names] == []
    assert bool(names) == bool(caught)
