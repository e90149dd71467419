// The shop's chat, against a Twilio account on this machine, which `npm test` serves.

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { setTimeout: sleep } = require("node:timers/promises");
const twilio = require("twilio");
const { createApp, WEBHOOK } = require("./shop.js");

const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token, TWILIO_MOCK_URL: mock } = process.env;
const CUSTOMER = "customer-42";
let client;
let settings;
let server;
let url;

// Sends requests for Twilio to the mock; the library itself is as it is.
class MockRequestClient extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace("https:/", mock) });
  }
}

before(async () => {
  client = twilio(sid, token, { httpClient: new MockRequestClient() });
  settings = { authToken: token };
  server = createApp(client, settings).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  url = `http://127.0.0.1:${server.address().port}`;
  settings.publicUrl = url;
});

beforeEach(async () => {
  const authorization = `Basic ${btoa(`${sid}:${token}`)}`;
  const headers = { authorization, "content-type": "application/json" };
  await fetch(`${mock}/_mock/reset`, { method: "POST", headers, body: "{}" });
  const [workspace] = await client.taskrouter.v1.workspaces.list();
  settings.workspaceSid = workspace.sid;
  const { workflows } = client.taskrouter.v1.workspaces(workspace.sid);
  settings.workflowSid = (await workflows.list())[0].sid;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function send(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 201);
  return answer.text();
}

async function openChat() {
  return JSON.parse(await send("/chats", { customer: CUSTOMER })).sid;
}

const say = (chat, text) => send(`/chats/${chat}/messages`, { customer: CUSTOMER, text });

// Returns the first non-empty result, or the last one when that takes too long.
async function until(read) {
  for (const end = Date.now() + 2000; Date.now() < end; await sleep(20)) {
    const found = await read();
    if (found) return found;
  }
  return read();
}

// Asserts that a chat has these messages, and that no other one follows them.
async function assertMessages(chat, ...expected) {
  const list = async () => {
    const found = await client.conversations.v1.conversations(chat).messages.list();
    return found.map((message) => `${message.author}: ${message.body}`);
  };
  await until(async () => (await list()).length >= expected.length);
  await sleep(100);
  assert.deepEqual(await list(), expected);
}

test("the bot answers once", async () => {
  const chat = await openChat();
  await say(chat, "Where is order 1182?");
  await assertMessages(chat, `${CUSTOMER}: Where is order 1182?`, "bot: Order 1182 is on its way.");
});

test("a customer who wants an agent gets one, and the bot is silent", async () => {
  const chat = await openChat();
  await say(chat, "An agent, please");
  const tasks = client.taskrouter.v1.workspaces(settings.workspaceSid).tasks;
  const found = await until(async () => {
    const listed = await tasks.list();
    return listed.length && listed;
  });
  assert.equal(found[0]?.taskQueueFriendlyName, "Everyone");
  assert.equal(JSON.parse(found[0].attributes).reason, "An agent, please");
  await say(chat, "Are you there?");
  await assertMessages(
    chat,
    `${CUSTOMER}: An agent, please`,
    "bot: One moment, I call an agent.",
    `${CUSTOMER}: Are you there?`,
  );
});

test("only Twilio can call the webhook", async () => {
  const chat = await openChat();
  const message = { ConversationSid: chat, Author: CUSTOMER, Body: "hello" };
  const post = async (parameters, signature) => {
    const headers = signature === undefined ? {} : { "X-Twilio-Signature": signature };
    const body = new URLSearchParams(parameters);
    return (await fetch(url + WEBHOOK, { method: "POST", headers, body })).status;
  };
  const signature = twilio.getExpectedTwilioSignature(token, url + WEBHOOK, message);
  const forged = twilio.getExpectedTwilioSignature("another token", url + WEBHOOK, message);
  assert.equal(await post(message), 403);
  assert.equal(await post(message, ""), 403);
  assert.equal(await post(message, forged), 403);
  assert.equal(await post({ ...message, Body: "changed" }, signature), 403);
  assert.equal(await post(message, signature), 200);
});
