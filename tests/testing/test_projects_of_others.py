"""A project with a package `helpers` and a folder `tests/helpers` of its own, and the wheel's name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HELPERS = Path(__file__).resolve().parent.parent.parent / "helpers"
PROJECT = {
    "helpers/__init__.py": "OWN = 'the package of the project'\n",
    "helpers/orders.py": """
from twilio.rest import Client

def announce(order):
    return Client().conversations.v1.conversations.create(friendly_name=order).sid
""",
    "tests/__init__.py": "",
    "tests/helpers/__init__.py": "def greeting():\n    return 'hello'\n",
    "tests/helpers/testing.py": "KIND = 'of the tests'\n",
    "tests/test_orders.py": """
import json, os, subprocess, sys, urllib.request

from helpers import OWN
from helpers.orders import announce
from tests.helpers import greeting
from tests.helpers.testing import KIND

def test_the_plugin(twilio):
    assert (OWN, greeting(), KIND) == ("the package of the project", "hello", "of the tests")
    sid = announce("Order 1182")
    twilio.client.conversations.v1.conversations(sid).messages.create(body=greeting())
    from flex_chat_lab.testing import assert_messages
    assert_messages(twilio, sid, "hello")
    assert not [name for name in sys.modules if name.startswith("helpers.mock")]

def test_the_server(twilio, twilio_server):
    program = "import helpers, os; print(helpers.OWN, os.environ['TWILIO_MOCK_URL'])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"the package of the project {twilio_server.url}"
    answer = urllib.request.urlopen(urllib.request.Request(twilio_server.url + "/"))
    assert answer.status == 200
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Such a project, beside the package as its wheel installs it."""
    shutil.copytree(
        HELPERS,
        tmp_path / "site/flex_chat_lab",
        ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
    )
    for name, text in PROJECT.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.long
def test_it_uses_plugin_and_server_unhindered(project: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (project / "project", project / "site"))),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "flex_chat_lab.testing.plugin", "-x"],
        cwd=project / "project",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    command = [sys.executable, "-m", "flex_chat_lab.testing", "--", sys.executable, "-c"]
    own = "import helpers, os, sys; print(helpers.OWN, 'TWILIO_MOCK_URL' in os.environ)"
    done = subprocess.run(
        [*command, own],
        cwd=project / "project",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "the package of the project True\n", done.stderr
