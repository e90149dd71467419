// A customer's chat on Twilio Flex, in plain JavaScript on one of Twilio's SDKs. Copy it.
//
// A server makes what a browser must not: the access token and the chat. The SDKs differ in names,
// which are in chat.js and conversations.js; what the page looks like is in view.js.
import * as outbox from "./outbox.js";
import { offerSetUp } from "./set_up.js";
import * as view from "./view.js";

// The types are those of the newer SDK; what is used here, the older one has too.
/** @import { Client, Conversation, Message } from "@twilio/conversations" */
/** @import { Entry } from "./outbox.js" */
/** @typedef {{ contentType: string, filename: string | null, getContentTemporaryUrl(): Promise<string | null> }} Media */
/** @typedef {{ identity: string, token: string, sid: string }} Session what the server said */

/**
 * What the SDKs have different names for.
 *
 * @typedef {object} Sdk
 * @property {string} name the package
 * @property {boolean} isLoaded
 * @property {(token: string, options: object) => any} connect make a client
 * @property {(answer: any) => string} sidOf the chat that the server names
 * @property {(client: any, sid: string) => Promise<any>} find the chat
 * @property {(chat: any) => boolean} hasEnded
 * @property {(chat: any) => Promise<{ identity: string | null, isTyping: boolean }[]>} people
 * @property {(person: any) => number | null} horizon how far a person has read
 * @property {any} personUpdated the event
 * @property {(chat: any, index: number) => Promise<unknown>} markRead
 * @property {(message: any) => Media[]} files
 * @property {{ label: string, action: string }} setUp for set_up.js: what makes an account ready
 */

/** @type {Sdk} */
let sdk;
/** @type {Session} */
let session;
/** @type {Client} the SDK's connection */
let client;
/** @type {Conversation} */
let chat;
let isOpen = false; // whether the chat is this connection's
/** @type {Awaited<ReturnType<Conversation["getMessages"]>> | null} the oldest messages loaded so far */
let page;
let hangUp = () => {}; // ends the wait for answers of a connection that is given up

const MAX_FILE = 150_000_000; // bytes that a file may have
const AGAIN_MS = 3000;

// -- connecting

/** @param {Sdk} given */
export function run(given) {
  sdk = given;
  if (sdk.isLoaded) begin(start);
  else view.complain(view.missing(sdk.name));
}

async function start() {
  const answer = await ask("session", { identity: view.knownIdentity() });
  session = { ...answer, sid: sdk.sidOf(answer) };
  view.remember(session.identity);
  outbox.open(session.identity);
  connect();
}

function connect() {
  isOpen = false;
  page = null;
  view.clear();
  client = sdk.connect(session.token, {
    Twilsock: { uri: `${location.origin.replace("http", "ws")}/v3/wsconnect` }, // the mock: delete this line to talk to Twilio
  });
  // Client.create() may resolve before there is anything to work with; this state says there is.
  client.on("stateChanged", (state) => state === "initialized" && !isOpen && attempt(open));
  // connecting, connected, disconnecting, disconnected or denied. The SDK reconnects by itself,
  // and messages missed meanwhile arrive as usual.
  client.on("connectionStateChanged", (state) => {
    view.showConnection(state);
    if (state === "connected") send();
  });
  client.on("connectionError", ({ terminal, message }) => terminal && view.end(message, "Try again"));
  // A token lives an hour, say. In time, a new one is all that is needed ...
  client.on("tokenAboutToExpire", () => attempt(renew));
  // ... and too late, after the laptop slept say, a new client: the old one may be closing its
  // connection, and an updateToken() during that never comes back.
  client.on("tokenExpired", () => begin(reconnect));
}

async function renew() {
  session.token = (await ask("token", { identity: session.identity })).token;
  await client.updateToken(session.token);
}

async function reconnect() {
  leave();
  session.token = (await ask("token", { identity: session.identity })).token;
  connect();
}

function leave() {
  hangUp();
  client?.removeAllListeners();
  client?.shutdown();
}

// Your own server. It refuses with { error }.
/** @param {string} path @param {object} question */
async function ask(path, question) {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(path, { method: "POST", headers, body: JSON.stringify(question) });
  const answer = await reply.json();
  if (!reply.ok) throw Object.assign(new Error(answer.error), { isNotReady: reply.status === 409 });
  return answer;
}

// -- the chat

async function open() {
  chat = await sdk.find(client, session.sid);
  isOpen = true;
  chat.on("messageAdded", (message) => arrived(message));
  chat.on("messageUpdated", ({ message }) => show(message));
  chat.on("messageRemoved", (message) => view.removeMessage(message.index));
  chat.on("typingStarted", showTyping);
  chat.on("typingEnded", showTyping);
  chat.on(sdk.personUpdated, showSeen);
  chat.on("updated", showStatus);
  chat.on("removed", () => view.end("This chat is no longer there.", "Start a new chat"));
  await showEarlier();
  await showSeen();
  showStatus();
  showOutbox();
  send();
}

// History comes in pages from the end, oldest message first within a page.
async function showEarlier() {
  page = await (page?.prevPage() ?? chat.getMessages(30));
  const { items, hasPrevPage } = page;
  view.keepPlace(() => items.forEach(show));
  view.offerEarlier(hasPrevPage);
  const last = items.at(-1);
  if (last) await markRead(last.index);
}

// One's own messages arrive too: until then they are in the outbox, then where all others see them.
/** @param {Message} message */
async function arrived(message) {
  view.follow(() => show(message), isOwn(message));
  await markRead(message.index);
}

// Nobody reads what comes after the end, so the next message belongs in a new chat.
function showStatus() {
  if (sdk.hasEnded(chat)) view.end("This chat has ended.", "Start a new chat");
  else view.enable();
}

async function showTyping() {
  const typing = (await sdk.people(chat)).filter((person) => person.isTyping);
  view.showTyping(await Promise.all(typing.map((person) => nameOf(person.identity))));
}

// How far a person has read is called the read horizon: tell mine, show the others'. Not by marking
// all as read: that fetches the last message, and one that arrives at that moment is
// then taken for known, and has no messageAdded.
/** @param {number} index */
async function markRead(index) {
  if (!document.hidden) await sdk.markRead(chat, index);
}

async function showSeen() {
  const others = (await sdk.people(chat)).filter((one) => one.identity !== session.identity);
  view.showSeen(Math.max(-1, ...others.map((one) => sdk.horizon(one) ?? -1)));
}

// -- one message

/** @param {Message} message */
const isOwn = (message) => message.author === session.identity;

/** @param {Message} message */
const outboxId = (message) => /** @type {{ outbox_id?: string }} */ (message.attributes).outbox_id;

/** @param {Message} message */
function show(message) {
  if (isOwn(message) && outbox.drop(outboxId(message))) showOutbox();
  const bubble = view.showMessage(message, isOwn(message));
  nameOf(message.author).then(bubble.setAuthor);
  for (const media of sdk.files(message)) attempt(() => showMedia(media, bubble.place()));
}

// The URL of a file works for a few minutes, so it is asked for when it is wanted.
/** @param {Media} media @param {ReturnType<ReturnType<typeof view.showMessage>["place"]>} put */
async function showMedia(media, put) {
  put(media, (await media.getContentTemporaryUrl()) ?? "");
}

/** @param {string | null} identity none for somebody who is not in a browser */
async function nameOf(identity) {
  if (!identity) return "Somebody";
  try {
    return (await client.getUser(identity)).friendlyName || identity;
  } catch {
    return identity; // a bot may write under a name that belongs to no chat user
  }
}

// -- what the customer does

view.onSend((text) => write({ text }));
view.onTyping(() => attempt(() => chat.typing())); // the SDK itself keeps this rare
view.onEarlier(() => attempt(showEarlier));
view.onReturn((last) => isOpen && attempt(() => markRead(last)));
view.onAgain(() => begin(restart));
view.onFiles((files) => {
  const small = files.filter((file) => file.size <= MAX_FILE);
  if (small.length < files.length) view.complain("Files may be up to 150 MB.");
  for (const file of small) write({ file });
});
view.onRefused({
  retry(id) {
    outbox.change(id, { channel: session.sid, problem: undefined });
    showOutbox();
    send();
  },
  discard(id) {
    outbox.drop(id);
    showOutbox();
  },
});
outbox.onChange(showOutbox);
addEventListener("online", send);

async function restart() {
  leave();
  await start();
}

// -- the outbox: what is written goes there first, and from there to Twilio, in order, once

/** @param {{ text?: string, file?: File }} message */
function write(message) {
  outbox.add({ channel: session.sid, ...message });
  view.follow(showOutbox, true);
  send();
}

function showOutbox() {
  view.showOutbox(outbox.all());
}

const isOnline = () => isOpen && client.connectionState === "connected" && navigator.onLine;

async function send() {
  await outbox.alone(async () => {
    for (const entry of outbox.all().filter((one) => !one.problem && !one.isSent)) {
      if (!isOnline()) break;
      await deliver(entry);
    }
  });
  showOutbox();
}

/** @param {Entry} entry */
async function deliver({ id, channel: of, text, file, isTried }) {
  if (of !== session.sid) return outbox.change(id, { problem: "The chat it was written in has ended" });
  try {
    if (isTried && (await hasArrived(id))) return outbox.drop(id);
    outbox.change(id, { isTried: true });
    await answered(chat.sendMessage(text ?? formOf(/** @type {File} */ (file)), { outbox_id: id }));
    outbox.change(id, { isSent: true });
  } catch (/** @type {any} */ error) {
    // Twilio's refusals have a status; without one there was no answer, and it is tried again.
    if (error.body || error.status) outbox.change(id, { problem: reasonOf(error) });
    else setTimeout(send, AGAIN_MS);
  }
}

/** @param {string} id */
async function hasArrived(id) {
  return (await answered(chat.getMessages(30))).items.some((message) => outboxId(message) === id);
}

/** @param {File} file */
function formOf(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  return form;
}

/**
 * The answer, unless this connection is given up before: then none comes.
 *
 * @template Answer
 * @param {Promise<Answer>} answer
 * @returns {Promise<Answer>}
 */
const answered = (answer) =>
  Promise.race([answer, new Promise((_, reject) => { hangUp = () => reject(new Error("The connection was given up")); })]);

// -- when something goes wrong

// What Twilio says is in the error's body.
/** @param {any} error @returns {string} */
const reasonOf = (error) => error.body?.message ?? error.message;

// Whether it went well; if not, the page says why.
/** @param {() => unknown} what */
async function attempt(what) {
  try {
    await what();
    return true;
  } catch (/** @type {any} */ error) {
    view.complain(reasonOf(error));
    if (error.isNotReady) offerSetUp(sdk.setUp, () => begin(start), view.complain);
    return false;
  }
}

/** @param {() => Promise<void>} how */
async function begin(how) {
  if (!(await attempt(how))) view.end("There is no chat yet.", "Try again");
}
