"""Small helpers of the notebooks: exercises, tables, the environment check."""

from typing import Any

import pytest

import helpers
from helpers import ChatClient, check_environment, environment, html, tables


def test_the_environment_these_tests_run_in_is_complete() -> None:
    assert repr(check_environment()) == "Everything the notebooks need is installed."


def test_what_is_missing_or_too_old_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "requires", lambda _: ["no-such-package", "twilio<1"])
    first, second = check_environment().missing
    assert first.startswith("no-such-package is missing: run `pip install -r requirements.txt`")
    assert second.startswith("twilio<1 is needed, this is 9.")


@pytest.mark.parametrize("marker", ["sys_platform == 'elsewhere'", "extra == 'cluster'"])
def test_what_other_systems_need_or_is_optional_is_not_missing(
    monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    monkeypatch.setattr(environment, "requires", lambda _: [f"no-such-package; {marker}"])
    assert check_environment().missing == ()


def test_a_transcript_has_a_row_for_each_message(
    account: Any, client: Any, service: Any, channel: Any
) -> None:
    channel.members.create(identity="jane")
    for number in range(120):
        channel.messages.create(from_="jane", body=f"message {number}")
    with ChatClient(account, account.chat_token("jane")) as chat:
        [joined] = chat.get_subscribed_channels()
        table = tables.transcript(joined)
        last = tables.transcript(joined, limit=2)
    assert list(table.index) == list(range(120))
    assert list(table["body"][:2]) == ["message 0", "message 1"]
    assert list(last["body"]) == ["message 118", "message 119"]


def test_requests_are_listed_with_their_codes(account: Any, client: Any) -> None:
    account.requests.clear()
    client.flex_api.v1.flex_flow.list()
    with pytest.raises(Exception, match="was not found"):
        client.flex_api.v1.flex_flow("FO" + "0" * 32).fetch()
    table = tables.requests(account.requests)
    assert list(table["status"]) == [200, 404]
    assert table["code"].isna()[0]
    assert table["code"][1] == 20404


def test_every_public_name_can_be_imported() -> None:
    assert all(hasattr(helpers, name) for name in helpers.__all__)


def test_a_table_escapes_whatever_is_not_declared_to_be_markup() -> None:
    rows = [("<i>", html.Markup("<b>&amp;</b>")), (html.Cell("&", "color:red", span=2),)]
    assert html.table(rows, ("<a>", 1), title="<t>", row_heads=True) == (
        '<table><caption style="text-align:left"><b>&lt;t&gt;</b></caption><thead><tr>'
        '<th scope="col" style="text-align:left">&lt;a&gt;</th>'
        '<th scope="col" style="text-align:left">1</th></tr></thead><tbody><tr>'
        '<th scope="row" style="text-align:left">&lt;i&gt;</th>'
        '<td style="text-align:left"><b>&amp;</b></td></tr><tr>'
        '<th scope="row" colspan="2" style="text-align:left;color:red">&amp;</th>'
        "</tr></tbody></table>"
    )
