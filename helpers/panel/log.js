// The panel: puts the parts together, and speaks with Python. It shows what it is told; everything
// that needs a decision is decided there.

const CONNECTION = {
  connecting: "Connecting…",
  disconnecting: "Disconnecting…",
  connected: "Connected",
  disconnected: "Disconnected",
  denied: "Access denied",
  error: "Connection failed",
};
const READ_AFTER_MS = 300;
const ROLES = { agent: "Agent", guest: "Customer" };

class ChatView {
  constructor(model, root) {
    this.model = model;
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    this.waiting = [];
    this.ready = false;
    this.sentCount = 0;
    this.readUpTo = -1;
    this.readTimer = null;
    this.build(root);
    this.handler = (message) => this.receive(message);
    model.on("msg:custom", this.handler);
    this.late = setTimeout(() => this.sayLate(), LATE_MS);
    this.ask("ready");
  }

  ask(type, content = {}) {
    this.model.send({ type, view: this.id, ...content });
  }

  build(root) {
    this.title = h("div", { class: "fcl-title" });
    this.connection = h("div", { class: "fcl-connection", role: "status" });
    this.role = h("span", { class: "fcl-chip fcl-role", hidden: true });
    const heard = { role: "log", "aria-live": "polite", "aria-label": "Messages", "aria-busy": "true" };
    this.log = h("div", { class: "fcl-log", ...heard });
    const earlier = { type: "button", class: "fcl-earlier", hidden: true };
    this.earlier = h("button", { ...earlier, click: () => this.loadEarlier() });
    this.empty = h("div", { class: "fcl-empty" }, icon("chat"), h("p", {}, "Connecting to the kernel…"));
    this.typing = h("div", { class: "fcl-typing", hidden: true });
    this.alert = h("div", { class: "fcl-alert", role: "alert", hidden: true });
    this.ended = h("div", { class: "fcl-ended", role: "status", hidden: true });
    this.outbox = new Outbox();
    this.rows = new Rows(this.log, (sid) => this.ask("media", { sid }));
    this.composer = new Composer({
      send: (text) => this.send(text),
      typing: () => this.ask("typing"),
    });
    this.assemble(root);
  }

  assemble(root) {
    const parts = [this.earlier, this.empty, this.log, this.outbox.element, this.typing];
    const content = h("div", { class: "fcl-content" }, ...parts);
    const focusable = { tabindex: "0", role: "group", "aria-label": "Chat" };
    const box = h("div", { class: "fcl-scroll", ...focusable }, content);
    this.scroll = new Scroll(box, content, {
      atTop: () => this.loadEarlier(),
      atEnd: () => this.markRead(),
      toAnswer: () => this.composer.input.focus({ preventScroll: true }),
    });
    const middle = h("div", { class: "fcl-middle" }, box, this.scroll.pill);
    const bottom = [this.alert, this.ended, this.composer.form];
    this.panel = h("section", { class: "fcl" }, this.header(), middle, ...bottom);
    this.keepFromJupyter();
    root.classList.add("fcl-root");
    root.append(this.panel);
    this.watch(box);
  }

  // Otherwise JupyterLab takes letters for commands, such as dd for "delete this cell", and arrows
  // for moves to another cell.
  keepFromJupyter() {
    this.panel.setAttribute("data-lm-suppress-shortcuts", "true");
    const keep = (event) => event.stopPropagation();
    for (const kind of ["keydown", "keyup", "keypress"]) this.panel.addEventListener(kind, keep);
  }

  header() {
    this.face = h("div", { class: "fcl-face" });
    const headings = h("div", { class: "fcl-headings" }, this.title, this.connection);
    return h("header", { class: "fcl-header" }, this.face, headings, this.role);
  }

  watch(box) {
    this.whenInSight = new IntersectionObserver((entries) => this.cameIntoView(entries.at(-1)));
    this.whenInSight.observe(box);
    this.onVisible = () => this.markRead();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  // What comes before the snapshot is kept: it may be newer than the snapshot is.
  receive(message) {
    if (message.view && message.view !== this.id) return;
    if (!this.ready && message.type !== "snapshot") return void this.waiting.push(message);
    this[`on_${message.type}`](message);
  }

  on_snapshot({ you, messages, notices, status }) {
    clearTimeout(this.late);
    this.you = you;
    this.rows.clear();
    messages.forEach((message) => this.rows.put(message));
    notices.forEach((notice) => this.rows.notice(notice));
    this.ready = true;
    this.on_status({ status });
    this.refresh();
    this.waiting.splice(0).forEach((message) => this.receive(message));
    this.scroll.toEnd();
    // The history is not news: only what comes from now on is read out.
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  on_added({ messages }) {
    for (const message of messages) {
      this.outbox.arrived(message);
      this.rows.put(message, true);
    }
    this.scroll.arrived(messages.filter((message) => !message.own).length);
    this.refresh();
    this.markRead();
  }

  on_updated({ messages }) {
    messages.forEach((message) => this.rows.put(message));
    this.refresh();
  }

  on_removed({ sids }) {
    sids.forEach((sid) => this.rows.remove(sid));
    this.refresh();
  }

  on_earlier({ messages }) {
    this.log.setAttribute("aria-busy", "true");
    this.scroll.keeping(() => messages.forEach((message) => this.rows.put(message)));
    this.refresh();
    setTimeout(() => this.log.setAttribute("aria-busy", "false"), 100);
  }

  on_notice({ notice }) {
    this.rows.notice(notice);
    this.refresh();
  }

  on_sent({ key, index }) {
    if (index === null) return void this.composer.restore(this.outbox.take(key));
    this.outbox.sent(key, index, this.rows.rows.some((row) => row.record?.index === index));
  }

  on_media({ sid, url }) {
    if (url) this.rows.mediaArrived(sid, url);
  }

  // Only what changed is touched, lest a screen reader repeats an alert whenever someone types.
  on_status({ status }) {
    const before = this.status ?? {};
    const differs = (name) => JSON.stringify(before[name]) !== JSON.stringify(status[name]);
    this.status = status;
    if (["title", "connection", "problem", "role"].some(differs)) this.showHeader(status);
    if (["has_earlier", "loading_earlier"].some(differs)) this.showEarlier(status);
    if (differs("typing")) this.showTyping(status.typing);
    if (differs("alert")) this.showAlert(status.alert);
    if (differs("ended")) this.showEnded(status.ended);
    this.rows.markSeen(status.seen_index);
  }

  showEnded(ended) {
    this.ended.hidden = !ended;
    this.ended.replaceChildren(icon("lock"), ended ?? "");
    this.panel.classList.toggle("fcl-over", Boolean(ended));
    this.composer.enable(!ended);
  }

  showEarlier({ has_earlier: more, loading_earlier: loading }) {
    const wasIn = document.activeElement === this.earlier;
    this.earlier.hidden = !more;
    this.earlier.setAttribute("aria-disabled", loading); // disabled, it would lose the focus
    if (wasIn && !more) this.scroll.box.focus({ preventScroll: true });
    this.earlier.textContent = `${loading ? "Loading" : "Load"} earlier messages`;
  }

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
    this.role.hidden = !ROLES[role];
    this.role.textContent = ROLES[role] ?? "";
  }

  showTyping(typing) {
    this.typing.hidden = typing.length === 0;
    if (typing.length === 0) return;
    const names = typing.map((typist) => typist.name).join(" and ");
    const dots = h("span", { class: "fcl-dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    const text = `${names} ${typing.length === 1 ? "is" : "are"} typing`;
    const bubble = h("span", { class: "fcl-bubble" }, dots);
    this.typing.replaceChildren(avatar(typing.at(-1)), bubble, h("span", { class: "fcl-meta" }, text));
  }

  showAlert(alert) {
    this.alert.hidden = !alert;
    if (!alert) return void this.alert.replaceChildren();
    this.alert.classList.toggle("fcl-warning", alert.level === "warning");
    const close = { type: "button", "aria-label": "Dismiss", click: () => this.dismiss() };
    const text = h("span", {}, alert.text, ...this.explained(alert.code));
    this.alert.replaceChildren(icon("alert"), text, h("button", close, icon("close")));
  }

  // The button goes away, and the focus must not go with it.
  dismiss() {
    this.composer.input.focus();
    this.ask("dismiss");
  }

  // Twilio's codes have five digits; a smaller one is not Twilio's and has no page.
  explained(code) {
    if (code === null || code < 10000) return [];
    return [" ", link(`https://www.twilio.com/docs/errors/${code}`, "What this means")];
  }

  refresh() {
    this.rows.markSeen(this.status.seen_index);
    this.empty.hidden = this.rows.rows.length > 0;
    this.empty.lastChild.textContent = "No messages yet. Say hello.";
  }

  sayLate() {
    this.empty.lastChild.textContent = BUSY;
  }

  send(text) {
    const key = (this.sentCount += 1);
    this.outbox.add(key, text);
    this.empty.hidden = true;
    this.scroll.toEnd();
    this.ask("send", { key, text });
  }

  loadEarlier() {
    if (this.ready && this.status.has_earlier && !this.status.loading_earlier) this.ask("earlier");
  }

  cameIntoView({ isIntersecting }) {
    this.inSight = isIntersecting;
    if (isIntersecting) this.scroll.settle();
    this.markRead();
  }

  // Read means that the end was in sight, in a page that is looked at. A burst is reported once,
  // since each report is a request to Twilio.
  markRead() {
    this.readTimer ??= setTimeout(() => {
      this.readTimer = null;
      this.reportRead();
    }, READ_AFTER_MS);
  }

  reportRead() {
    if (!this.ready || !this.scroll.stuck || document.hidden || !this.inSight) return;
    const theirs = this.rows.rows.findLast(({ record }) => record && !record.own);
    const last = theirs?.record.index ?? -1;
    if (last <= this.readUpTo) return;
    this.readUpTo = last;
    this.ask("read");
  }

  close() {
    clearTimeout(this.late);
    clearTimeout(this.readTimer);
    this.model.off("msg:custom", this.handler);
    document.removeEventListener("visibilitychange", this.onVisible);
    for (const part of [this.rows, this.scroll, this.outbox]) part.close();
    this.whenInSight.disconnect();
  }
}

export default {
  render({ model, el }) {
    const view = new ChatView(model, el);
    return () => view.close();
  },
};
