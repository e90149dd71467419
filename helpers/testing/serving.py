"""A mock served over HTTP, for code in other languages and processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..mock import Credentials, MockTwilio


@dataclass(frozen=True, slots=True)
class ServedMock:
    """A mock at a URL.

    Attributes:
        url: Where it answers: `https://HOST/path` of Twilio's is `URL/HOST/path`.
        twilio: The account.
    """

    url: str
    twilio: MockTwilio = field(repr=False)

    @property
    def credentials(self) -> Credentials:
        """The account's credentials."""
        return self.twilio.credentials

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for another process: those of the credentials, and `TWILIO_MOCK_URL`."""
        return {**self.credentials.environment, "TWILIO_MOCK_URL": self.url}


@contextmanager
def served(twilio: MockTwilio, port: int = 0) -> Iterator[ServedMock]:
    """Serve a mock until the block is left; port 0 takes a free one."""
    with twilio.serve(port) as server:
        yield ServedMock(server.url, twilio)
