"""Parameters that are short texts are read without a look at the rest, to the same outcome."""

from __future__ import annotations

import pytest

from helpers.mock.core.errors import TwilioError
from helpers.mock.core.parameters import Parameters
from helpers.mock.rest.application import operations


def all_parameters() -> list[type[Parameters]]:
    assert operations()  # so that all classes exist
    found, waiting = [], [Parameters]
    while waiting:
        more = waiting.pop().__subclasses__()
        found += more
        waiting += more
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


WITH_TEXTS = [each for each in all_parameters() if each.texts]


@pytest.mark.parametrize("fields", WITH_TEXTS, ids=lambda each: each.__name__)
def test_texts_that_are_plain_are_read_as_all_others_are(fields: type[Parameters]) -> None:
    for name, (_, most) in fields.texts.items():
        lengths = {0, 1, 64, 256, most, most + 1} if most < 100_000 else {0, 1, 10_000}
        for text in [*("x" * length for length in lengths), "é", "\udc80", "{}", "null"]:
            quick = fields.plain({name: text})
            if quick is None:
                continue
            assert quick == fields.read({name: text}).given()


def test_a_message_is_plain_in_both_dialects() -> None:
    by_name = {each.__name__: each for each in all_parameters()}
    chat, conversations = by_name["NewMessage"], by_name["NewConversationMessage"]
    assert chat.plain({"From": "alice", "Body": "hi"}) == {"author": "alice", "body": "hi"}
    sent = {"Author": "alice", "Body": "hi"}
    assert conversations.plain(sent) == {"author": "alice", "body": "hi"}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"Body": ""},
        {"Body": "x" * 32_769},
        {"Body": "é"},
        {"Body": ["hi", "ho"]},
        {"Body": "hi", "Attributes": "{}"},
        {"Body": "hi", "Elsewhere": "1"},
        {"Body": "hi", "ContentSid": "HX1"},
        {"Author": "alice"},
    ],
)
def test_a_message_that_takes_a_look_is_not_plain(form: dict[str, object]) -> None:
    [fields] = [each for each in all_parameters() if each.__name__ == "NewConversationMessage"]
    assert not fields.plain(form)


def test_parameters_whose_reading_checks_more_have_no_plain_texts() -> None:
    class Checked(Parameters):
        name: str | None = None

        def given(self) -> dict[str, object]:
            if self.name == "no":
                raise TwilioError(20001, "It is no name")
            return super().given()

    assert Checked.texts == {}
    assert Checked.plain({"Name": "no"}) is None
