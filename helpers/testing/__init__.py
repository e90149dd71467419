"""Tests of an application that uses Twilio: an account as new for each, in milliseconds.

With pytest, `plugin` brings the fixtures `twilio` and `twilio_server`. Without it, `MockTwilio` is
a context manager, and `python -m helpers.testing -- COMMAND` runs the tests of other languages.
"""

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from ..mock import MockTwilio
    from .assertions import (
        assert_messages,
        assert_nothing_refused,
        assert_refused,
        assert_requests,
        assert_tasks,
        assert_webhooks,
    )
    from .interception import intercepted
    from .serving import ServedMock, served
    from .settings import AccountSettings, BadSetting
    from .signatures import assert_signature_checked, forward_to, signed

__all__ = [
    "AccountSettings",
    "BadSetting",
    "MockTwilio",
    "ServedMock",
    "assert_messages",
    "assert_nothing_refused",
    "assert_refused",
    "assert_requests",
    "assert_signature_checked",
    "assert_tasks",
    "assert_webhooks",
    "forward_to",
    "intercepted",
    "served",
    "signed",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
