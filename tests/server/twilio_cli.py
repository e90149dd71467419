"""Twilio's command line, unmodified, through the HTTPS proxy: on demand, as it has 600 packages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import guide_tabs
import node_packages
import pytest
from test_https_proxy import account, environment, made, of

from helpers import Account

__all__ = ["account", "environment", "made"]
VERSION = "6.2.4"


@pytest.fixture(scope="module")
def folder() -> Path:
    return node_packages.on_demand(f"twilio-cli@{VERSION}")


def run(folder: Path, home: Path, command: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PATH": path, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("environment", "made")
def test_the_guides_line_reaches_it(account: Account, folder: Path, tmp_path: Path) -> None:
    done = run(folder, tmp_path, of(account, guide_tabs.COMMAND_LINE))
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("environment")
def test_it_lists_and_is_refused_as_by_twilio(
    account: Account, folder: Path, tmp_path: Path
) -> None:
    service = f"--service-sid {account.credentials.chat_service_sid}"
    channels = "twilio api:chat:v2:services:channels"
    made = run(folder, tmp_path, f"{channels}:create {service} --friendly-name 'Order 7'")
    assert made.returncode == 0, made.stderr
    listed = json.loads(run(folder, tmp_path, f"{channels}:list {service} -o json").stdout)
    assert [each["friendlyName"] for each in listed] == ["Order 7"]
    refused = run(folder, tmp_path, f"{channels}:fetch {service} --sid CH{'0' * 32}")
    assert refused.returncode == 20
    assert "Error code 20404 from Twilio" in refused.stderr
