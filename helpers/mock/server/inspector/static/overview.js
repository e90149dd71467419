// What there is at a glance, the levers, and what has just happened.

import { h } from "./dom.js";
import { none, pill, sid, snippet, table, time } from "./parts.js";
import { isFrozen } from "./clock.js";
import { confirmed } from "./confirm.js";
import { serverUrl } from "./api.js";

const COUNTS = [
  ["channels", "Channels", "channels"], ["messages", "Messages", "channels"],
  ["tasks", "Tasks", "tasks"], ["executions", "Executions", "executions"],
  ["requests", "Requests", "requests"], ["webhooks", "Deliveries", "webhooks"],
];

export default {
  name: "overview",
  title: "Overview",
  topics: ["channels", "tasks", "executions", "webhooks", "requests"],
  draw(found, pull) {
    if (!found?.counts) return h("p", { class: "muted note" }, "Loading…");
    return h("div", { class: "overview" },
      h("ul", { class: "counts" }, COUNTS.map(([name, title, view]) => count(title, view, found.counts[name] ?? found.requests))),
      h("div", { class: "cards" },
        card("Clock", [clock(pull), reset()]),
        card("Use this account", use(found)),
        card("Flex Flows", flexFlows(found.flex_flows)),
        card("Workers", workers(found.workers)),
        found.faults && card("Faults", faults(found.faults, pull)),
        found.scenarios && card("Scenarios", scenarios(found.scenarios)),
        card("What has just happened", journal(found.journal), "wide")));
  },
};

const count = (title, view, number) =>
  h("li", {}, h("a", { class: "count", href: `#/${view}` },
    h("strong", {}, String(number)), h("span", {}, title)));

const card = (title, content, more = "") =>
  h("section", { class: `card ${more}`, "data-key": title }, h("h2", {}, title), content);

const lever = (text, act) => h("button", { class: "button", type: "button", on: { click: act } }, text);

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

const use = (found) => [
  h("dl", { class: "fields" },
    h("dt", {}, "Account"), h("dd", {}, sid(found.account_sid)),
    h("dt", {}, "Chat service"), h("dd", {}, sid(found.service_sid)),
    h("dt", {}, "Workspace"), h("dd", {}, sid(found.workspace_sid))),
  snippet(`from helpers import connect\n\nclient = connect("${serverUrl}").client`, "Copy Python"),
];

function flexFlows(flows) {
  if (!flows.length) return h("p", { class: "muted" }, "None: without one, a message reaches nobody.");
  return table(["Name", "Channel type", "Handler", "", "SID"], flows.map((flow) => [
    flow.friendly_name, flow.channel_type, flow.integration_type,
    flow.enabled ? pill("good", "enabled") : pill("quiet", "disabled"), sid(flow.sid),
  ]));
}

function workers(found) {
  if (!found.length) return h("p", { class: "muted" }, "None.");
  return table(["Name", "Activity", "", "SID"], found.map((worker) => [
    worker.friendly_name, worker.activity_name ?? none(),
    worker.available ? pill("good", "available") : pill("quiet", "not available"), sid(worker.sid),
  ]));
}

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

const wrong = (fault) => [
  fault.kind, fault.status && `HTTP ${fault.status}`, fault.code && `code ${fault.code}`,
  fault.latency > 0 && `${fault.latency} s late`, fault.phase === "after" && "after its effect",
].filter(Boolean).join(", ");

const scenarios = (found) => [
  h("p", { class: "muted" }, "Accounts with a story behind them, to look around in."),
  h("ul", { class: "scenarios" }, found.map(({ name, sentence }) =>
    h("li", {},
      h("div", {}, h("b", {}, name), h("p", { class: "muted" }, sentence)),
      lever("Load…", () => confirmed(`Load the ${name}?`, "Load", "scenarios", { name }))))),
];
