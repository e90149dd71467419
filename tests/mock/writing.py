"""Writes messages into an account's file until it is killed, and prints what was acknowledged.

python writing.py FILE HOOK
"""

from __future__ import annotations

import sys
from pathlib import Path

from filed import TOLD, channel_of, opened, service_of


def write(file: Path, hook: str) -> None:
    """Print the index and the SID of each message once it was acknowledged."""
    with opened(file) as account:
        service_of(account).update(post_webhook_url=hook, webhook_filters=["onMessageSent"])
        channel = channel_of(account)
        for _ in range(1000):
            sent = channel.messages.create(body="hello", **TOLD)
            print(sent.index, sent.sid, flush=True)  # noqa: T201


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2])
