// What there is at a glance, the levers, and what has just happened.

import { h } from "./dom.js";
import { none, pill, sid, snippet, table, time } from "./parts.js";
import { age } from "./format.js";
import { isFrozen } from "./clock.js";
import { confirmed } from "./confirm.js";
import { serverUrl } from "./api.js";

/** @import { Pull } from "./api.js" */
/** @typedef {{ sid: string, friendly_name: string, channel_type: string, integration_type: string, enabled: boolean }} FlexFlow */
/** @typedef {{ sid: string, friendly_name: string, activity_name: string | null, available: boolean }} Worker */
/** @typedef {{ at: string, source: string, target: string, text: string }} Entry */
/**
 * @typedef {object} Fault
 * @property {number} id
 * @property {string} pattern
 * @property {string} kind
 * @property {string} phase
 * @property {number | null} status
 * @property {number | null} code
 * @property {number} latency
 * @property {number} hits
 * @property {number | null} left
 */
/** @typedef {{ name: string, sentence: string }} Scenario */
/**
 * @typedef {object} Summary
 * @property {string} account_sid
 * @property {string | null} service_sid
 * @property {string | null} workspace_sid
 * @property {Record<string, number>} counts
 * @property {number} requests
 * @property {FlexFlow[]} flex_flows
 * @property {Worker[]} workers
 * @property {Entry[]} journal
 * @property {import("./clock.js").Clock} clock
 */
/** @typedef {{ tasks_by_status: Record<string, number>, longest_task_waiting_age: number }} Figures */
/** @typedef {Figures & { sid: string, friendly_name: string, total_available_workers: number, total_eligible_workers: number }} Queue */
/** @typedef {{ friendly_name: string, workers: number }} Activity */
/** @typedef {Figures & { sid: string, friendly_name: string, queues: Queue[], activity_statistics: Activity[] }} Workspace */
/** @typedef {{ faults: Fault[], scenarios: Scenario[], workspaces: Workspace[] }} Levers */

const COUNTS = [
  ["channels", "Channels", "channels"], ["messages", "Messages", "channels"],
  ["tasks", "Tasks", "tasks"], ["executions", "Executions", "executions"],
  ["requests", "Requests", "requests"], ["webhooks", "Deliveries", "webhooks"],
];

export default {
  /** @type {"overview"} */
  name: "overview",
  title: "Overview",
  topics: ["channels", "tasks", "executions", "webhooks", "requests"],
  /** @param {Summary | null} found @param {Levers | null} levers @param {Pull} pull */
  draw(found, levers, pull) {
    if (!found) return h("p", { class: "muted note" }, "Loading…");
    return h("div", { class: "overview" },
      h("ul", { class: "counts" }, COUNTS.map(([name, title, view]) => count(title, view, found.counts[name] ?? found.requests))),
      h("div", { class: "cards" },
        card("Clock", [clock(pull), reset()]),
        card("Use this account", use(found)),
        card("Flex Flows", flexFlows(found.flex_flows)),
        card("Workers", workers(found.workers)),
        levers?.workspaces.map((space) => card(`Now in ${space.friendly_name}`, figures(space), "wide")),
        levers && card("Faults", faults(levers.faults, pull)),
        levers && card("Scenarios", scenarios(levers.scenarios)),
        card("What has just happened", journal(found.journal), "wide")));
  },
};

/** @param {string} title @param {string} view @param {number} number */
const count = (title, view, number) =>
  h("li", {}, h("a", { class: "count", href: `#/${view}` },
    h("strong", {}, String(number)), h("span", {}, title)));

/** @param {string} title @param {import("./dom.js").Child} content */
const card = (title, content, more = "") =>
  h("section", { class: `card ${more}`, "data-key": title }, h("h2", {}, title), content);

/** @param {string} text @param {() => unknown} act */
const lever = (text, act) => h("button", { class: "button", type: "button", click: act }, text);

/** @param {Pull} pull */
const clock = (pull) => [
  h("p", { class: "big", "data-clock": "full" }),
  h("p", {}, isFrozen() ? pill("warn", "Frozen") : pill("good", "Running"),
    h("span", { class: "muted" }, " Time-outs, ages and tokens follow this clock.")),
  h("p", { class: "buttons" },
    lever("+1 min", () => pull("clock", { advance: 60 })),
    lever("+1 h", () => pull("clock", { advance: 3600 })),
    isFrozen() ? lever("Let it run", () => pull("clock", { unfreeze: true })) : lever("Freeze", () => pull("clock", { freeze: true })),
    lever("Real time", () => pull("clock", { reset: true }))),
];

/** @param {Summary} found */
const use = (found) => [
  h("dl", { class: "fields" },
    h("dt", {}, "Account"), h("dd", {}, sid(found.account_sid)),
    h("dt", {}, "Chat service"), h("dd", {}, sid(found.service_sid)),
    h("dt", {}, "Workspace"), h("dd", {}, sid(found.workspace_sid))),
  snippet(`from helpers import connect\n\nclient = connect("${serverUrl}").client`, "Copy Python"),
];

/** @param {FlexFlow[]} flows */
function flexFlows(flows) {
  if (!flows.length) return h("p", { class: "muted" }, "None: without one, a message reaches nobody.");
  return table(["Name", "Channel type", "Handler", "", "SID"], flows.map((flow) => [
    flow.friendly_name, flow.channel_type, flow.integration_type,
    flow.enabled ? pill("good", "enabled") : pill("quiet", "disabled"), sid(flow.sid),
  ]));
}

/** @param {Worker[]} found */
function workers(found) {
  if (!found.length) return h("p", { class: "muted" }, "None.");
  return table(["Name", "Activity", "", "SID"], found.map((worker) => [
    worker.friendly_name, worker.activity_name ?? none(),
    worker.available ? pill("good", "available") : pill("quiet", "not available"), sid(worker.sid),
  ]));
}

const STATUSES = ["Pending", "Reserved", "Assigned", "Wrapping"];

/** @param {Workspace} space */
const figures = (space) => [
  table(["Queue", ...STATUSES, "Longest wait", "Agents available"], [
    ...space.queues.map((queue) => [
      queue.friendly_name, ...ofTasks(queue), `${queue.total_available_workers} of ${queue.total_eligible_workers}`,
    ]),
    [h("b", {}, "All"), ...ofTasks(space), none()],
  ]),
  table(["Activity", "Agents"], space.activity_statistics.map((each) => [each.friendly_name, String(each.workers)])),
];

/** @param {Figures} found */
const ofTasks = (found) => [
  ...STATUSES.map((status) => String(found.tasks_by_status[status.toLowerCase()])), age(found.longest_task_waiting_age),
];

/** @param {Entry[]} entries */
function journal(entries) {
  if (!entries.length) {
    return h("p", { class: "muted" }, "Nothing yet. Create a channel and send a message: it shows here as it happens.");
  }
  return h("ol", { class: "journal" }, entries.toReversed().map((entry) =>
    h("li", {}, time(entry.at),
      h("span", { class: "lanes" }, entry.source === entry.target ? entry.source : `${entry.source} → ${entry.target}`),
      h("span", { class: "wrap" }, entry.text))));
}

const reset = () =>
  h("div", { class: "apart" },
    h("p", { class: "muted" }, "Start anew: an account as it was at first, at real time. Pages and clients stay connected."),
    h("p", { class: "buttons" },
      lever("Reset the account…", () => confirmed("Reset the account?", "Reset", "reset"))));

/** @param {Fault[]} found @param {Pull} pull */
function faults(found, pull) {
  if (!found.length) {
    return [
      h("p", { class: "muted" }, "None in force. Make the next message fail:"),
      snippet(`curl '${serverUrl}/_mock/faults' -d '{"pattern": "CreateMessage", "status": 503}'`),
    ];
  }
  return table(["Calls", "What goes wrong", "Struck", "Left", ""], found.map((fault) => [
    h("code", {}, fault.pattern), wrong(fault), String(fault.hits), fault.left === null ? "all" : String(fault.left),
    lever("Remove", () => pull(`faults/${fault.id}`, undefined, "DELETE")),
  ]));
}

/** @param {Fault} fault */
const wrong = (fault) => [
  fault.kind, fault.status && `HTTP ${fault.status}`, fault.code && `code ${fault.code}`,
  fault.latency > 0 && `${fault.latency} s late`, fault.phase === "after" && "after its effect",
].filter(Boolean).join(", ");

/** @param {Scenario[]} found */
const scenarios = (found) => [
  h("p", { class: "muted" }, "Accounts with a story behind them, to look around in."),
  h("ul", { class: "scenarios" }, found.map(({ name, sentence }) =>
    h("li", {},
      h("div", {}, h("b", {}, name), h("p", { class: "muted" }, sentence)),
      lever("Load…", () => confirmed(`Load the ${name}?`, "Load", "scenarios", { name }))))),
];
