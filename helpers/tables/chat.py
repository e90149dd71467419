"""What was said, asked and delivered."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..chat import Channel, Message
from ..mock import Attempt
from ..request_log import LoggedRequest


def transcript(channel: Channel, limit: int = 1000) -> pd.DataFrame:
    """A channel's messages, oldest first.

    Args:
        channel: A channel of a `ChatClient`.
        limit: At most so many of the latest messages.

    Returns:
        One row a message, by `index`: `author`, `body`, `type` and `sent` (UTC).
    """
    messages: list[Message] = []
    page = channel.get_messages(page_size=min(limit, 100))
    while page.items and len(messages) < limit:
        messages[:0] = page.items
        page = page.prev_page()
    rows = [(m.index, m.author, m.body, m.type, m.timestamp) for m in messages[-limit:]]
    columns = ["index", "author", "body", "type", "sent"]
    return pd.DataFrame(rows, columns=columns).set_index("index").rename_axis(None)


def requests(log: Iterable[LoggedRequest]) -> pd.DataFrame:
    """Logged REST calls, oldest first: `method`, `host`, `path`, `status`, `code`, `by`.

    `code` is Twilio's error code, missing for a success.
    """
    columns = ["method", "host", "path", "status", "code", "by"]
    rows = [tuple(getattr(entry, name) for name in columns) for entry in log]
    return pd.DataFrame(rows, columns=columns).astype({"code": "Int64"})


def deliveries(log: Iterable[Attempt]) -> pd.DataFrame:
    """Webhook attempts, oldest first: `event`, `source`, `url`, `attempt`, `status`, `problem`.

    Args:
        log: `account.mock.webhooks.log`.

    Returns:
        One row an attempt. `source` is `SDK` or `API`; `status` is missing where nobody answered.
    """
    columns = ["event", "source", "url", "attempt", "status", "problem"]
    rows = [
        (a.event, a.parameters.get("Source"), a.url, a.number + 1, a.status, a.problem or "")
        for a in log
    ]
    return pd.DataFrame(rows, columns=columns).astype({"status": "Int64"})
