// Conversations and channels, with the transcript as a chat: the customer on the left, everybody
// else on the right. Each is shown in the words of its API.

import { h, icon } from "./dom.js";
import { parsed, plural, size } from "./format.js";
import { ICONS } from "./icons.js";
import { block, fields, jsonBlock, none, sid, sidText, snippet, state, table, time } from "./parts.js";
import { serverUrl } from "./api.js";
import { buttons, composer, download, taskButtons } from "./actions.js";

/** @import { Act } from "./actions.js" */

/** @typedef {{ filename: string | null, content_type: string, size: number }} Media */
/**
 * @typedef {object} Message
 * @property {string} sid
 * @property {number} index
 * @property {string} from
 * @property {string | null} body
 * @property {Media | null} media
 * @property {string} attributes
 * @property {string} date_created
 * @property {boolean} was_edited
 * @property {{ to: string, status: string }[]} [receipts]
 */
/**
 * @typedef {object} Flex
 * @property {string} flex_flow_sid
 * @property {string | null} flex_flow_friendly_name
 * @property {string | null} integration_type
 * @property {string} identity
 * @property {boolean} is_web
 */
/**
 * @typedef {object} Channel
 * @property {string} sid
 * @property {string} service_sid
 * @property {string | null} friendly_name
 * @property {string | null} unique_name
 * @property {string} type
 * @property {string} attributes
 * @property {string} created_by
 * @property {string} date_created
 * @property {number} messages_count
 * @property {Flex | null} flex
 * @property {string} state
 * @property {boolean} is_conversation
 */
/** @typedef {{ type: string, address?: string, proxy_address?: string }} Binding */
/**
 * @typedef {object} Member
 * @property {string} sid
 * @property {string} identity
 * @property {string} name
 * @property {Binding | null} messaging_binding
 * @property {number | null} last_consumed_message_index
 */
/** @typedef {{ sid: string, channel_sid: string, type: string, status: string }} Interaction */
/** @typedef {{ identity: string, created_by: string }} Invite */
/** @typedef {{ url?: string, flow_sid?: string, filters?: string[], triggers?: string[] }} Configuration */
/** @typedef {{ type: string, configuration: Configuration, dialect: string }} Webhook */
/** @typedef {import("./actions.js").Task & { task_queue_friendly_name: string | null }} Task */
/** @typedef {Channel & { last_message: Message | null }} Listed */
/**
 * @typedef {Channel & {
 *   messages: Message[], messages_total: number, members: Member[], invites: Invite[],
 *   webhooks: Webhook[], task: Task | null, interaction: Interaction | null, customers: string[],
 *   timers: Record<string, string>,
 * }} Whole
 */

const HUES = 6;

/** @param {Channel} channel */
const nameOf = (channel) => channel.friendly_name || channel.unique_name || "(no name)";
/** @param {Channel} channel @returns {string | undefined} the attribute of Flex, or a conversation's state */
const statusOf = (channel) => (channel.state === "active" ? parsed(channel.attributes)?.status : channel.state);
/** @param {Channel} channel */
function ended(channel) {
  const status = statusOf(channel);
  return ["INACTIVE", "inactive", "closed"].includes(status ?? "") && state(String(status).toLowerCase());
}
/** @param {Channel} channel @returns the word of its API */
const kindOf = ({ flex, is_conversation: isConversation }) =>
  flex ? (flex.is_web ? "web channel" : "Flex channel") : isConversation ? "conversation" : "channel";
/** @param {Message} message */
const preview = (message) => message.body || (message.media ? message.media.filename || "a file" : "");

/** @type {import("./browse.js").View<Listed, Whole>} */
export default {
  name: "channels",
  one: "chat",
  title: "Chats",
  topics: ["channels", "tasks"],
  key: (channel) => channel.sid,
  words: (channel) => [
    nameOf(channel), channel.sid, channel.unique_name, channel.attributes,
    channel.last_message?.from, channel.last_message?.body, channel.flex?.flex_flow_friendly_name,
    channel.flex?.identity, statusOf(channel),
  ],
  row(channel) {
    const last = channel.last_message;
    const count = plural(channel.messages_count, "message");
    return [
      h("span", { class: "row-top" },
        h("strong", { dir: "auto" }, nameOf(channel)),
        time(last?.date_created ?? channel.date_created)),
      h("span", { class: "row-text", dir: "auto" }, last ? [h("span", { class: "who" }, `${last.from}: `), preview(last)] : "No messages yet"),
      h("span", { class: "row-foot" },
        sidText(channel.sid), h("span", {}, count),
        h("span", {}, kindOf(channel)),
        ended(channel)),
    ];
  },
  details(channel, doings) {
    const status = statusOf(channel);
    return [
      h("header", { class: "head" },
        h("h2", { dir: "auto" }, nameOf(channel)), status && state(status.toLowerCase()), sid(channel.sid)),
      h("div", { class: "two" },
        h("div", { class: "talk" }, transcript(channel, doings), channel.state === "closed"
          ? h("p", { class: "muted note" }, "This conversation is closed: nobody can write to it.")
          : composer(channel.sid, channel.members, doings.act)),
        h("div", { class: "aside" }, about(channel, doings.act))),
    ];
  },
  empty: () => [
    h("h2", {}, "No chats yet"),
    h("p", {}, "A chat begins with a conversation. Create it:"),
    snippet(`curl -X POST '${serverUrl}/conversations.twilio.com/v1/Conversations' \\
  -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" \\
  --data-urlencode 'FriendlyName=Hello'`),
    h("p", {}, "Or from Python, with Twilio's own library:"),
    snippet(`from helpers import connect

account = connect("${serverUrl}")
account.client.conversations.v1.conversations.create(friendly_name="Hello")`),
    h("p", {}, "Or with a channel of Programmable Chat:"),
    snippet(`account.client.chat.v2.services(
    account.credentials.chat_service_sid
).channels.create(friendly_name="Hello")`),
  ],
};

/** @param {Whole} channel @param {{ moreOf: () => void, act: Act }} doings */
function transcript(channel, { moreOf }) {
  const { messages, messages_total: total } = channel;
  const authors = [...new Set(messages.map((message) => message.from))];
  /** @param {Message} message */
  const hue = (message) => authors.indexOf(message.from) % HUES;
  return h("div", { class: "transcript", tabindex: "0", role: "log", "aria-label": "Transcript", "data-bottom": "yes" },
    total > messages.length && h("button", { class: "button more", type: "button", click: moreOf }, `Earlier messages (${total - messages.length})`),
    messages.length ? h("ol", { class: "messages" }, messages.map((message, at) => bubble(message, messages[at - 1], channel, hue(message))))
      : h("p", { class: "muted note" }, "No messages yet."));
}

/** @param {Message} message @param {Message | undefined} before @param {Whole} channel @param {number} hue */
function bubble(message, before, channel, hue) {
  const customers = [channel.flex?.identity, ...channel.customers].filter(Boolean);
  const isCustomer = (customers.length ? customers : [channel.messages[0].from]).includes(message.from);
  const isFirst = before?.from !== message.from;
  const side = isCustomer ? "left" : "right";
  const attributes = message.attributes !== "{}" && parsed(message.attributes);
  return h("li", { class: `message ${side} ${isFirst ? "first" : ""}`, "data-key": message.sid },
    isFirst && h("span", { class: `author hue-${hue}`, dir: "auto" }, message.from),
    h("div", { class: "bubble" },
      message.body && h("p", { class: "body", dir: "auto" }, message.body),
      message.media && h("p", { class: "media" }, icon(ICONS.file), `${message.media.filename || "a file"}, ${message.media.content_type}, ${size(message.media.size)}`),
      attributes && h("details", { class: "attributes" }, h("summary", {}, "Attributes"), h("pre", { class: "code" }, JSON.stringify(attributes, null, 2)))),
    h("span", { class: "stamp" },
      h("span", { title: message.sid }, `#${message.index}`), " ", time(message.date_created), message.was_edited && " edited",
      (message.receipts ?? []).map((receipt) => h("span", { class: "receipt" }, ` · ${receipt.to}: ${receipt.status}`))));
}

/** @param {Member} member  of another network, such as SMS, with the number that it writes to */
const addressOf = ({ name, messaging_binding: binding }) =>
  h("span", {}, name, binding?.proxy_address && h("span", { class: "muted" }, ` ${binding.type} to ${binding.proxy_address}`));

/** @param {Whole} channel @param {Act} act */
function about(channel, act) {
  const { flex, interaction, task, members, invites, webhooks, is_conversation: isConversation } = channel;
  return [
    interaction && block("Interaction", fields([
      ["Interaction", sid(interaction.sid)],
      ["Channel", [state(interaction.status), " ", sid(interaction.channel_sid)]],
      ["Type", interaction.type],
      ["Task", task ? [state(task.assignment_status), " ", sid(task.sid)] : "None"],
      task && ["Queue", task.task_queue_friendly_name ?? none()],
    ]), task && taskButtons(task, act)),
    flex && block("Flex", fields([
      ["Flow", flex.flex_flow_friendly_name ?? "deleted"],
      ["Flow SID", sid(flex.flex_flow_sid)],
      ["Handler", flex.integration_type ?? none()],
      ["Customer", flex.identity],
      ["Task", task ? [state(task.assignment_status), " ", sid(task.sid)] : "None"],
      task && ["Queue", task.task_queue_friendly_name ?? none()],
    ]), task && taskButtons(task, act)),
    block(`${isConversation ? "Participants" : "Members"} (${members.length})`, members.length
      ? table(["Identity", "Read", "SID"], members.map((member) => [
        member.messaging_binding ? addressOf(member) : member.identity,
        member.last_consumed_message_index === null ? none() : `#${member.last_consumed_message_index}`,
        sid(member.sid),
      ]))
      : h("p", { class: "muted" }, "Nobody is in it.")),
    invites.length > 0 && block("Invites", table(["Identity", "By"], invites.map((invite) => [invite.identity, invite.created_by]))),
    webhooks.length > 0 && block(isConversation ? "Scoped webhooks" : "Webhooks",
      table([isConversation ? "Target" : "Type", "Goes to"], webhooks.map(({ type, configuration: about }) => [
        type, h("span", { class: "wrap" }, about.url ?? about.flow_sid ?? "",
          h("span", { class: "muted" }, ` ${(about.triggers ?? about.filters ?? []).join(", ")}`)),
      ]))),
    jsonBlock("Attributes", parsed(channel.attributes)),
    block(isConversation ? "Conversation" : "Channel", fields([
      !isConversation && ["Type", channel.type],
      ["State", state(channel.state)],
      channel.timers.inactive && ["Inactive at", time(channel.timers.inactive, { long: true })],
      channel.timers.closed && ["Closed at", time(channel.timers.closed, { long: true })],
      ["Unique name", channel.unique_name ?? none()],
      ["Created by", channel.created_by],
      ["Created", time(channel.date_created, { long: true })],
      ["Service", sid(channel.service_sid)],
    ])),
    block("Transcript", buttons(download("As text", `${channel.sid}.txt`), download("As JSON", `${channel.sid}.json`))),
  ];
}
