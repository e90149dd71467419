// What stands above an accepted chat: with whom it is, how far the task is, and what ends it.

import { h } from "./dom.js";
import { avatar, colour } from "./parts.js";
import { actionButton, agentView } from "./agent_view.js";

/**
 * @typedef {object} Conversation
 * @property {string} name
 * @property {string} identity
 * @property {string} status
 * @property {boolean} has_chat
 * @property {boolean} can_wrap_up
 * @property {boolean} can_complete
 * @property {boolean} can_leave
 */

class ConversationBarView {
  face = h("div");
  name = h("div", { class: "fcl-title", dir: "auto" });
  status = h("b");

  /** @param {HTMLElement} panel @param {import("./agent_view.js").Ask} ask */
  constructor(panel, ask) {
    this.panel = panel;
    const task = h("div", { class: "fcl-connection", role: "status" }, "Task ", this.status);
    const headings = h("div", { class: "fcl-headings" }, this.name, task);
    this.wrapUp = actionButton("Wrap up", "", () => ask("wrap_up"));
    this.complete = actionButton("Complete", "fcl-primary", () => ask("complete"));
    this.leave = actionButton("Leave", "fcl-primary", () => ask("leave"));
    const actions = h("div", { class: "fcl-actions" }, this.wrapUp, this.complete, this.leave);
    panel.append(h("header", { class: "fcl-header" }, this.face, headings, actions));
  }

  /** @param {Conversation} told */
  show(told) {
    this.panel.setAttribute("aria-label", `Conversation with ${told.name}`);
    this.panel.classList.toggle("fcl-alone", !told.has_chat);
    this.face.replaceChildren(avatar(told));
    colour(this.panel, told.identity);
    this.name.textContent = this.name.title = told.name;
    if (this.status.textContent !== told.status) this.status.textContent = told.status;
    this.wrapUp.hidden = this.complete.hidden = told.can_leave;
    this.leave.hidden = !told.can_leave;
    const focused = document.activeElement === this.wrapUp;
    this.able(this.complete, told.can_complete);
    if (focused && told.can_complete) this.complete.focus(); // the step that follows
    this.able(this.wrapUp, told.can_wrap_up);
    this.able(this.leave, told.can_leave);
  }

  /** @param {HTMLButtonElement} button @param {boolean} can */
  able(button, can) {
    button.removeAttribute("aria-disabled");
    button.disabled = !can;
  }
}

/** @type {import("@anywidget/types").AnyWidget} */
export default {
  render: (context) =>
    agentView(context, "fcl-desk fcl-bar", (panel, ask) => new ConversationBarView(panel, ask)),
};
