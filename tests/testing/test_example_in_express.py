"""The example in Express: its tests pass, and catch three mistakes of a chat back end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import node_packages
from examples_of_projects import EXAMPLES, broken

from helpers.testing import AccountSettings, served

EXPRESS = {
    "as it is": ("", "", "", "."),
    "a signature that is not checked": (
        "if (!isSigned(request))",
        "if (false)",
        "only Twilio can call the webhook",
        "200 !== 403",
    ),
    "an echo loop": (
        "if (author !== BOT)",
        "if (true)",
        "the bot answers once",
        "+   'bot: Order 1182 is on its way.',",
    ),
    "a missing header": (
        'xTwilioWebhookEnabled: "true",',
        "",
        "the bot answers once",
        "-   'bot: Order 1182 is on its way.'",
    ),
}
"""Mistakes: the place in the back end, the text there, the test that has to see it, and a sign."""


def test_the_shop_in_express(tmp_path: Path) -> None:
    modules = node_packages.installed() / "node_modules"
    running: dict[str, subprocess.Popen[str]] = {}
    with ExitStack() as opened:
        for mistake, (old, new, name, _) in EXPRESS.items():
            folder = tmp_path / mistake
            folder.mkdir()
            broken(EXAMPLES / "express/shop.js", folder / "shop.js", old, new)
            shutil.copy(EXAMPLES / "express/shop.test.js", folder)
            mock = opened.enter_context(served(opened.enter_context(AccountSettings().opened())))
            only = [f"--test-name-pattern={name}"] if name else []
            running[mistake] = subprocess.Popen(
                ["node", *only, "shop.test.js"],
                cwd=folder,
                env={**os.environ, **mock.environment, "NODE_PATH": str(modules)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        for mistake, (old, _, name, sign) in EXPRESS.items():
            output, _ = running[mistake].communicate(timeout=180)
            assert ("not ok" in output) == bool(old), output
            assert name in output
            assert sign in output, output
            assert running[mistake].returncode == bool(old), output


def test_the_examples_pin_what_the_tests_of_this_project_use() -> None:
    ours = json.loads(Path(node_packages.FOLDER, "package.json").read_text("utf-8"))
    theirs = json.loads((EXAMPLES / "express/package.json").read_text("utf-8"))
    assert theirs["dependencies"].items() <= ours["dependencies"].items()
