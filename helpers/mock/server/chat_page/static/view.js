// What the chat page looks like. Bodies, names and file names are other people's: they enter the
// page as text, never as HTML. dom.js is served beside this file; its own place is helpers/static.
import { h } from "./dom.js";
import { clock, dayName, linked, midnight, sizeName } from "./text.js";

/** @import { Entry } from "./outbox.js" */
/** @import { Message } from "@twilio/conversations" */
/** @import { Media } from "./page.js" */
/** @typedef {{ fields: HTMLFieldSetElement, form: HTMLFormElement, text: HTMLTextAreaElement, file: HTMLInputElement }} Form */

const GROUP_MS = 5 * 60 * 1000;
const TALLEST_PX = 140;

const named = [...document.querySelectorAll("[id]")].map((one) => [one.id, one]);
const the = /** @type {Record<string, HTMLElement> & Form} */ (Object.fromEntries(named));

/** @param {string} name of the package */
export const missing = (name) =>
  "Twilio's SDK could not be loaded. Without a network it comes from npm: run" +
  ` \`npm install ${name}\` in the folder where the mock runs, then load this page again.`;

/** @type {Record<string, string>} */
const STATES = {
  connecting: "Connecting…",
  connected: "Connected",
  denied: "Not let in",
  disconnecting: "Disconnecting…",
  disconnected: "Disconnected",
};

// -- the whole

let isAsked = false; // whether the customer asked for this chat, and wants to write at once

export function clear() {
  the.log.replaceChildren();
  the.ended.hidden = the["set-up"].hidden = the.seen.hidden = the.earlier.hidden = the.fields.disabled = true;
  complain("");
}

/** @param {string} state */
export function showConnection(state) {
  the.connection.textContent = STATES[state] ?? state;
  the.connection.dataset.state = state;
  if (state === "connected") complain("");
}

/** @param {string} problem */
export function complain(problem) {
  the.problem.textContent = problem;
}

export function enable() {
  the.fields.disabled = false;
  if (isAsked) the.text.focus();
  isAsked = false;
}

/** @param {string} why @param {string} again */
export function end(why, again) {
  the.why.textContent = why;
  the.again.textContent = again;
  the.ended.hidden = false;
  the.fields.disabled = true;
  toEnd();
}

/** @param {string[]} names */
export function showTyping(names) {
  the.typing.textContent = names.length ? `${names.join(", ")} is typing…` : "";
}

// -- messages

function rows() {
  /** @type {NodeListOf<HTMLElement>} */
  const found = the.log.querySelectorAll(".row");
  return [...found];
}
/** @param {number} index */
const rowOf = (index) => rows().find((row) => indexOf(row) === index);
/** @param {HTMLElement} row */
const indexOf = (row) => Number(row.dataset.index);

/**
 * Draw a message in its place, or anew; what is known only later can be set on what comes back.
 *
 * @param {Message} message
 * @param {boolean} isOwn
 */
export function showMessage(message, isOwn) {
  const author = h("div", { class: "author", dir: "auto" }, isOwn ? "You" : message.author);
  const bubble = h("div", { class: message.body ? "bubble words" : "bubble", dir: "auto" },
    linked(message.body ?? ""));
  const sent = message.dateCreated?.getTime() ?? Date.now();
  const about = { "data-index": message.index, "data-time": sent, "data-author": message.author };
  const day = h("div", { class: "day" }, h("span", {}, dayName(sent)));
  const foot = h("div", { class: "foot" }, clock(sent), message.lastUpdatedBy && " · Edited");
  place(h("div", { class: isOwn ? "row own" : "row", ...about }, day, author, bubble, foot), message.index);
  return {
    /** @param {string} name */
    setAuthor(name) {
      if (!isOwn) author.textContent = name;
    },
    /** A place for a file, below the text and the files before it. */
    place() {
      const spot = h("div", { class: "spot" });
      bubble.append(spot);
      return /** @param {Media} media @param {string} url */ (media, url) => follow(() => spot.replaceChildren(file(media, url)));
    },
  };
}

/** @param {HTMLElement} row @param {number} index */
function place(row, index) {
  const known = rowOf(index);
  const next = rows().find((other) => indexOf(other) > index);
  if (known) known.replaceWith(row);
  else the.log.insertBefore(row, next ?? null);
  group(row, next);
}

/**
 * A message of the same person, soon after, stands close to the one before; a new day has a line.
 *
 * @param {(HTMLElement | undefined)[]} changed
 */
function group(...changed) {
  const found = rows();
  for (const row of changed) {
    if (!row) continue;
    const before = found[found.indexOf(row) - 1];
    const [was, is] = [Number(before?.dataset.time), Number(row.dataset.time)];
    const isNewDay = !before || midnight(was) !== midnight(is);
    row.classList.toggle("new-day", isNewDay);
    row.classList.toggle("next", !isNewDay && before.dataset.author === row.dataset.author && is - was < GROUP_MS);
  }
}

/** @param {Media} media @param {string} url */
function file({ contentType, filename }, url) {
  const away = { href: url, download: filename || "", target: "_blank", rel: "noopener" };
  return h("a", { class: "file", dir: "auto", ...away },
    contentType.startsWith("image/") ? picture(filename, url) : filename || contentType);
}

/** @param {string | null} filename @param {string} src */
function picture(filename, src) {
  const load = () => void (isNearEnd(image.height) && toEnd());
  const image = h("img", { load, alt: filename || "Image", src });
  return image;
}

/** @param {number} index */
export function removeMessage(index) {
  const row = rowOf(index);
  const next = rows().find((other) => indexOf(other) > index);
  row?.remove();
  group(next);
}

/** @param {Entry[]} entries that wait to be sent, or were refused */
export function showOutbox(entries) {
  follow(() => the.outbox.replaceChildren(...entries.map(waiting)));
}

/** @param {Entry} entry */
function waiting({ id, text, file: chosen, problem }) {
  const content = chosen ? `${chosen.name}, ${sizeName(chosen.size)}` : linked(text ?? "");
  const state = problem
    ? [h("span", { class: "failed" }, `Not sent: ${problem}`), act("Try again", "retry", id), act("Discard", "discard", id)]
    : [navigator.onLine && the.connection.dataset.state === "connected" ? "Sending…" : "Waiting for the connection"];
  return h("div", { class: `row own ${problem ? "refused" : "pending"}` },
    h("div", { class: "bubble", dir: "auto" }, content), h("div", { class: "foot" }, state));
}

/** @param {string} word @param {"retry" | "discard"} name @param {string} id */
const act = (word, name, id) =>
  h("button", { type: "button", class: "small", click: () => acts[name](id) }, word);

/** @type {Record<"retry" | "discard", (id: string) => void>} */
const acts = { retry: () => {}, discard: () => {} };

/** @param {typeof acts} given for what was refused */
export const onRefused = (given) => Object.assign(acts, given);

/** @param {number} horizon */
export function showSeen(horizon) {
  const seen = rows().findLast((row) => row.matches(".own") && indexOf(row) <= horizon);
  follow(() => {
    the.seen.hidden = !seen;
    seen?.after(the.seen);
  });
}

/** @param {boolean} is */
export function offerEarlier(is) {
  the.earlier.hidden = !is;
}

// -- scrolling

// The messages scroll, or, where there is little room, the page.
const scroller = () => (the.scroll.scrollHeight > the.scroll.clientHeight ? the.scroll : document.documentElement);
const belowSight = () => scroller().scrollHeight - scroller().scrollTop - scroller().clientHeight;
const isNearEnd = (added = 0) => belowSight() < added + 60;
const toEnd = () => scroller().scrollTo({ top: scroller().scrollHeight });

/**
 * Go along with what is added at the end, unless somebody reads further up.
 *
 * @param {() => void} add
 */
export function follow(add, always = false) {
  const isFollowed = always || isNearEnd();
  add();
  if (isFollowed) toEnd();
}

/**
 * What is in sight stays there while something is added above it.
 *
 * @param {() => void} add
 */
export function keepPlace(add) {
  const below = belowSight();
  add();
  scroller().scrollTop += belowSight() - below;
}

// -- what the customer does

/** @param {(text: string) => void} send */
export function onSend(send) {
  the.form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = the.text.value.replace(/^(\s*\n)+|\s+$/g, ""); // a first line's indentation stays
    if (!text) return;
    complain("");
    the.text.value = "";
    grow();
    send(text);
  });
  the.text.addEventListener("keydown", (event) => {
    // While an input method composes a character, Enter chooses it and must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    the.form.requestSubmit();
  });
  the.text.addEventListener("input", grow);
}

function grow() {
  the.text.style.height = "auto";
  the.text.style.height = `${Math.min(the.text.scrollHeight, TALLEST_PX)}px`;
}

/** @param {(files: File[]) => void} send files that are chosen, dropped or pasted */
export function onFiles(send) {
  /** @param {FileList | null | undefined} files @param {Event} event */
  const take = (files, event) => {
    if (!files?.length) return;
    event.preventDefault();
    complain("");
    if (!the.fields.disabled) send([...files]);
  };
  the.file.addEventListener("change", (event) => {
    take(the.file.files, event);
    the.file.value = "";
  });
  the.text.addEventListener("paste", (event) => take(event.clipboardData?.files, event));
  the.chat.addEventListener("dragover", (event) => {
    const isFile = event.dataTransfer?.types.includes("Files") && !the.fields.disabled;
    if (isFile) event.preventDefault(); // or the browser opens the file
    the.chat.classList.toggle("over", isFile);
  });
  the.chat.addEventListener("dragleave", () => the.chat.classList.remove("over"));
  the.chat.addEventListener("drop", (event) => {
    the.chat.classList.remove("over");
    take(event.dataTransfer?.files, event);
  });
}


/** @param {() => void} act */
export function onAgain(act) {
  the.again.addEventListener("click", () => {
    complain("");
    isAsked = true;
    act();
  });
}

/** @param {() => void} act */
export const onTyping = (act) => the.text.addEventListener("input", act);
/** @param {() => void} act */
export const onEarlier = (act) => the.earlier.addEventListener("click", act);

/**
 * Whoever looks at the page again sees the last message.
 *
 * @param {(last: number) => void} act
 */
export function onReturn(act) {
  document.addEventListener("visibilitychange", () => {
    const last = rows().at(-1);
    if (!document.hidden && last) act(indexOf(last));
  });
}

// -- who the customer is

// With a login, your server knows. Without one, a random identity is kept here, so that whoever
// comes back finds the same chat. A browser may forbid to keep anything, in a frame above all.
export function knownIdentity() {
  const given = new URLSearchParams(location.search).get("identity");
  try {
    return given ?? localStorage.getItem("identity");
  } catch {
    return given;
  }
}

/** @param {string} identity */
export function remember(identity) {
  try {
    localStorage.setItem("identity", identity);
  } catch {
    console.info("This browser keeps nothing: loaded again, the page starts a new chat");
  }
}
