// The server's own paths: what is read, and the levers.

const BASE = new URL("../", import.meta.url);

export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {RequestInit} options */
async function ask(path, options) {
  const answer = await fetch(new URL(path, BASE), options);
  const said = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said.error ?? said.message ?? answer.statusText);
  return said;
}

/** @param {string} path */
export const read = (path) => ask(path, { cache: "no-store" });

/** @type {import("./actions.js").Act} */
export const pull = (path, body = {}, method = "POST") =>
  ask(path, { method, body: JSON.stringify(body) });

/** @param {string} path */
export const file = (path) => new URL(`exports/${path}`, BASE).href;

export const chatUrl = new URL("../chat", BASE).href;
export const newsUrl = new URL("news", BASE);
export const serverUrl = new URL("../", BASE).href.replace(/\/$/, "");
