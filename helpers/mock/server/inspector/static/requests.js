// The request log: what was asked, what came back, and how to ask it again.

import { h } from "./dom.js";
import { milliseconds, short, shortPath, size, worded } from "./format.js";
import { block, copyButton, fields, httpTone, jsonBlock, pill, snippet, table, time } from "./parts.js";
import { asCurl } from "./curl.js";
import { serverUrl } from "./api.js";
import { button, download } from "./actions.js";
import { confirmed } from "./confirm.js";

/**
 * @typedef {object} Asked
 * @property {number} number
 * @property {number} at
 * @property {string} method
 * @property {string} host
 * @property {string} path
 * @property {string} by
 * @property {number} status
 * @property {number | null} code
 * @property {number} milliseconds
 */
/**
 * @typedef {Asked & {
 *   fires_webhooks: boolean, by_chat_sdk: boolean, body_size: number,
 *   parameters: Record<string, string | string[]>, answer: unknown, answer_size: number,
 *   notes: string[],
 * }} Whole
 */

/** @type {[string, string][]} */
const DOORS = [["rest", "REST"], ["sdk", "Chat SDKs"], ["", "All"]];
let door = "rest";

/** @param {Asked} request */
const answered = ({ status, code }) => `${status} ${worded(status)}${code && code !== status ? ` · ${code}` : ""}`;

/** @type {import("./browse.js").View<Asked, Whole>} */
export default {
  name: "requests",
  one: "request",
  title: "Requests",
  topics: ["requests"],
  query: () => (door ? `&over=${door}` : ""),
  tools: (refresh) => [
    h("div", { class: "choice", role: "group", "aria-label": "Requests over" }, DOORS.map(([name, text]) =>
      h("button", { type: "button", "aria-pressed": String(name === door), click: () => { door = name; refresh(); } }, text))),
    download("Export HAR", "requests.har"),
    button("Clear…", () => confirmed({
      question: "Clear the request log?", text: "The requests logged so far go, over REST and chat SDKs alike.",
      word: "Clear", path: "requests", method: "DELETE",
    })),
  ],
  heads: ["Time", "Method", "Path", "By", "Answer", "Took"],
  key: (request) => String(request.number),
  words: (request) => [
    request.method, request.host + request.path, request.by, answered(request),
    request.status < 400 ? "ok" : "refused error",
  ],
  row: (request) => [
    time(request.at),
    h("span", { class: `method ${request.method.toLowerCase()}` }, request.method),
    h("span", { class: "path", title: request.host + request.path },
      h("span", { class: "host" }, request.host.replace(".twilio.com", "")), shortPath(request.path)),
    h("span", { class: "by" }, request.by),
    pill(httpTone(request.status), answered(request)),
    h("span", { class: "took" }, milliseconds(request.milliseconds)),
  ],
  details(request) {
    const pairs = Object.entries(request.parameters);
    const curl = request.by_chat_sdk ? null : asCurl(request);
    return [
      h("header", { class: "head" },
        h("h2", { class: "asked", title: request.host + request.path },
          h("span", { class: `method ${request.method.toLowerCase()}` }, request.method), " ",
          h("span", { class: "host" }, request.host), short(request.path)),
        pill(httpTone(request.status), answered(request)),
        curl && h("span", { id: "curl" }, copyButton(curl, "Copy as curl"))),
      fields([
        ["When", time(request.at, { long: true })],
        ["By", request.by_chat_sdk ? `${request.by}, over a chat SDK's own connection` : request.by],
        ["Took", milliseconds(request.milliseconds)],
        request.body_size > 0 && ["Raw body", size(request.body_size)],
        request.fires_webhooks && ["Webhooks", "asked for (X-Twilio-Webhook-Enabled)"],
        request.notes.length > 0 && ["Not read", request.notes.join("\n")],
      ]),
      block(`Parameters (${pairs.length})`, pairs.length
        ? table(["Name", "Value"], pairs.map(([name, value]) => [h("code", {}, name), [value].flat().join("\n")]))
        : h("p", { class: "muted" }, "None")),
      request.answer === null
        ? block("Answer", h("p", { class: "muted" }, request.answer_size ? `Not kept: ${size(request.answer_size)}` : "No content"))
        : jsonBlock("Answer", request.answer),
      curl && block("As curl", h("pre", { class: "code curl", tabindex: "0" }, curl),
        h("p", { class: "muted" }, "Credentials come from your environment; their names are Twilio's own.")),
    ];
  },
  empty: () => [
    h("h2", {}, door === "sdk" ? "No requests of chat SDKs yet" : "No requests yet"),
    h("p", {}, door === "sdk"
      ? "What Twilio's JavaScript SDKs ask over their own connection is listed here, apart from the rest."
      : "Every request of Twilio's REST API that reaches this server is listed here. Send one:"),
    snippet(`curl '${serverUrl}/chat.twilio.com/v2/Services' -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"`),
  ],
};
