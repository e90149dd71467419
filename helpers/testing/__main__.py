"""Runs a command beside a mock: `python -m helpers.testing -- node --test`."""

from __future__ import annotations

import argparse
import os
import subprocess

from ..console import run
from ..mock import BadFault, UnknownScenario
from .serving import served
from .settings import AccountSettings


def main(given: list[str] | None = None) -> int:
    """Serve a new account, run a command that finds it in its environment; returns its status."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Serves a mock Twilio account while a command runs, which finds it in"
        " TWILIO_MOCK_URL, and its credentials in TWILIO_ACCOUNT_SID and so on."
        " Ends with the command's exit status.",
    )
    parser.add_argument("--seed", type=int, default=AccountSettings().seed, help="seed of the SIDs")
    parser.add_argument(
        "--time", metavar="MOMENT", help="stop its clock, e.g. at 2026-06-01T09:00:00Z"
    )
    parser.add_argument("--scenario", metavar="NAME", help="a history, e.g. 'busy afternoon'")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the command, after --")
    arguments = parser.parse_args(given)
    settings = AccountSettings(arguments.seed, arguments.time, arguments.scenario)
    try:
        with settings.opened() as twilio, served(twilio) as mock:
            environment = {**os.environ, **mock.environment}
            return subprocess.run(arguments.command, env=environment, check=False).returncode  # noqa: S603
    except (BadFault, UnknownScenario, ValueError) as error:
        parser.error(str(error))
    except FileNotFoundError:
        parser.error(f"{arguments.command[0]}: there is no such command")


if __name__ == "__main__":
    run(main)
