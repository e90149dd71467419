"""The server's memory of requests stays small, whatever is sent."""

from __future__ import annotations

from helpers.mock import Clock, Reply, Request
from helpers.mock.server.request_log import MAX_CHARACTERS, MAX_VALUES, ServedRequests


def remembered(**form: str | list[str]) -> dict[str, str | list[str]]:
    requests = ServedRequests(Clock())
    request = Request("POST", "chat.twilio.com", "/v2/Services", form=form)
    requests.add(request, Reply(200, {}), b"{}", 1.0)
    [answered] = requests
    return dict(answered.parameters)


def test_a_short_parameter_is_remembered_as_it_is() -> None:
    assert remembered(Body="hello", Tag=["a", "b"]) == {"Body": "hello", "Tag": ["a", "b"]}


def test_of_a_very_long_one_its_beginning_and_its_length_are() -> None:
    long = "x" * (MAX_CHARACTERS + 1)
    cut = f"{'x' * MAX_CHARACTERS}... ({MAX_CHARACTERS + 1} characters)"
    assert remembered(Body=long, Tag=[long]) == {"Body": cut, "Tag": [cut]}


def test_of_very_many_the_first_are() -> None:
    many = {f"P{number}": "x" for number in range(MAX_VALUES + 5)}
    assert list(remembered(**many)) == list(many)[:MAX_VALUES]
    assert remembered(Tag=["x"] * (MAX_VALUES + 5)) == {"Tag": ["x"] * MAX_VALUES}


def test_a_secret_is_masked_however_long() -> None:
    assert remembered(Secret="5" * (MAX_CHARACTERS + 1)) == {"Secret": "***"}
