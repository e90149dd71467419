"""Each error code of the mock, provoked: its HTTP status, and that nothing has changed."""

from __future__ import annotations

import provoking_chat
import provoking_faults
import provoking_others
import provoking_studio
import provoking_taskrouter
import pytest
from provoking import PROVOKED, Stage
from support import everything
from twilio.base.exceptions import TwilioException

from helpers import Account
from helpers.chat.errors import as_chat_error
from helpers.mock import CODES, TwilioError

TABLES = (
    provoking_chat,
    provoking_faults,
    provoking_others,
    provoking_studio,
    provoking_taskrouter,
)
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
