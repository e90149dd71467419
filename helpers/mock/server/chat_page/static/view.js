// What the chat page looks like. Bodies, names and file names are other people's: they enter the
// page as text, never as HTML. dom.js is served beside this file; its own place is helpers/static.
import { h } from "./dom.js";

/** @import { Media, Message } from "twilio-chat" */
/** @typedef {{ fields: HTMLFieldSetElement, form: HTMLFormElement, text: HTMLInputElement, file: HTMLInputElement }} Form */

const named = [...document.querySelectorAll("[id]")].map((one) => [one.id, one]);
const the = /** @type {Record<string, HTMLElement> & Form} */ (Object.fromEntries(named));

export const NO_SDK =
  "Twilio's Chat SDK could not be loaded. Without a network it comes from npm: run" +
  " `npm install twilio-chat` in the folder where the mock runs, then load this page again.";

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
  the.ended.hidden = the.seen.hidden = the.earlier.hidden = the.fields.disabled = true;
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
  const author = h("div", { class: "author" }, message.author);
  const bubble = h("div", { class: "bubble" }, message.body);
  const sent = message.dateCreated;
  const time = h("time", { class: "time", datetime: sent.toISOString() },
    sent.toLocaleTimeString([], { timeStyle: "short" }));
  const look = { class: isOwn ? "row own" : "row", "data-index": message.index };
  place(h("div", look, author, bubble, time), message.index);
  return {
    /** @param {string} name */
    setAuthor(name) {
      author.textContent = isOwn ? "You" : name;
    },
    /** @param {Media} media @param {string} url */
    setFile(media, url) {
      follow(() => bubble.replaceChildren(file(media, url)));
    },
  };
}

/** @param {HTMLElement} row @param {number} index */
function place(row, index) {
  const known = rowOf(index);
  const next = rows().find((other) => indexOf(other) > index);
  if (known) known.replaceWith(row);
  else the.log.insertBefore(row, next ?? null);
}

/** @param {Media} media @param {string} url */
function file({ contentType, filename }, url) {
  const away = { href: url, download: filename || "", target: "_blank", rel: "noopener" };
  return h("a", { class: "file", ...away },
    contentType.startsWith("image/") ? picture(filename, url) : filename || contentType);
}

/** @param {string} filename @param {string} src */
function picture(filename, src) {
  const load = () => void (isNearEnd(image.height) && toEnd());
  const image = h("img", { load, alt: filename || "Image", src });
  return image;
}

/** @param {number} index */
export function removeMessage(index) {
  rowOf(index)?.remove();
}

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

const isNearEnd = (added = 0) =>
  the.scroll.scrollHeight - the.scroll.scrollTop - the.scroll.clientHeight < added + 60;
const toEnd = () => the.scroll.scrollTo({ top: the.scroll.scrollHeight });

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
  const below = the.scroll.scrollHeight - the.scroll.scrollTop;
  add();
  the.scroll.scrollTop = the.scroll.scrollHeight - below;
}

// -- what the customer does

/** @param {(text: string) => Promise<boolean>} send */
export function onSend(send) {
  the.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = the.text.value.trim();
    if (!text) return;
    complain("");
    the.text.value = "";
    const isSent = await send(text);
    if (!isSent) the.text.value = [text, the.text.value].join(" ").trim(); // to try again
  });
}

/** @param {(file: File) => Promise<boolean>} send */
export function onFile(send) {
  the.file.addEventListener("change", async () => {
    complain("");
    if (the.file.files?.[0]) await send(the.file.files[0]);
    the.file.value = "";
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
