"""Errors in notebooks: one line with code, reason and link; the traceback unfolds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from helpers import Account, error_display

SETTING_UP = "from helpers import connect\naccount = connect()\nclient = account.client"
REFUSED = 'client.flex_api.v1.flex_flow("FO" + "0" * 32).fetch()'


class Shell(InteractiveShell):
    """A notebook's shell that keeps the error messages that a kernel would send."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.sent = (etype.__name__, str(evalue), stb)


@pytest.fixture
def shell() -> Iterator[Shell]:
    InteractiveShell.clear_instance()
    made = Shell.instance(user_ns={"__name__": "__main__"})
    error_display.install()
    run(made, SETTING_UP)
    yield made
    Shell.clear_instance()


def run(shell: Shell, code: str) -> Any:
    with capture_output() as shown:
        result = shell.run_cell(code, store_history=True)
    shell.shown = shown.outputs
    return result


def test_a_refusal_by_twilio_is_one_line_with_code_reason_and_link(shell: Shell) -> None:
    result = run(shell, REFUSED)
    assert not result.success  # so that Run All stops here
    name, reason, [line] = shell.sent
    assert name == "TwilioRestException"
    assert reason.startswith("20404 ")
    assert reason.endswith("(HTTP 404) https://www.twilio.com/docs/api/errors/20404")
    assert re.sub(r"\x1b\[[\d;]*m", "", line) == f"{name}: {reason}"
    assert "\n" not in line


def test_its_traceback_unfolds_and_has_a_plain_text(shell: Shell) -> None:
    run(shell, REFUSED)
    [output] = shell.shown
    assert output.data["text/html"].startswith("<details><summary>Traceback</summary><pre>")
    assert "flex_flow(&quot;FO&quot;" in output.data["text/html"]
    assert "\x1b" not in output.data["text/html"]
    assert output.data["text/plain"] == "(%tb shows the traceback)"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ('client.chat.v2.services("IS" + "0" * 32).channels.list()', "TwilioException: 20404 "),
        ('from helpers import AgentDesk\nAgentDesk(account, "zoe")', "NoDeskHere: there is no"),
        ('from helpers import flows\nflows.load("flex_flows: [")', "FlowProblem: "),
        (
            'from helpers import ChatClient\nChatClient(account, "no token")',
            "ChatError: 20101 ",
        ),
    ],
)
def test_other_errors_that_speak_for_themselves_show_so_too(
    shell: Shell, code: str, line: str
) -> None:
    run(shell, code)
    assert re.sub(r"\x1b\[[\d;]*m", "", shell.sent[2][0]).startswith(line)
    assert len(shell.sent[2]) == 1


@pytest.mark.parametrize(
    "code", ["1 / 0", "no_such_name", "def f(:", "  x = 1\n y", "raise OSError"]
)
def test_errors_of_the_readers_own_show_as_usual(shell: Shell, code: str) -> None:
    run(shell, code)
    usual = shell.sent[2] if code[0] in "1nr" else None
    shell.set_custom_exc((), None)
    run(shell, code)
    assert usual is None or len(usual) == len(shell.sent[2]) > 1
    assert shell.shown == []


def test_no_secret_is_shown(shell: Shell, account: Account) -> None:
    token = account.chat_token("jane")
    run(shell, f"raise type('Fault', (OSError,), {{'__module__': 'helpers'}})('''{token}''')")
    assert token not in str(shell.sent)
    assert token not in str([output.data for output in shell.shown])


def test_the_error_of_the_cell_before_is_known_to_a_check(shell: Shell) -> None:
    exercise = "from helpers import check\ncheck('it', lambda: False, hint='')"
    run(shell, "answr")
    assert "NameError: name 'answr' is not defined" in run(shell, exercise).result.problem
    assert run(shell, exercise).result.problem == ""  # another cell is before it now


def test_a_handler_of_somebody_else_is_left_alone(shell: Shell) -> None:
    shell.set_custom_exc((OSError,), lambda *_, **__: None)
    error_display.install()
    assert shell.custom_exceptions == (OSError,)
