// Times, ages, names and numbers, as people read them.

const SID = /\b([A-Z]{2})([0-9a-f]{4})[0-9a-f]{24}([0-9a-f]{4})\b/g;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param {Intl.DateTimeFormatOptions} options */
const written = (options) => new Intl.DateTimeFormat(undefined, { hourCycle: "h23", ...options });
const formats = {
  time: written({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  date: written({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  full: written({ dateStyle: "medium", timeStyle: "medium" }),
};

/** @typedef {string | number} Time  the REST API writes ISO 8601; the request log epoch seconds */

/** @param {Time} at */
export const moment = (at) => new Date(typeof at === "number" ? at * 1000 : at);

/** @param {Time} at @param {Time} now */
export function timeOf(at, now) {
  const date = moment(at);
  const isToday = date.toDateString() === moment(now).toDateString();
  return (isToday ? formats.time : formats.date).format(date);
}

/** @param {Time} at */
export const fullTime = (at) => formats.full.format(moment(at));

/** @type {[number, string][]} */
const UNITS = [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"]];

/** @param {number} seconds */
export function age(seconds) {
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

/** @param {string} text */
export const short = (text) => text.replace(SID, "$1$2…$3");

/** @param {string} path of which names matter more */
export const shortPath = (path) => path.replace(SID, "$1…$3");

/** @param {number} count @param {string} one */
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {number} ms */
export const milliseconds = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);

/**
 * Return the value of attributes, which are JSON in a string; what is none is shown as it is.
 *
 * @param {string} text
 */
export function parsed(text) {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return text;
  }
}

/** @type {Record<number, string>} */
const HTTP = {
  200: "OK", 201: "Created", 202: "Accepted", 204: "No content", 304: "Not modified",
  400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found",
  405: "Method not allowed", 409: "Conflict", 410: "Gone", 412: "Precondition failed",
  413: "Too large", 429: "Too many requests", 500: "Error", 501: "Not simulated",
  502: "Bad gateway", 503: "Unavailable", 504: "Gateway time-out",
};

/** @param {number} status */
export const worded = (status) => HTTP[status] ?? (status < 400 ? "Success" : "Error");
