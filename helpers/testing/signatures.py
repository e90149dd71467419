"""Webhooks for an application under test: led to its test client, signed, and forged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from twilio.request_validator import RequestValidator

from ..mock import MockTwilio, WebhookAnswer, WebhookRequest

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_SIGNATURE = "X-Twilio-Signature"
__tracebackhide__ = True  # a failure is shown where the test asserts


class HttpCaller(Protocol):
    """A client with the method `request` of `requests.Session` and `httpx.Client`.

    The test client of Starlette and FastAPI is one.
    """

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request with `headers` and `data`; the answer has `status_code` and `text`."""


Receiver = Any
"""A function from a `WebhookRequest` to a `WebhookAnswer`."""


def forward_to(client: HttpCaller) -> Receiver:
    """Return a receiver for `twilio.webhooks.register` that passes webhooks on to a test client."""

    def receive(request: WebhookRequest) -> WebhookAnswer:
        options: dict[str, Any] = {"headers": dict(request.headers)}
        if request.method == "POST":
            options["data"] = dict(request.parameters)
        answer = client.request(request.method, request.url, **options)
        return WebhookAnswer(
            answer.status_code,
            answer.text,
            content_type=answer.headers.get("Content-Type", ""),
        )

    return receive


def signed(twilio: MockTwilio, url: str, parameters: Mapping[str, str]) -> WebhookRequest:
    """Return a POST as Twilio would send it, signed with the account's auth token."""
    validator = RequestValidator(twilio.credentials.auth_token)
    signature = validator.compute_signature(url, dict(parameters))
    headers = {"Content-Type": _FORM, _SIGNATURE: signature}
    return WebhookRequest("POST", url, headers, dict(parameters))


def assert_signature_checked(
    twilio: MockTwilio, receiver: Receiver, url: str, parameters: Mapping[str, str]
) -> None:
    """Assert that a receiver takes a signed webhook, and none that is unsigned, forged or changed.

    Args:
        twilio: The account whose auth token signs.
        receiver: A receiver, such as `forward_to(client)`; it gets five requests.
        url: The URL as Twilio knows it, which is signed.
        parameters: Those of a webhook that the receiver accepts.
    """
    good = signed(twilio, url, parameters)
    name = next(iter(parameters), "Body")
    another = RequestValidator("not the auth token of the account")
    signatures = {
        "without a signature": {},
        "with an empty signature": {_SIGNATURE: ""},
        "signed with another token": {_SIGNATURE: another.compute_signature(url, dict(parameters))},
    }
    bad = {
        **{
            how: replace(good, headers={"Content-Type": _FORM, **signature})
            for how, signature in signatures.items()
        },
        f"with another {name} than was signed": replace(
            good, parameters={**parameters, name: f"{parameters.get(name, '')} changed"}
        ),
    }
    problems = [
        f"a webhook {how} was answered {status}: refuse it with 403"
        for how, request in bad.items()
        if (status := receiver(request).status) is None or status < 400
    ]
    status = receiver(good).status
    if status is None or status >= 400:
        problems.append(
            f"a webhook with Twilio's signature was answered {status}: check it with the auth token"
            f" and the URL that Twilio calls, {url}, and with all parameters as they came"
        )
    if problems:
        raise AssertionError("\n".join(problems))
