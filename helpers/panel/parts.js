// What the parts of the panels share: icons, times, people, links and alerts.

import { h, icon } from "./dom.js";

/** @typedef {{ identity: string, name: string }} Person */
/** @typedef {{ level: string, text: string, code: number | null }} Alert */

const DAY_MS = 24 * 60 * 60 * 1000;
export const LATE_MS = 4000;
export const BUSY = "Waiting for the kernel, which may be busy running a cell";

export const ICONS = {
  send: "M3.4 20.4 21 12 3.4 3.6 3.4 10l12 2-12 2z",
  down: "M12 16.5 5.5 10 7 8.5l5 5 5-5 1.5 1.5z",
  close: "m12 10.6 5-5L18.4 7l-5 5 5 5-1.4 1.4-5-5-5 5L5.6 17l5-5-5-5L7 5.6z",
  file: "M6 2h8l5 5v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm7 1.5V8h4.5zM7 12v2h9v-2zm0 4v2h6v-2z",
  chat: "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
  alert: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 5v7h2V7zm0 8.5v2h2v-2z",
  lock: "M7 10V7a5 5 0 0 1 10 0v3h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zm2 0h6V7a3 3 0 0 0-6 0z",
};

/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(undefined, options);
export const formats = {
  clock: format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  full: format({ dateStyle: "full", timeStyle: "long" }),
  day: format({ weekday: "long", day: "numeric", month: "long" }),
  date: format({ dateStyle: "long" }),
};

/** @param {number} time in epoch milliseconds, as all times here */
export const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);

/** @param {number} time */
export function dayName(time) {
  const age = Math.round((midnight(Date.now()) - midnight(time)) / DAY_MS);
  if (age === 0) return "Today";
  if (age === 1) return "Yesterday";
  return (age > 0 && age < 300 ? formats.day : formats.date).format(time);
}

/** @param {number} time */
export function timeElement(time) {
  const exact = { datetime: new Date(time).toISOString(), title: formats.full.format(time) };
  return h("time", exact, formats.clock.format(time));
}

/** @param {number} bytes */
export function sizeName(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const size = bytes / (bytes < 1e6 ? 1e3 : 1e6);
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${bytes < 1e6 ? "kB" : "MB"}`;
}

/** @param {string} name */
function initials(name) {
  const words = name.split("@")[0].split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? "?")];
  return letters.slice(0, 2).join("").toUpperCase();
}

/**
 * FNV-1a, so that similar identities still get different colours.
 *
 * @param {string} text
 */
function hash(text) {
  let mixed = 2166136261;
  for (const letter of text) mixed = Math.imul(mixed ^ Number(letter.codePointAt(0)), 16777619);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** @param {Person} person */
export function avatar(person) {
  const look = `fcl-avatar fcl-hue-${hash(person.identity) % 6}`;
  return h("span", { class: look, "aria-hidden": "true" }, initials(person.name));
}

/**
 * Return a URL that may become an href or a src, or null: a body or a server must not smuggle in
 * `javascript:`.
 *
 * @param {string} text
 */
export function safeUrl(text, kinds = ["http:", "https:"]) {
  try {
    const url = new URL(text);
    return kinds.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {string} url */
export const away = (url) => ({ href: url, target: "_blank", rel: "noopener noreferrer" });
/** @param {string} url @param {string} text */
const link = (url, text) => h("a", away(url), text);

/**
 * Return a body's text, unchanged, with its web addresses as links.
 *
 * @param {string} body
 */
export function linked(body) {
  return body.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/).map((part, at) => {
    const url = at % 2 ? safeUrl(part) : null;
    return url ? link(url, part) : part;
  });
}

/**
 * Return the content of an alert. Twilio's codes have five digits; a smaller one is not Twilio's
 * and has no page.
 *
 * @param {Alert} alert
 * @param {() => void} dismiss
 */
export function alertParts({ text, code }, dismiss) {
  const page = `https://www.twilio.com/docs/errors/${code}`;
  const more = code !== null && code >= 10000 && [" ", link(page, "What this means")];
  const close = { type: "button", "aria-label": "Dismiss", click: dismiss };
  return [icon(ICONS.alert), h("span", {}, text, more), h("button", close, icon(ICONS.close))];
}
