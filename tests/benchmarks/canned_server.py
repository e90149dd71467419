"""Answers every HTTP request with the same created message, at once: the floor of a loopback call.

python tests/benchmarks/canned_server.py
"""

import asyncio
import json
import re

MESSAGE = {
    "sid": "IM" + "0" * 32,
    "account_sid": "AC" + "0" * 32,
    "service_sid": "IS" + "0" * 32,
    "to": "CH" + "0" * 32,
    "channel_sid": "CH" + "0" * 32,
    "date_created": "2026-06-01T12:00:00Z",
    "date_updated": "2026-06-01T12:00:00Z",
    "last_updated_by": None,
    "was_edited": False,
    "from": "alice",
    "attributes": "{}",
    "body": "How can I help?",
    "index": 0,
    "type": "text",
    "media": None,
    "url": "https://chat.twilio.com/v2/Services",
}
BODY = json.dumps(MESSAGE).encode()
ANSWER = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(BODY), BODY)
)
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Canned(asyncio.Protocol):
    """Reads a request to its end, then answers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if end and len(body) >= (int(length[1]) if length else 0):
            self._read = b""
            self._transport.write(ANSWER)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Canned, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
