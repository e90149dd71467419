"""Generates requests of every kind: right, wrong and garbled, from one seeded generator."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from typing import Any
from urllib.parse import quote, urlsplit

from twilio.base.exceptions import TwilioException

from helpers.mock import Reply, Request

from . import EXAMPLES, OPERATIONS, Call, Exchange, PreparedAccount
from .garbage import GARBAGE, IDENTITIES, PAGING, VARIED, worst

SIDS = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
KEPT = 12
"""URLs and SIDs remembered of each kind, so that later requests find what earlier ones made."""
LARGE = 1024 * 1024
OPEN_TO_CHAT_USERS = ("chat.twilio.com", "mcs.twilio.com")
Values = dict[str, str | list[str]]


class Garbler:
    """Makes requests like those of the examples, and learns from the answers what there is.

    The same seed, and the same answers, give the same requests.
    """

    def __init__(self, account: PreparedAccount, seed: int) -> None:
        self._random = random.Random(seed)
        self._own = account.own
        self._kept = (account.service.sid, account.workspace.sid)
        self._sids: defaultdict[str, list[str]] = defaultdict(list)
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        for exchange in account.recorder.exchanges:
            self.learn(exchange.path, Reply(exchange.status, exchange.json))
        self._examples: defaultdict[tuple[str, str], list[Exchange]] = defaultdict(list)
        self._refused: defaultdict[tuple[str, str], list[Exchange]] = defaultdict(list)
        good = [account.account.chat_token(identity) for identity in IDENTITIES]
        self._tokens = [*good * 20, *(self._spoilt(token) for token in good), *GARBAGE]
        for api, operation, example in EXAMPLES:
            self._examples[api.host, operation] += recorded(example, account)
            for _, call in example.refusals():
                self._refused[api.host, operation] += recorded(call, account)
                self._tokens += [call.by(account)[1]] * 5 if call.by else []
        self._forms: defaultdict[str, list[Any]] = defaultdict(list)
        self._queries: defaultdict[str, list[Any]] = defaultdict(list, PAGING)
        for exchange in chain(*self._examples.values()):
            for known, given in (self._forms, exchange.form), (self._queries, exchange.query):
                for name, value in given.items():
                    known[name] = [*known[name], value]

    def _spoilt(self, token: str) -> str:
        at = self._random.randrange(len(token))
        return token[:at] + self._random.choice("Aa0_-.= é") + token[at + 1 :]

    def learn(self, path: str, reply: Reply) -> None:
        """Remember the resources in an answer, and forget what is not there."""
        known = self._paths[SIDS.sub("{}", path)]
        if reply.status in (204, 404) and path in known:
            known.remove(path)
        for shown in resources(reply.json):
            url = str(shown.get("url", ""))
            place = urlsplit(url).path
            self._remember(self._paths, SIDS.sub("{}", place), place)
            for sid in SIDS.findall(url):
                self._remember(self._sids, sid[:2], sid)

    @staticmethod
    def _remember(known: defaultdict[str, list[str]], kind: str, found: str) -> None:
        if found not in known[kind]:
            known[kind].append(found)
            del known[kind][:-KEPT]

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def request(self) -> tuple[Any, Request]:
        """One request, more likely right than wrong, and the operation that it is like."""
        operation = self._operation()
        known = self._refused if self._chance(0.1) else self._examples
        called = operation.host, operation.name
        example = self._random.choice(known[called] or self._examples[called])
        headers = self._headers(example)
        return operation, Request(
            method=self._garbage() if self._chance(0.005) else operation.method,
            host=self._garbage() if self._chance(0.001) else operation.host,
            path=self._path(example),
            query=self._query(example),
            form=self._form(example),
            headers=headers,
            auth=self._auth(operation.host),
            is_form="json" not in headers["Content-Type"] and not self._chance(0.03),
            body=self._random.randbytes(40) if self._chance(0.1) else example.body,
        )

    def _operation(self) -> Any:
        operation = self._random.choice(OPERATIONS)
        rare = operation.name == "CreateService" or operation.method == "DELETE"
        return self._operation() if rare and self._chance(0.8) else operation

    def _garbage(self) -> str:
        return self._random.choice(GARBAGE)

    def _path(self, example: Exchange) -> str:
        """The path with one like it for what it names, or what it is below."""
        sids = list(SIDS.finditer(example.path))
        if not sids:
            return example.path
        above, below = example.path[: sids[-1].end()], example.path[sids[-1].end() :]
        path = self._random.choice(self._paths[SIDS.sub("{}", above)] or [above]) + below
        if example.method == "DELETE" and path.endswith(self._kept):
            path = SIDS.sub("none", path)
        if self._chance(0.002):
            return f"{path}/{self._garbage()}"
        return self._garbled(path) if self._chance(0.1) else path

    def _garbled(self, path: str) -> str:
        """The path with something else for one of its SIDs."""
        sids = SIDS.findall(path)
        if not sids:
            return path
        name = quote(self._random.choice(IDENTITIES), safe="")
        other = name if self._chance(0.5) else self._garbage()
        return path.replace(self._random.choice(sids), other)

    def _sid(self, prefix: str) -> str:
        known = self._sids[prefix]
        return self._random.choice(known) if known else prefix + "0" * 32

    def _auth(self, host: str) -> tuple[str, str] | None:
        """Mostly the account's own; a chat user's mostly where chat users may come at all."""
        own, drawn = self._own, self._random.random()
        if drawn < 0.7:
            return own.account_sid, own.auth_token
        if drawn < 0.8:
            return own.api_key, own.api_secret
        if drawn < 0.97:
            if host in OPEN_TO_CHAT_USERS or self._chance(0.2):
                return "token", self._random.choice(self._tokens)
            return own.account_sid, own.auth_token
        if drawn < 0.98:
            return None
        return self._random.choice(
            [(own.account_sid, self._garbage()), (self._garbage(), own.auth_token)]
        )

    def _query(self, example: Exchange) -> Values:
        names = [name for name in example.query if self._chance(0.5)]
        if self._chance(0.3):
            names += self._random.sample(sorted(self._queries), self._random.randint(1, 3))
        return self._values(names, example.query, self._queries)

    def _form(self, example: Exchange) -> Values:
        share = self._random.choice((0.3, 0.9, 1.0))
        names = [name for name in example.form if self._chance(share)]
        if self._chance(0.1):
            names += self._random.sample(sorted(self._forms), 3)
        values = self._values(names, example.form, self._forms)
        if names and self._chance(0.5):
            name = self._random.choice(names)
            values[name] = self._random.choice(worst(name))
        return values

    def _values(
        self, names: list[str], given: Mapping[str, Any], known: Mapping[str, list[Any]]
    ) -> Values:
        values: Values = {}
        for name in names:
            likely = given[name] if name in given else self._random.choice(known[name])
            values[name] = self._value(name, likely)
            if self._chance(0.03):
                values[name] = [self._random.choice(GARBAGE), str(values[name])]
        if self._chance(0.02):
            values[self._garbage()] = self._garbage()
        return values

    def _value(self, name: str, likely: Any) -> str | list[str]:
        """A likely value, or another one of those it may have; SIDs are of what is there now."""
        if self._chance(0.01):
            return self._garbage()
        if name in VARIED and self._chance(0.9):
            return self._random.choice(VARIED[name])
        if isinstance(likely, list):
            return [str(each) for each in likely]
        text = str(likely)
        return SIDS.sub(lambda sid: self._sid(sid[0][:2]), text) if self._chance(0.4) else text

    def _headers(self, example: Exchange) -> dict[str, str]:
        kind = example.headers.get("Content-Type", "text/plain")
        if self._chance(0.3):
            kind = self._random.choice(["text/plain", "image/png", "nonsense"])
        headers = {"Content-Type": kind}
        if self._chance(0.2):
            headers["X-Twilio-Webhook-Enabled"] = self._random.choice(["true", "false", "\0"])
        return headers


def recorded(call: Call, account: PreparedAccount) -> list[Exchange]:
    """Requests of a call, refused or not, less those that are too large to be made often."""
    before = len(account.recorder.exchanges)
    with account.unchanged(), suppress(TwilioException):
        call(account)
    made = account.recorder.exchanges[before:]
    return [exchange for exchange in made if len(exchange.body) <= LARGE]


def resources(document: Any) -> list[dict[str, Any]]:
    """Objects in an answer: itself, or the members of its list."""
    if isinstance(document, dict):
        lists = [each for each in document.values() if isinstance(each, list)]
        return [document, *chain(*map(resources, lists))]
    return [each for each in document or () if isinstance(each, dict)]
