"""Generates requests of every kind: right, wrong and garbled, from one seeded generator."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from typing import Any
from urllib.parse import quote, urlsplit

from garbage import GARBAGE, IDENTITIES, PLAUSIBLE, PREFIXES, likely, worst

from helpers import Account
from helpers.mock import Reply, Request
from helpers.mock.rest import chat_v2, flex_v1, taskrouter_v1
from helpers.mock.rest.application import OPERATIONS
from helpers.mock.rest.collection import Operation, Write

SIDS = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
KEPT = 12
"""URLs and SIDs remembered of each kind, so that later requests find what earlier ones made."""


def names_of(write: Write[Any, Any]) -> list[str]:
    """The form parameters that a create or update takes."""
    return [info.alias or name for name, info in write.fields.model_fields.items()]


COLLECTIONS = (*chat_v2.COLLECTIONS, *flex_v1.COLLECTIONS, *taskrouter_v1.COLLECTIONS)
WRITES = {
    (collection.host, f"{verb}{collection.noun}"): names_of(write)
    for collection in COLLECTIONS
    for verb, write in (("Create", collection.create), ("Update", collection.update))
    if write is not None
}
"""The form parameters of each operation that takes any."""
NAMES = sorted({name for names in WRITES.values() for name in names})
FILTERS = sorted({name for collection in COLLECTIONS for name in collection.filters})
QUERY = ("PageSize", "Page", "PageToken", "Order", "Ordering", *FILTERS)
"""Query parameters of lists."""
OPEN_TO_CHAT_USERS = ("chat.twilio.com", "mcs.twilio.com")


class Garbler:
    """Makes requests to an account, and learns from the answers what can be asked for.

    The same seed, and the same answers, give the same requests.
    """

    def __init__(self, account: Account, seed: int) -> None:
        self._random = random.Random(seed)
        self._own = account.credentials
        self._sids: defaultdict[str, list[str]] = defaultdict(list)
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        good = [account.chat_token(identity) for identity in IDENTITIES]
        self._tokens = [*good * 20, *(self._spoilt(token) for token in good), *GARBAGE]
        self._paths["/v2/Services/{}"].append(f"/v2/Services/{self._own.chat_service_sid}")

    def _spoilt(self, token: str) -> str:
        at = self._random.randrange(len(token))
        return token[:at] + self._random.choice("Aa0_-.= é") + token[at + 1 :]

    def learn(self, path: str, reply: Reply) -> None:
        """Remember what an answer tells of, and forget what is not there."""
        known = self._paths[SIDS.sub("{}", path)]
        if reply.status in (204, 404) and path in known:
            known.remove(path)
        for shown in _resources(reply.json):
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

    def request(self) -> Request:
        """One request, more likely right than wrong."""
        operation = self._operation()
        return Request(
            method=self._garbage() if self._chance(0.005) else operation.method,
            host=self._garbage() if self._chance(0.001) else operation.host,
            path=self._path(operation),
            query=self._query(),
            form=self._form(operation),
            headers=self._headers(),
            auth=self._auth(operation.host),
            is_form=not self._chance(0.03),
            body=self._random.randbytes(40) if self._chance(0.1) else b"",
        )

    def _operation(self) -> Operation:
        operation = self._random.choice(OPERATIONS)
        rare = operation.name in ("CreateService", "DeleteService") or operation.method == "DELETE"
        return self._operation() if rare and self._chance(0.8) else operation

    def _garbage(self) -> str:
        return self._random.choice(GARBAGE)

    def _path(self, operation: Operation) -> str:
        above, _, below = re.sub(r"\{\w+\}", "{}", operation.path).rpartition("{}")
        known = self._paths[f"{above}{{}}"]
        found = self._random.choice(known) if known else f"{above}{'0' * 32}"
        if operation.name == "DeleteService" and found.endswith(self._own.chat_service_sid):
            found = "/v2/Services/none"
        path = found + below if above else operation.path
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

    def _query(self) -> dict[str, str | list[str]]:
        if self._chance(0.6):
            return {}
        return self._values(self._random.sample(QUERY, self._random.randint(1, 3)))

    def _form(self, operation: Operation) -> dict[str, str | list[str]]:
        names = WRITES.get((operation.host, operation.name))
        if names is None:
            return {}
        share = self._random.choice((0.3, 0.9, 1.0))
        kept = [name for name in names if self._chance(share / 4 if "Role" in name else share)]
        if self._chance(0.1):
            kept += self._random.sample(NAMES, 3)
        values = self._values(kept, f"{operation.name}.")
        if kept and self._chance(0.5):
            name = self._random.choice(kept)
            values[name] = self._random.choice(worst(name))
        return values

    def _values(self, names: list[str], where: str = "") -> dict[str, str | list[str]]:
        values: dict[str, str | list[str]] = {}
        for name in names:
            kind = where + name if where + name in PLAUSIBLE else name
            value = self._value(kind)
            values[name] = [self._value(kind), value] if self._chance(0.03) else value
        if self._chance(0.02):
            values[self._garbage()] = self._garbage()
        return values

    def _value(self, name: str) -> str:
        if self._chance(0.01):
            return self._garbage()
        if name in PLAUSIBLE:
            return self._random.choice(PLAUSIBLE[name])
        if name in PREFIXES:
            return self._sid(PREFIXES[name])
        return self._random.choice(likely(name))

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": self._random.choice(["text/plain", "image/png", "nonsense"])}
        if self._chance(0.2):
            headers["X-Twilio-Webhook-Enabled"] = self._random.choice(["true", "false", "\0"])
        return headers


def _resources(document: Any) -> list[dict[str, Any]]:
    """The resources in an answer: itself, or the members of its list."""
    if not isinstance(document, dict):
        return []
    return [document, *(item for each in document.values() for item in _listed(each))]


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
