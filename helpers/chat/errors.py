"""Errors of a chat client: Twilio's refusals with their code, failures that may pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from twilio.base.exceptions import TwilioException, TwilioRestException

from ..mock import MockUnreachable, TwilioError
from ..sdk_errors import refusal_of

P = ParamSpec("P")
T = TypeVar("T")


class ChatError(TwilioRestException):  # type: ignore[misc]
    """A refusal, with Twilio's error code.

    Attributes:
        code: Twilio's error code, e.g. 50400 for a user that is not a member.
        status: HTTP status; 0 where no request was made.
        msg: The refusal and its reason.
    """

    def __init__(self, code: int | None, msg: str, status: int = 0) -> None:
        super().__init__(status, "", msg, code)

    def __str__(self) -> str:
        return f"{self.msg} (Twilio error {self.code})" if self.code else str(self.msg)


class TransientError(ChatError):
    """A failure that may pass by itself: throttling, a network or a server in distress.

    Attributes:
        what: The failure in a few words.
        retry_after: Seconds to wait, where the server names them.
        may_have_acted: Whether the request may have had its effect all the same.
        delay: Seconds until the next try.
    """

    def __init__(
        self,
        what: str,
        detail: str = "",
        code: int | None = None,
        status: int = 0,
        retry_after: float | None = None,
        *,
        may_have_acted: bool = True,
    ) -> None:
        super().__init__(code, f"{what}: {detail}" if detail else what, status)
        self.what = what
        self.retry_after = retry_after
        self.may_have_acted = may_have_acted
        self.delay = 1.0 if retry_after is None else retry_after


class OutcomeUnknown(ChatError):
    """A message was sent, and may have arrived or not."""


def as_chat_error(error: TwilioException | TwilioError) -> ChatError:
    """Return a refusal as a `ChatError`."""
    if isinstance(error, ChatError):
        return error
    if isinstance(error, TwilioError):
        return ChatError(error.code, error.message, error.status)
    status, code, message = refusal_of(error)
    return ChatError(code, message, status)


def raises_chat_error(call: Callable[P, T]) -> Callable[P, T]:
    """Make a method raise `ChatError` for every refusal by Twilio."""

    @wraps(call)
    def refused(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except (TwilioException, TwilioError) as error:
            raise as_chat_error(error) from None
        except MockUnreachable as error:  # its clock, or typing
            what = "the server cannot be reached"
            raise TransientError(what, str(error), may_have_acted=False) from None

    return refused
