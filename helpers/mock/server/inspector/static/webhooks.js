// Webhook deliveries: what was told to whom, and how each try ended.

import { h } from "./dom.js";
import { milliseconds, parsed, plural, worded } from "./format.js";
import { block, fields, httpTone, jsonBlock, none, pill, sid, snippet, state, table, time } from "./parts.js";

import { button, buttons } from "./actions.js";
import { confirmed } from "./confirm.js";

/** @typedef {{ status: number | null, problem: string | null }} Outcome */
/** @typedef {Outcome & { number: number, milliseconds: number, at: string | number }} Attempt */
/**
 * @typedef {Outcome & {
 *   number: number, event: string, url: string, method: string, state: string, tries: number,
 *   retries: number, date_created: string, channel_sid: string | null, scope: string,
 * }} Delivery
 */
/** @typedef {Delivery & { parameters: Record<string, string>, attempts: Attempt[] }} Whole */

const JSON_PARAMETERS = /Attributes$/;

/** @param {Outcome} last */
const outcome = ({ status, problem }) =>
  status ? pill(httpTone(status), `${status} ${worded(status)}`) : problem ? pill("bad", "No answer") : none();

/** @type {import("./browse.js").View<Delivery, Whole>} */
export default {
  name: "webhooks",
  one: "delivery",
  many: "deliveries",
  title: "Webhooks",
  topics: ["webhooks"],
  heads: ["Time", "Event", "Goes to", "Tries", "State", "Answer"],
  key: (delivery) => String(delivery.number),
  words: (delivery) => [
    delivery.event, delivery.url, delivery.state, delivery.status, delivery.problem,
    delivery.channel_sid, delivery.scope,
  ],
  row: (delivery) => [
    time(delivery.date_created),
    h("strong", { class: "event" }, delivery.event),
    h("span", { class: "path", title: delivery.url }, delivery.url),
    h("span", { class: "took" }, plural(delivery.tries, "try", "tries")),
    state(delivery.state),
    outcome(delivery),
  ],
  tools: () => button("Clear…", () => confirmed({
    question: "Clear the deliveries?", text: "Those that have ended go; what is still due stays.",
    word: "Clear", path: "deliveries", method: "DELETE",
  })),
  details: (delivery, { act }) => [
    h("header", { class: "head" },
      h("h2", { class: "wrap" }, delivery.event), state(delivery.state)),
    fields([
      ["Goes to", h("span", { class: "wrap" }, `${delivery.method} ${delivery.url}`)],
      ["When", time(delivery.date_created, { long: true })],
      ["Set for", delivery.scope ? `the ${delivery.scope}` : none()],
      ["Chat", sid(delivery.channel_sid)],
      ["Tries", `${delivery.tries} of at most ${delivery.retries + 1}`],
    ]),
    buttons(button("Send again", async () => {
      const made = await act("actions/replay", { number: delivery.number });
      if (made) location.hash = `#/webhooks/${made.number}`;
    }, "main")),
    block(`Tries (${delivery.attempts.length})`, delivery.attempts.length
      ? table(["Try", "At", "Answer", "Took"], delivery.attempts.map((attempt) => [
        String(attempt.number + 1), time(attempt.at),
        [outcome(attempt), attempt.problem && h("span", { class: "wrap" }, ` ${attempt.problem}`)],
        milliseconds(attempt.milliseconds),
      ]))
      : h("p", { class: "muted" }, "Not tried yet.")),
    jsonBlock("Parameters", readable(delivery.parameters)),
  ],
  empty: () => [
    h("h2", {}, "No deliveries yet"),
    h("p", {}, "A webhook is called for each action of a chat user, and for a REST request with X-Twilio-Webhook-Enabled: true. Name your server, for Flex Conversations:"),
    snippet(`client.conversations.v1.configuration.webhooks().update(
    post_webhook_url="http://127.0.0.1:3000/events",
    filters=["onMessageAdded"],
)`),
    h("p", {}, "For Programmable Chat:"),
    snippet(`service = client.chat.v2.services(service_sid)
service.update(
    post_webhook_url="http://127.0.0.1:3000/events",
    webhook_filters=["onMessageSent"],
)`),
  ],
};

/** @param {Whole["parameters"]} parameters */
const readable = (parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) =>
    [name, JSON_PARAMETERS.test(name) ? parsed(value) : value]));
