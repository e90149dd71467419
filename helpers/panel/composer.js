// Where one writes, and what was written but has not come back from Twilio yet.

import { h, icon } from "./dom.js";
import { BUSY, ICONS, LATE_MS, iconButton, sizeName } from "./parts.js";
import { Tray } from "./attachments.js";

/** @typedef {{ text: string, file?: File, element: HTMLElement, state: HTMLElement, timer: ReturnType<typeof setTimeout>, index?: number }} Waiting */
/** @typedef {{ sid: string, body: string | null }} Editable */

const TYPING_EVERY_MS = 3000;
const TALLEST_PX = 140;

/**
 * A text as it is sent: indentation counts, blank lines around it do not.
 *
 * @param {string} text
 */
const asTyped = (text) => text.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();

export class Composer {
  typedAt = 0;
  /** @type {Editable | null} */
  editing = null;
  kept = "";

  /**
   * @param {object} acts
   * @param {(text: string) => void} acts.send
   * @param {(file: File) => void} acts.sendFile
   * @param {(sid: string, text: string) => void} acts.edit
   * @param {() => void} acts.editLast
   * @param {() => void} acts.typing
   */
  constructor(acts) {
    this.acts = acts;
    this.tray = new Tray(() => this.changed(false));
    this.input = h("textarea", {
      rows: 1,
      dir: "auto",
      disabled: true,
      placeholder: "Write a message…",
      enterkeyhint: "send",
      input: () => this.changed(),
      keydown: (event) => this.key(event),
      paste: (event) => this.takeFiles(event, event.clipboardData),
    });
    const look = { type: "submit", class: "fcl-send", disabled: true };
    this.label = h("span", {}, "Send");
    this.button = h("button", look, icon(ICONS.send), this.label);
    this.chooser = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      "aria-label": "Files to send",
      change: () => {
        this.attach([...(this.chooser.files ?? [])]);
        this.chooser.value = "";
      },
    });
    this.attachButton = iconButton("Attach files", ICONS.attach, () => this.chooser.click());
    this.attachButton.disabled = true;
    this.editBar = h(
      "div",
      { class: "fcl-editing", hidden: true },
      icon(ICONS.edit),
      h("span", {}, "Editing your message"),
      h("button", { type: "button", click: () => this.stopEditing() }, "Cancel"),
    );
    const field = h("div", { class: "fcl-field" }, this.attachButton, this.input, this.button);
    this.form = h(
      "form",
      { class: "fcl-composer", submit: (event) => this.submit(event) },
      [this.editBar, this.tray.element, this.tray.problem, field, this.hint(), this.chooser],
    );
  }

  hint() {
    const keys = [h("kbd", {}, "Enter"), " to send, ", h("kbd", {}, "Shift+Enter"), " for a new line"];
    return h("div", { class: "fcl-hint" }, ...keys);
  }

  /** @param {boolean} enabled */
  enable(enabled) {
    this.input.disabled = this.attachButton.disabled = !enabled;
    if (!enabled) this.stopEditing(false);
    this.changed(false);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    // While an input method composes a character, Enter chooses it and must not send.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) this.submit(event);
    else if (event.key === "Escape" && this.editing) this.stopEditing();
    else if (event.key === "ArrowUp" && !this.input.value && !this.editing) {
      event.preventDefault();
      this.acts.editLast();
    }
  }

  /** @param {Iterable<File>} files */
  attach(files) {
    if (this.input.disabled) return;
    this.stopEditing(false);
    this.tray.add(files);
    this.input.focus();
  }

  /** @param {Event} event @param {DataTransfer | null} transfer pasted or dropped */
  takeFiles(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    this.attach(files);
  }

  /** @param {Event} event */
  submit(event) {
    event.preventDefault();
    const text = asTyped(this.input.value);
    if (this.button.disabled) return;
    const edited = this.editing;
    if (edited) {
      this.stopEditing();
      if (text !== edited.body) this.acts.edit(edited.sid, text);
      return;
    }
    this.write("");
    this.typedAt = 0;
    for (const file of this.tray.take()) this.acts.sendFile(file);
    this.changed(false);
    this.input.focus();
    if (text) this.acts.send(text);
  }

  changed(typed = true) {
    const hasContent = Boolean(this.input.value.trim()) || (!this.editing && this.tray.files.size > 0);
    this.button.disabled = this.input.disabled || !hasContent;
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, TALLEST_PX)}px`;
    if (!typed || this.editing || !this.input.value || Date.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = Date.now();
    this.acts.typing();
  }

  /** @param {string} text */
  write(text) {
    this.input.value = text;
    this.changed(false);
  }

  /** @param {Editable} message */
  startEditing(message) {
    if (!this.editing) this.kept = this.input.value;
    this.editing = message;
    this.showEditing();
    this.write(message.body ?? "");
    this.input.focus();
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
  }

  stopEditing(focused = true) {
    if (!this.editing) return;
    this.editing = null;
    this.showEditing();
    this.write(this.kept);
    this.kept = "";
    if (focused) this.input.focus();
  }

  showEditing() {
    this.editBar.hidden = !this.editing;
    this.label.textContent = this.editing ? "Save" : "Send";
  }

  /**
   * Take back what could not be sent, in front of what was written since.
   *
   * @param {string | undefined} text
   */
  restore(text) {
    this.write([text, this.input.value].filter(Boolean).join("\n"));
    this.input.focus();
  }

  close() {
    this.tray.close();
  }
}

export class Outbox {
  /** @type {Map<number, Waiting>} */
  waiting = new Map();
  element = h("div", { class: "fcl-outbox" });

  /** @param {{ retry: (entry: Waiting) => void, edit: (text: string) => void, cancel: (key: number) => void }} acts */
  constructor(acts) {
    this.acts = acts;
  }

  /** @param {number} key @param {string} text @param {File} [file] */
  add(key, text, file) {
    const state = h("div", { class: "fcl-meta" }, "Sending…");
    const body = file ? this.file(key, file) : h("div", { class: "fcl-body", dir: "auto" }, text);
    const bubble = h("div", { class: "fcl-bubble" }, body);
    const line = h("div", { class: "fcl-line" }, bubble, state);
    const kind = "fcl-row fcl-message fcl-own fcl-first fcl-last fcl-pending";
    const element = h("div", { class: kind }, line);
    this.waiting.set(key, { text, file, element, state, timer: this.late(state) });
    this.element.append(element);
  }

  /** @param {HTMLElement} state */
  late(state) {
    return setTimeout(() => state.replaceChildren(BUSY), LATE_MS);
  }

  /** @param {number} key @param {File} file */
  file(key, file) {
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    const about = h("span", {}, sizeName(file.size));
    const label = h("span", { class: "fcl-label" }, h("strong", { dir: "auto" }, file.name), about, bar);
    const cancel = iconButton(`Cancel ${file.name}`, ICONS.close, () => this.acts.cancel(key));
    return h("div", { class: "fcl-file" }, icon(ICONS.file), label, cancel);
  }

  /** @param {number} key @param {number} share of the file that has arrived */
  progress(key, share) {
    const entry = this.waiting.get(key);
    const bar = entry?.element.querySelector("progress");
    if (!entry || !bar) return;
    bar.value = share;
    clearTimeout(entry.timer);
    entry.timer = this.late(entry.state);
    entry.state.textContent = share < 1 ? `Sending… ${Math.round(share * 100)} %` : "Sending…";
  }

  /**
   * The message itself may come before or after the word that it was sent.
   *
   * @param {import("./rows.js").Message} message
   */
  arrived({ own, body, index, media }) {
    const isIt = (/** @type {Waiting} */ one) =>
      one.index === undefined
        ? (media ? one.file?.name === media.filename : !one.file && one.text === body) && !isFailed(one)
        : one.index === index;
    const entry = [...this.waiting].find(([, one]) => isIt(one));
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

  /**
   * Keep what was not sent in sight, to be sent again, changed or dropped.
   *
   * @param {number} key
   */
  failed(key) {
    const entry = this.waiting.get(key);
    if (!entry) return;
    clearTimeout(entry.timer);
    entry.element.classList.replace("fcl-pending", "fcl-failed");
    entry.element.querySelector(".fcl-file .fcl-icon")?.remove();
    entry.element.querySelector("progress")?.remove();
    const again = () => {
      const taken = this.waiting.get(key);
      this.take(key);
      if (taken) this.acts.retry(taken);
    };
    const edit = () => this.acts.edit(this.take(key) ?? "");
    const button = (/** @type {string} */ name, /** @type {() => void} */ click) =>
      h("button", { type: "button", class: "fcl-link", click }, name);
    const retry = button("Retry", again);
    entry.state.replaceChildren(
      h("b", {}, "Not sent"),
      retry,
      entry.file ? "" : button("Edit", edit),
      button("Discard", () => {
        this.take(key);
        this.acts.edit("");
      }),
    );
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

/** @param {Waiting} entry */
const isFailed = (entry) => entry.element.classList.contains("fcl-failed");
