"""Bounds of everything that arrives from outside, in one place (the mock's own limits).

Each is well above what Twilio's API, SDKs and browsers need. Past one, a request is refused with
Twilio's own answer where there is one, else with 408, 413 or 431, or its connection is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

KIB = 1024
MIB = 1024 * KIB

MAX_HEAD = 64 * KIB
"""Bytes of a request's line and headers together."""
MAX_HEADERS = 100
"""Headers of a request."""
MAX_HEADER_NAME = 256
"""Bytes of a header's name."""
MAX_TOKEN = 16 * KIB
"""Characters of an access token; the SDK's own have less than one thousand."""
SMALL_BODY = 64 * KIB
"""Bytes of a body that is read before the credentials are checked."""
MAX_FORM = 4 * MIB
"""Bytes of a form or of JSON; the largest is the definition of a Studio flow."""
MAX_FIELDS = 1_000
"""Names and values in a form or a query."""
MAX_MEDIA = 160 * MIB
"""Bytes of an uploaded file; a little above the largest that Twilio documents."""
MAX_PART_HEAD = 4_224
"""Bytes of a header of one part of a form."""
MAX_CONTROL = 256 * KIB
"""Bytes of a request to the mock's controls or to the chat page's back end."""
MAX_FRAME = 256 * KIB
"""Bytes of a Twilsock frame; a message's body and attributes are far below."""
MAX_DIGITS = 18
"""Digits of a whole number; one of these fits into 64 bits."""
MAX_NESTING = 100
"""Levels of JSON: such JSON can always be read, merged and written."""
MAX_ANSWER = 1 * MIB
"""Bytes read of the answer to a webhook or to a flow's request."""


MAX_STALL = 20
"""Seconds for a request to arrive in, beyond those that its bytes need at `MIN_RATE`."""
MIN_RATE = 8 * KIB
"""Bytes a second of a request that arrives slowly."""
MAX_CONNECTIONS = 4_000
"""Connections open at once; never more than four fifths of the files that this process may open."""
MAX_UNDER_WAY = 1_000
"""REST requests under way at once; each waits for a worker, or for a webhook's answer."""
RETRY_AFTER = 1
"""Seconds until a client that was refused for the number of others may try again."""


def is_too_deep(value: Any) -> bool:
    """Check whether JSON has more than `MAX_NESTING` levels."""
    level = [value]
    for _ in range(MAX_NESTING):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
