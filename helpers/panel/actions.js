// What one can do with a message: copy it and, if it is one's own, edit or delete it.

import { h } from "./dom.js";
import { ICONS, iconButton } from "./parts.js";

/** @typedef {import("./rows.js").Row} Row */

const SAID_MS = 1500;

/** One toolbar, in the message that is pointed at or that has the focus. */
export class Actions {
  /** @type {Row | undefined} */
  row;
  canChange = true;
  element = h("div", { class: "fcl-tools", role: "toolbar", "aria-label": "Message actions" });
  copy = iconButton("Copy", ICONS.copy, () => this.copied());
  edit = iconButton("Edit", ICONS.edit, () => this.row && this.acts.edit(this.row));
  remove = iconButton("Delete", ICONS.trash, () => this.removed());

  /**
   * @param {HTMLElement} log
   * @param {{ at: (element: Element | null) => Row | undefined, edit: (row: Row) => void, remove: (row: Row) => void, leave: () => void }} acts
   */
  constructor(log, acts) {
    this.log = log;
    this.acts = acts;
    this.element.append(this.copy, this.edit, this.remove);
    log.addEventListener("mouseover", (event) => this.pointed(event));
    log.addEventListener("focusin", (event) => this.pointed(event));
    log.addEventListener("keydown", (event) => this.key(event));
    log.addEventListener("mouseleave", () => this.rest());
  }

  /** @param {Event} event */
  pointed({ target, type }) {
    const element = target instanceof Element ? target.closest(".fcl-message") : null;
    const row = this.acts.at(element);
    if (!row || row === this.row) return;
    if (type === "mouseover" && this.element.contains(document.activeElement)) return;
    this.show(row);
  }

  /** @param {Row} row */
  show(row) {
    this.row = row;
    const own = Boolean(row.record?.own) && this.canChange;
    this.sure(false);
    this.copy.hidden = !row.record?.body;
    this.edit.hidden = !own || !row.record?.body;
    this.remove.hidden = !own;
    row.element.querySelector(".fcl-bubble")?.after(this.element);
  }

  rest() {
    if (this.element.contains(document.activeElement)) return;
    this.hide();
  }

  hide() {
    this.row = undefined;
    this.element.remove();
  }

  async copied() {
    await copyText(this.row?.record?.body ?? "");
    this.copy.title = "Copied";
    this.copy.setAttribute("aria-label", "Copied");
    this.copy.classList.add("fcl-done");
    setTimeout(() => {
      this.copy.title = "Copy";
      this.copy.setAttribute("aria-label", "Copy");
      this.copy.classList.remove("fcl-done");
    }, SAID_MS);
  }

  removed() {
    if (!this.remove.classList.contains("fcl-sure")) return this.sure(true);
    const row = this.row;
    this.hide();
    if (row) this.acts.remove(row);
  }

  /** @param {boolean} asked whether the next click deletes */
  sure(asked) {
    const name = asked ? "Delete for everybody" : "Delete";
    this.remove.classList.toggle("fcl-sure", asked);
    this.remove.setAttribute("aria-label", name);
    this.remove.title = name;
    this.remove.dataset.name = asked ? "Delete?" : "";
  }

  /**
   * Arrows go from message to message, as in a list; Escape goes back to writing.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    const row = event.target instanceof Element ? event.target.closest(".fcl-message") : null;
    if (!(row instanceof HTMLElement)) return;
    if (event.key === "Escape") return this.acts.leave();
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const rows = [...this.log.querySelectorAll(".fcl-message")];
    const next = rows[rows.indexOf(row) + step];
    if (next instanceof HTMLElement) next.focus();
  }
}

/**
 * Copy a text, also where the page is not secure, so that there is no clipboard for scripts.
 *
 * @param {string} text
 */
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = h("textarea", { class: "fcl-spoken", "aria-hidden": "true" });
  box.value = text;
  const focused = document.activeElement;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
  if (focused instanceof HTMLElement) focused.focus();
}
