// Messages that were written and have not come back from Twilio yet. Texts are kept in the browser, so
// that they survive a reload; a file is there for as long as the page is.

/**
 * @typedef {object} Entry
 * @property {string} id goes with the message, by which it is known when it comes back
 * @property {string} channel the SID of the chat it is for
 * @property {string} [text]
 * @property {File} [file]
 * @property {boolean} [isTried] it may have arrived, though no answer came
 * @property {boolean} [isSent] Twilio has it; it is about to come back
 * @property {string} [problem] why it was refused; it is sent again only if somebody wishes so
 */

/** @type {Entry[]} */
let files = [];
/** @type {Entry[]} where a browser keeps nothing, as in a frame */
let unkept = [];
let key = "outbox";

/** @param {string} identity whose messages they are */
export function open(identity) {
  key = `outbox ${identity}`;
  store(texts().filter((entry) => !entry.isSent));
}

/** @returns {Entry[]} */
function texts() {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return unkept;
  }
}

/** @param {Entry[]} entries */
function store(entries) {
  unkept = entries;
  try {
    if (entries.length) localStorage.setItem(key, JSON.stringify(entries));
    else localStorage.removeItem(key);
  } catch {
    console.info("This browser keeps nothing: what waits to be sent is lost with the page");
  }
}

/** All, in the order in which they were written. */
export const all = () => [...texts(), ...files].sort((one, other) => (one.id < other.id ? -1 : 1));

/** @param {{ channel: string, text?: string, file?: File }} message */
export function add(message) {
  const id = `${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  const entry = { id, ...message };
  if (entry.file) files.push(entry);
  else store([...texts(), entry]);
}

/** @param {string} id @param {Partial<Entry>} changes */
export function change(id, changes) {
  /** @param {Entry} entry */
  const changed = (entry) => (entry.id === id ? { ...entry, ...changes } : entry);
  files = files.map(changed);
  store(texts().map(changed));
}

/** @param {unknown} id @returns {boolean} whether it was there */
export function drop(id) {
  const before = all().length;
  files = files.filter((entry) => entry.id !== id);
  store(texts().filter((entry) => entry.id !== id));
  return all().length < before;
}

/**
 * Call back when another window of this browser has changed something.
 *
 * @param {() => void} act
 */
export const onChange = (act) => addEventListener("storage", (event) => event.key === key && act());

/** @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * Act once what was begun before has ended, in one window of this browser at a time: so no message
 * is sent twice.
 *
 * @param {() => Promise<void>} act
 */
export function alone(act) {
  const run = () => (navigator.locks ? navigator.locks.request(key, act) : act());
  last = last.then(run, run);
  return last;
}
