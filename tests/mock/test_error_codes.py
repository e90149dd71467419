"""Each error code of the mock, provoked: its HTTP status, and that nothing has changed."""

from __future__ import annotations

from typing import Any

import provoking_chat
import provoking_others
import provoking_taskrouter
import pytest
from provoking import PROVOKED, Stage
from support import everything, refused
from twilio.base.exceptions import TwilioException

from helpers import Account
from helpers.chat.errors import as_chat_error
from helpers.mock import CODES, NOT_SIMULATED, TwilioError

TABLES = (provoking_chat, provoking_others, provoking_taskrouter)
"""Where provocations enter themselves into the table."""


def test_every_code_is_provoked_here() -> None:
    assert sorted(PROVOKED) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(PROVOKED))
def test_a_code_is_provoked_with_its_status_and_changes_nothing(
    account: Account, code: int
) -> None:
    steps = PROVOKED[code](Stage(account))
    next(steps)
    before = everything(account)
    with pytest.raises((TwilioException, TwilioError)) as caught:
        next(steps, None)
    refusal = as_chat_error(caught.value)
    assert (refusal.code, refusal.status) == (code, CODES[code].status)
    assert everything(account) == before


def test_what_twilio_may_allow_is_not_simulated_rather_than_not_allowed(client: Any) -> None:
    flow = client.studio.v2.flows.list()[0]
    with refused(501, NOT_SIMULATED, "The nearest operation it simulates is"):
        flow.update(status="draft")
