// What the parts of the panels share: icons, times, people, links and alerts.

import { h, icon } from "./dom.js";

/** @typedef {{ identity: string, name: string }} Person */
/** @typedef {{ level: string, text: string, code: number | null }} Alert */

const DAY_MS = 24 * 60 * 60 * 1000;
export const LATE_MS = 4000;
export const LOST =
  "The kernel was restarted or has ended: this panel is not connected any more. Run the cells again.";
export const BUSY = "Waiting for the kernel, which may be busy running a cell";

export const ICONS = {
  send: "M3.4 20.4 21 12 3.4 3.6 3.4 10l12 2-12 2z",
  down: "M12 16.5 5.5 10 7 8.5l5 5 5-5 1.5 1.5z",
  close: "m12 10.6 5-5L18.4 7l-5 5 5 5-1.4 1.4-5-5-5 5L5.6 17l5-5-5-5L7 5.6z",
  file: "M6 2h8l5 5v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm7 1.5V8h4.5zM7 12v2h9v-2zm0 4v2h6v-2z",
  chat: "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
  alert: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 5v7h2V7zm0 8.5v2h2v-2z",
  attach: "M16.5 6v10.5a4.5 4.5 0 0 1-9 0V5a3 3 0 0 1 6 0v10a1.5 1.5 0 0 1-3 0V6H9v9a3 3 0 0 0 6 0V5a4.5 4.5 0 0 0-9 0v11.5a6 6 0 0 0 12 0V6z",
  search: "M10 3a7 7 0 0 1 5.6 11.2l5.1 5.1-1.4 1.4-5.1-5.1A7 7 0 1 1 10 3zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  up: "M12 7.5 18.5 14 17 15.5l-5-5-5 5L5.5 14z",
  copy: "M8 2h11a2 2 0 0 1 2 2v13h-2V4H8zM5 6h9a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2zm0 2v12h9V8z",
  edit: "M3 17.2V21h3.8L17.8 10 14 6.2zM20.7 7a1 1 0 0 0 0-1.4l-2.3-2.3a1 1 0 0 0-1.4 0l-1.8 1.8L19 8.9z",
  trash: "M9 3h6l1 1h4v2H4V4h4zM6 8h12l-1 12a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2zm3 2 .5 10h1.5l-.5-10zm5.5 0-.5 10h1.5L16 10z",
  sent: "m9.5 17.3-5.3-5.3 1.4-1.4 3.9 3.9 9-9 1.4 1.4z",
  seen: "m7 17.3-5.3-5.3 1.4-1.4L7 14.5l.6-.6 1.4 1.4zm4.5 0L8.9 14.7l1.4-1.4 1.2 1.2 9-9 1.4 1.4zM14.6 5.5 16 6.9l-5.6 5.6L9 11.1z",
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

/**
 * A person's colour, the same in every panel and on every side.
 *
 * @param {string} identity
 */
export const hueOf = (identity) => `fcl-hue-${hash(identity) % 8}`;

/** @param {Person} person */
export function avatar(person) {
  const look = `fcl-avatar ${hueOf(person.identity)}`;
  return h("span", { class: look, "aria-hidden": "true" }, initials(person.name));
}

/**
 * Give an element a person's colour, in place of another's.
 *
 * @param {Element} element
 * @param {string} identity
 */
export function colour(element, identity) {
  const others = [...element.classList].filter((name) => name.startsWith("fcl-hue-"));
  element.classList.remove(...others);
  element.classList.add(hueOf(identity));
}

/**
 * Return text that somebody wrote: its direction is its own, and changes nothing around it.
 *
 * @param {string} text
 */
export const isolated = (text) => h("bdi", {}, text);

/**
 * @param {string} name
 * @param {string} path of its icon
 * @param {(event: Event) => void} click
 */
export function iconButton(name, path, click) {
  const button = h("button", { type: "button", class: "fcl-icon", "aria-label": name, title: name, click });
  button.append(icon(path));
  return button;
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
 * Return a body's text, unchanged, with its web addresses as links, and with what is searched for
 * marked.
 *
 * @param {string} body
 */
export function linked(body, searched = "") {
  return body.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/).map((part, at) => {
    const url = at % 2 ? safeUrl(part) : null;
    return url ? link(url, part) : marked(part, searched);
  });
}

/** @param {string} text @param {string} searched */
function marked(text, searched) {
  if (!searched) return text;
  const found = new RegExp(`(${searched.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "giu");
  return text.split(found).map((part, at) => (at % 2 ? h("mark", {}, part) : part));
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
