"""A web shop's chat: a bot answers questions about orders, an agent of Flex all others.

PUBLIC_URL=https://shop.example.com uvicorn shop:from_environment --factory
"""

import os
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from twilio.request_validator import RequestValidator
from twilio.rest import Client

BOT = "bot"
WEBHOOK = "/twilio/messages"
ORDERS = {"1182": "on its way", "1183": "delivered"}


@dataclass(frozen=True)
class Settings:
    """Settings of the shop; the URL is the one at which Twilio reaches it."""

    auth_token: str
    public_url: str
    workspace_sid: str
    workflow_sid: str


class NewChat(BaseModel):
    """A customer who opens a chat."""

    customer: str


class NewMessage(BaseModel):
    """A message of the customer's."""

    customer: str
    text: str


class Chats:
    """The shop's chats at Twilio."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def open(self, customer: str) -> str:
        """Open a chat whose messages reach the webhook; returns its SID."""
        chat = self._client.conversations.v1.conversations.create(
            friendly_name=f"Chat with {customer}"
        )
        chat.participants.create(identity=customer)
        chat.webhooks.create(
            "webhook",
            configuration_url=self._settings.public_url + WEBHOOK,
            configuration_method="POST",
            configuration_filters=["onMessageAdded"],
        )
        return chat.sid

    def post(self, sid: str, author: str, text: str) -> None:
        """Post a message; without the header Twilio would call no webhook for it."""
        self._client.conversations.v1.conversations(sid).messages.create(
            author=author, body=text, x_twilio_webhook_enabled="true"
        )

    def hand_over(self, sid: str, customer: str, reason: str) -> None:
        """Let an agent of Flex take the chat; the bot hears no more of it."""
        for webhook in self._client.conversations.v1.conversations(sid).webhooks.list():
            webhook.delete()
        self._client.flex_api.v1.interaction.create(
            channel={
                "type": "web",
                "initiated_by": "customer",
                "properties": {"media_channel_sid": sid},
            },
            routing={
                "properties": {
                    "workspace_sid": self._settings.workspace_sid,
                    "workflow_sid": self._settings.workflow_sid,
                    "task_channel_unique_name": "chat",
                    "attributes": {"from": customer, "reason": reason},
                }
            },
        )


def answer_to(text: str) -> str | None:
    """Return the bot's answer; None where it takes a human."""
    if "agent" in text.lower():
        return None
    number = re.search(r"\d+", text)
    if number is None:
        return "Which order is it about? Or write: agent."
    return f"Order {number[0]} is {ORDERS.get(number[0], 'not known to us')}."


def create_app(client: Client, settings: Settings) -> FastAPI:
    """Return the shop's application."""
    app, chats = FastAPI(), Chats(client, settings)
    validator = RequestValidator(settings.auth_token)

    async def signed_form(request: Request) -> dict[str, str]:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(settings.public_url + WEBHOOK, form, signature):
            raise HTTPException(403, "This is not signed by Twilio")
        return form

    @app.post("/chats", status_code=201)
    def open_chat(new: NewChat) -> dict[str, str]:
        return {"sid": chats.open(new.customer)}

    @app.post("/chats/{sid}/messages", status_code=201)
    def post_message(sid: str, new: NewMessage) -> None:
        chats.post(sid, new.customer, new.text)

    @app.post(WEBHOOK)
    def message_added(form: Annotated[dict[str, str], Depends(signed_form)]) -> None:
        sid, author, text = form["ConversationSid"], form["Author"], form["Body"]
        if author == BOT:
            return
        answer = answer_to(text)
        if answer is None:
            chats.post(sid, BOT, "One moment, I call an agent.")
            chats.hand_over(sid, author, text)
        else:
            chats.post(sid, BOT, answer)

    return app


def from_environment() -> FastAPI:
    """Return the application with the settings of the environment."""
    settings = Settings(
        auth_token=os.environ["TWILIO_AUTH_TOKEN"],
        public_url=os.environ["PUBLIC_URL"],
        workspace_sid=os.environ["TWILIO_WORKSPACE_SID"],
        workflow_sid=os.environ["TWILIO_WORKFLOW_SID"],
    )
    return create_app(Client(), settings)
