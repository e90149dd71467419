// Files on their way: chosen, dropped or pasted, looked at, and sent to the kernel part by part.

import { h, icon } from "./dom.js";
import { ICONS, iconButton, sizeName } from "./parts.js";

/** @typedef {{ type: string, [name: string]: unknown }} Content */
/** @typedef {(content: Content, buffers: ArrayBuffer[]) => void} SendPart */

const PART_BYTES = 2 * 1024 * 1024; // a Jupyter server takes messages of up to 10 MB
const MEGABYTE = 1024 * 1024;
export const UNKNOWN = "application/octet-stream";

/** Files that go with the next message. */
export class Tray {
  /** @type {Map<File, { item: HTMLElement, url?: string }>} */
  files = new Map();
  mostMegabytes = 150;
  element = h("ul", { class: "fcl-tray", "aria-label": "Files to send", hidden: true });
  problem = h("div", { class: "fcl-problem", role: "alert", hidden: true });

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const refused = [];
    for (const file of files) {
      if (file.size > this.mostMegabytes * MEGABYTE) {
        const has = `${file.name} has ${sizeName(file.size)}`;
        refused.push(`Files may be up to ${this.mostMegabytes} MB; ${has}.`);
      } else if (file.size === 0) refused.push(`${file.name} is empty.`);
      else this.put(file);
    }
    this.say(refused.join(" "));
    this.changed();
  }

  /** @param {string} text */
  say(text) {
    this.problem.hidden = !text;
    this.problem.textContent = text;
  }

  /** @param {File} file */
  put(file) {
    const url = file.type.startsWith("image/") ? URL.createObjectURL(file) : undefined;
    const preview = url ? h("img", { src: url, alt: "" }) : icon(ICONS.file);
    const about = h("span", {}, sizeName(file.size));
    const label = h("span", { class: "fcl-label" }, h("strong", { dir: "auto" }, file.name), about);
    const remove = iconButton(`Remove ${file.name}`, ICONS.close, () => {
      this.remove(file);
      this.changed();
    });
    const item = h("li", { class: "fcl-chosen" }, preview, label, remove);
    this.files.set(file, { item, url });
    this.element.append(item);
    this.element.hidden = false;
  }

  /** @param {File} file */
  remove(file) {
    const { item, url } = this.files.get(file) ?? {};
    if (url) URL.revokeObjectURL(url);
    item?.remove();
    this.files.delete(file);
    this.element.hidden = this.files.size === 0;
  }

  /** Return the files, which are no longer here then. */
  take() {
    const files = [...this.files.keys()];
    for (const file of files) this.remove(file);
    this.say("");
    return files;
  }

  close() {
    this.take();
  }
}

/** One file that is being sent to the kernel: each part waits until the one before was taken. */
export class Upload {
  /** @type {(taken: boolean) => void} */
  goOn = () => {};
  cancelled = false;

  /** @param {number} key @param {File} file @param {SendPart} sendPart */
  constructor(key, file, sendPart) {
    this.key = key;
    this.file = file;
    this.sendPart = sendPart;
  }

  /** @param {(share: number) => void} progress @returns {Promise<boolean>} whether it is all there */
  async run(progress) {
    const { key, file } = this;
    for (let at = 0; at < file.size; at += PART_BYTES) {
      const part = await file.slice(at, at + PART_BYTES).arrayBuffer();
      if (this.cancelled) return false;
      const taken = new Promise((resolve) => {
        this.goOn = resolve;
      });
      const about = { name: file.name, size: file.size, content_type: file.type || UNKNOWN };
      this.sendPart({ type: "part", key, ...about }, [part]);
      if (!(await taken)) return false;
      progress(Math.min(1, (at + PART_BYTES) / file.size));
    }
    return true;
  }

  cancel() {
    this.cancelled = true;
    this.goOn(false);
  }
}
