// Tasks, with who was offered them.

import { h } from "./dom.js";
import { age, moment, parsed, plural } from "./format.js";
import { block, fields, jsonBlock, none, sid, sidText, snippet, state, table, time } from "./parts.js";
import { now } from "./clock.js";
import { taskButtons } from "./actions.js";

/** @typedef {{ sid: string, worker_name: string | null, reservation_status: string, date_created: string }} Offer */
/**
 * @typedef {object} Task
 * @property {string} sid
 * @property {string} workspace_sid
 * @property {string} workflow_sid
 * @property {string | null} workflow_friendly_name
 * @property {string | null} task_queue_sid
 * @property {string | null} task_queue_friendly_name
 * @property {string} task_channel_unique_name
 * @property {string} attributes
 * @property {string} assignment_status
 * @property {string | null} reason
 * @property {number} priority
 * @property {number} timeout
 * @property {string} date_created
 * @property {string} date_updated
 * @property {string | null} due_at
 * @property {[filter: number, target: number] | null} step
 * @property {Offer[]} reservations
 */

/** @param {Task} task */
const nameOf = (task) => {
  const attributes = parsed(task.attributes);
  return String(attributes?.name ?? attributes?.customerName ?? attributes?.from ?? attributes?.type ?? task.task_channel_unique_name ?? "Task");
};
/** @param {Task} task */
const isOver = (task) => ["completed", "canceled"].includes(task.assignment_status);
/** @param {Task} task */
const ageOf = (task) => age(now() - moment(task.date_created).getTime() / 1000);

/** @type {import("./browse.js").View<Task, Task>} */
export default {
  name: "tasks",
  one: "task",
  title: "Tasks",
  topics: ["tasks"],
  key: (task) => task.sid,
  words: (task) => [
    nameOf(task), task.sid, task.attributes, task.assignment_status, task.task_queue_friendly_name,
    task.workflow_friendly_name, task.task_channel_unique_name, task.reason,
    task.reservations.map((offer) => [offer.worker_name, offer.sid, offer.reservation_status]),
  ],
  row(task) {
    const offer = task.reservations.at(-1);
    return [
      h("span", { class: "row-top" }, h("strong", { dir: "auto" }, nameOf(task)), time(task.date_updated)),
      h("span", { class: "row-text", dir: "auto" }, offer ? `${offer.worker_name}: ${offer.reservation_status}` : "Offered to nobody yet"),
      h("span", { class: "row-foot" },
        state(task.assignment_status),
        sidText(task.sid),
        h("span", {}, task.task_queue_friendly_name ?? "no queue"),
        h("span", {}, `priority ${task.priority}`),
        !isOver(task) && h("span", {}, `${ageOf(task)} old`)),
    ];
  },
  details: (task, { act }) => [
    h("header", { class: "head" }, h("h2", { dir: "auto" }, nameOf(task)), state(task.assignment_status), sid(task.sid)),
    taskButtons(task, act),
    block(`Reservations (${task.reservations.length})`, task.reservations.length
      ? table(["Worker", "Status", "Offered", "SID"], task.reservations.map((offer) => [
        offer.worker_name ?? none(), state(offer.reservation_status), time(offer.date_created), sid(offer.sid),
      ]))
      : h("p", { class: "muted" }, "None: no worker who matches is available. Set one's activity to Available.")),
    block("Routing", fields([
      ["Queue", task.task_queue_friendly_name ?? none()],
      ["Workflow", task.workflow_friendly_name ?? none()],
      ["Step", task.step ? stepOf(task.step) : none()],
      ["Task channel", task.task_channel_unique_name],
      ["Priority", String(task.priority)],
      ["Age", ageOf(task)],
      ["Next by itself", task.due_at ? time(task.due_at, { long: true }) : none()],
      ["Time-out", plural(task.timeout, "second")],
      task.reason && ["Reason", task.reason],
    ])),
    jsonBlock("Attributes", parsed(task.attributes)),
    block("Task", fields([
      ["Created", time(task.date_created, { long: true })],
      ["Updated", time(task.date_updated, { long: true })],
      ["Queue SID", sid(task.task_queue_sid)],
      ["Workflow SID", sid(task.workflow_sid)],
      ["Workspace", sid(task.workspace_sid)],
    ])),
  ],
  empty: () => [
    h("h2", {}, "No tasks yet"),
    h("p", {}, "A Flex Flow with a task or Studio handler makes one when a customer writes. To make one by hand:"),
    snippet(`workspace = client.taskrouter.v1.workspaces.list()[0]
workflow = workspace.workflows.list()[0]
workspace.tasks.create(workflow_sid=workflow.sid, attributes='{"name": "Jane"}')`),
  ],
};

/** @param {NonNullable<Task["step"]>} step  filters and targets count from 0; the default filter is -1 */
function stepOf([filter, target]) {
  return filter < 0 ? "default filter" : `filter ${filter + 1}, target ${target + 1}`;
}
