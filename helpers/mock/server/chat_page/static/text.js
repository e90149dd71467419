// Texts, times and sizes as people read them. A body is another person's: it enters the page as text
// nodes, and only a web address in it becomes a link.
import { h } from "./dom.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** @param {Intl.DateTimeFormatOptions} options */
const written = (options) => new Intl.DateTimeFormat(undefined, options);
const formats = {
  clock: written({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  day: written({ weekday: "long", day: "numeric", month: "long" }),
  date: written({ dateStyle: "long" }),
  full: written({ dateStyle: "full", timeStyle: "short" }),
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
export const clock = (time) =>
  h("time", { datetime: new Date(time).toISOString(), title: formats.full.format(time) }, formats.clock.format(time));

/** @param {number} bytes */
export function sizeName(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const size = bytes / (bytes < 1e6 ? 1e3 : 1e6);
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${bytes < 1e6 ? "kB" : "MB"}`;
}

/**
 * Return a body, unchanged, with its web addresses as links.
 *
 * @param {string} body
 */
export const linked = (body) =>
  body.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/).map((part, at) => (at % 2 ? link(part) : part));

/** @param {string} text */
function link(text) {
  const isUrl = URL.canParse(text); // and of http or https, as it was found
  return isUrl ? h("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, text) : text;
}
