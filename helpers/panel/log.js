// The panel: puts the parts together, and speaks with Python. It shows what it is told; everything
// that needs a decision is decided there.

import { h, icon, keepFromJupyter } from "./dom.js";
import { BUSY, ICONS, LATE_MS, LOST, alertParts, avatar, colour, iconButton, isolated } from "./parts.js";
import { whileLive } from "./kernel.js";
import { Rows } from "./rows.js";
import { Scroll } from "./scroll.js";
import { Composer, Outbox } from "./composer.js";
import { Upload } from "./attachments.js";
import { Actions } from "./actions.js";
import { Search } from "./search.js";

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
/** @typedef {{ messages: Message[], notices: Notice[], at_start: boolean, at_end: boolean }} Part */
/**
 * @typedef {Part & {
 *   you: Person, status: Status, draft: string, read_index: number | null,
 *   most_megabytes: number, focus: boolean,
 * }} Snapshot
 */
/**
 * @typedef {{ view?: string } & (
 *   | { type: "snapshot" } & Snapshot
 *   | { type: "added" | "updated", messages: Message[] }
 *   | { type: "earlier", messages: Message[] } & Partial<Part>
 *   | { type: "later" | "window" } & Part
 *   | { type: "found" } & import("./search.js").Found
 *   | { type: "taken", key: number, size: number }
 *   | { type: "altered", sid: string, done: boolean }
 *   | { type: "removed", sids: string[] }
 *   | { type: "notice", notice: Notice }
 *   | { type: "sent", key: number, index: number | null, failure: string | null }
 *   | { type: "media", sid: string, url: string | null, large: boolean }
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
const MOST_ROWS = 400;
const KEPT_ROWS = 250;
/** @type {Record<string, string>} */
const ROLES = { agent: "Agent", guest: "Customer" };

class ChatView {
  id = crypto.randomUUID?.() ?? String(Math.random());
  /** @type {FromPython[]} */
  waiting = [];
  ready = false;
  sentCount = 0;
  readUpTo = -1;
  /** @type {ReturnType<typeof setTimeout> | null} */
  readTimer = null;
  inSight = false;
  live = true;
  atStart = true;
  asking = "";
  /** @type {import("./search.js").Hit | undefined} */
  target;
  /** @type {Map<number, Upload>} */
  uploads = new Map();
  /** Files are sent one after another, and a text after the files before it. */
  queue = Promise.resolve();
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
  lost = h("div", { class: "fcl-lost", role: "alert", hidden: true });
  outbox = new Outbox({
    retry: ({ text, file }) => (file ? this.sendFile(file) : this.send(text)),
    edit: (text) => this.composer.restore(text),
    cancel: (key) => this.cancel(key),
  });
  rows = new Rows(this.log, (sid) => this.ask("media", { sid }));
  composer = new Composer({
    send: (text) => this.send(text),
    sendFile: (file) => this.sendFile(file),
    edit: (sid, text) => this.ask("edit", { sid, text }),
    editLast: () => this.edit(this.rows.rows.findLast(({ record }) => record?.own && record.body)),
    typing: () => this.ask("typing"),
  });
  actions = new Actions(this.log, {
    at: (element) => this.rows.of(element),
    edit: (row) => this.edit(row),
    remove: (row) => {
      this.composer.input.focus();
      this.ask("delete", { sid: row.record?.sid });
    },
    leave: () => this.composer.input.focus(),
  });
  search = new Search({
    search: (text, deeper) => this.ask("search", { text, deeper }),
    show: (hit, text) => this.showHit(hit, text),
    leave: () => this.composer.input.focus(),
  });
  searchButton = iconButton("Search", ICONS.search, () => this.search.open());

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
      atBottom: () => this.askOnce("later", { after: this.rows.bounds.last }),
      toLatest: () => this.ask("latest"),
      toAnswer: () => this.composer.input.focus({ preventScroll: true }),
    });
    const headings = h("div", { class: "fcl-headings" }, this.title, this.connection);
    const header = h("header", { class: "fcl-header" }, this.face, headings, this.role, this.searchButton);
    const middle = h("div", { class: "fcl-middle" }, box, this.scroll.pill);
    const bottom = [this.alert, this.ended, this.lost, this.composer.form];
    this.panel = h("section", { class: "fcl" }, header, this.search.element, middle, bottom);
    keepFromJupyter(this.panel);
    this.takeDrops();
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "f" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault(); // the page's own search sees only what is drawn
      this.search.open();
    });
    root.classList.add("fcl-root");
    root.append(this.panel);
    this.whenInSight = new IntersectionObserver((entries) => this.cameIntoView(entries));
    this.whenInSight.observe(box);
    document.addEventListener("visibilitychange", this.markRead);
    model.on("msg:custom", this.receive);
    this.late = setTimeout(() => this.hint.replaceChildren(BUSY), LATE_MS);
    this.endLive = whileLive(model, root, (live) => this.setLive(live));
    this.ask("ready");
  }

  takeDrops() {
    /** @param {boolean} over */
    const show = (over) => this.panel.classList.toggle("fcl-drop", over && !this.composer.input.disabled);
    /** @param {(event: DragEvent) => void} act @returns {(event: DragEvent) => void} */
    const withFiles = (act) => (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      act(event);
    };
    this.panel.addEventListener("dragover", withFiles(() => show(true)));
    this.panel.addEventListener("dragleave", (event) => {
      if (!this.panel.contains(/** @type {Node | null} */ (event.relatedTarget))) show(false);
    });
    this.panel.addEventListener("drop", withFiles((event) => {
      show(false);
      this.composer.takeFiles(event, event.dataTransfer);
    }));
  }

  /**
   * A kernel that was restarted knows nothing of this panel; one that was only out of reach does.
   *
   * @param {boolean} live
   */
  setLive(live) {
    this.live = live;
    this.lost.hidden = live;
    this.lost.replaceChildren(icon(ICONS.alert), live ? "" : LOST);
    this.panel.classList.toggle("fcl-dead", !live);
    for (const upload of this.uploads.values()) upload.cancel();
    for (const key of live ? [] : this.outbox.waiting.keys()) this.outbox.failed(key);
    if (this.status) this.showState(this.status);
    if (live) this.ask("ready");
  }

  /**
   * A request of the view that is answered before it is made again.
   *
   * @param {string} type
   */
  askOnce(type, content = {}) {
    if (this.asking === type) return;
    this.asking = type;
    this.ask(type, content);
  }

  /** @param {string} type */
  ask(type, content = {}) {
    if (this.live) this.model.send({ type, view: this.id, ...content });
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
        return this.putEarlier(message);
      case "later":
        return this.putLater(message);
      case "window":
        return this.showWindow(message);
      case "found":
        return this.search.found(message);
      case "taken":
        return this.uploads.get(message.key)?.goOn(true);
      case "altered":
        return;
      case "removed":
        return this.remove(message.sids);
      case "notice":
        return this.note(message.notice);
      case "sent":
        return this.sent(message.key, message.index);
      case "media":
        return this.rows.mediaArrived(message.sid, message.url, message.large);
      case "status":
        return this.showStatus(message.status);
    }
  }

  /** @param {Snapshot} snapshot */
  showSnapshot({ you, status, draft, read_index: read, most_megabytes: most, focus, ...part }) {
    clearTimeout(this.late);
    this.you = you;
    colour(this.panel, you.identity);
    this.composer.tray.mostMegabytes = most;
    if (!this.ready && read !== null) this.rows.unreadFrom = read + 1;
    if (!this.ready && draft && !this.composer.input.value) this.composer.write(draft);
    this.status = undefined; // all of it is shown anew
    this.fill(part);
    this.ready = true;
    this.showStatus(status);
    this.refresh();
    for (const message of this.waiting.splice(0)) this.receive(message);
    this.scroll.toEnd();
    if (focus) this.composer.input.focus();
    // The history is not news: only what comes from now on is read out.
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  /** @param {Part} part */
  fill({ messages, notices, at_start: atStart, at_end: atEnd }) {
    this.log.setAttribute("aria-busy", "true");
    this.actions.hide();
    this.rows.clear();
    for (const message of messages) this.rows.put(message);
    for (const notice of notices) this.rows.notice(notice);
    this.atStart = atStart;
    this.scroll.more = !atEnd;
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  /** @param {Part} part */
  showWindow(part) {
    this.asking = "";
    this.fill(part);
    if (this.status) this.showEarlier(this.status);
    this.refresh();
    const target = this.target;
    this.target = undefined;
    if (target) this.showHit(target, this.search.text);
    else this.scroll.toEnd();
  }

  /** @param {Message[]} messages */
  add(messages) {
    const unread = messages.filter(({ own }) => !own);
    for (const message of messages) this.outbox.arrived(message);
    if (unread.length < messages.length) this.rows.unreadFrom = null; // one's own answer ends it
    else if (unread.length > 0 && !this.isRead()) this.rows.unreadFrom ??= unread[0].index;
    if (!this.scroll.more) {
      for (const message of messages) this.rows.put(message, true);
      if (this.scroll.stuck) this.trim("end");
    }
    this.scroll.arrived(unread.length);
    this.refresh();
    this.markRead();
  }

  /**
   * What is far out of sight is taken out of the page, which so stays small in a chat of any length.
   *
   * @param {"end" | "start"} kept
   */
  trim(kept) {
    if (this.rows.rows.length <= MOST_ROWS) return;
    this.actions.rest();
    this.rows.trim(KEPT_ROWS, kept);
    if (kept === "end") this.atStart = false;
    else this.scroll.more = true;
    if (this.status) this.showEarlier(this.status);
  }

  /** @param {Message[]} messages */
  put(messages) {
    const { first, last } = this.rows.bounds;
    for (const message of messages) {
      if ((this.atStart || message.index >= first) && (!this.scroll.more || message.index <= last)) {
        this.rows.put(message);
      }
    }
    this.refresh();
  }

  /** @param {string[]} sids */
  remove(sids) {
    for (const sid of sids) this.rows.remove(sid);
    this.refresh();
  }

  /** @param {{ messages: Message[], view?: string } & Partial<Part>} part */
  putEarlier({ messages, notices = [], at_start: atStart = true, view }) {
    this.asking = "";
    if (!view && !this.atStart) return; // loaded for another view, which is further back
    this.log.setAttribute("aria-busy", "true");
    this.scroll.keeping(() => {
      for (const message of messages) this.rows.put(message);
      for (const notice of notices) this.rows.notice(notice);
      this.atStart = atStart;
      if (this.status) this.showEarlier(this.status);
    });
    if (!this.scroll.stuck) this.trim("start");
    this.refresh();
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  /** @param {Part} part */
  putLater({ messages, notices, at_end: atEnd }) {
    this.asking = "";
    const { box } = this.scroll;
    for (const message of messages) this.rows.put(message);
    for (const notice of notices) this.rows.notice(notice);
    this.scroll.more = !atEnd;
    const [height, top] = [box.scrollHeight, box.scrollTop];
    this.trim("end");
    box.scrollTop = top + box.scrollHeight - height;
    this.refresh();
  }

  /** @param {import("./rows.js").Row | undefined} row */
  edit(row) {
    const record = row?.record;
    if (record?.own && !this.composer.input.disabled) this.composer.startEditing(record);
  }

  /**
   * @param {import("./search.js").Hit | undefined} hit
   * @param {string} text
   */
  showHit(hit, text) {
    this.rows.mark(text);
    this.refresh();
    this.log.querySelector(".fcl-hit")?.classList.remove("fcl-hit");
    if (!hit) return;
    const row = this.rows.bySid.get(hit.sid);
    if (row) {
      row.element.classList.add("fcl-hit");
      this.scroll.toElement(row.element);
    } else if (!this.target) {
      this.target = hit;
      this.ask("show", { index: hit.index });
    }
  }

  /** @param {Notice} notice */
  note(notice) {
    this.rows.notice(notice);
    this.refresh();
  }

  /** @param {number} key @param {number | null} index */
  sent(key, index) {
    const upload = this.uploads.get(key);
    if (upload) upload.goOn(index !== null);
    else if (index === null) this.outbox.failed(key);
    if (index === null) return;
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
    if (differs("loading_earlier") && this.asking === "earlier") this.asking = ""; // also after a failure
    if (differs("has_earlier", "loading_earlier")) this.showEarlier(status);
    if (differs("typing")) this.showTyping(status.typing);
    if (differs("alert")) this.showAlert(status.alert);
    if (differs("ended")) this.showState(status);
    this.rows.markSeen(status.seen_index);
  }

  /** @param {Status} status */
  showState(status) {
    const { ended } = status;
    this.ended.hidden = !ended;
    this.ended.replaceChildren(icon(ICONS.lock), ended ?? "");
    this.panel.classList.toggle("fcl-over", Boolean(ended) || !this.live);
    this.composer.enable(!ended && this.live);
    this.actions.canChange = !ended && this.live;
    this.actions.hide();
    this.searchButton.disabled = !this.live;
    this.showHeader(status);
    this.showEarlier(status);
  }

  /** @param {Status} status */
  showEarlier({ has_earlier: atTwilio, loading_earlier: loading }) {
    const more = this.live && (atTwilio || !this.atStart);
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
    this.panel.dataset.connection = this.live ? connection : "lost";
    const state = this.live ? (CONNECTION[connection] ?? connection) : "Kernel not connected";
    const words = h("span", {}, problem && this.live ? `${state} · ${problem}` : state);
    const dot = h("span", { class: "fcl-dot" });
    this.connection.title = problem ?? "";
    if (this.connection.textContent !== words.textContent) this.connection.replaceChildren(dot, words);
    const face = avatar(this.you);
    face.title = `You are ${this.you.name}`;
    this.face.replaceChildren(face);
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
    const names = typing.flatMap(({ name }, at) => [at > 0 && " and ", isolated(name)]);
    const dots = h("span", { class: "fcl-dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    const text = [names, ` ${typing.length === 1 ? "is" : "are"} typing`];
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
    this.rows.showNewLine();
    this.empty.hidden = this.rows.rows.length > 0;
    this.hint.textContent = "No messages yet. Say hello.";
  }

  /** @param {string} text */
  send(text) {
    const key = this.putOut(text);
    if (this.uploads.size === 0) return this.ask("send", { key, text });
    this.queue = this.queue.then(() => this.ask("send", { key, text }));
  }

  /** @param {File} file */
  sendFile(file) {
    const key = this.putOut("", file);
    const sendPart = (/** @type {object} */ content, /** @type {ArrayBuffer[]} */ buffers) =>
      this.model.send({ view: this.id, ...content }, undefined, buffers);
    const upload = new Upload(key, file, sendPart);
    this.uploads.set(key, upload);
    this.queue = this.queue.then(async () => {
      const done = this.live && (await upload.run((share) => this.outbox.progress(key, share)));
      this.uploads.delete(key);
      if (!done) this.outbox.failed(key);
    });
  }

  /** @param {string} text @param {File} [file] */
  putOut(text, file) {
    this.sentCount += 1;
    this.outbox.add(this.sentCount, text, file);
    this.empty.hidden = true;
    if (this.scroll.more) this.ask("latest");
    this.scroll.toEnd();
    return this.sentCount;
  }

  /** @param {number} key */
  cancel(key) {
    const upload = this.uploads.get(key);
    upload?.cancel();
    this.ask("cancel", { key });
    this.outbox.take(key);
    this.composer.input.focus();
  }

  loadEarlier() {
    if (!this.status || this.status.loading_earlier) return;
    if (this.atStart && !this.status.has_earlier) return;
    this.askOnce("earlier", { before: this.rows.bounds.first });
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

  /** Whether what arrives now is seen at once. */
  isRead() {
    return this.ready && this.scroll.stuck && !document.hidden && this.inSight;
  }

  reportRead() {
    if (!this.isRead()) return;
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
    for (const upload of this.uploads.values()) upload.cancel();
    this.endLive();
    clearTimeout(this.search.timer);
    for (const part of [this.rows, this.scroll, this.outbox, this.composer]) part.close();
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
