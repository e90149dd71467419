"""Every version of Twilio's chat SDKs in docs/reference/sdks.md; run on demand, by name."""

from __future__ import annotations

import json

import node_packages
import pytest
import sdk_matrix

FOLDER = node_packages.FOLDER / "every_sdk"
PACKAGES = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]
WIDGET = "@twilio/flex-webchat-ui"


@pytest.mark.parametrize("sdk", [each for each in PACKAGES if each != WIDGET])
def test_an_sdk_does_what_the_page_says(sdk: str) -> None:
    steps = sdk_matrix.steps_of(node_packages.installed(FOLDER), sdk)
    assert {step: reason for step, reason in steps.items() if reason} == {}
    assert sdk_matrix.rows()[PACKAGES[sdk].removeprefix("npm:")] == sdk_matrix.shown(steps)
