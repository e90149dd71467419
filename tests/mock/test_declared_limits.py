"""Both sides of every limit that a parameter declares: the last value taken, the next refused.

The limits are read from the declarations of all operations, so that a new one is covered by itself.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import annotated_types
import pytest
from pydantic import create_model
from pydantic.fields import FieldInfo

from helpers.mock import TwilioError
from helpers.mock.core.parameters import AtMost, AtMostBytes, Parameters
from helpers.mock.rest import chat_parameters, conversations_parameters

_OF_JSON = '{"a": ""}'


class Limit(NamedTuple):
    """A field of a model, and one limit of it."""

    model: type[Parameters]
    name: str
    limit: Any
    is_json: bool

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.name}-{type(self.limit).__name__}"


def models() -> Iterator[type[Parameters]]:
    found = [Parameters]
    while found:
        for kind in found.pop().__subclasses__():
            found.append(kind)
            yield kind


def parts(annotation: Any) -> Iterator[Any]:
    """Everything that a type is annotated with, at any depth."""
    if typing.get_origin(annotation) is Annotated:
        for each in annotation.__metadata__:
            yield from each.metadata if isinstance(each, FieldInfo) else (each,)
    for inner in typing.get_args(annotation):
        if not isinstance(inner, str | int | bool):
            yield from parts(inner)


def limits() -> Iterator[Limit]:
    kinds = (
        *(AtMost, AtMostBytes, annotated_types.Ge, annotated_types.Le),
        *(annotated_types.MinLen, annotated_types.MaxLen, annotated_types.Gt, annotated_types.Lt),
    )
    for model in sorted(set(models()), key=lambda each: each.__qualname__):
        if not model.__module__.startswith("helpers."):
            continue
        for name, field in model.model_fields.items():
            found = [*field.metadata, *parts(field.annotation)]
            is_json = "json" in repr(found) or "Attributes" in name or name == "attributes"
            for each in found:
                if isinstance(each, kinds):
                    yield Limit(model, name, each, is_json)


def read(limit: Limit, value: Any) -> Any:
    """Read this parameter alone."""
    field = limit.model.model_fields[limit.name]
    alone = create_model(  # type: ignore[call-overload]
        "Alone", __base__=Parameters, **{limit.name: (field.annotation, field)}
    )
    return getattr(alone.read({field.alias: value}), limit.name)


def sized(size: int, is_json: bool, character: str = "x") -> str:
    """A text of so many bytes."""
    room = size - (len(_OF_JSON) if is_json else 0)
    width = len(character.encode())
    text = character * (room // width) + "x" * (room % width)
    return _OF_JSON.replace('""', f'"{text}"') if is_json else text


def sides(limit: Limit) -> Iterator[tuple[Any, Any, int]]:
    """Values that are just taken, those just refused, and the code."""
    match limit.limit:
        case AtMost(length, code, _):
            yield "x" * length, "x" * (length + 1), code
            yield "é" * length, "é" * (length + 1), code
        case AtMostBytes(size, code, _):
            for character in ("x", "é", "€", "😀"):
                taken = sized(size, limit.is_json, character)
                assert len(taken.encode()) == size
                yield taken, sized(size + 1, limit.is_json, character), code
        case annotated_types.Ge(least):
            yield least, least - 1, 20001
            yield str(least), str(least - 1), 20001
        case annotated_types.Le(most):
            yield most, most + 1, 20001
        case annotated_types.MinLen(least):
            yield "x" * least, "x" * (least - 1), 20001
        case _:
            raise AssertionError(f"no value is made for {limit.limit}")


FOUND = list(limits())


def test_the_limits_that_are_known_are_found() -> None:
    names = {str(each) for each in FOUND}
    assert {
        "NewChannel.friendly_name-AtMost",
        "NewMessage.body-AtMostBytes",
        "NewTask.timeout-Le",
        "NewTask.timeout-Ge",
        "ServiceChanges.typing_indicator_timeout-Le",
        "NewConversationMessage.body-AtMostBytes",
    } <= names
    assert len(names) > 60


@pytest.mark.parametrize("limit", FOUND, ids=map(str, FOUND))
def test_the_last_value_is_taken_and_the_next_refused(limit: Limit) -> None:
    for taken, beyond, code in sides(limit):
        assert str(read(limit, taken)) == str(taken)
        with pytest.raises(TwilioError) as refused:
            read(limit, beyond)
        assert refused.value.code == code


# -- limits that are checked by code: the values on both sides, and the code

CHECKED: list[tuple[type[Parameters], str, list[Any], list[Any], int]] = [
    (chat_parameters.ServiceChanges, "Limits.ChannelMembers", [1, 1000], [0, 1001, -1], 50061),
    (chat_parameters.ServiceChanges, "Limits.UserChannels", [1, 1000], [0, 1001, -1], 50060),
    (chat_parameters.ServiceChanges, "PreWebhookRetryCount", [0, 3], [-1, 4, "x", ""], 50065),
    (chat_parameters.ServiceChanges, "PostWebhookRetryCount", [0, 3], [-1, 4], 50065),
    (chat_parameters.WebhookChanges, "Configuration.RetryCount", [0, 3], [-1, 4], 50065),
    (
        chat_parameters.MemberChanges,
        "LastConsumedMessageIndex",
        [0, "9" * 15, ""],
        [-1, "9" * 16, "1.0", "x"],
        50406,
    ),
    (
        conversations_parameters.ParticipantChanges,
        "LastReadMessageIndex",
        [0, "9" * 15],
        [-1, "9" * 16],
        50421,
    ),
    (
        conversations_parameters.ConversationChanges,
        "Timers.Inactive",
        ["PT60S", "PT1M", "P1D", "", "PT0S"],
        ["PT59S", "PT1S"],
        50375,
    ),
    (
        conversations_parameters.ConversationChanges,
        "Timers.Closed",
        ["PT600S", "PT10M", "", "PT0S"],
        ["PT599S", "PT9M59S"],
        50376,
    ),
]


@pytest.mark.parametrize(
    ("model", "name", "taken", "beyond", "code"),
    CHECKED,
    ids=[f"{model.__name__}-{name}" for model, name, *_ in CHECKED],
)
def test_values_on_both_sides_of_what_is_checked(
    model: type[Parameters], name: str, taken: list[Any], beyond: list[Any], code: int
) -> None:
    for value in taken:
        model.read({name: str(value)})
    for value in beyond:
        with pytest.raises(TwilioError) as refused:
            model.read({name: str(value)})
        assert refused.value.code == code, value


@pytest.mark.parametrize(
    ("name", "beyond", "words"),
    [("Timers.Inactive", "PT59S", "at least PT1M"), ("Timers.Closed", "PT599S", "at least PT10M")],
)
def test_a_timer_that_is_too_short_says_how_long_it_must_be(
    name: str, beyond: str, words: str
) -> None:
    with pytest.raises(TwilioError) as refused:
        conversations_parameters.ConversationChanges.read({name: beyond})
    assert refused.value.message == f"{name} must be {words}"


def webhook(kind: str, **given: Any) -> dict[str, Any]:
    made = chat_parameters.WebhookChanges(
        **{f"configuration__{name}": value for name, value in given.items()}
    )
    return made.configuration(kind, {}, ("onMessageSent",))


def test_a_webhooks_url_may_have_2048_characters() -> None:
    url = "https://x.test/".ljust(2048, "x")
    assert webhook("webhook", url=url, filters=["onMessageSent"])["url"] == url
    with pytest.raises(TwilioError) as refused:
        webhook("webhook", url=f"{url}x", filters=["onMessageSent"])
    assert refused.value.code == 50332
    assert "at most 2048" in refused.value.message


def test_a_webhook_may_have_five_triggers() -> None:
    words = ["a", "b", "c", "d", "e"]
    assert webhook("trigger", url="https://x.test/", triggers=words)["triggers"] == words
    with pytest.raises(TwilioError) as refused:
        webhook("trigger", url="https://x.test/", triggers=[*words, "f"])
    assert refused.value.code == 50322
    assert refused.value.message == "A webhook has at most 5 triggers"
