"""Declarations of the REST dialects agree with the products they call."""

from __future__ import annotations

import inspect
from typing import Any, Unpack, get_args, get_origin, get_type_hints

import pytest

from helpers.mock.messaging.refusals import Reason
from helpers.mock.rest import chat_v2, flex_v1
from helpers.mock.rest.chat_words import REFUSALS
from helpers.mock.rest.collection import Write

WRITES = {
    f"{verb}{collection.noun}": write
    for collection in (*chat_v2.API.collections, *flex_v1.API.collections)
    for verb, write in (("Create", collection.create), ("Update", collection.update))
    if write is not None and write.spread
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_product_takes_every_parameter_of_its_operation(write: Write[Any, Any]) -> None:
    taken: set[str] = set()
    for each in inspect.signature(write.run, eval_str=True).parameters.values():
        if each.kind is each.KEYWORD_ONLY:
            taken.add(each.name)
        elif each.kind is each.VAR_KEYWORD and get_origin(each.annotation) is Unpack:
            taken |= get_type_hints(get_args(each.annotation)[0]).keys()
        elif each.kind is each.VAR_KEYWORD:
            return  # settings, by any name
    assert taken.issuperset(write.fields.model_fields)


def test_chat_has_words_for_every_refusal_that_it_can_meet() -> None:
    not_met_by_chat = {
        Reason.MEMBER_NOT_FOUND,
        Reason.MEMBER_ADDRESS_TAKEN,
        Reason.CHANNEL_FULL_OF_OTHERS,
        Reason.WEBHOOK_NOT_FOUND,
        Reason.ADDRESS_TAKEN,
        Reason.ADDRESS_WITHOUT_FLOW,
        Reason.ADDRESS_WITHOUT_URL,
        Reason.ADDRESS_UNKNOWN,  # by what a customer sends from a phone
    }
    assert set(REFUSALS.table) == set(Reason) - not_met_by_chat
