"""The command that runs another one beside a mock, with the account in its environment."""

from __future__ import annotations

import sys

import pytest

from helpers.testing.__main__ import main

READ = """
import os, sys, urllib.request
own = os.environ
base = own["TWILIO_MOCK_URL"]
password = urllib.request.HTTPPasswordMgrWithDefaultRealm()
password.add_password(None, base, own["TWILIO_ACCOUNT_SID"], own["TWILIO_AUTH_TOKEN"])
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(password))
print(opener.open(base + "/_mock/clock").status)
sys.exit(7)
"""


def test_a_command_finds_the_account_and_its_status_is_returned(
    capfd: pytest.CaptureFixture[str],
) -> None:
    given = ["--seed", "3", "--time", "2026-06-01T09:00:00Z", "--", sys.executable, "-c", READ]
    assert main(given) == 7
    assert "200" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--scenario", "quiet", "--", "true"], "there is no scenario 'quiet'; the nearest is"),
        (["--time", "noon", "--", "true"], "Invalid isoformat string: 'noon'"),
        (["--", "no-such-command"], "no-such-command: there is no such command"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_a_wrong_call_says_why(
    given: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err
