// Twilio's Chat SDK inside a notebook cell. It is loaded and logged in once for each window that
// shows the notebook, however many views of the widget there are in it, and tells Python its events.

const EVENTS = {
  messageAdded: messageData,
  messageUpdated: ({ message, updateReasons }) => ({ ...messageData(message), updateReasons }),
  messageRemoved: messageData,
  memberJoined: memberData,
  memberLeft: memberData,
  memberUpdated: ({ member, updateReasons }) => ({ ...memberData(member), updateReasons }),
  typingStarted: memberData,
  typingEnded: memberData,
  updated: ({ channel, updateReasons }) => ({ ...channelData(channel), updateReasons }),
  removed: channelData,
};
const NOTHING = () => ({});
const CLIENT_EVENTS = {
  connectionStateChanged: (state) => ({ state }),
  connectionError: ({ message, terminal, errorCode }) => ({ message, terminal, errorCode }),
  tokenAboutToExpire: NOTHING,
  tokenExpired: NOTHING,
};
const SHOWN = 200;

// -- what the SDK's objects hold, as data

function messageData({ sid, index, author, body, type, attributes, dateCreated, media }) {
  const file = media && { sid: media.sid, contentType: media.contentType, filename: media.filename, size: media.size };
  return { sid, index, author, body, type, attributes, dateCreated: dateCreated.toISOString(), media: file ?? null };
}

function memberData({ sid, identity, attributes, lastConsumedMessageIndex }) {
  return { sid, identity, attributes, lastConsumedMessageIndex };
}

function channelData({ sid, friendlyName, attributes }) {
  return { sid, friendlyName, attributes };
}

// -- the SDK's script

function loaded(url) {
  const script = document.createElement("script");
  script.src = url;
  return new Promise((resolve) => {
    script.onload = () => resolve(Boolean(globalThis.Twilio?.Chat));
    script.onerror = () => resolve(false);
    document.head.append(script);
  });
}

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
  constructor(model) {
    this.model = model;
    this.browser = String(Math.random());
    this.views = new Set();
    this.lines = [];
    this.state = "";
    this.problem = "";
    this.handler = (told) => told.to === this.browser && this.take(told);
    model.on("msg:custom", this.handler);
    this.say("hello");
  }

  say(type, content = {}) {
    this.model.send({ type, browser: this.browser, ...content });
  }

  take(told) {
    if (told.type === "start") this.attempt(() => this.start(told));
    else this.attempt(() => this[told.name](...told.arguments));
  }

  async attempt(what) {
    try {
      await what();
    } catch (error) {
      this.complain(error.body?.message ?? error.message);
    }
  }

  async start(told) {
    this.end();
    await load(told);
    const twilsock = told.mock && { Twilsock: { uri: `${told.mock.replace("http", "ws")}/v3/wsconnect` } };
    this.client = new Twilio.Chat.Client(told.token, twilsock ?? {});
    for (const [name, data] of Object.entries(CLIENT_EVENTS)) {
      this.client.on(name, (about) => this.happened(name, data(about)));
    }
    this.client.on("stateChanged", (state) => state === "initialized" && this.attempt(() => this.open(told)));
  }

  async open({ channel_sid: sid }) {
    this.channel = await this.client.getChannelBySid(sid);
    for (const [name, data] of Object.entries(EVENTS)) {
      this.channel.on(name, (about) => this.happened(name, data(about)));
    }
    this.complain("");
    this.say("opened");
    this.show();
  }

  sendMessage = (text) => this.channel.sendMessage(text);
  typing = () => this.channel.typing();
  updateToken = (token) => this.client.updateToken(token);

  happened(name, data) {
    if (name === "connectionStateChanged") this.state = data.state;
    if (data.terminal) this.complain(data.message);
    this.lines.push([name, inShort(data)]);
    this.lines.splice(0, this.lines.length - SHOWN);
    this.say("event", { name, data });
    this.show();
  }

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
    this.model.off("msg:custom", this.handler);
    this.end();
  }
}

function inShort({ index, author, identity, body, media, state, message }) {
  if (author !== undefined) return `[${index}] ${author}: ${body ?? media?.filename ?? ""}`;
  return identity ?? state ?? message ?? "";
}

// -- a view of it

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

class View {
  constructor(sdk, root) {
    this.sdk = sdk;
    this.state = element("span", { class: "fcs-state", role: "status" }, "Loading the SDK…");
    this.log = element("div", { class: "fcs-log", role: "log", tabindex: "0", "aria-label": "Events" });
    this.problem = element("div", { class: "fcs-problem", role: "alert" });
    this.input = element("input", { "aria-label": "Your message", placeholder: "Write a message…" });
    const form = element("form", {}, this.input, element("button", {}, "Send"));
    form.addEventListener("submit", (event) => this.submit(event));
    const head = element("header", {}, element("b", {}, "Twilio's Chat SDK, in this cell"), this.state);
    const box = element("section", { class: "fcs", "aria-label": "Twilio's Chat SDK" });
    box.append(head, this.log, this.problem, form);
    keepFromJupyter(box);
    root.append(box);
    this.show(sdk);
  }

  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || !this.sdk.channel) return;
    this.input.value = "";
    this.sdk.attempt(() => this.sdk.sendMessage(text));
  }

  show({ state, problem, lines, channel }) {
    this.state.textContent = state || "Loading the SDK…";
    this.state.dataset.state = state;
    this.problem.textContent = problem;
    this.input.disabled = !channel;
    const rows = lines.map(([name, text]) => element("div", {}, element("code", {}, name), ` ${text}`));
    this.log.replaceChildren(...rows);
    this.log.scrollTop = this.log.scrollHeight;
  }
}

// Otherwise JupyterLab takes letters for commands, such as dd for "delete this cell".
function keepFromJupyter(box) {
  box.setAttribute("data-lm-suppress-shortcuts", "true");
  const keep = (event) => event.stopPropagation();
  for (const kind of ["keydown", "keyup", "keypress"]) box.addEventListener(kind, keep);
}

export default () => {
  let sdk;
  return {
    initialize({ model }) {
      sdk = new Sdk(model);
      return () => sdk.close();
    },
    render({ el }) {
      const view = new View(sdk, el);
      sdk.views.add(view);
      return () => sdk.views.delete(view);
    },
  };
};
