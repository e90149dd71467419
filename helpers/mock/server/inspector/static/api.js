// The server's own paths: what is read, and the levers.

const BASE = new URL("../", import.meta.url);

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options) {
  const answer = await fetch(new URL(path, BASE), options);
  const said = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said.error ?? said.message ?? answer.statusText);
  return said;
}

export const read = (path) => ask(path, { cache: "no-store" });

export const pull = (path, body = {}, method = "POST") =>
  ask(path, { method, body: JSON.stringify(body) });

export const newsUrl = new URL("news", BASE);
export const serverUrl = new URL("../", BASE).href.replace(/\/$/, "");
