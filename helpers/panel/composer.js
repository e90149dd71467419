// Where one writes, and what was written but has not come back from Twilio yet.

import { h, icon } from "./dom.js";
import { BUSY, ICONS, LATE_MS } from "./parts.js";

/** @typedef {{ text: string, element: HTMLElement, timer: number, index?: number }} Waiting */

const TYPING_EVERY_MS = 3000;
const TALLEST_PX = 140;

export class Composer {
  typedAt = 0;

  /** @param {{ send: (text: string) => void, typing: () => void }} acts */
  constructor({ send, typing }) {
    this.send = send;
    this.typing = typing;
    this.input = h("textarea", {
      rows: 1,
      disabled: true,
      placeholder: "Write a message…",
      enterkeyhint: "send",
      input: () => this.changed(),
      keydown: (event) => this.key(event),
    });
    const look = { type: "submit", class: "fcl-send", disabled: true };
    this.button = h("button", look, icon(ICONS.send), h("span", {}, "Send"));
    this.form = h(
      "form",
      { class: "fcl-composer", submit: (event) => this.submit(event) },
      h("div", { class: "fcl-field" }, this.input, this.button),
      this.hint(),
    );
  }

  hint() {
    const keys = [h("kbd", {}, "Enter"), " to send, ", h("kbd", {}, "Shift+Enter"), " for a new line"];
    return h("div", { class: "fcl-hint" }, ...keys);
  }

  /** @param {boolean} enabled */
  enable(enabled) {
    this.input.disabled = !enabled;
    this.changed(false);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    // While an input method composes a character, Enter chooses it and must not send.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (!text || this.input.disabled) return;
    this.input.value = "";
    this.typedAt = 0;
    this.changed(false);
    this.input.focus();
    this.send(text);
  }

  changed(typed = true) {
    this.button.disabled = this.input.disabled || !this.input.value.trim();
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, TALLEST_PX)}px`;
    if (!typed || !this.input.value || Date.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    this.typing();
  }

  /**
   * Take back what could not be sent, in front of what was written since.
   *
   * @param {string | undefined} text
   */
  restore(text) {
    this.input.value = [text, this.input.value].filter(Boolean).join("\n");
    this.changed(false);
    this.input.focus();
  }
}

export class Outbox {
  /** @type {Map<number, Waiting>} */
  waiting = new Map();
  element = h("div", { class: "fcl-outbox", "aria-hidden": "true" });

  /** @param {number} key @param {string} text */
  add(key, text) {
    const state = h("div", { class: "fcl-meta" }, "Sending…");
    const bubble = h("div", { class: "fcl-bubble" }, h("div", { class: "fcl-body" }, text));
    const line = h("div", { class: "fcl-line" }, bubble, state);
    const kind = "fcl-row fcl-message fcl-own fcl-first fcl-last fcl-pending";
    const element = h("div", { class: kind }, line);
    const timer = setTimeout(() => state.replaceChildren(BUSY), LATE_MS);
    this.waiting.set(key, { text, element, timer });
    this.element.append(element);
  }

  /**
   * The message itself may come before or after the word that it was sent.
   *
   * @param {import("./rows.js").Message} message
   */
  arrived({ own, body, index }) {
    const entry = [...this.waiting].find(([, one]) => (one.index ?? index) === index && one.text === body);
    if (own && entry) this.take(entry[0]);
  }

  /** @param {number} key @param {number} index @param {boolean} isShown */
  sent(key, index, isShown) {
    const entry = this.waiting.get(key);
    if (!entry) return;
    entry.index = index;
    clearTimeout(entry.timer);
    if (isShown) this.take(key);
  }

  /** @param {number} key */
  take(key) {
    const entry = this.waiting.get(key);
    clearTimeout(entry?.timer);
    entry?.element.remove();
    this.waiting.delete(key);
    return entry?.text;
  }

  close() {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
  }
}
