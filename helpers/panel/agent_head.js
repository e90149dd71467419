// The head of an agent's panel: the agent, who waits, and what went wrong.

import { h, icon } from "./dom.js";
import { ICONS, alertParts, avatar, colour, isolated } from "./parts.js";
import { actionButton, agentView } from "./agent_view.js";

/**
 * @typedef {object} Offer
 * @property {string} sid
 * @property {string} name
 * @property {string} identity
 * @property {string} channel
 * @property {[string, string][]} details
 * @property {string} since
 */
/**
 * @typedef {object} Status
 * @property {string} agent
 * @property {string} identity
 * @property {string} activity
 * @property {Offer[]} offers
 * @property {number} talking
 * @property {import("./parts.js").Alert | null} alert
 */

const TICK_MS = 1000;
const LEAVES_WITHIN_MS = 3000;
const ACTIVITIES = { available: "Available", offline: "Offline" };

class AgentHeadView {
  /** @type {Status | undefined} */
  shown;
  face = h("div", { class: "fcl-face" });
  name = h("div", { class: "fcl-title" });
  activity = h("div", { class: "fcl-connection", role: "status" });
  toggle = h("div", { class: "fcl-toggle", role: "group", "aria-label": "Activity" });
  alert = h("div", { class: "fcl-alert", role: "alert", hidden: true });
  idle = h("div", { class: "fcl-idle", role: "status", hidden: true });
  offers = h("ul", { class: "fcl-offers", "aria-label": "Offers", "aria-live": "polite" });

  /** @param {HTMLElement} panel @param {import("./agent_view.js").Ask} ask */
  constructor(panel, ask) {
    this.panel = panel;
    this.ask = ask;
    const headings = h("div", { class: "fcl-headings" }, this.name, this.activity);
    const header = h("header", { class: "fcl-header" }, this.face, headings, this.toggle);
    panel.append(header, this.offers, this.idle, this.alert);
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /**
   * Only what changed is touched, lest the focus goes and a screen reader repeats itself.
   *
   * @param {Status} told
   */
  show(told) {
    const before = this.shown;
    /** @param {keyof Status} name */
    const differs = (name) => JSON.stringify(before?.[name]) !== JSON.stringify(told[name]);
    this.shown = told;
    if (differs("agent") || differs("activity")) this.showAgent(told);
    this.showToggle(told.activity);
    this.showOffers(told.offers);
    this.showIdle(told);
    if (differs("alert")) this.showAlert(told.alert);
    if (before && told.talking < before.talking) this.keepFocus();
  }

  /** A conversation goes away: where the focus was in it, the next thing to do gets it. */
  keepFocus() {
    const desk = this.panel.closest(".fcl-agent");
    const focused = document.activeElement;
    if (!focused?.closest(".fcl-conversation") || !desk?.contains(focused)) return;
    const started = Date.now();
    const watch = setInterval(() => {
      if (focused.isConnected && Date.now() - started < LEAVES_WITHIN_MS) return;
      clearInterval(watch);
      if (!focused.isConnected) this.focusNext();
    }, 50);
  }

  /** @param {Status} status */
  showAgent({ agent, identity, activity }) {
    this.panel.setAttribute("aria-label", `Desk of ${agent}`);
    this.panel.dataset.connection = activity === "Available" ? "connected" : "away";
    this.face.replaceChildren(avatar({ identity, name: agent }));
    colour(this.panel, identity);
    this.name.textContent = agent;
    this.activity.replaceChildren(h("span", { class: "fcl-dot" }), "Agent · ", h("b", {}, activity));
  }

  /** @param {string} activity */
  showToggle(activity) {
    if (!this.toggle.firstChild) {
      for (const [type, label] of Object.entries(ACTIVITIES)) {
        this.toggle.append(h("button", { type: "button", click: () => this.ask(type) }, label));
      }
    }
    for (const button of this.toggle.children) {
      button.setAttribute("aria-pressed", String(button.textContent === activity));
    }
  }

  /** @param {Offer[]} offers */
  showOffers(offers) {
    const known = new Map([...this.offers.children].map((item) => [item.getAttribute("data-sid"), item]));
    const wanted = new Set(offers.map(({ sid }) => sid));
    const focused = this.offers.querySelector(":focus");
    for (const [sid, item] of known) if (!sid || !wanted.has(sid)) item.remove();
    for (const offer of offers) {
      const item = known.get(offer.sid);
      if (!item) this.offers.append(this.offer(offer));
      else for (const button of item.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    }
    this.offers.hidden = offers.length === 0;
    if (focused && !focused.isConnected) this.focusNext();
    this.tick();
  }

  /** The button that had the focus is gone with its offer: the next thing to do gets it. */
  focusNext() {
    const next = this.offers.querySelector(".fcl-primary") ?? this.toggle.querySelector("[aria-pressed=true]");
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {Offer} offer */
  offer({ sid, name, identity, channel, details, since }) {
    const about = h("span", { class: "fcl-waiting", "data-since": since, "data-channel": channel });
    const texts = details.map(([key, value]) => h("div", {}, h("dt", {}, isolated(key)), h("dd", {}, isolated(value))));
    const words = h("div", { class: "fcl-headings" }, h("strong", { dir: "auto" }, name), about);
    const reject = actionButton("Reject", "", () => this.ask("reject", { sid }));
    const accept = actionButton("Accept", "fcl-primary", () => this.ask("accept", { sid }));
    for (const button of [reject, accept]) {
      button.setAttribute("aria-label", `${button.textContent} ${name}`);
    }
    const buttons = h("div", { class: "fcl-actions" }, reject, accept);
    const face = avatar({ identity, name });
    const more = texts.length > 0 && h("dl", {}, texts);
    return h("li", { class: "fcl-offer", "data-sid": sid }, face, words, buttons, more);
  }

  tick() {
    /** @type {NodeListOf<HTMLElement>} */
    const waiting = this.offers.querySelectorAll("[data-since]");
    for (const about of waiting) {
      const { since = "", channel } = about.dataset;
      const text = `${channel} · waiting ${howLong(Date.now() - Date.parse(since))}`;
      if (about.textContent !== text) about.textContent = text;
    }
  }

  /** @param {Status} status */
  showIdle({ offers, talking, activity }) {
    this.idle.hidden = offers.length > 0 || talking > 0;
    const hint = activity === "Available" ? "Offers appear here." : "Go available to get offers.";
    const text = [h("strong", {}, "No one is waiting"), h("span", {}, hint)];
    if (this.idle.textContent !== `No one is waiting${hint}`) {
      this.idle.replaceChildren(icon(ICONS.chat), ...text);
    }
  }

  /** @param {Status["alert"]} alert */
  showAlert(alert) {
    this.alert.hidden = !alert;
    this.alert.replaceChildren(...(alert ? alertParts(alert, () => this.ask("dismiss")) : []));
  }

  close() {
    clearInterval(this.timer);
  }
}

/** @param {number} ms */
function howLong(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @type {import("@anywidget/types").AnyWidget} */
export default {
  render: (context) => agentView(context, "fcl-desk", (panel, ask) => new AgentHeadView(panel, ask)),
};
