"""The guide's tabs for "Create a Flex Chat Channel", as they stand there."""

from __future__ import annotations

PYTHON = """
# Download the helper library from https://www.twilio.com/docs/python/install
import os
from twilio.rest import Client

# Find your Account SID and Auth Token at twilio.com/console
# and set the environment variables. See http://twil.io/secure
account_sid = os.environ["TWILIO_ACCOUNT_SID"]
auth_token = os.environ["TWILIO_AUTH_TOKEN"]
client = Client(account_sid, auth_token)

channel = client.flex_api.v1.channel.create(
    target="abc123",
    chat_friendly_name="Chat with abc123",
    chat_user_friendly_name="Jane",
    flex_flow_sid="FOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    identity="abc123",
)

print(channel.account_sid)
"""
NODE = """
// Download the helper library from https://www.twilio.com/docs/node/install
const twilio = require("twilio"); // Or, for ESM: import twilio from "twilio";

// Find your Account SID and Auth Token at twilio.com/console
// and set the environment variables. See http://twil.io/secure
const accountSid = process.env.TWILIO_ACCOUNT_SID;
const authToken = process.env.TWILIO_AUTH_TOKEN;
const client = twilio(accountSid, authToken);

async function createChannel() {
  const channel = await client.flexApi.v1.channel.create({
    chatFriendlyName: "Chat with abc123",
    chatUserFriendlyName: "Jane",
    flexFlowSid: "FOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    identity: "abc123",
    target: "abc123",
  });

  console.log(channel.accountSid);
}

createChannel();
"""
COMMAND_LINE = r"""
twilio api:flex:v1:channels:create \
   --target abc123 \
   --chat-friendly-name "Chat with abc123" \
   --chat-user-friendly-name Jane \
   --flex-flow-sid FOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \
   --identity abc123
"""
CURL = r"""
curl -X POST "https://flex-api.twilio.com/v1/Channels" \
--data-urlencode "Target=abc123" \
--data-urlencode "ChatFriendlyName=Chat with abc123" \
--data-urlencode "ChatUserFriendlyName=Jane" \
--data-urlencode "FlexFlowSid=FOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
--data-urlencode "Identity=abc123" \
-u $TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN
"""
