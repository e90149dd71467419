// What a person can do by hand: as a customer, as an agent, and with the account.

import { h } from "./dom.js";
import { file } from "./api.js";
import { pill, say } from "./parts.js";

/** @import { Child } from "./dom.js" */
/** @typedef {(path: string, body?: object, method?: string) => Promise<any>} Act carries an action out; null where it was refused, which the page then says */
/** @typedef {{ sid: string, worker_name: string | null, reservation_status: string }} Offer */
/** @typedef {{ sid: string, assignment_status: string, reservations: Offer[] }} Task */
/** @typedef {{ sid: string, friendly_name: string, available: boolean, workspace_sid: string }} Activity */
/** @typedef {{ sid: string, workspace_sid: string, friendly_name: string, activity_sid: string, activity_name: string | null, available: boolean }} Worker */
/** @typedef {{ sid: string, name: string }} Member */

/** @param {string} text @param {() => unknown} act */
export const button = (text, act, more = "") =>
  h("button", { class: `button ${more}`, type: "button", click: act }, text);

/** @param {string} text @param {string} path of a file below /_mock/exports */
export const download = (text, path) =>
  h("a", { class: "button", href: file(path), download: "" }, text);

/** @param {Child[]} children */
export const buttons = (...children) => h("div", { class: "buttons" }, children);

/**
 * Return the buttons of an agent for a task, or false where there is nothing to do.
 *
 * @param {Task} task
 * @param {Act} act
 */
export function taskButtons(task, act) {
  const offers = task.reservations.filter((offer) => offer.reservation_status === "pending");
  const status = task.assignment_status;
  const found = [
    offers.map((offer) => {
      const [name, body] = [offer.worker_name ?? "the worker", { reservation_sid: offer.sid }];
      return [
        button(`Accept as ${name}`, () => act("actions/accept", body), "main"),
        button(`Reject as ${name}`, () => act("actions/reject", body)),
      ];
    }),
    status === "assigned" && button("Wrap up", () => act("actions/wrap-up", { task_sid: task.sid }), "main"),
    ["assigned", "wrapping"].includes(status) && button("Complete", () => act("actions/complete", { task_sid: task.sid })),
  ];
  return found.flat().some(Boolean) && buttons(found);
}

/** @param {Worker} worker @param {Activity[]} activities @param {Act} act */
export function activityOf(worker, activities, act) {
  /** @param {{ target: HTMLSelectElement }} event */
  async function change({ target }) {
    const body = { worker_sid: worker.sid, activity_sid: target.value };
    if (!(await act("actions/activity", body))) target.value = worker.activity_sid;
  }
  const own = activities.filter((each) => each.workspace_sid === worker.workspace_sid);
  return h("span", { class: "activity" },
    h("select", { "aria-label": `Activity of ${worker.friendly_name}`, "data-value": worker.activity_sid, change },
      own.map((each) => h("option", { value: each.sid, selected: each.sid === worker.activity_sid }, each.friendly_name))),
    worker.available ? pill("good", "available") : pill("quiet", "not available"));
}

/**
 * Return the form that starts a chat, over Flex Conversations and, where a flow takes it, Programmable Chat.
 *
 * @param {boolean} hasFlow
 * @param {Act} act
 */
export function newChat(hasFlow, act) {
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  async function start(event) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim() || "Jane";
    const isOld = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value === "chat";
    const made = await act(isOld ? "actions/chat" : "actions/conversation", { name });
    if (made) location.hash = `#/channels/${made.channel_sid}`;
  }
  return h("form", { class: "line", submit: start },
    h("label", {}, h("span", {}, "Customer's name"), h("input", { name: "name", value: "Jane", maxlength: 64, dir: "auto", autocomplete: "off" })),
    h("button", { class: "button main", type: "submit", value: "conversation" }, "Start a conversation"),
    hasFlow && h("button", { class: "button", type: "submit", value: "chat" }, "Start a chat"));
}

/**
 * Return where one writes into a channel, as one of its members or by REST.
 *
 * @param {string} channelSid
 * @param {Member[]} members
 * @param {Act} act
 */
export function composer(channelSid, members, act) {
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  async function send(event) {
    event.preventDefault();
    const { text, as } = fieldsOf(event.currentTarget);
    if (!text.value.trim()) return;
    const body = { channel_sid: channelSid, body: text.value, ...(as.value && { member_sid: as.value }) };
    text.value = "";
    if (await act("actions/message", body)) text.focus();
    else text.value = [body.body, text.value].filter(Boolean).join("\n");
  }
  /** @param {KeyboardEvent & { target: HTMLTextAreaElement }} event */
  function key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form?.requestSubmit();
  }
  return h("form", { class: "write", submit: send, "data-key": `write ${channelSid}` },
    h("textarea", { name: "text", rows: 2, dir: "auto", "aria-label": "Message", placeholder: "Write a message…", keydown: key }),
    h("div", { class: "write-foot" },
      h("span", {}, "as ", h("select", { name: "as", "aria-label": "Send as" },
        members.map((member) => h("option", { value: member.sid }, member.name)),
        h("option", { value: "" }, "system (REST)"))),
      h("button", { class: "button main", type: "submit" }, "Send")));
}

/** @param {HTMLFormElement} form */
const fieldsOf = (form) =>
  /** @type {Record<string, HTMLInputElement>} */ (/** @type {unknown} */ (form.elements));

/** @type {[string, string, object][]} */
const FAULTS = [
  ["503", "503 Unavailable", { status: 503 }], ["429", "429 Too many requests", { status: 429 }],
  ["500", "500 Error", { status: 500 }], ["late", "3 s late", { latency: 3 }],
  ["timeout", "No answer", { kind: "timeout" }], ["reset", "Connection cut", { kind: "reset" }],
  ["after", "Done, but no answer", { kind: "reset", phase: "after" }],
];

/** @param {string[]} operations @param {Act} act */
export function newFault(operations, act) {
  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  async function add(event) {
    event.preventDefault();
    const { pattern, what, times } = fieldsOf(event.currentTarget);
    const chosen = FAULTS.find(([name]) => name === what.value)?.[2];
    const body = { pattern: pattern.value.trim(), ...chosen, times: times.value ? Number(times.value) : null };
    if (await act("faults", body)) say("The fault is in force");
  }
  return h("form", { class: "line", submit: add },
    h("label", {}, h("span", {}, "Calls"), h("input", { name: "pattern", list: "operations", required: true, value: "CreateMessage", autocomplete: "off", spellcheck: "false" })),
    h("datalist", { id: "operations" }, operations.map((name) => h("option", { value: name }))),
    h("label", {}, h("span", {}, "Go wrong by"), h("select", { name: "what" }, FAULTS.map(([value, text]) => h("option", { value }, text)))),
    h("label", {}, h("span", {}, "Times (empty: all)"), h("input", { name: "times", type: "number", min: 1, value: "1", class: "short" })),
    h("button", { class: "button", type: "submit" }, "Add fault"));
}
