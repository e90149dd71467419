// What the chat page looks like. Bodies, names and file names are other people's: they enter the
// page as text, never as HTML.

const the = Object.fromEntries([...document.querySelectorAll("[id]")].map((one) => [one.id, one]));

export const NO_SDK =
  "Twilio's Chat SDK could not be loaded. Without a network it comes from npm: run" +
  " `npm install twilio-chat` in the folder where the mock runs, then load this page again.";

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

export function showConnection(state) {
  the.connection.textContent = STATES[state] ?? state;
  the.connection.dataset.state = state;
  if (state === "connected") complain("");
}

export function complain(problem) {
  the.problem.textContent = problem;
}

export function enable() {
  the.fields.disabled = false;
  if (isAsked) the.text.focus();
  isAsked = false;
}

export function end(why, again) {
  the.why.textContent = why;
  the.again.textContent = again;
  the.ended.hidden = false;
  the.fields.disabled = true;
  toEnd();
}

export function showTyping(names) {
  the.typing.textContent = names.length ? `${names.join(", ")} is typing…` : "";
}

// -- messages

const rows = () => [...the.log.querySelectorAll(".row")];
const rowOf = (index) => rows().find((row) => row.dataset.index === String(index));

// Draws a message in its place, or anew; what is known only later can be set on what comes back.
export function showMessage(message, isOwn) {
  const author = element("div", "author", message.author);
  const bubble = element("div", "bubble", message.body ?? "");
  const sent = message.dateCreated;
  const time = element("time", "time", sent.toLocaleTimeString([], { timeStyle: "short" }));
  time.dateTime = sent.toISOString();
  const row = element("div", isOwn ? "row own" : "row");
  row.dataset.index = message.index;
  row.append(author, bubble, time);
  place(row, message.index);
  return {
    setAuthor: (name) => (author.textContent = isOwn ? "You" : name),
    setFile: (media, url) => follow(() => bubble.replaceChildren(file(media, url))),
  };
}

function place(row, index) {
  const known = rowOf(index);
  const next = rows().find((other) => Number(other.dataset.index) > index);
  if (known) known.replaceWith(row);
  else the.log.insertBefore(row, next ?? null);
}

function file({ contentType, filename }, url) {
  const link = element("a", "file", filename || contentType);
  Object.assign(link, { href: url, download: filename || "", target: "_blank", rel: "noopener" });
  if (contentType.startsWith("image/")) {
    const image = element("img");
    image.addEventListener("load", () => isNearEnd(image.height) && toEnd());
    Object.assign(image, { alt: filename || "Image", src: url });
    link.replaceChildren(image);
  }
  return link;
}

export function removeMessage(index) {
  rowOf(index)?.remove();
}

export function showSeen(horizon) {
  const isSeen = (row) => row.matches(".own") && Number(row.dataset.index) <= horizon;
  const seen = rows().findLast(isSeen);
  follow(() => {
    the.seen.hidden = !seen;
    seen?.after(the.seen);
  });
}

export function offerEarlier(is) {
  the.earlier.hidden = !is;
}

// -- scrolling

const isNearEnd = (added = 0) =>
  the.scroll.scrollHeight - the.scroll.scrollTop - the.scroll.clientHeight < added + 60;
const toEnd = () => the.scroll.scrollTo({ top: the.scroll.scrollHeight });

// Go along with what is added at the end, unless somebody reads further up.
export function follow(add, always = false) {
  const isFollowed = always || isNearEnd();
  add();
  if (isFollowed) toEnd();
}

// What is in sight stays there while something is added above it.
export function keepPlace(add) {
  const below = the.scroll.scrollHeight - the.scroll.scrollTop;
  add();
  the.scroll.scrollTop = the.scroll.scrollHeight - below;
}

// -- what the customer does

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

export function onFile(send) {
  the.file.addEventListener("change", async () => {
    complain("");
    await send(the.file.files[0]);
    the.file.value = "";
  });
}

export function onAgain(act) {
  the.again.addEventListener("click", () => {
    complain("");
    isAsked = true;
    act();
  });
}

export const onTyping = (act) => the.text.addEventListener("input", act);
export const onEarlier = (act) => the.earlier.addEventListener("click", act);

// Whoever looks at the page again sees the last message.
export function onReturn(act) {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && rows().length) act(Number(rows().at(-1).dataset.index));
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

export function remember(identity) {
  try {
    localStorage.setItem("identity", identity);
  } catch {
    console.info("This browser keeps nothing: loaded again, the page starts a new chat");
  }
}

function element(name, look = "", text = "") {
  return Object.assign(document.createElement(name), { className: look, textContent: text });
}
