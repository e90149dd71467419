"""Each error code of the mock, provoked: its HTTP status, and that nothing has changed."""

from __future__ import annotations

import pytest
from examples import EXAMPLES, NOBODY, Call, PreparedAccount
from support import stored
from twilio.base.exceptions import TwilioException

from helpers.chat.errors import as_chat_error
from helpers.mock import CODES, NOT_SIMULATED, TwilioError


def token_of_another_service(account: PreparedAccount) -> str:
    return account.token(grants={"identity": "jane", "chat": {"service_sid": "IS" + NOBODY}})


OF_NO_OPERATION = {
    NOT_SIMULATED: Call(lambda account: account.flex.insights_session().create),
    20004: Call("chat.update", {"Method": "PUT", "Uri": "/Services"}),
    50050: Call(
        "mock.bind_push",
        {
            "Token": token_of_another_service,
            "CredentialSid": lambda account: account.credential.sid,
            "Address": "a phone",
        },
    ),
}
REFUSALS = {
    **{f"{code}": (code, call) for code, call in OF_NO_OPERATION.items()},
    **{
        f"{code}-{operation}": (code, call)
        for _, operation, example in EXAMPLES
        for code, call in example.refusals()
    },
}


def test_every_code_is_provoked_here() -> None:
    assert {code for code, _ in REFUSALS.values()} == set(CODES)


@pytest.mark.parametrize(("code", "call"), REFUSALS.values(), ids=REFUSALS)
def test_a_code_is_provoked_with_its_status_and_changes_nothing(
    prepared: PreparedAccount, code: int, call: Call
) -> None:
    attempt = call.prepare(prepared)
    before = stored(prepared.account)
    with pytest.raises((TwilioException, TwilioError)) as caught:
        attempt()
    refusal = as_chat_error(caught.value)
    assert (refusal.code, refusal.status) == (code, CODES[code].status)
    assert stored(prepared.account) == before
