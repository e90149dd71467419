// The transcript: rows in the order of their index, grouped by author, with a line for each day.

import { h, icon } from "./dom.js";
import { ICONS, avatar, away, dayName, formats, hueOf, isolated, linked, midnight, safeUrl, sizeName, timeElement } from "./parts.js";

/** @typedef {{ content_type: string, filename: string | null, size: number }} Media */
/**
 * @typedef {object} Message
 * @property {string} sid
 * @property {number} index
 * @property {string} author
 * @property {string} name
 * @property {string | null} role
 * @property {string | null} body
 * @property {boolean} own
 * @property {string} timestamp
 * @property {Media | null} media
 * @property {boolean} edited
 */
/** @typedef {{ number: number, after: number, text: string, timestamp: string, name: string }} Notice */
/**
 * @typedef {object} Row
 * @property {[number, number]} key its place: the index of a message, then the number of a notice
 * @property {number} time
 * @property {HTMLElement} element
 * @property {HTMLElement} dayLine
 * @property {Message} [record]
 * @property {Notice} [notice]
 * @property {HTMLElement} [file]
 */

const GROUP_MS = 5 * 60 * 1000;
const BURST_MS = 80;

export class Rows {
  /** @type {Row[]} */
  rows = [];
  /** @type {Map<string, Row>} */
  bySid = new Map();
  /** @type {Row | undefined} */
  seenRow;
  seenIndex = -1;
  searched = "";
  /** @type {HTMLElement | undefined} */
  lastElement;
  /** @type {number | null} the first index that counts as unread */
  unreadFrom = null;
  newLine = h("div", { class: "fcl-new", role: "separator", "aria-label": "New messages" }, h("span", {}, "New"));

  /** @param {HTMLElement} log @param {(sid: string) => void} askForMedia */
  constructor(log, askForMedia) {
    this.log = log;
    this.askForMedia = askForMedia;
    this.arrivedAt = 0;
    this.inView = new IntersectionObserver((entries) => this.cameIntoView(entries));
  }

  clear() {
    this.inView.disconnect();
    this.seenRow = undefined;
    this.rows = [];
    this.bySid.clear();
    this.log.replaceChildren();
  }

  /** @param {Message} record */
  put(record, live = false) {
    const known = this.bySid.get(record.sid);
    const row = this.build(record);
    this.bySid.set(record.sid, row);
    if (known) this.swap(known, row);
    else this.place(row);
    if (live) this.animate(row.element);
  }

  /**
   * One message slides in; a burst of them just appears.
   *
   * @param {HTMLElement} element
   */
  animate(element) {
    const now = performance.now();
    element.classList.toggle("fcl-enter", now - this.arrivedAt > BURST_MS);
    this.arrivedAt = now;
  }

  /** @param {Notice} notice */
  notice(notice) {
    if (this.rows.some((other) => other.notice?.number === notice.number)) return;
    const time = Date.parse(notice.timestamp);
    const dayLine = dayLineOf(time);
    const { name, text: sentence } = notice;
    const words = name && sentence.startsWith(name) ? [isolated(name), sentence.slice(name.length)] : sentence;
    const text = h("div", { class: "fcl-notice" }, words, " · ", timeElement(time));
    const element = h("div", { class: "fcl-row" }, dayLine, text);
    this.place({ key: [notice.after, notice.number], time, element, dayLine, notice });
  }

  /** @param {string} sid */
  remove(sid) {
    const row = this.bySid.get(sid);
    if (!row) return;
    const at = this.rows.indexOf(row);
    this.drop(row);
    this.rows.splice(at, 1);
    this.decorate(at - 1, at);
  }

  /** @param {Row} row */
  drop(row) {
    if (row.record) this.bySid.delete(row.record.sid);
    if (row.file) this.inView.unobserve(row.file);
    row.element.remove();
  }

  /**
   * Keep so many rows, from the end or the beginning: what is out of sight need not be in the page.
   *
   * @param {number} count @param {"end" | "start"} kept
   */
  trim(count, kept) {
    const extra = Math.max(0, this.rows.length - count);
    const dropped = kept === "end" ? this.rows.splice(0, extra) : this.rows.splice(count);
    for (const row of dropped) this.drop(row);
    this.decorate(0, this.rows.length - 1);
  }

  /** The first and the last message's index. */
  get bounds() {
    const isMessage = (/** @type {Row} */ { record }) => record !== undefined;
    const [first, last] = [this.rows.find(isMessage), this.rows.findLast(isMessage)];
    return { first: first?.record?.index ?? 0, last: last?.record?.index ?? -1 };
  }

  /** @param {Element | null} element */
  of(element) {
    return this.bySid.get(element?.getAttribute("data-sid") ?? "");
  }

  /**
   * Mark what is searched for, wherever it stands.
   *
   * @param {string} searched
   */
  mark(searched) {
    if (searched === this.searched) return;
    const texts = [this.searched, searched].filter(Boolean).map((text) => text.toLowerCase());
    this.searched = searched;
    for (const row of [...this.rows]) {
      const body = row.record?.body?.toLowerCase();
      if (row.record && texts.some((text) => body?.includes(text))) this.put(row.record);
    }
  }

  /** Put the line above the first message of others that counts as unread. */
  showNewLine() {
    const from = this.unreadFrom;
    const first = this.rows.find(({ record }) => from !== null && record && !record.own && record.index >= from);
    if (!first) return this.newLine.remove();
    if (first.dayLine.nextSibling !== this.newLine) first.dayLine.after(this.newLine);
  }

  /** @param {Row} known @param {Row} row */
  swap(known, row) {
    const at = this.rows.indexOf(known);
    const focused = known.element.contains(document.activeElement);
    this.rows[at] = row;
    if (known.file) this.inView.unobserve(known.file);
    if (this.seenRow === known) this.seenRow = row;
    known.element.replaceWith(row.element);
    if (focused) row.element.focus({ preventScroll: true });
    this.decorate(at);
  }

  /** @param {Row} row */
  place(row) {
    let at = this.rows.length;
    while (at > 0 && isAfter(this.rows[at - 1].key, row.key)) at -= 1;
    this.log.insertBefore(row.element, this.rows[at]?.element ?? null);
    this.rows.splice(at, 0, row);
    this.decorate(at - 1, at, at + 1);
  }

  /**
   * How a row looks depends on its neighbours only, so only those are looked at again.
   *
   * @param {number[]} places
   */
  decorate(...places) {
    if (places.includes(this.rows.length - 1)) this.reachable();
    for (const at of places) {
      const [before, row, after] = [this.rows[at - 1], this.rows[at], this.rows[at + 1]];
      if (!row) continue;
      const newDay = !before || midnight(before.time) !== midnight(row.time);
      row.dayLine.hidden = !newDay;
      row.element.classList.toggle("fcl-first", !sameGroup(before, row));
      row.element.classList.toggle("fcl-last", !sameGroup(row, after));
    }
  }

  /** The newest message is what Tab comes to; arrows go on from there. */
  reachable() {
    const last = this.rows.findLast(({ record }) => record)?.element;
    if (last === this.lastElement) return;
    this.lastElement?.setAttribute("tabindex", "-1");
    last?.setAttribute("tabindex", "0");
    this.lastElement = last;
  }

  /** @param {number | null} index */
  markSeen(index) {
    if (index !== null && index > this.seenIndex) {
      for (const { record, element } of this.rows) {
        if (record?.own && record.index > this.seenIndex && record.index <= index) showTick(element, true);
      }
      this.seenIndex = index;
    }
    const seen = this.rows.findLast(({ record }) => index !== null && record?.own && record.index <= index);
    if (seen === this.seenRow) return;
    this.seenRow?.element.classList.remove("fcl-seen");
    seen?.element.classList.add("fcl-seen");
    this.seenRow = seen;
  }

  /** @param {Message} record @returns {Row} */
  build(record) {
    const { sid, own, edited, author, name } = record;
    const time = Date.parse(record.timestamp);
    const dayLine = dayLineOf(time);
    const file = record.media ? this.file(sid, record.media) : undefined;
    const bubble = h("div", { class: "fcl-bubble", title: formats.full.format(time) });
    if (record.body) bubble.append(h("div", { class: "fcl-body", dir: "auto" }, linked(record.body, this.searched)));
    if (file) bubble.append(file);
    const face = !own && avatar({ identity: author, name });
    const line = h("div", { class: "fcl-line" }, authorOf(record), bubble, meta(record, time), face);
    const kind = `fcl-row fcl-message ${hueOf(author)} ${own ? "fcl-own" : "fcl-theirs"} ${edited ? "fcl-edited" : ""}`;
    const label = `${own ? "You" : name}, ${formats.clock.format(time)}`;
    const about = { "data-sid": sid, tabindex: "-1", role: "article", "aria-label": label };
    const element = h("div", { class: kind, ...about }, dayLine, line);
    if (own) showTick(element, record.index <= this.seenIndex);
    return { key: [record.index, 0], time, element, dayLine, record, file };
  }

  /**
   * A file's URL is temporary, so it is asked for when the file comes into view.
   *
   * @param {string} sid
   * @param {Media} media
   */
  file(sid, media) {
    const name = media.filename || media.content_type;
    const about = h("span", {}, `${media.content_type}, ${sizeName(media.size)}`);
    const label = h("span", { class: "fcl-label" }, h("strong", { dir: "auto" }, name), about);
    const file = h("a", { class: "fcl-file", "data-sid": sid }, icon(ICONS.file), label);
    this.inView.observe(file);
    return file;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  cameIntoView(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.inView.unobserve(target);
      this.askForMedia(target.getAttribute("data-sid") ?? "");
    }
  }

  /** @param {string} sid @param {string | null} url @param {boolean} large */
  mediaArrived(sid, url, large) {
    const row = this.bySid.get(sid);
    if (!row?.file || !row.record?.media) return;
    const about = row.file.querySelector(".fcl-label span");
    if (large && about) about.textContent += ", too large to show here: serve() the mock to open it";
    if (!url) return;
    const href = safeUrl(url);
    for (const [name, value] of Object.entries(href ? away(href) : {})) row.file.setAttribute(name, value);
    const { content_type: kind, filename } = row.record.media;
    const src = kind.startsWith("image/") && safeUrl(url, ["http:", "https:", "data:"]);
    if (src) this.showImage(row.file, src, filename ?? "Image");
  }

  /** @param {HTMLElement} file @param {string} src @param {string} alt */
  showImage(file, src, alt) {
    const show = () => file.classList.add("fcl-image");
    const image = h("img", { alt, load: show, error: () => void image.remove() });
    file.prepend(image);
    image.src = src;
  }

  close() {
    this.inView.disconnect();
  }
}

/** @param {number} time */
const dayLineOf = (time) => h("div", { class: "fcl-day", hidden: true }, h("span", {}, dayName(time)));

/**
 * One's own name needs no space on the screen, but whoever listens must hear who wrote.
 *
 * @param {Message} record
 */
function authorOf({ own, name, role }) {
  if (own) return h("div", { class: "fcl-author fcl-spoken" }, "You");
  return h("div", { class: "fcl-author" }, isolated(name), role === "agent" && h("span", { class: "fcl-chip" }, "Agent"));
}

/** @param {Message} record @param {number} time */
function meta({ own, edited }, time) {
  const seen = own && h("span", { class: "fcl-read" }, " · Seen");
  const tick = own && h("span", { class: "fcl-tick", role: "img" });
  return h("div", { class: "fcl-meta" }, timeElement(time), edited && " · Edited", seen, tick);
}

/** @param {Element} element of one's own message @param {boolean} seen */
function showTick(element, seen) {
  const tick = element.querySelector(".fcl-tick");
  tick?.setAttribute("aria-label", seen ? "Seen" : "Sent");
  tick?.setAttribute("title", seen ? "Seen" : "Sent");
  tick?.replaceChildren(icon(seen ? ICONS.seen : ICONS.sent));
}

/** @param {Row["key"]} left @param {Row["key"]} right */
function isAfter(left, right) {
  return left[0] - right[0] > 0 || (left[0] === right[0] && left[1] > right[1]);
}

/** @param {Row | undefined} before @param {Row | undefined} after */
function sameGroup(before, after) {
  if (!before?.record || before.record.author !== after?.record?.author) return false;
  return after.time - before.time < GROUP_MS && midnight(before.time) === midnight(after.time);
}
