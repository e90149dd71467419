"""Many chat clients in one process, each doing what Twilio's JavaScript SDKs do on the wire.

    python tests/benchmarks/chat_clients.py URI < plan.json

The plan, one JSON line on stdin, is a list of `{"token": ..., "channel": ...}`. Once every client
follows its channel, `ready` is printed. Whatever comes next on stdin ends it; then one line of JSON
is printed: the seconds from the time written in each message to its arrival, for every client.
A message has arrived when its bytes are read: what two hundred clients in one process then do with
them, one after another, is no part of it.
"""

import asyncio
import contextlib
import itertools
import json
import re
import sys
import time

from websockets.asyncio.client import ClientConnection, connect

from helpers.mock.realtime.notices import decode, encode

IDS = itertools.count(1)
NOTIFIED = b'"method":"notification"'
SENT = re.compile(rb'"text":"([0-9.]+)"')
ID = re.compile(rb'"id":"(\w+)"')
ADDED = b'"event_type":"list_item_added"'


class Stamped(ClientConnection):
    """A connection that keeps the time of its latest bytes."""

    def data_received(self, data):
        self.arrived = time.monotonic()
        super().data_received(data)


class Client:
    """Logs in, opens a channel's document, messages and roster, follows them, acknowledges."""

    def __init__(self, token, channel):
        self.token, self.channel = token, channel
        self.latencies = []
        self.waiting = {}

    async def run(self, uri, ready):
        options = {"compression": None, "max_queue": None, "create_connection": Stamped}
        async with connect(uri, **options) as self.socket:
            listening = asyncio.create_task(self.listen())
            await self.say("init", token=self.token, registrations=[], capabilities=[])
            await self.ask("GET", "/Client/v1/Configuration")
            await self.ask("GET", "/Client/v1/MyConversations")
            opened = [
                (kind, await self.ask("GET", f"/v3/{kind.capitalize()}s/{self.channel}.{name}"))
                for kind, name in (("document", "channel"), ("list", "messages"), ("map", "roster"))
            ]
            requests = [
                {
                    "object_sid": found["sid"],
                    "object_type": kind,
                    "last_event_id": found["last_event_id"],
                }
                for kind, found in opened
            ]
            batch = {"action": "establish", "correlation_id": 1, "requests": requests}
            await self.ask("POST", "/v4/Subscriptions", batch)
            ready()
            await listening

    async def say(self, method, payload=None, **header):
        number = f"TM{next(IDS)}"
        answered = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(encode({"method": method, "id": number, **header}, payload))
        return await answered

    async def ask(self, method, path, payload=None):
        http = {"host": "any", "path": path, "method": method, "params": {}, "headers": {}}
        answer = await self.say("message", payload, http_request=http)
        assert answer.header["http_status"]["code"] == 200, answer.json()
        return answer.json()

    async def listen(self):
        async for data in self.socket:
            if NOTIFIED not in data[:60]:
                frame = decode(data)
                self.waiting.pop(frame.header["id"]).set_result(frame)
                continue
            if ADDED in data:
                self.latencies.append(self.socket.arrived - float(SENT.search(data)[1]))
            await self.acknowledge(data)

    async def acknowledge(self, data):
        header = b'{"method":"reply","id":"%b","status":{"code":200,"status":"OK"}}'
        header %= ID.search(data)[1]
        await self.socket.send(b"TWILSOCK V3.0 %d\r\n%b\r\n" % (len(header), header))


async def main(uri):
    plan = json.loads(await asyncio.to_thread(sys.stdin.readline))
    clients = [Client(each["token"], each["channel"]) for each in plan]
    count = itertools.count(1)

    def ready():
        if next(count) == len(clients):
            print("ready", flush=True)

    running = [asyncio.create_task(client.run(uri, ready)) for client in clients]
    await asyncio.to_thread(sys.stdin.readline)
    for task in running:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*running)
    print(json.dumps([latency for client in clients for latency in client.latencies]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
