// A web shop's chat: a bot answers questions about orders, an agent of Flex all others.
//
//     PUBLIC_URL=https://shop.example.com node shop.js

const express = require("express");
const twilio = require("twilio");

const BOT = "bot";
const WEBHOOK = "/twilio/messages";
const ORDERS = { 1182: "on its way", 1183: "delivered" };

// The shop's chats at Twilio.
class Chats {
  constructor(client, settings) {
    this.client = client;
    this.settings = settings;
  }

  chat(sid) {
    return this.client.conversations.v1.conversations(sid);
  }

  // Opens a chat whose messages reach the webhook; returns its SID.
  async open(customer) {
    const { sid } = await this.client.conversations.v1.conversations.create({
      friendlyName: `Chat with ${customer}`,
    });
    await this.chat(sid).participants.create({ identity: customer });
    await this.chat(sid).webhooks.create({
      target: "webhook",
      "configuration.url": this.settings.publicUrl + WEBHOOK,
      "configuration.method": "POST",
      "configuration.filters": ["onMessageAdded"],
    });
    return sid;
  }

  // Posts a message; without the header Twilio would call no webhook for it.
  async post(sid, author, text) {
    await this.chat(sid).messages.create({
      author,
      body: text,
      xTwilioWebhookEnabled: "true",
    });
  }

  // Lets an agent of Flex take the chat; the bot hears no more of it.
  async handOver(sid, customer, reason) {
    for (const webhook of await this.chat(sid).webhooks.list()) {
      await this.chat(sid).webhooks(webhook.sid).remove();
    }
    await this.client.flexApi.v1.interaction.create({
      channel: {
        type: "web",
        initiated_by: "customer",
        properties: { media_channel_sid: sid },
      },
      routing: {
        properties: {
          workspace_sid: this.settings.workspaceSid,
          workflow_sid: this.settings.workflowSid,
          task_channel_unique_name: "chat",
          attributes: { from: customer, reason },
        },
      },
    });
  }
}

// Returns the bot's answer; null where it takes a human.
function answerTo(text) {
  if (text.toLowerCase().includes("agent")) return null;
  const number = text.match(/\d+/)?.[0];
  if (!number) return "Which order is it about? Or write: agent.";
  return `Order ${number} is ${ORDERS[number] ?? "not known to us"}.`;
}

function createApp(client, settings) {
  const app = express();
  const chats = new Chats(client, settings);

  function isSigned(request) {
    const signature = request.get("X-Twilio-Signature") ?? "";
    const url = settings.publicUrl + WEBHOOK;
    return twilio.validateRequest(settings.authToken, signature, url, request.body);
  }

  app.post("/chats", express.json(), async (request, response) => {
    response.status(201).json({ sid: await chats.open(request.body.customer) });
  });

  app.post("/chats/:sid/messages", express.json(), async (request, response) => {
    await chats.post(request.params.sid, request.body.customer, request.body.text);
    response.status(201).end();
  });

  app.post(WEBHOOK, express.urlencoded({ extended: false }), async (request, response) => {
    if (!isSigned(request)) return response.status(403).send("This is not signed by Twilio");
    const { ConversationSid: sid, Author: author, Body: text } = request.body;
    if (author !== BOT) {
      const answer = answerTo(text);
      await chats.post(sid, BOT, answer ?? "One moment, I call an agent.");
      if (answer === null) await chats.handOver(sid, author, text);
    }
    return response.end();
  });

  return app;
}

module.exports = { createApp, WEBHOOK };

if (require.main === module) {
  const { env } = process;
  const settings = {
    authToken: env.TWILIO_AUTH_TOKEN,
    publicUrl: env.PUBLIC_URL,
    workspaceSid: env.TWILIO_WORKSPACE_SID,
    workflowSid: env.TWILIO_WORKFLOW_SID,
  };
  const client = twilio(env.TWILIO_ACCOUNT_SID, env.TWILIO_AUTH_TOKEN);
  createApp(client, settings).listen(env.PORT ?? 3000);
}
