// What several views are made of.

import { h, icon } from "./dom.js";
import { fullTime, short, timeOf } from "./format.js";
import { json, pageOf } from "./json.js";
import { now } from "./clock.js";

// A state is told by its word; the colour only repeats it.
export const pill = (tone, text, title) => h("span", { class: `pill ${tone}`, title }, text);

const TONES = {
  active: "info", ended: "quiet", pending: "warn", reserved: "info", assigned: "good",
  wrapping: "info", wrapup: "info", completed: "quiet", canceled: "bad", accepted: "good",
  rejected: "bad", timeout: "bad", rescinded: "quiet", delivered: "good", failed: "bad",
  asking: "warn", inactive: "quiet",
};

export const state = (word) => pill(TONES[word] ?? "quiet", word);

export const httpTone = (status) => (status < 400 ? "good" : status < 500 ? "warn" : "bad");

export function time(at, { long = false } = {}) {
  const iso = new Date(typeof at === "number" ? at * 1000 : at).toISOString();
  return h("time", { datetime: iso, title: iso }, long ? fullTime(at) : timeOf(at, now()));
}

// In a row: a link is around it, so it is only read.
export const sidText = (sid) => h("span", { class: "sid", title: sid }, short(sid));

// In the details: a link where it has a page, and a button that copies it.
export function sid(value) {
  if (!value) return none();
  const page = pageOf(value);
  return h("span", { class: "sid-full" },
    page ? h("a", { class: "sid", href: page, title: value }, short(value)) : sidText(value),
    copyButton(value, `Copy ${value}`, true));
}

export const none = () => h("span", { class: "muted" }, "–");

export function copyButton(text, label, isQuiet = false) {
  const own = isQuiet ? [icon("copy")] : [icon("copy"), label];
  return h("button", {
    class: isQuiet ? "copy" : "button copy-text",
    type: "button",
    "aria-label": label,
    title: isQuiet ? label : null,
    on: { click: () => copy(text) },
  }, own);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text); // no clipboard for pages that came over plain HTTP from another machine
  }
  say("Copied");
}

function copyByHand(text) {
  const area = h("textarea", { class: "away", readonly: true }, text);
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused?.focus();
}

let silence = null;

export function say(text, tone = "") {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.className = `toast shown ${tone}`;
  clearTimeout(silence);
  silence = setTimeout(() => toast.classList.remove("shown"), tone === "bad" ? 6000 : 1600);
}

export const fields = (pairs) =>
  h("dl", { class: "fields" },
    pairs.filter(Boolean).map(([name, ...value]) => [h("dt", {}, name), h("dd", {}, value)]));

export const block = (title, ...children) =>
  h("section", { class: "block" }, h("h3", {}, title), children);

export const snippet = (text, label = "Copy") =>
  h("div", { class: "snippet" },
    h("pre", { class: "code", tabindex: "0" }, text), copyButton(text, label));

export const jsonBlock = (title, value) =>
  block(title, isEmpty(value) ? h("p", { class: "muted" }, "Empty") : json(value));

const isEmpty = (value) =>
  value === null || value === undefined ||
  (typeof value === "object" && Object.keys(value).length === 0);

export function table(heads, rows) {
  return h("div", { class: "table-box", tabindex: "0", role: "group", "aria-label": heads.join(", ") },
    h("table", {},
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)))))));
}
