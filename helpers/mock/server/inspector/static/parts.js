// What several views are made of.

import { h, icon } from "./dom.js";
import { fullTime, moment, short, timeOf } from "./format.js";
import { ICONS } from "./icons.js";
import { json, pageOf } from "./json.js";
import { now } from "./clock.js";

/** @import { Child } from "./dom.js" */
/** @import { Time } from "./format.js" */

/** @param {string} id of an element that index.html has */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} id */
export const dialog = (id) => /** @type {HTMLDialogElement} */ (byId(id));

// A state is told by its word; the colour only repeats it.
/** @param {string} tone @param {string} text */
export const pill = (tone, text) => h("span", { class: `pill ${tone}` }, text);

/** @type {Record<string, string>} */
const TONES = {
  active: "info", ended: "quiet", pending: "warn", reserved: "info", assigned: "good",
  wrapping: "info", wrapup: "info", completed: "quiet", canceled: "bad", accepted: "good",
  rejected: "bad", timeout: "bad", rescinded: "quiet", delivered: "good", failed: "bad",
  asking: "warn", inactive: "quiet", closed: "quiet",
};

/** @param {string} word */
export const state = (word) => pill(TONES[word] ?? "quiet", word);

/** @param {number} status */
export const httpTone = (status) => (status < 400 ? "good" : status < 500 ? "warn" : "bad");

/** @param {Time} at */
export function time(at, { long = false } = {}) {
  const iso = moment(at).toISOString();
  return h("time", { datetime: iso, title: iso }, long ? fullTime(at) : timeOf(at, now()));
}

/** @param {string} sid in a row: a link is around it, so it is only read */
export const sidText = (sid) => h("span", { class: "sid", title: sid }, short(sid));

/**
 * Show a SID in the details: a link where it has a page, and a button that copies it.
 *
 * @param {string | null} value
 */
export function sid(value) {
  if (!value) return none();
  const page = pageOf(value);
  return h("span", { class: "sid-full" },
    page ? h("a", { class: "sid", href: page, title: value }, short(value)) : sidText(value),
    copyButton(value, `Copy ${value}`, true));
}

export const none = () => h("span", { class: "muted" }, "–");

/** @param {string} text @param {string} label */
export function copyButton(text, label, isQuiet = false) {
  return h("button", {
    class: isQuiet ? "copy" : "button copy-text",
    type: "button",
    "aria-label": label,
    title: isQuiet ? label : null,
    click: () => copy(text),
  }, icon(ICONS.copy), !isQuiet && label);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text); // no clipboard for pages that came over plain HTTP from another machine
  }
  say("Copied");
}

/** @param {string} text */
function copyByHand(text) {
  const area = h("textarea", { class: "away", readonly: true }, text);
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let silence;

/** @param {string} text */
export function say(text, tone = "") {
  const toast = byId("toast");
  toast.textContent = text;
  toast.className = `toast shown ${tone}`;
  clearTimeout(silence);
  silence = setTimeout(() => toast.classList.remove("shown"), tone === "bad" ? 6000 : 1600);
}

/** @param {(false | null | "" | [name: string, value: Child])[]} pairs */
export const fields = (pairs) =>
  h("dl", { class: "fields" }, pairs.map((pair) => pair && [h("dt", {}, pair[0]), h("dd", {}, pair[1])]));

/** @param {string} title @param {Child[]} children */
export const block = (title, ...children) =>
  h("section", { class: "block" }, h("h3", {}, title), children);

/** @param {string} text */
export const snippet = (text, label = "Copy") =>
  h("div", { class: "snippet" },
    h("pre", { class: "code", tabindex: "0" }, text), copyButton(text, label));

/** @param {string} title @param {unknown} value */
export const jsonBlock = (title, value) =>
  block(title, isEmpty(value) ? h("p", { class: "muted" }, "Empty") : json(value));

/** @param {unknown} value */
const isEmpty = (value) =>
  value === null || value === undefined ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** @param {string[]} heads @param {Child[][]} rows */
export function table(heads, rows) {
  return h("div", { class: "table-box", tabindex: "0", role: "group", "aria-label": heads.join(", ") },
    h("table", {},
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))));
}
