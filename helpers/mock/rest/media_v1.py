"""The media service (MCS) as `mcs.us1.twilio.com` spells it; not in Twilio's helper libraries.

Upload and fetch with the SDK's general `client.request("POST", url, data=..., headers=...)`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..call import Call
from ..clock import iso
from ..messaging import media
from ..messaging.resources import Media
from .chat_v2 import SERVICES
from .collection import Arguments, Operation, not_found
from .http import Reply, Request, last

HOST = "mcs.twilio.com"
PUBLIC_HOST = "mcs.us1.twilio.com"
PATH = "/v1/Services/{ServiceSid}/Media"
_LINK = "Signature"
"""The query parameter of a temporary link."""


def _json(call: Call, found: Media) -> dict[str, Any]:
    url = f"https://{PUBLIC_HOST}/v1/Services/{found.service_sid}/Media/{found.sid}"
    expires = int(call.now) + media.LINK_SECONDS
    signed = urlencode({"Expires": expires, _LINK: media.signature(found, expires)})
    return {
        "sid": found.sid,
        "account_sid": found.account_sid,
        "service_sid": found.service_sid,
        "channel_sid": found.channel_sid,
        "message_sid": found.message_sid,
        "date_created": iso(found.date_created),
        "date_upload_updated": iso(found.date_created),
        "date_updated": iso(found.date_updated),
        "size": found.size,
        "content_type": found.content_type,
        "filename": found.filename,
        "author": found.author,
        "category": found.category,
        "is_multipart_upstream": False,
        "url": url,
        "links": {
            "content": f"{url}/Content",
            "content_direct_temporary": f"{url}/Content?{signed}",
        },
    }


def _upload(call: Call, arguments: Arguments, request: Request) -> Reply:
    service = SERVICES.resolve(call, arguments, arguments["ServiceSid"])
    content_type = request.headers.get("Content-Type", "")
    filename = last(request.query, "Filename")
    return Reply(
        201, _json(call, media.upload(call, service, request.body, content_type, filename))
    )


def _find(call: Call, arguments: Arguments) -> Media:
    where = {"sid": arguments["Sid"], "service_sid": arguments["ServiceSid"]}
    found = call.store.first(Media, **where)
    if found is None:
        raise not_found(f"/v1/Services/{where['service_sid']}/Media/{where['sid']}")
    return found


def _fetch(call: Call, arguments: Arguments, request: Request) -> Reply:
    return Reply(200, _json(call, _find(call, arguments)))


def _content(call: Call, arguments: Arguments, request: Request) -> Reply:
    found = _find(call, arguments)
    signature = last(request.query, _LINK)
    if signature is not None:
        media.check_link(call, found, last(request.query, "Expires"), signature)
    return Reply(200, headers={"Content-Type": found.content_type}, content=found.content)


OPERATIONS = [
    Operation("CreateMedia", "POST", HOST, PATH, _upload),
    Operation("FetchMedia", "GET", HOST, f"{PATH}/{{Sid}}", _fetch),
    Operation(
        "FetchMediaContent", "GET", HOST, f"{PATH}/{{Sid}}/Content", _content, opened_by=_LINK
    ),
]
