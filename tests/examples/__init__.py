"""Examples of every operation: how it is called in a prepared account, and how it is refused.

Contract tests, tests of error codes and garbled requests are derived from these tables. A new
operation needs a line in the table of its API; a new API needs a table, listed in `APIS`.
"""

from __future__ import annotations

from helpers.mock.rest.application import operations

from .account import NOBODY, Exchange, PreparedAccount
from .chat_v2 import CHAT
from .conversations_v1 import CHAT_V3, CONVERSATIONS
from .flex_v1 import FLEX, FLEX_WEBHOOKS, WEB_CHATS
from .media_v1 import MEDIA
from .model import Api, Call, Example, operation_of, parameters, words
from .studio_v2 import STUDIO
from .taskrouter_v1 import TASKROUTER

__all__ = [
    "APIS",
    "EXAMPLES",
    "NOBODY",
    "OPERATIONS",
    "Api",
    "Call",
    "Example",
    "Exchange",
    "PreparedAccount",
    "operation_of",
    "parameters",
    "prepared_account",
    "words",
]

OPERATIONS = operations()
APIS = (MEDIA, CHAT, CHAT_V3, CONVERSATIONS, TASKROUTER, FLEX, FLEX_WEBHOOKS, WEB_CHATS, STUDIO)
"""Tables, each after those whose resources its own stand on."""
EXAMPLES = [
    (api, operation, example)
    for api in APIS
    for operation, examples in api.examples.items()
    for example in examples
]


def prepared_account() -> PreparedAccount:
    """A mock account with everything that the examples stand on."""
    account = PreparedAccount()
    for api in APIS:
        api.prepare(account)
    return account
