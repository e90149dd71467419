"""Flex v2: WebChats."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import BLANK_IS_ABSENT, AtMostBytes, Parameters, read_json
from ..core.sids import looks_like
from ..flex import web_chats
from .chat_parameters import Identity, LongerName
from .collection import Arguments, Operation, Write
from .conversations_words import REFUSALS
from .flex_v1 import HOST
from .http import Reply, Request

_DATA = AtMostBytes(16 * 1024, 45731, "PreEngagementData")


def _data(text: Any) -> Any:
    """Read the pre-engagement data.

    Raises:
        TwilioError: 45731, they are too long; 45733, they are not JSON.
    """
    if not isinstance(text, str) or not text:
        return None
    try:
        return read_json(_DATA.check(text))
    except ValueError:
        raise TwilioError(45733, "PreEngagementData must be JSON as text") from None


Name = Annotated[LongerName | None, BLANK_IS_ABSENT]


class NewWebChat(Parameters):
    """Parameters of a new web chat (specified)."""

    address_sid: str = ""
    chat_friendly_name: Name = None
    customer_friendly_name: Name = None
    pre_engagement_data: Annotated[Any, BeforeValidator(_data)] = None
    identity: Annotated[Identity | None, BLANK_IS_ABSENT] = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent.

        Raises:
            TwilioError: 45745, the address is missing, or another thing's SID (observed).
        """
        if not looks_like(self.address_sid, "IG"):
            shown = self.address_sid[:40] or "a missing one"
            raise TwilioError(45745, f"AddressSid: {shown} is invalid; it is an IG SID")
        return super().given()


_CREATE: Write[Any, Any] = Write(NewWebChat, web_chats.create, spread=True)


def _create(ctx: Context, _: Arguments, request: Request) -> Reply:
    made = _CREATE.perform(request, ctx)
    return Reply(201, {"conversation_sid": made.conversation.sid, "identity": made.identity})


OPERATIONS = [
    Operation("CreateWebChannel", "POST", HOST, "/v2/WebChats", _create, refusals=REFUSALS)
]
