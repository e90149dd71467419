// Studio's executions: where each stands, the way it went, and what it knows.

import { h } from "./dom.js";
import { plural } from "./format.js";
import { block, fields, jsonBlock, none, pill, sid, sidText, snippet, state, time } from "./parts.js";

/** @typedef {{ code?: number, message?: string }} Failure */
/**
 * @typedef {object} Step
 * @property {string} sid
 * @property {string | null} name
 * @property {string} transitioned_from
 * @property {string | null} transitioned_to
 * @property {string} date_created
 * @property {object | null} context
 * @property {Failure | null} error
 */
/**
 * @typedef {object} Execution
 * @property {string} sid
 * @property {string} flow_sid
 * @property {string | null} flow_friendly_name
 * @property {number} flow_version
 * @property {string} contact_channel_address
 * @property {string | null} channel_sid
 * @property {string} status
 * @property {string | null} widget
 * @property {string | null} waiting_until
 * @property {number} steps_total
 * @property {string} date_created
 * @property {string} date_updated
 */
/** @typedef {Execution & { context: object, steps: Step[] }} Whole */

/** @param {Execution} execution */
const standsAt = (execution) => (execution.status === "active" ? execution.widget : null);

/** @type {import("./browse.js").View<Execution, Whole>} */
export default {
  name: "executions",
  one: "execution",
  title: "Executions",
  topics: ["executions"],
  key: (execution) => execution.sid,
  words: (execution) => [
    execution.flow_friendly_name, execution.sid, execution.contact_channel_address,
    execution.status, execution.widget, execution.channel_sid,
  ],
  row: (execution) => [
    h("span", { class: "row-top" }, h("strong", {}, execution.contact_channel_address), state(execution.status)),
    h("span", { class: "row-text" }, execution.flow_friendly_name ?? "a deleted flow", standsAt(execution) && [" at ", h("b", {}, standsAt(execution))]),
    h("span", { class: "row-foot" },
      sidText(execution.sid), h("span", {}, plural(execution.steps_total, "step")), time(execution.date_updated)),
  ],
  details: (execution, { moreOf }) => [
    h("header", { class: "head" },
      h("h2", {}, execution.flow_friendly_name ?? "a deleted flow"), state(execution.status), sid(execution.sid)),
    block("Where it is", fields([
      ["Widget", standsAt(execution) ? h("b", {}, standsAt(execution)) : none()],
      execution.waiting_until && ["Waits until", time(execution.waiting_until, { long: true })],
      ["Contact", execution.contact_channel_address],
      ["Channel", sid(execution.channel_sid)],
      ["Flow", [sid(execution.flow_sid), ` revision ${execution.flow_version}`]],
      ["Started", time(execution.date_created, { long: true })],
    ])),
    block(`Steps (${execution.steps_total})`,
      execution.steps_total > execution.steps.length && h("button", { class: "button more", type: "button", click: moreOf }, "Earlier steps"),
      h("ol", { class: "steps" }, execution.steps.map(step))),
    jsonBlock("Context", execution.context),
  ],
  empty: () => [
    h("h2", {}, "No executions yet"),
    h("p", {}, "A Studio flow runs when a customer writes in a channel whose Flex Flow hands over to it. To run one by hand:"),
    snippet(`flow = client.studio.v2.flows.list()[0]
flow.executions.create(to="user-42", from_="me")`),
  ],
};

/** @param {Step} each */
const step = (each) =>
  h("li", { "data-key": each.sid, class: each.error ? "step failed" : "step" },
    h("span", { class: "step-line" },
      h("b", {}, each.transitioned_from),
      each.name ? h("span", { class: "event" }, each.name) : pill("info", "here now"),
      each.name && h("span", {}, "→ ", each.transitioned_to || "end"),
      time(each.date_created)),
    each.error && h("p", { class: "problem" }, pill("bad", `Error ${each.error.code ?? ""}`), ` ${each.error.message ?? ""}`),
    Object.keys(each.context ?? {}).length > 0 &&
      h("details", {}, h("summary", {}, "Context when it was left"), h("pre", { class: "code" }, JSON.stringify(each.context, null, 2))));
