"""What clients know of their messages, held against what the account has in the end."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator

Stored = dict[str, list[tuple[int, str]]]
"""Index and body of each message of each channel."""


class Ledger:
    """The fate of each message; a body is `SENDER/NUMBER` and occurs once.

    Attributes:
        acknowledged: Body by index, by channel.
        unknown: Bodies whose request failed, so that they may be stored or not.
        denied: Bodies of which the client said that they did not arrive.
        received: What was delivered to each client or connection: name, channel, bodies, and
            whether that should be all of the channel, or a part without gaps.
        surprises: Answers that nobody should get.
    """

    def __init__(self) -> None:
        self.acknowledged: dict[str, dict[int, str]] = defaultdict(dict)
        self.unknown: set[str] = set()
        self.denied: set[str] = set()
        self.received: list[tuple[str, str, list[str], bool]] = []
        self.surprises: list[str] = []
        self.latencies: list[float] = []
        self.outcomes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def acknowledge(self, channel: str, index: int, body: str, seconds: float) -> None:
        with self._lock:
            other = self.acknowledged[channel].setdefault(index, body)
            self.latencies.append(seconds)
        if other != body:
            self.surprises.append(f"{other} and {body} were both given index {index}")

    def count(self) -> int:
        return len(self.latencies)

    def newest(self) -> dict[str, tuple[int, str]]:
        """Index and body of the newest acknowledged message of each channel."""
        with self._lock:
            return {
                channel: max(known.items()) for channel, known in self.acknowledged.items() if known
            }

    def problems(self, stored: Stored) -> dict[str, list[str]]:
        """What is wrong, by kind; every kind is listed."""
        return {
            "lost": list(self._lost(stored)),
            "doubled": list(_doubled(stored)),
            "reordered": list(self._reordered()),
            "stored without being sent": list(self._foreign(stored)),
            "stored but denied": [body for body in _bodies(stored) if body in self.denied],
            "indexes with holes": [
                channel
                for channel, messages in stored.items()
                if [index for index, _ in messages] != list(range(len(messages)))
            ],
            "received otherwise than stored": list(self._misreceived(stored)),
            "unexpected answers": self.surprises,
        }

    def _lost(self, stored: Stored) -> Iterator[str]:
        for channel, known in self.acknowledged.items():
            there = dict(stored.get(channel, ()))
            yield from (body for index, body in known.items() if there.get(index) != body)

    def _reordered(self) -> Iterator[str]:
        """Messages of a sender that were acknowledged later, but stand before earlier ones."""
        for known in self.acknowledged.values():
            latest: dict[str, int] = {}
            for _, body in sorted(known.items()):
                sender, _, number = body.partition("/")
                if int(number) <= latest.get(sender, -1):
                    yield body
                latest[sender] = int(number)

    def _foreign(self, stored: Stored) -> Iterator[str]:
        known = self.unknown | self.denied
        known |= {body for each in self.acknowledged.values() for body in each.values()}
        yield from (body for body in _bodies(stored) if body not in known)

    def _misreceived(self, stored: Stored) -> Iterator[str]:
        """Clients that were not given a channel's messages one by one, without a gap."""
        for name, channel, bodies, is_all in self.received:
            there = [body for _, body in stored.get(channel, ())]
            start = there.index(bodies[0]) if bodies and bodies[0] in there else 0
            if bodies != (there if is_all else there[start : start + len(bodies)]):
                yield name

    def is_delivered(self, stored: Stored) -> bool:
        """Whether everything has reached those who should get all of it."""
        return all(
            len(bodies) >= len(stored[channel])
            for _, channel, bodies, is_all in self.received
            if is_all
        )


def _bodies(stored: Stored) -> Iterator[str]:
    return (body for messages in stored.values() for _, body in messages)


def _doubled(stored: Stored) -> list[str]:
    return [body for body, times in Counter(_bodies(stored)).items() if times > 1]
