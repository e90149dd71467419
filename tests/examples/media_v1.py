"""Calls of each operation of the media service; Twilio has no document for it."""

from __future__ import annotations

import json
from operator import attrgetter as of

from twilio.base.version import Version
from twilio.http.response import Response

from .account import PreparedAccount
from .model import Api, Example


class Media:
    """The media service in the manner of the SDK, which has no methods for it."""

    def __init__(self, account: PreparedAccount) -> None:
        self._client = account.client
        self._url = f"https://mcs.us1.twilio.com/v1/Services/{account.service.sid}/Media"

    def _call(self, method: str, path: str = "", data: bytes = b"", kind: str = "") -> Response:
        url, headers = self._url + path, {"Content-Type": kind}
        answer = self._client.request(method, url, data=data, headers=headers)
        if not answer.ok:
            raise Version.exception(method, url, answer, "Unable to carry it out")
        return answer

    def create(self, content: bytes = b"Hello", content_type: str = "text/plain") -> str:
        """Upload a file.

        Returns:
            Its SID.
        """
        return str(json.loads(self._call("POST", "", content, content_type).text)["sid"])

    def fetch(self, sid: str) -> None:
        self._call("GET", f"/{sid}")

    def fetch_content(self, sid: str) -> None:
        self._call("GET", f"/{sid}/Content")

    def fetch_set(self, sids: list[str]) -> None:
        asked = {"command": "get", "list": [{"media_sid": sid} for sid in sids]}
        self._call("POST", "Set", json.dumps(asked).encode(), "application/json; charset=utf-8")


def prepare(account: PreparedAccount) -> None:
    account.media = Media(account)
    account.file = account.media.create()


def too_large(_: PreparedAccount) -> bytes:
    return bytes(150 * 1024 * 1024 + 1)


MEDIA = Api(
    "media_v1",
    "mcs.twilio.com",
    prepare,
    {
        "CreateMedia": (
            Example(
                "media.create",
                {"Content": b"Hello", "ContentType": "text/plain"},
                refused={50511: {"ContentType": "a picture"}, 50512: {"Content": too_large}},
            ),
        ),
        "FetchMedia": (Example("media.fetch", {"Sid": of("file")}),),
        "FetchMediaContent": (Example("media.fetch_content", {"Sid": of("file")}),),
        "FetchMediaSet": (Example("media.fetch_set", {"Sids": lambda account: [account.file]}),),
    },
    size=None,
)
