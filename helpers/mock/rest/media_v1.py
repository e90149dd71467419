"""The media service (MCS) as `mcs.us1.twilio.com` spells it; not in Twilio's helper libraries.

Upload and fetch with the SDK's general `client.request("POST", url, data=..., headers=...)`. The
JavaScript SDKs have a media client of their own, which follows links as they are.
"""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlencode

import orjson

from ..core.context import Context
from ..core.errors import TwilioError
from ..messaging import media
from ..messaging.resources import Media
from .chat_v2 import SERVICES, users_of
from .chat_words import REFUSALS
from .collection import Arguments, Operation, not_found
from .http import MULTIPART, Reply, Request, last
from .views import view

HOST = "mcs.twilio.com"
PUBLIC_HOST = "mcs.us1.twilio.com"
MAX_SET = 100
"""Files of one request (the mock's own limit)."""
PATH = "/v1/Services/{ServiceSid}/Media"
_BROWSER_HEADER = "X-Twilio-Token"
"""The header that only the JavaScript SDKs' media client sends."""
_LINK = "Signature"
"""The query parameter of a temporary link."""
_MARK = rb"(?:\A|\r?\n)--%b(?P<ending>--)?[ \t]*(?=\r?\n|\Z)"
"""The line between two parts of a form, with the form's boundary, and the one that ends it."""
_render = view(
    Media,
    omit=("content", "link_key"),
    repeat={"date_upload_updated": "date_created"},
    links={"content": "Content"},
)


def _json(ctx: Context, found: Media, request: Request) -> dict[str, Any]:
    # links lead to Twilio's host, but for clients that follow them as they are
    follows_links = request.base and _BROWSER_HEADER in request.headers
    home = f"{request.base}/{PUBLIC_HOST}" if follows_links else f"https://{PUBLIC_HOST}"
    shown = _render(found, f"{home}/v1/Services/{found.service_sid}/Media/{found.sid}")
    expires = int(ctx.now) + media.LINK_SECONDS
    signed = urlencode({"Expires": expires, _LINK: media.signature(found, expires)})
    shown["links"]["content_direct_temporary"] = f"{shown['links']['content']}?{signed}"
    return {**shown, "is_multipart_upstream": False}


def _upload(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    service = SERVICES.resolve(ctx, arguments, arguments["ServiceSid"])
    content_type = request.headers.get("Content-Type", "")
    content, filename = request.body, last(request.query, "Filename")
    if content_type.lower().startswith(MULTIPART):
        if not request.files:
            raise TwilioError(50511, "The form holds no file; append one, with its name and type")
        _, filename, content_type, content = request.files[0]
    kept = media.upload(ctx, service, content, content_type, filename)
    return Reply(201, _json(ctx, kept, request))


def _find(ctx: Context, arguments: Arguments) -> Media:
    where = {"sid": arguments["Sid"], "service_sid": arguments["ServiceSid"]}
    found = ctx.store.first(Media, **where)
    if found is None or not media.is_open(ctx, found):
        raise not_found(f"/v1/Services/{where['service_sid']}/Media/{where['sid']}")
    return found


def _fetch(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    return Reply(200, _json(ctx, _find(ctx, arguments), request))


def _fetch_set(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    """Fetch several at once, as `@twilio/conversations` does."""
    sids = None
    with contextlib.suppress(ValueError, KeyError, TypeError):
        body = orjson.loads(request.body)
        if body["command"] == "get":
            sids = [str(each["media_sid"]) for each in body["list"]][:MAX_SET]
    if sids is None:
        raise TwilioError(
            20001, 'The body must be JSON: {"command": "get", "list": [{"media_sid"}]}'
        )
    found = [_find(ctx, {**arguments, "Sid": sid}) for sid in sids]
    return Reply(200, [{"code": 200, "media_record": _json(ctx, each, request)} for each in found])


def _content(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    found = _find(ctx, arguments)
    signature = last(request.query, _LINK)
    if signature is not None:
        media.check_link(ctx, found, last(request.query, "Expires"), signature)
    return Reply(200, headers={"Content-Type": found.content_type}, content=found.content)


OPERATIONS = [
    Operation(name, method, HOST, path, handle, opened_by, users_of=users_of, refusals=REFUSALS)
    for name, method, path, handle, opened_by in (
        ("CreateMedia", "POST", PATH, _upload, None),
        ("FetchMediaSet", "POST", f"{PATH}Set", _fetch_set, None),
        ("FetchMedia", "GET", f"{PATH}/{{Sid}}", _fetch, None),
        ("FetchMediaContent", "GET", f"{PATH}/{{Sid}}/Content", _content, _LINK),
    )
]
