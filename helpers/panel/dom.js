// Elements, times and names: what the other parts build with. Text only ever enters the page as
// text nodes and attributes, never as HTML, so a message cannot bring markup with it.

const SVG = "http://www.w3.org/2000/svg";
const GROUP_MS = 5 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const ICONS = {
  send: "M3.4 20.4 21 12 3.4 3.6 3.4 10l12 2-12 2z",
  down: "M12 16.5 5.5 10 7 8.5l5 5 5-5 1.5 1.5z",
  close: "m12 10.6 5-5L18.4 7l-5 5 5 5-1.4 1.4-5-5-5 5L5.6 17l5-5-5-5L7 5.6z",
  file: "M6 2h8l5 5v13a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm7 1.5V8h4.5zM7 12v2h9v-2zm0 4v2h6v-2z",
  chat: "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
  alert: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 5v7h2V7zm0 8.5v2h2v-2z",
  lock: "M7 10V7a5 5 0 0 1 10 0v3h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zm2 0h6V7a3 3 0 0 0-6 0z",
};

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const formats = {
  clock: format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  full: format({ dateStyle: "full", timeStyle: "long" }),
  day: format({ weekday: "long", day: "numeric", month: "long" }),
  date: format({ dateStyle: "long" }),
};

const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);

function dayName(time) {
  const age = Math.round((midnight(Date.now()) - midnight(time)) / DAY_MS);
  if (age === 0) return "Today";
  if (age === 1) return "Yesterday";
  return (age > 0 && age < 300 ? formats.day : formats.date).format(time);
}

function timeElement(time) {
  const exact = { datetime: new Date(time).toISOString(), title: formats.full.format(time) };
  return h("time", exact, formats.clock.format(time));
}

function sizeName(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

function initials(name) {
  const words = name.split("@")[0].split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? "?")];
  return letters.slice(0, 2).join("").toUpperCase();
}

// FNV-1a, so that similar identities still get different colours.
function hash(text) {
  const mix = (sum, letter) => Math.imul(sum ^ letter.codePointAt(0), 16777619);
  const mixed = [...text].reduce(mix, 2166136261);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function avatar(person) {
  const look = `fcl-avatar fcl-hue-${hash(person.identity) % 6}`;
  return h("span", { class: look, "aria-hidden": "true" }, initials(person.name));
}

// Only these may become an href or a src: a body or a server must not smuggle in javascript:.
function safeUrl(text, kinds = ["http:", "https:"]) {
  try {
    const url = new URL(text);
    return kinds.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const away = (url) => ({ href: url, target: "_blank", rel: "noopener noreferrer" });
const link = (url, ...children) => h("a", away(url), ...children);

// The body's text, unchanged, with its web addresses as links.
function linked(body) {
  return body.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/).map((part, at) => {
    const url = at % 2 ? safeUrl(part) : null;
    return url ? link(url, part) : part;
  });
}
