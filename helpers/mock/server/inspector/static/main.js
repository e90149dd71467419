// Which view is shown, what it is shown of, and when that is read again.

import { chatUrl, pull, read, Refused } from "./api.js";
import { browse } from "./browse.js";
import { isFrozen, now, setClock } from "./clock.js";
import { useConfirmation } from "./confirm.js";
import { h, icon } from "./dom.js";
import { draw } from "./draw.js";
import { fullTime, timeOf } from "./format.js";
import { keepTheEnd, keepTheFocus } from "./following.js";
import { ICONS } from "./icons.js";
import { useKeys } from "./keys.js";
import { listen } from "./live.js";
import { byId, dialog, say, sid } from "./parts.js";
import channels from "./channels.js";
import executions from "./executions.js";
import overview from "./overview.js";
import requests from "./requests.js";
import tasks from "./tasks.js";
import webhooks from "./webhooks.js";

/** @import { AnyView, List } from "./browse.js" */
/** @typedef {{ view: typeof overview | AnyView, key: string | null }} Route */

const VIEWS = [overview, channels, tasks, executions, requests, webhooks];
const FIRST = 50;
const FIRST_INSIDE = 100;
const MOST = 1000;
const AGES_MS = 5000;

/** @type {Record<string, List>} */
const lists = {};
/** @type {Record<string, string>} */
const filters = {};
/** @type {Record<string, number>} */
const limits = {};
let inside = FIRST_INSIDE;
/** @type {Route} */
let route = { view: overview, key: null };
/** @type {object | null} */
let whole = null;
/** @type {string | null} */
let problem = null;
/** @type {import("./overview.js").Summary | null} */
let summary = null;
/** @type {import("./overview.js").Levers | null} */
let levers = null;

const opened = () => `#/${route.view.name}${route.key ? `/${route.key}` : ""}`;

function goWhereTheAddressSays() {
  const [, name, asked] = location.hash.split("/");
  const view = VIEWS.find((each) => each.name === name) ?? overview;
  const key = (view !== overview && asked) || null;
  const isElsewhere = view !== route.view || key !== route.key;
  route = { view, key };
  if (isElsewhere) [whole, problem, inside] = [null, null, FIRST_INSIDE];
  paint();
  refresh();
}

// One reading at a time; news that comes meanwhile asks for one more.

let isReading = false;
let isStale = false;
let isViewStale = false;

function refresh() {
  isViewStale = true;
  readAgain();
}

/** @param {string[]} topics */
function newsCame(topics) {
  isViewStale ||= route.view.topics.some((topic) => topics.includes(topic));
  readAgain();
}

async function readAgain() {
  isStale = true;
  if (isReading) return;
  isReading = true;
  try {
    while (isStale) {
      const asked = isViewStale ? route : null;
      [isStale, isViewStale] = [false, false];
      await Promise.all([readCounts(), asked && readView(asked)]).catch(tellProblem);
      paint();
    }
  } finally {
    isReading = false;
  }
}

async function readCounts() {
  const found = await read("state/overview");
  summary = found;
  setClock(found.clock);
}

/** @param {Route} asked */
async function readView({ view, key }) {
  if (view === overview) return readLevers();
  const [list, found] = await Promise.all([
    read(`state/${view.name}?limit=${limits[view.name] ?? FIRST}${("query" in view && view.query?.()) || ""}`),
    key && read(`state/${view.name}/${encodeURIComponent(key)}?limit=${inside}`).catch(missing(key)),
  ]);
  lists[view.name] = list;
  if (key && found) take(key, found);
}

async function readLevers() {
  const [{ faults, operations }, { scenarios }, { workspaces }] = await Promise.all([
    read("faults"), read("scenarios"), read("state/statistics"),
  ]);
  levers = { faults, operations, scenarios, workspaces };
}

/** @param {string} key */
const missing = (key) => (/** @type {unknown} */ error) => {
  if (!(error instanceof Refused)) throw error;
  if (route.key === key) [whole, problem] = [null, error.message];
  return null;
};

/** @param {string} key @param {object} found */
function take(key, found) {
  if (route.key === key) [whole, problem] = [found, null];
}

/** @param {unknown} error */
function tellProblem(error) {
  if (error instanceof Refused) say(error.message, "bad");
  else lost();
}

// -- drawing

function paint() {
  const { view } = route;
  document.title = `${view.title} · Twilio mock`;
  const follow = keepTheEnd(byId("view"));
  const refocus = keepTheFocus(byId("view"));
  draw(byId("nav"), VIEWS.map(tab));
  draw(byId("account"), summary && sid(summary.account_sid));
  draw(byId("hands"), undoOf(summary?.undo), h("a", { class: "button", href: chatUrl, target: "_blank" }, "Chat page"));
  draw(byId("view"), h("div", { class: "page", "data-key": view.name }, headOf(view), content(view)));
  tick();
  follow();
  refocus();
}

/** @param {string | null | undefined} name */
const undoOf = (name) =>
  name && h("button", { class: "button", type: "button", title: `Undo ${name}, and what came after it`, click: undo },
    "Undo", h("span", { class: "away-narrow" }, ` ${name}`));

/** @param {string} name */
const countOf = (name) => (name === "requests" ? summary?.requests : summary?.counts[name]) ?? 0;

/** @param {Route["view"]} view @param {number} place */
const tab = (view, place) =>
  h("a", { href: `#/${view.name}`, "aria-current": view === route.view ? "page" : null, title: `Press ${place + 1}` },
    icon(ICONS[view.name]), h("span", {}, view.title), countOf(view.name) > 0 && h("span", { class: "number" }, String(countOf(view.name))));

/** @param {Route["view"]} view */
function headOf(view) {
  return h("header", { class: "page-head" },
    h("h1", {}, view.title),
    toolsOf(view),
    view !== overview && h("input", {
      class: "filter", id: "filter", type: "search", placeholder: "Filter  ( / )", autocomplete: "off",
      spellcheck: "false", "aria-label": `Filter ${view.title.toLowerCase()}`, value: filters[view.name],
      input: (event) => { filters[view.name] = event.target.value; paint(); },
    }));
}

/** @param {Route["view"]} view */
const toolsOf = (view) => ("draw" in view ? null : view.tools?.(refresh));

/** @param {Route["view"]} view */
function content(view) {
  if ("draw" in view) return view.draw(summary, levers, act);
  return browse(view, {
    list: lists[view.name], whole, problem, act, key: route.key, filter: filters[view.name] ?? "", close,
    more: () => { limits[view.name] = Math.min(MOST, (limits[view.name] ?? FIRST) * 4); refresh(); },
    moreOf: () => { inside = Math.min(MOST, inside * 4); refresh(); },
  });
}

function close() {
  const { view, key } = route;
  history.replaceState(null, "", `#/${view.name}`);
  goWhereTheAddressSays();
  /** @type {HTMLElement | null} */
  const row = document.querySelector(`.rows [href="#/${view.name}/${key}"]`);
  row?.focus();
}

let last = Promise.resolve(); // what was done before, as requests may overtake each other

/** @type {import("./actions.js").Act} */
async function act(path, body, method) {
  const pulled = last.then(() => pull(path, body, method));
  last = pulled.catch(() => {});
  try {
    const said = await pulled;
    if (path === "clock") setClock(said);
    return said;
  } catch (error) {
    say(error instanceof Refused ? error.message : "No answer from the mock. Is it still running?", "bad");
    return null;
  } finally {
    refresh();
  }
}

async function undo() {
  const said = await act("undo");
  if (said) say(`Undone: ${said.undone}`);
}

function tick() {
  const time = now();
  draw(byId("time"), h("span", { class: `clock ${isFrozen() ? "frozen" : ""}`, title: new Date(time * 1000).toISOString() },
    icon(ICONS.clock), timeOf(time, time), isFrozen() && " frozen"));
  const full = document.querySelector("[data-clock=full]");
  if (full && full.textContent !== fullTime(time)) full.textContent = fullTime(time);
}

// -- the connection

function connected() {
  showConnection("live", "Live");
  refresh();
}

function lost() {
  showConnection("lost", "Connection lost, trying again…");
}

/** @param {string} state @param {string} text */
function showConnection(state, text) {
  const place = byId("connection");
  if (place.textContent === text) return;
  place.textContent = text;
  place.dataset.state = state;
}

/** @param {import("./clock.js").Clock} clock */
function clockTold(clock) {
  const isNew = clock.is_frozen !== isFrozen() || Math.abs(clock.now - now()) > 1;
  setClock(clock);
  if (isNew || route.view === overview) refresh(); // settings such as Flex Flows tell nobody
  tick();
}

// -- dialogs

useConfirmation(act);
// Its address would be taken for that of a view.
document.querySelector(".skip")?.addEventListener("click", (event) => { event.preventDefault(); byId("view").focus(); });
byId("help-open").onclick = () => dialog("help").showModal();
byId("help-close").onclick = () => dialog("help").close();

useKeys({ views: VIEWS, current: () => route, opened, close });
addEventListener("hashchange", goWhereTheAddressSays);
setInterval(tick, 1000);
setInterval(() => document.hidden || paint(), AGES_MS); // ages grow
listen({ onNews: newsCame, onClock: clockTold, onOpen: connected, onLost: lost });
goWhereTheAddressSays();
