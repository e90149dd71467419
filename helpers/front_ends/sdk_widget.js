// Twilio's Chat SDK inside a notebook cell. It is loaded and logged in once for each window that
// shows the notebook, however many views of the widget there are in it, and tells Python its events.

import { h, keepFromJupyter } from "./dom.js";

/** @import { AnyModel, AnyWidget } from "@anywidget/types" */
/** @import { Channel, Client, Member, Message } from "twilio-chat" */
/** @typedef {{ type: "start", to: string, sdk: string[], mock: string | null, token: string, channel_sid: string }} Start */
/** @typedef {{ type: "command", to: string, name: "sendMessage" | "typing" | "updateToken", arguments: [string] }} Order */
/** @typedef {(about: any) => object} Data  the data of an event, made of the SDK's objects */

/** @type {[Parameters<Channel["on"]>[0], Data][]} */
const EVENTS = [
  ["messageAdded", messageData],
  ["messageUpdated", ({ message, updateReasons }) => ({ ...messageData(message), updateReasons })],
  ["messageRemoved", messageData],
  ["memberJoined", memberData],
  ["memberLeft", memberData],
  ["memberUpdated", ({ member, updateReasons }) => ({ ...memberData(member), updateReasons })],
  ["typingStarted", memberData],
  ["typingEnded", memberData],
  ["updated", ({ channel, updateReasons }) => ({ ...channelData(channel), updateReasons })],
  ["removed", channelData],
];
const NOTHING = () => ({});
/** @type {[Parameters<Client["on"]>[0], Data][]} */
const CLIENT_EVENTS = [
  ["connectionStateChanged", (state) => ({ state })],
  ["connectionError", ({ message, terminal, errorCode }) => ({ message, terminal, errorCode })],
  ["tokenAboutToExpire", NOTHING],
  ["tokenExpired", NOTHING],
];
const SHOWN = 200;

// -- what the SDK's objects hold, as data

/** @param {Message} message */
function messageData({ sid, index, author, body, type, attributes, dateCreated, media }) {
  const file = media && { sid: media.sid, contentType: media.contentType, filename: media.filename, size: media.size };
  return { sid, index, author, body, type, attributes, dateCreated: dateCreated.toISOString(), media: file ?? null };
}

/** @param {Member} member */
function memberData({ sid, identity, attributes, lastConsumedMessageIndex }) {
  return { sid, identity, attributes, lastConsumedMessageIndex };
}

/** @param {Channel} channel */
function channelData({ sid, friendlyName, attributes }) {
  return { sid, friendlyName, attributes };
}

// -- the SDK's script

/** @param {string} url @returns {Promise<boolean>} */
function loaded(url) {
  const script = document.createElement("script");
  script.src = url;
  return new Promise((resolve) => {
    script.onload = () => resolve(Boolean(globalThis.Twilio?.Chat));
    script.onerror = () => resolve(false);
    document.head.append(script);
  });
}

/** @param {Start} start */
async function load({ sdk, mock }) {
  if (mock) await reach(mock);
  for (const url of sdk) {
    if (globalThis.Twilio?.Chat || (await loaded(url))) return;
  }
  throw new Error(
    "Twilio's Chat SDK could not be loaded from Twilio's CDN. Without a network it comes from npm: run " +
      "`npm install twilio-chat` in the folder you started Jupyter in, then reload this page.",
  );
}

/** @param {string} mock */
async function reach(mock) {
  try {
    await fetch(`${mock}/chat/icon.svg`, { mode: "no-cors" });
  } catch {
    throw new Error(
      `This browser cannot reach the mock at ${mock}, which runs beside the kernel. If that is another ` +
        "machine, as with JupyterHub, forward the port to yours or run Jupyter here. If its server was " +
        "closed, serve the account again and make this widget anew.",
    );
  }
}

// -- one client for each window

class Sdk {
  browser = String(Math.random());
  /** @type {Set<View>} */
  views = new Set();
  /** @type {[name: string, text: string][]} */
  lines = [];
  state = "";
  problem = "";
  /** @type {Client | undefined} */
  client;
  /** @type {Channel | undefined} */
  channel;

  /** @param {AnyModel} model */
  constructor(model) {
    this.model = model;
    model.on("msg:custom", this.take);
    this.say("hello");
  }

  /** @param {string} type */
  say(type, content = {}) {
    try {
      this.model.send({ type, browser: this.browser, ...content });
    } catch {
      this.lose();
    }
  }

  /** Without its kernel a widget cannot send, and the SDK would try to reach its mock for ever. */
  lose() {
    this.end();
    this.state = "disconnected";
    this.problem = "The kernel was restarted or has ended. Run the cells again.";
    this.show();
  }

  /** @param {Start | Order} told */
  take = (told) => {
    if (told.to !== this.browser) return;
    if (told.type === "start") this.attempt(() => this.start(told));
    else this.attempt(() => this[told.name](...told.arguments));
  };

  /** @param {() => unknown} what */
  async attempt(what) {
    try {
      await what();
    } catch (/** @type {any} */ error) {
      this.complain(error.body?.message ?? error.message);
    }
  }

  /** @param {Start} told */
  async start(told) {
    this.end();
    await load(told);
    const uri = told.mock && `${told.mock.replace("http", "ws")}/v3/wsconnect`;
    const client = new Twilio.Chat.Client(told.token, uri ? { Twilsock: { uri } } : {});
    for (const [name, data] of CLIENT_EVENTS) {
      client.on(name, (/** @type {any} */ about) => this.happened(name, data(about)));
    }
    client.on("stateChanged", (state) => {
      if (state === "initialized") this.attempt(() => this.open(client, told.channel_sid));
    });
    this.client = client;
  }

  /** @param {Client} client @param {string} sid */
  async open(client, sid) {
    const channel = await client.getChannelBySid(sid);
    for (const [name, data] of EVENTS) {
      channel.on(name, (/** @type {any} */ about) => this.happened(name, data(about)));
    }
    this.channel = channel;
    this.complain("");
    this.say("opened");
    this.show();
  }

  /** @param {string} text */
  sendMessage = (text) => this.opened().sendMessage(text);
  typing = () => this.opened().typing();
  /** @param {string} token */
  updateToken = (token) => this.client?.updateToken(token);

  opened() {
    if (!this.channel) throw new Error("There is no chat yet.");
    return this.channel;
  }

  /** @param {string} name @param {any} data */
  happened(name, data) {
    if (name === "connectionStateChanged") this.state = data.state;
    if (data.terminal) this.complain(data.message);
    this.lines.push([name, inShort(data)]);
    this.lines.splice(0, this.lines.length - SHOWN);
    this.say("event", { name, data });
    this.show();
  }

  /** @param {string} problem */
  complain(problem) {
    if (problem) this.say("problem", { text: problem });
    this.problem = problem;
    this.show();
  }

  show() {
    for (const view of this.views) view.show(this);
  }

  end() {
    this.client?.removeAllListeners();
    this.client?.shutdown();
    this.client = this.channel = undefined;
  }

  close() {
    this.model.off("msg:custom", this.take);
    this.end();
  }
}

/** @param {any} data @returns {string} */
function inShort({ index, author, identity, body, media, state, message }) {
  if (author !== undefined) return `[${index}] ${author}: ${body ?? media?.filename ?? ""}`;
  return identity ?? state ?? message ?? "";
}

// -- a view of it

class View {
  state = h("span", { class: "fcs-state", role: "status" }, "Loading the SDK…");
  log = h("div", { class: "fcs-log", role: "log", tabindex: "0", "aria-label": "Events" });
  problem = h("div", { class: "fcs-problem", role: "alert" });
  input = h("input", { "aria-label": "Your message", placeholder: "Write a message…" });

  /** @param {Sdk} sdk @param {HTMLElement} root */
  constructor(sdk, root) {
    this.sdk = sdk;
    const submit = (/** @type {Event} */ event) => this.submit(event);
    const form = h("form", { submit }, this.input, h("button", {}, "Send"));
    const head = h("header", {}, h("b", {}, "Twilio's Chat SDK, in this cell"), this.state);
    const look = { class: "fcs", "aria-label": "Twilio's Chat SDK" };
    const box = h("section", look, head, this.log, this.problem, form);
    keepFromJupyter(box);
    root.append(box);
    this.show(sdk);
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || !this.sdk.channel) return;
    this.input.value = "";
    this.sdk.attempt(() => this.sdk.sendMessage(text));
  }

  /** @param {Sdk} sdk */
  show({ state, problem, lines, channel }) {
    this.state.textContent = state || "Loading the SDK…";
    this.state.dataset.state = state;
    this.problem.textContent = problem;
    this.input.disabled = !channel;
    const rows = lines.map(([name, text]) => h("div", {}, h("code", {}, name), ` ${text}`));
    this.log.replaceChildren(...rows);
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** @type {AnyWidget} */
export default () => {
  /** @type {Sdk} */
  let sdk;
  return {
    initialize({ model }) {
      sdk = new Sdk(model);
      return () => sdk.close();
    },
    render({ el }) {
      const view = new View(sdk, el);
      sdk.views.add(view);
      return () => void sdk.views.delete(view);
    },
  };
};
