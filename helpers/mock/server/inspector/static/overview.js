// What there is at a glance, the levers, and what has just happened.

import { h } from "./dom.js";
import { none, pill, say, sid, snippet, table, time } from "./parts.js";
import { age } from "./format.js";
import { isFrozen, now } from "./clock.js";
import { confirmed } from "./confirm.js";
import { chatUrl, serverUrl } from "./api.js";
import { activityOf, button, buttons, download, newChat, newFault } from "./actions.js";
import { pageOf } from "./json.js";
import { forget, kept, keep } from "./snapshots.js";

/** @import { Act, Activity, Worker } from "./actions.js" */
/** @typedef {{ sid: string, friendly_name: string, channel_type: string, integration_type: string, enabled: boolean }} FlexFlow */
/** @typedef {{ sid: string, friendly_name: string | null, type: string, address: string, enabled: boolean, handler: string, goes_to: string | null }} Address */
/** @typedef {{ service_sid: string | null, pre_webhook_url: string | null, post_webhook_url: string | null, filters: string[], target: string }} Hooks */
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
 * @property {Address[]} addresses
 * @property {Hooks[]} hooks
 * @property {Worker[]} workers
 * @property {Activity[]} activities
 * @property {{ at: number, text: string, sid: string | null } | null} next_due
 * @property {string | null} undo
 * @property {Entry[]} journal
 * @property {import("./clock.js").Clock} clock
 */
/** @typedef {{ tasks_by_status: Record<string, number>, longest_task_waiting_age: number }} Figures */
/** @typedef {Figures & { sid: string, friendly_name: string, total_available_workers: number, total_eligible_workers: number }} Queue */
/** @typedef {{ friendly_name: string, workers: number }} Staffing */
/** @typedef {Figures & { sid: string, friendly_name: string, queues: Queue[], activity_statistics: Staffing[] }} Workspace */
/** @typedef {{ faults: Fault[], operations: string[], scenarios: Scenario[], workspaces: Workspace[] }} Levers */

const GOES = "All chats, tasks and executions of now go, faults too. Undo brings back all but the faults.";
const COUNTS = [
  ["channels", "Chats", "channels"], ["messages", "Messages", "channels"],
  ["tasks", "Tasks", "tasks"], ["executions", "Executions", "executions"],
  ["requests", "Requests", "requests"], ["webhooks", "Deliveries", "webhooks"],
];

export default {
  /** @type {"overview"} */
  name: "overview",
  title: "Overview",
  topics: ["channels", "tasks", "executions", "webhooks", "requests"],
  /** @param {Summary | null} found @param {Levers | null} levers @param {Act} act */
  draw(found, levers, act) {
    if (!found) return h("p", { class: "muted note" }, "Loading…");
    return h("div", { class: "overview" },
      h("ul", { class: "counts" }, COUNTS.map(([name, title, view]) => count(title, view, found.counts[name] ?? found.requests))),
      h("div", { class: "cards" },
        card("Chat", chat(found, act)),
        card("Clock", clock(found, act)),
        card("Flex Flows", flexFlows(found.flex_flows)),
        card("Addresses", addresses(found.addresses)),
        found.hooks.length > 0 && card("Webhooks of Conversations", hooks(found.hooks), "wide"),
        card("Workers", workers(found, act)),
        levers?.workspaces.map((space) => card(`Now in ${space.friendly_name}`, figures(space), "wide")),
        card("Use this account", use(found)),
        card("Keep, export, reset", account(act)),
        levers && card("Faults", faults(levers, act)),
        levers && card("Scenarios", scenarios(levers.scenarios)),
        card("What has just happened", journal(found.journal, act), "wide")));
  },
};

/** @param {string} title @param {string} view @param {number} number */
const count = (title, view, number) =>
  h("li", {}, h("a", { class: "count", href: `#/${view}` },
    h("strong", {}, String(number)), h("span", {}, title)));

/** @param {string} title @param {import("./dom.js").Child} content */
const card = (title, content, more = "") =>
  h("section", { class: `card ${more}`, "data-key": title }, h("h2", {}, title), content);

/** @param {FlexFlow} flow */
const takesChats = (flow) => flow.enabled && flow.channel_type === "custom";

/** @param {Summary} found @param {Act} act */
function chat({ flex_flows: flows, workers: all }, act) {
  const hasFlow = flows.some(takesChats);
  return [
    newChat(hasFlow, act),
    h("p", { class: "muted" }, all.some((worker) => worker.available)
      ? "An agent is available: a conversation is offered at once, a chat once the customer has written."
      : "No agent is available: choose an activity below, or it waits."),
    buttons(h("a", { class: "button", href: chatUrl, target: "_blank" }, "Open the customer's page"),
      !hasFlow && button("Make a Flex Flow", () => act("actions/flow"))),
    !hasFlow && h("p", { class: "muted small" }, "A Flex Flow takes custom chats over Programmable Chat; Flex Conversations needs none."),
  ];
}

/** @param {Summary} found @param {Act} act */
const clock = ({ next_due: due }, act) => [
  h("p", { class: "big", "data-clock": "full" }),
  h("p", {}, isFrozen() ? pill("warn", "Frozen") : pill("good", "Running"),
    h("span", { class: "muted" }, " Time-outs, ages and tokens follow this clock.")),
  buttons(
    button("+1 min", () => act("clock", { advance: 60 })),
    button("+1 h", () => act("clock", { advance: 3600 })),
    isFrozen() ? button("Let it run", () => act("clock", { unfreeze: true })) : button("Freeze", () => act("clock", { freeze: true })),
    button("Real time", () => act("clock", { reset: true }))),
  h("div", { class: "apart" }, due ? [
    h("p", {}, h("b", {}, `Next, in ${age(due.at - now())}: `), due.text, ". ",
      due.sid && h("a", { href: pageOf(due.sid) }, "Look at it")),
    buttons(button("Run to it", () => act("clock", { to_next: true }))),
  ] : h("p", { class: "muted" }, "Nothing is due by itself.")),
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

/** @param {Address[]} found */
function addresses(found) {
  if (!found.length) return h("p", { class: "muted" }, "None: web chats and texts of Flex Conversations need one, conversations that a server creates do not.");
  return table(["Address", "Type", "Handler", "", "SID"], found.map((each) => [
    h("span", { class: "wrap", title: each.goes_to ?? "" }, each.friendly_name ?? each.address), each.type, each.handler,
    each.enabled ? pill("good", "enabled") : pill("quiet", "disabled"), sid(each.sid),
  ]));
}

/** @param {Hooks[]} found */
const hooks = (found) =>
  table(["Set for", "", "Goes to", "For"], found.flatMap((each) =>
    Object.entries({ before: each.pre_webhook_url, after: each.post_webhook_url }).filter(([, url]) => url).map(([when, url]) => [
      each.service_sid ? ["the service ", sid(each.service_sid)] : "the account", when,
      each.target === "flex" ? "Flex" : h("span", { class: "wrap" }, url), h("span", { class: "wrap" }, each.filters.join(", ")),
    ])));

/** @param {Summary} found @param {Act} act */
function workers({ workers: all, activities }, act) {
  if (!all.length) return h("p", { class: "muted" }, "None.");
  return table(["Name", "Activity", "SID"], all.map((worker) => [
    worker.friendly_name, activityOf(worker, activities, act), sid(worker.sid),
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

/** @param {Entry[]} entries @param {Act} act */
function journal(entries, act) {
  if (!entries.length) {
    return h("p", { class: "muted" }, "Nothing yet. Create a channel and send a message: it shows here as it happens.");
  }
  return [
    h("div", { class: "journal", tabindex: "0", role: "group", "aria-label": "Latest events" },
      h("ol", {}, entries.toReversed().map((entry) =>
        h("li", {}, time(entry.at),
          h("span", { class: "lanes", dir: "auto" }, entry.source === entry.target ? entry.source : `${entry.source} → ${entry.target}`),
          h("span", { class: "wrap", dir: "auto" }, entry.text))))),
    buttons(button("Clear", () => act("journal", undefined, "DELETE"))),
  ];
}

/** @param {Act} act */
const account = (act) => [
  h("p", { class: "muted" }, "A snapshot keeps resources and SIDs, for as long as the server runs; the clock goes on."),
  kept().map(({ name, at }) => h("p", { class: "kept", "data-key": name }, h("span", {}, "Snapshot of ", time(at)),
    button("Restore", async () => { if (await act(`snapshots/${name}/restore`)) say("Restored"); }),
    button("Drop", () => { forget(name); act(`snapshots/${name}`, undefined, "DELETE"); }))),
  buttons(
    button("Take a snapshot", async () => { const made = await act("snapshots"); if (made) keep({ name: made.name, at: now() }); }),
    download("Export the account", "account.db"),
    button("Reset the account…", () => confirmed({ question: "Reset the account?", word: "Reset", path: "reset", text: GOES }))),
  h("p", { class: "muted small" }, "An export has no secrets, and opens with ", h("code", {}, "python -m helpers.mock --db account.db"), "."),
];

/** @param {Levers} levers @param {Act} act */
const faults = ({ faults: found, operations }, act) => [
  found.length ? inForce(found, act) : h("p", { class: "muted" }, "None in force. Make calls fail, by operation or by path:"),
  newFault(operations, act),
];

/** @param {Fault[]} found @param {Act} act */
const inForce = (found, act) =>
  table(["Calls", "What goes wrong", "Struck", "Left", ""], found.map((fault) => [
    h("code", {}, fault.pattern), wrong(fault), String(fault.hits), fault.left === null ? "all" : String(fault.left),
    button("Remove", () => act(`faults/${fault.id}`, undefined, "DELETE")),
  ]));

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
      button("Load…", () => confirmed({ question: `Load the ${name}?`, word: "Load", path: "scenarios", body: { name }, text: GOES }))))),
];
