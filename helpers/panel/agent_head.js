// The head of an agent's panel: the agent, who waits, and what went wrong.

const TICK_MS = 1000;
const ACTIVITIES = { available: "Available", offline: "Offline" };

class AgentHeadView {
  look = "fcl-desk";

  build(panel, ask) {
    Object.assign(this, { panel, ask, shown: {} });
    this.face = h("div", { class: "fcl-face" });
    this.name = h("div", { class: "fcl-title" });
    this.activity = h("div", { class: "fcl-connection", role: "status" });
    this.toggle = h("div", { class: "fcl-toggle", role: "group", "aria-label": "Activity" });
    const headings = h("div", { class: "fcl-headings" }, this.name, this.activity);
    this.alert = h("div", { class: "fcl-alert", role: "alert", hidden: true });
    this.idle = h("div", { class: "fcl-idle", role: "status", hidden: true });
    this.offers = h("ul", { class: "fcl-offers", "aria-label": "Offers", "aria-live": "polite" });
    const header = h("header", { class: "fcl-header" }, this.face, headings, this.toggle);
    panel.append(header, this.offers, this.idle, this.alert);
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  // Only what changed is touched, lest the focus goes and a screen reader repeats itself.
  show(told) {
    const before = this.shown;
    const differs = (name) => JSON.stringify(before[name]) !== JSON.stringify(told[name]);
    this.shown = told;
    if (differs("agent") || differs("activity")) this.showAgent(told);
    this.showToggle(told.activity);
    this.showOffers(told.offers);
    this.showIdle(told);
    if (differs("alert")) this.showAlert(told.alert);
  }

  showAgent({ agent, activity }) {
    this.panel.setAttribute("aria-label", `Desk of ${agent}`);
    this.panel.dataset.connection = activity === "Available" ? "connected" : "away";
    this.face.replaceChildren(avatar({ identity: agent, name: agent }));
    this.name.textContent = agent;
    const what = h("b", {}, activity);
    this.activity.replaceChildren(h("span", { class: "fcl-dot" }), "Agent · ", what);
  }

  showToggle(activity) {
    if (!this.toggle.firstChild) {
      for (const [type, label] of Object.entries(ACTIVITIES)) {
        this.toggle.append(h("button", { type: "button", click: () => this.ask(type) }, label));
      }
    }
    for (const button of this.toggle.children) {
      button.setAttribute("aria-pressed", button.textContent === activity);
    }
  }

  showOffers(offers) {
    const known = new Map([...this.offers.children].map((item) => [item.dataset.sid, item]));
    const wanted = new Set(offers.map(({ sid }) => sid));
    for (const [sid, item] of known) if (!wanted.has(sid)) item.remove();
    for (const offer of offers) {
      const item = known.get(offer.sid);
      if (!item) this.offers.append(this.offer(offer));
      else for (const button of item.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    }
    this.offers.hidden = offers.length === 0;
    this.tick();
  }

  offer({ sid, name, channel, details, since }) {
    const about = h("span", { class: "fcl-waiting", "data-since": since, "data-channel": channel });
    const texts = details.map(([key, value]) => h("div", {}, h("dt", {}, key), h("dd", {}, value)));
    const who = h("strong", {}, name);
    const words = h("div", { class: "fcl-headings" }, who, about);
    const reject = actionButton("Reject", "", () => this.ask("reject", { sid }));
    const accept = actionButton("Accept", "fcl-primary", () => this.ask("accept", { sid }));
    for (const button of [reject, accept]) {
      button.setAttribute("aria-label", `${button.textContent} ${name}`);
    }
    const buttons = h("div", { class: "fcl-actions" }, reject, accept);
    const face = avatar({ identity: name, name });
    const item = h("li", { class: "fcl-offer", "data-sid": sid }, face, words, buttons);
    if (texts.length > 0) item.append(h("dl", {}, ...texts));
    return item;
  }

  tick() {
    for (const about of this.offers.querySelectorAll("[data-since]")) {
      const { since, channel } = about.dataset;
      const text = `${channel} · waiting ${howLong(Date.now() - Date.parse(since))}`;
      if (about.textContent !== text) about.textContent = text;
    }
  }

  showIdle({ offers, talking, activity }) {
    this.idle.hidden = offers.length > 0 || talking > 0;
    const hint = activity === "Available" ? "Offers appear here." : "Go available to get offers.";
    const text = [h("strong", {}, "No one is waiting"), h("span", {}, hint)];
    if (this.idle.textContent !== `No one is waiting${hint}`) {
      this.idle.replaceChildren(icon("chat"), ...text);
    }
  }

  showAlert(alert) {
    this.alert.hidden = !alert;
    if (!alert) return void this.alert.replaceChildren();
    const close = { type: "button", "aria-label": "Dismiss", click: () => this.ask("dismiss") };
    const page = `https://www.twilio.com/docs/errors/${alert.code}`;
    // Twilio's codes have five digits; a smaller one is not Twilio's and has no page.
    const more = alert.code >= 10000 ? [" ", link(page, "What this means")] : [];
    const text = h("span", {}, alert.text, ...more);
    this.alert.replaceChildren(icon("alert"), text, h("button", close, icon("close")));
  }

  close() {
    clearInterval(this.timer);
  }
}

function howLong(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export default { render: (context) => agentView(context, new AgentHeadView()) };
