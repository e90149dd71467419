"""Exercises say what is wrong with an answer, and tell it from one that has not been begun."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant

from helpers import Account, check, exercise
from helpers.exercise import Checked, expect, expect_kind, expect_token


def checked(holds: Any, **more: Any) -> Checked:
    return check("it holds", holds, hint="think", **more)


def test_an_exercise_is_done_when_its_statement_holds() -> None:
    assert checked(lambda: True).done
    assert repr(checked(lambda: True)) == "Done: it holds"
    assert checked(lambda: True)._repr_html_().endswith("✓ Done:</b> it holds")


def test_an_exercise_that_is_not_done_gives_its_hint() -> None:
    result = check("<b> is bold", lambda: False, hint="a & b")
    assert not result.done
    assert repr(result) == "Not yet: <b> is bold\nHint: a & b"
    assert "&lt;b&gt; is bold" in result._repr_html_()
    assert "a &amp; b" in result._repr_html_()


def test_an_answer_that_is_wrong_does_not_look_like_one_that_is_not_begun() -> None:
    begun = checked(lambda: expect("the answer", "4<2", 42))
    assert repr(begun) == (
        "Not right yet: the answer: expected 42, found '4<2'.\nAsked for: it holds\nHint: think"
    )
    assert "✗ Not right yet:</b> the answer: expected 42, found &#x27;4&lt;2&#x27;." in (
        begun._repr_html_()
    )
    for not_begun in (
        checked(lambda: True, untouched=lambda: True),
        checked(lambda: expect_kind("mine", None, int)),
    ):
        assert repr(not_begun) == "Not yet: it holds\nHint: think"


def undefined() -> object:
    return my_token  # type: ignore[name-defined]  # noqa: F821 - as when a cell was not run


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        (undefined, "name 'my_token' is not defined. Run the cells above"),
        (lambda: None.sid, "AttributeError: 'NoneType' object has no attribute 'sid'"),
        (lambda: {}["status"], "KeyError: 'status'"),
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: expect_kind("mine", "CH1", int), "mine is a str, not an int."),
        (
            lambda: expect_kind("mine", "CH1", int, {str: "Leave out .sid."}),
            "mine is a str, not an int. Leave out .sid.",
        ),
    ],
)
def test_what_goes_wrong_in_a_check_is_said(holds: Any, said: str) -> None:
    result = checked(holds)
    assert not result.done
    assert said in repr(result)


def test_a_refusal_by_twilio_is_said_with_its_code(account: Account, client: Any) -> None:
    result = checked(lambda: client.flex_api.v1.flex_flow("FO" + "0" * 32).fetch())
    assert "20404" in result.problem
    assert "https://www.twilio.com/docs/api/errors/20404" in result.problem


def test_an_error_that_the_readers_own_cell_stopped_with_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failure = NameError("name 'acount_sid' is not defined")
    monkeypatch.setattr(exercise, "failure_of_the_cell_before", lambda: failure)
    result = checked(lambda: True, untouched=lambda: True)
    assert result.problem == "Your cell stopped: NameError: name 'acount_sid' is not defined"
    assert checked(lambda: True).done


def test_a_value_is_shown_without_secrets_and_cut() -> None:
    token = jwt.encode({"sub": "AC1"}, "s" * 40)
    with pytest.raises(AssertionError) as refused:
        expect("it", [token, "x" * 900], None)
    assert token not in str(refused.value)
    assert len(str(refused.value)) < 300


def made(account: Account, **changes: Any) -> str:
    own = account.credentials
    parts = {
        "account_sid": own.account_sid,
        "signing_key_sid": own.api_key,
        "secret": own.api_secret,
        "grants": [ChatGrant(service_sid=changes.pop("service_sid", own.chat_service_sid))],
        "identity": "agent-7",
        **changes,
    }
    return str(AccessToken(**parts).to_jwt())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grants": []}, "20106: "),
        ({"account_sid": "AC" + "1" * 32}, "20103: "),
        ({"signing_key_sid": "SK" + "1" * 32}, "20103: "),
        ({"secret": "another secret of some length, 32 bytes"}, "20107: "),
        ({"identity": None}, "20106: The identity must be a text"),
        ({"valid_until": 1_000_000_000}, "20104: "),
        ({"service_sid": "IS" + "0" * 32}, "50050: The account has no Chat Service"),
    ],
)
def test_a_token_that_twilio_would_refuse_is_not_passed(
    account: Account, changes: dict[str, Any], said: str
) -> None:
    result = checked(lambda: expect_token("my_token", made(account, **changes), account) or True)
    assert not result.done
    assert result.problem.startswith(f"Twilio would refuse my_token.\n{said}")


def test_a_token_that_twilio_would_accept_is_passed(account: Account) -> None:
    assert checked(lambda: expect_token("my_token", made(account), account) is None).done
