// JSON in colours, with what has a page of its own as a link.

import { h } from "./dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"(?=(\s*:)?)|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** @type {Record<string, string>} */
const PAGES = { CH: "channels", WT: "tasks", FN: "executions" };

/** @param {string} sid */
export function pageOf(sid) {
  const page = /^(?:CH|WT|FN)[0-9a-f]{32}$/.test(sid) && PAGES[sid.slice(0, 2)];
  return page ? `#/${page}/${sid}` : null;
}

/** @param {string} text @param {boolean} isName */
function token(text, isName) {
  if (isName) return h("span", { class: "json-name" }, text);
  if (!text.startsWith('"')) return h("span", { class: "json-plain" }, text);
  const page = pageOf(text.slice(1, -1));
  return page ? h("a", { href: page }, text) : h("span", { class: "json-text" }, text);
}

/** @param {unknown} value */
export function json(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  /** @type {import("./dom.js").Child[]} */
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(at, match.index), token(match[0], match[1] !== undefined));
    at = match.index + match[0].length;
  }
  return h("pre", { class: "code json", tabindex: "0" }, parts, text.slice(at));
}
