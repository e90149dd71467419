// Search in the chat: what was found, where one is among it, and whether earlier messages may have more.

import { h } from "./dom.js";
import { ICONS, iconButton } from "./parts.js";

/** @typedef {{ sid: string, index: number }} Hit */
/** @typedef {{ text: string, hits: Hit[], more: boolean }} Found */

const PAUSE_MS = 150;

export class Search {
  /** @type {Hit[]} */
  hits = [];
  at = -1;
  text = "";
  more = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /** @param {{ search: (text: string, deeper: boolean) => void, show: (hit: Hit | undefined, text: string) => void, leave: () => void }} acts */
  constructor(acts) {
    this.acts = acts;
    this.input = h("input", {
      type: "search",
      dir: "auto",
      placeholder: "Search messages",
      "aria-label": "Search messages",
      input: () => this.typed(),
      keydown: (event) => this.key(event),
    });
    this.count = h("span", { class: "fcl-count", role: "status" });
    this.older = iconButton("Earlier match", ICONS.up, () => this.step(-1));
    this.newer = iconButton("Later match", ICONS.down, () => this.step(1));
    this.deeper = h(
      "button",
      { type: "button", class: "fcl-link", hidden: true, click: () => this.ask(true) },
      "Search earlier messages",
    );
    const close = iconButton("Close search", ICONS.close, () => this.close());
    const line = [this.input, this.count, this.deeper, this.older, this.newer, close];
    this.element = h("div", { class: "fcl-search", role: "search", hidden: true }, line);
  }

  open() {
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
  }

  close() {
    if (this.element.hidden) return;
    clearTimeout(this.timer);
    this.element.hidden = true;
    this.input.value = this.text = "";
    this.hits = [];
    this.showCount();
    this.acts.show(undefined, "");
    this.acts.leave();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter") {
      event.preventDefault();
      this.step(event.shiftKey ? 1 : -1);
    }
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(false), PAUSE_MS);
  }

  /** @param {boolean} deeper whether earlier messages are loaded for it */
  ask(deeper) {
    const text = this.input.value.trim();
    if (text) return this.acts.search(text, deeper);
    this.found({ text: "", hits: [], more: false });
  }

  /** @param {Found} found */
  found({ text, hits, more }) {
    if (this.element.hidden || text !== this.input.value.trim()) return; // typed on since
    const [before, known] = [this.hits[this.at], text === this.text];
    [this.hits, this.text, this.more] = [hits, text, more];
    const same = known && before ? hits.findIndex(({ sid }) => sid === before.sid) : -1;
    this.at = same > 0 ? same - 1 : hits.length - 1; // one more came before the earliest
    this.showCount();
    this.acts.show(this.hits[this.at], text);
  }

  /** @param {number} by */
  step(by) {
    if (this.hits.length === 0) return;
    this.at = (this.at + by + this.hits.length) % this.hits.length;
    this.showCount();
    this.acts.show(this.hits[this.at], this.text);
  }

  showCount() {
    const { length } = this.hits;
    this.older.disabled = this.newer.disabled = length < 2;
    this.deeper.hidden = !this.text || !this.more;
    const count = length ? `${this.at + 1} of ${length}` : "Not found";
    this.count.textContent = this.text ? count : "";
  }
}
