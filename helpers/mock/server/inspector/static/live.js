// One connection that says what has changed. It is kept only while the page is seen, since a
// browser has few connections for one server and readers have many tabs.

import { newsUrl } from "./api.js";

const AGAIN_MS = 1000;
const SILENCE_MS = 8000; // the server speaks every two seconds

/** @import { Clock } from "./clock.js" */
/**
 * @typedef {object} Listener
 * @property {(topics: string[]) => void} onNews
 * @property {(clock: Clock) => void} onClock
 * @property {() => void} onOpen
 * @property {() => void} onLost
 */

/** @param {Listener} listener */
export function listen({ onNews, onClock, onOpen, onLost }) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;

  function open() {
    if (source || document.hidden) return;
    source = new EventSource(newsUrl);
    source.onopen = () => heard(onOpen);
    source.onerror = retry;
    source.addEventListener("news", (event) => heard(() => onNews(JSON.parse(event.data))));
    source.addEventListener("clock", (event) => heard(() => onClock(JSON.parse(event.data))));
    wait();
  }

  function wait() {
    clearTimeout(silence);
    silence = setTimeout(retry, SILENCE_MS);
  }

  /** @param {() => void} tell */
  function heard(tell) {
    wait();
    tell();
  }

  function close() {
    clearTimeout(silence);
    source?.close();
    source = null;
  }

  function retry() {
    close();
    onLost();
    setTimeout(open, AGAIN_MS);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("online", open);
  open();
}
