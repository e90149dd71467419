// One of Twilio's front ends in a frame of a notebook. The frame's page comes from the kernel's
// machine: at the mock's own address, or through Jupyter's server where that is on another machine.

import { h } from "./dom.js";

/** @import { AnyWidget } from "@anywidget/types" */
/** @typedef {{ mock: string, door: string }} Way  where the mock is, and the path that lets a frame in */
/** @typedef {Way & { type: "start", to: string, page: string, title: string, width: string, height: string }} Start */

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const PATIENCE = 5_000;

/** @returns {string} the address of Jupyter's own server, or "" outside it */
function jupyter() {
  const data = document.getElementById("jupyter-config-data")?.textContent;
  const base = data ? JSON.parse(data).baseUrl : document.body.dataset.baseUrl;
  return base ? new URL(base, location.href).href : "";
}

/** @param {Way} start @returns {string[]} addresses at which the mock may be, the likeliest first */
function ways({ mock, door }) {
  const at = new URL(mock);
  const through = door && LOOPBACK.test(at.hostname) && jupyter();
  const found = [mock, ...(through ? [`${through}proxy/${at.port}`] : [])];
  return LOOPBACK.test(location.hostname) ? found : found.reverse();
}

/** @param {string} way @param {Way} start */
async function reaches(way, { door }) {
  const options = { cache: /** @type {const} */ ("no-store"), signal: AbortSignal.timeout(PATIENCE) };
  try {
    if (!door) return Boolean(await fetch(`${way}/redirect.js`, { ...options, mode: "no-cors" }));
    const answer = await fetch(`${way}${door}/ready`, options);
    return answer.ok && (await answer.text()) === "ready";
  } catch {
    return false;
  }
}

/** @param {Way} start @returns {Promise<string>} the way to the mock, or "" */
async function wayTo(start) {
  for (const way of ways(start)) {
    if (await reaches(way, start)) return way;
  }
  return "";
}

/** @param {string} mock */
const unreachable = (mock) =>
  `This browser cannot reach the mock at ${mock}, which runs beside the kernel. Where Jupyter runs on another ` +
  "machine, as with JupyterHub and Binder, install jupyter-server-proxy beside it (pip install " +
  "jupyter-server-proxy) and restart it, or forward the port to this machine. If the mock's server was closed, " +
  "serve the account again and run this cell again.";

/** @type {AnyWidget} */
export default {
  render({ model, el }) {
    const name = String(Math.random());
    /** @param {Start} told */
    const take = async (told) => {
      if (told.type !== "start" || told.to !== name) return;
      const way = await wayTo(told);
      const problem = way ? "" : unreachable(told.mock);
      const style = `border:0;width:${told.width};max-width:100%;height:${told.height}`;
      const allow = "clipboard-read; clipboard-write";
      const frame = way && h("iframe", { title: told.title, src: `${way}${told.door}${told.page}`, allow, style });
      el.replaceChildren(frame || h("p", { role: "alert" }, problem));
      model.send({ type: "shown", problem });
    };
    model.on("msg:custom", take);
    model.send({ type: "hello", browser: name });
    return () => model.off("msg:custom", take);
  },
};
