// The panel: puts the parts together, and speaks with Python. It shows what it is told; everything
// that needs a decision is decided there.

import { h, icon, keepFromJupyter } from "./dom.js";
import { BUSY, ICONS, LATE_MS, alertParts, avatar } from "./parts.js";
import { Rows } from "./rows.js";
import { Scroll } from "./scroll.js";
import { Composer, Outbox } from "./composer.js";

/** @import { Alert, Person } from "./parts.js" */
/** @import { Message, Notice } from "./rows.js" */
/**
 * @typedef {object} Status
 * @property {string} title
 * @property {string} connection
 * @property {string | null} problem
 * @property {string | null} role
 * @property {string | null} ended
 * @property {Alert | null} alert
 * @property {Person[]} typing
 * @property {boolean} has_earlier
 * @property {boolean} loading_earlier
 * @property {number | null} seen_index
 */
/** @typedef {{ you: Person, messages: Message[], notices: Notice[], status: Status }} Snapshot */
/**
 * @typedef {{ view?: string } & (
 *   | { type: "snapshot" } & Snapshot
 *   | { type: "added" | "updated" | "earlier", messages: Message[] }
 *   | { type: "removed", sids: string[] }
 *   | { type: "notice", notice: Notice }
 *   | { type: "sent", key: number, index: number | null }
 *   | { type: "media", sid: string, url: string | null }
 *   | { type: "status", status: Status }
 * )} FromPython
 */

/** @type {Record<string, string>} */
const CONNECTION = {
  connecting: "Connecting…",
  disconnecting: "Disconnecting…",
  connected: "Connected",
  disconnected: "Disconnected",
  denied: "Access denied",
  error: "Connection failed",
};
const READ_AFTER_MS = 300;
/** @type {Record<string, string>} */
const ROLES = { agent: "Agent", guest: "Customer" };

class ChatView {
  id = crypto.randomUUID?.() ?? String(Math.random());
  /** @type {FromPython[]} */
  waiting = [];
  ready = false;
  sentCount = 0;
  readUpTo = -1;
  /** @type {number | null} */
  readTimer = null;
  inSight = false;
  you = { identity: "", name: "" };
  /** @type {Status | undefined} */
  status;

  title = h("div", { class: "fcl-title" });
  connection = h("div", { class: "fcl-connection", role: "status" });
  role = h("span", { class: "fcl-chip fcl-role", hidden: true });
  face = h("div", { class: "fcl-face" });
  log = h("div", {
    class: "fcl-log",
    role: "log",
    "aria-live": "polite",
    "aria-label": "Messages",
    "aria-busy": "true",
  });
  earlier = h("button", {
    type: "button",
    class: "fcl-earlier",
    hidden: true,
    click: () => this.loadEarlier(),
  });
  hint = h("p", {}, "Connecting to the kernel…");
  empty = h("div", { class: "fcl-empty" }, icon(ICONS.chat), this.hint);
  typing = h("div", { class: "fcl-typing", hidden: true });
  alert = h("div", { class: "fcl-alert", role: "alert", hidden: true });
  ended = h("div", { class: "fcl-ended", role: "status", hidden: true });
  outbox = new Outbox();
  rows = new Rows(this.log, (sid) => this.ask("media", { sid }));
  composer = new Composer({
    send: (text) => this.send(text),
    typing: () => this.ask("typing"),
  });

  /** @param {import("@anywidget/types").AnyModel} model @param {HTMLElement} root */
  constructor(model, root) {
    this.model = model;
    const parts = [this.earlier, this.empty, this.log, this.outbox.element, this.typing];
    const content = h("div", { class: "fcl-content" }, parts);
    const focusable = { tabindex: "0", role: "group", "aria-label": "Chat" };
    const box = h("div", { class: "fcl-scroll", ...focusable }, content);
    this.scroll = new Scroll(box, content, {
      atTop: () => this.loadEarlier(),
      atEnd: () => this.markRead(),
      toAnswer: () => this.composer.input.focus({ preventScroll: true }),
    });
    const headings = h("div", { class: "fcl-headings" }, this.title, this.connection);
    const header = h("header", { class: "fcl-header" }, this.face, headings, this.role);
    const middle = h("div", { class: "fcl-middle" }, box, this.scroll.pill);
    const bottom = [this.alert, this.ended, this.composer.form];
    this.panel = h("section", { class: "fcl" }, header, middle, bottom);
    keepFromJupyter(this.panel);
    root.classList.add("fcl-root");
    root.append(this.panel);
    this.whenInSight = new IntersectionObserver((entries) => this.cameIntoView(entries));
    this.whenInSight.observe(box);
    document.addEventListener("visibilitychange", this.markRead);
    model.on("msg:custom", this.receive);
    this.late = setTimeout(() => this.hint.replaceChildren(BUSY), LATE_MS);
    this.ask("ready");
  }

  /** @param {string} type */
  ask(type, content = {}) {
    this.model.send({ type, view: this.id, ...content });
  }

  /**
   * What comes before the snapshot is kept: it may be newer than the snapshot is.
   *
   * @param {FromPython} message
   */
  receive = (message) => {
    if (message.view && message.view !== this.id) return;
    if (message.type === "snapshot") this.showSnapshot(message);
    else if (this.ready) this.take(message);
    else this.waiting.push(message);
  };

  /** @param {Exclude<FromPython, Snapshot>} message */
  take(message) {
    switch (message.type) {
      case "added":
        return this.add(message.messages);
      case "updated":
        return this.put(message.messages);
      case "earlier":
        return this.putEarlier(message.messages);
      case "removed":
        return this.remove(message.sids);
      case "notice":
        return this.note(message.notice);
      case "sent":
        return this.sent(message.key, message.index);
      case "media":
        if (message.url) this.rows.mediaArrived(message.sid, message.url);
        return;
      case "status":
        return this.showStatus(message.status);
    }
  }

  /** @param {Snapshot} snapshot */
  showSnapshot({ you, messages, notices, status }) {
    clearTimeout(this.late);
    this.you = you;
    this.rows.clear();
    for (const message of messages) this.rows.put(message);
    for (const notice of notices) this.rows.notice(notice);
    this.ready = true;
    this.showStatus(status);
    this.refresh();
    for (const message of this.waiting.splice(0)) this.receive(message);
    this.scroll.toEnd();
    // The history is not news: only what comes from now on is read out.
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  /** @param {Message[]} messages */
  add(messages) {
    for (const message of messages) {
      this.outbox.arrived(message);
      this.rows.put(message, true);
    }
    this.scroll.arrived(messages.filter((message) => !message.own).length);
    this.refresh();
    this.markRead();
  }

  /** @param {Message[]} messages */
  put(messages) {
    for (const message of messages) this.rows.put(message);
    this.refresh();
  }

  /** @param {string[]} sids */
  remove(sids) {
    for (const sid of sids) this.rows.remove(sid);
    this.refresh();
  }

  /** @param {Message[]} messages */
  putEarlier(messages) {
    this.log.setAttribute("aria-busy", "true");
    this.scroll.keeping(() => this.put(messages));
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  /** @param {Notice} notice */
  note(notice) {
    this.rows.notice(notice);
    this.refresh();
  }

  /** @param {number} key @param {number | null} index */
  sent(key, index) {
    if (index === null) return void this.composer.restore(this.outbox.take(key));
    this.outbox.sent(key, index, this.rows.rows.some((row) => row.record?.index === index));
  }

  /**
   * Only what changed is touched, lest a screen reader repeats an alert whenever someone types.
   *
   * @param {Status} status
   */
  showStatus(status) {
    const before = this.status;
    /** @param {(keyof Status)[]} names */
    const differs = (...names) =>
      names.some((name) => JSON.stringify(before?.[name]) !== JSON.stringify(status[name]));
    this.status = status;
    if (differs("title", "connection", "problem", "role")) this.showHeader(status);
    if (differs("has_earlier", "loading_earlier")) this.showEarlier(status);
    if (differs("typing")) this.showTyping(status.typing);
    if (differs("alert")) this.showAlert(status.alert);
    if (differs("ended")) this.showEnded(status.ended);
    this.rows.markSeen(status.seen_index);
  }

  /** @param {string | null} ended */
  showEnded(ended) {
    this.ended.hidden = !ended;
    this.ended.replaceChildren(icon(ICONS.lock), ended ?? "");
    this.panel.classList.toggle("fcl-over", Boolean(ended));
    this.composer.enable(!ended);
  }

  /** @param {Status} status */
  showEarlier({ has_earlier: more, loading_earlier: loading }) {
    const wasIn = document.activeElement === this.earlier;
    this.earlier.hidden = !more;
    this.earlier.setAttribute("aria-disabled", String(loading)); // disabled, it would lose the focus
    if (wasIn && !more) this.scroll.box.focus({ preventScroll: true });
    this.earlier.textContent = `${loading ? "Loading" : "Load"} earlier messages`;
  }

  /** @param {Status} status */
  showHeader({ title, connection, problem, role }) {
    this.title.textContent = title;
    this.panel.setAttribute("aria-label", title);
    this.composer.input.setAttribute("aria-label", `Message in ${title}`);
    this.panel.dataset.connection = connection;
    const state = CONNECTION[connection] ?? connection;
    const why = problem ? `${state} · ${problem}` : state;
    const words = h("span", {}, connection === "connected" ? `${state} as ` : `${why} · `);
    words.classList.toggle("fcl-usual", connection === "connected");
    const dot = h("span", { class: "fcl-dot" });
    this.connection.title = problem ?? "";
    this.connection.replaceChildren(dot, words, h("b", {}, this.you.identity));
    this.face.replaceChildren(avatar(this.you));
    this.panel.dataset.role = role ?? "";
    const shown = ROLES[role ?? ""] ?? "";
    this.role.hidden = !shown;
    this.role.textContent = shown;
  }

  /** @param {Person[]} typing */
  showTyping(typing) {
    const last = typing.at(-1);
    this.typing.hidden = !last;
    if (!last) return;
    const names = typing.map((typist) => typist.name).join(" and ");
    const dots = h("span", { class: "fcl-dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    const text = `${names} ${typing.length === 1 ? "is" : "are"} typing`;
    const bubble = h("span", { class: "fcl-bubble" }, dots);
    this.typing.replaceChildren(avatar(last), bubble, h("span", { class: "fcl-meta" }, text));
  }

  /** @param {Alert | null} alert */
  showAlert(alert) {
    this.alert.hidden = !alert;
    if (!alert) return void this.alert.replaceChildren();
    this.alert.classList.toggle("fcl-warning", alert.level === "warning");
    this.alert.replaceChildren(...alertParts(alert, () => this.dismiss()));
  }

  // The button goes away, and the focus must not go with it.
  dismiss() {
    this.composer.input.focus();
    this.ask("dismiss");
  }

  refresh() {
    this.rows.markSeen(this.status?.seen_index ?? null);
    this.empty.hidden = this.rows.rows.length > 0;
    this.hint.textContent = "No messages yet. Say hello.";
  }

  /** @param {string} text */
  send(text) {
    this.sentCount += 1;
    const key = this.sentCount;
    this.outbox.add(key, text);
    this.empty.hidden = true;
    this.scroll.toEnd();
    this.ask("send", { key, text });
  }

  loadEarlier() {
    if (this.status?.has_earlier && !this.status.loading_earlier) this.ask("earlier");
  }

  /** @param {IntersectionObserverEntry[]} entries */
  cameIntoView(entries) {
    this.inSight = Boolean(entries.at(-1)?.isIntersecting);
    if (this.inSight) this.scroll.settle();
    this.markRead();
  }

  // Read means that the end was in sight, in a page that is looked at. A burst is reported once,
  // since each report is a request to Twilio.
  markRead = () => {
    this.readTimer ??= setTimeout(() => {
      this.readTimer = null;
      this.reportRead();
    }, READ_AFTER_MS);
  };

  reportRead() {
    if (!this.ready || !this.scroll.stuck || document.hidden || !this.inSight) return;
    const theirs = this.rows.rows.findLast(({ record }) => record && !record.own);
    const last = theirs?.record?.index ?? -1;
    if (last <= this.readUpTo) return;
    this.readUpTo = last;
    this.ask("read");
  }

  close() {
    clearTimeout(this.late);
    clearTimeout(this.readTimer ?? undefined);
    this.model.off("msg:custom", this.receive);
    document.removeEventListener("visibilitychange", this.markRead);
    for (const part of [this.rows, this.scroll, this.outbox]) part.close();
    this.whenInSight.disconnect();
  }
}

/** @type {import("@anywidget/types").AnyWidget} */
export default {
  render({ model, el }) {
    const view = new ChatView(model, el);
    return () => view.close();
  },
};
