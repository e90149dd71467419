// The page on Twilio's Chat SDK, npm's twilio-chat. Its server is backend.py.
import { run } from "./page.js";

/** @import { Channel, Client, Member, Message } from "twilio-chat" */

run({
  name: "twilio-chat",
  isLoaded: !!window.Twilio?.Chat,
  connect: (token, options) => new Twilio.Chat.Client(token, options),
  sidOf: (answer) => answer.channel_sid,
  find: (/** @type {Client} */ client, sid) => client.getChannelBySid(sid),
  // Flex marks a chat that is over in the channel's attributes.
  hasEnded: (/** @type {Channel} */ channel) => Object(channel.attributes).status === "INACTIVE",
  people: (/** @type {Channel} */ channel) => channel.getMembers(),
  horizon: (/** @type {Member} */ member) => member.lastConsumedMessageIndex,
  personUpdated: "memberUpdated",
  markRead: (/** @type {Channel} */ channel, index) => channel.advanceLastConsumedMessageIndex(index),
  files: (/** @type {Message} */ message) => (message.type === "media" ? [message.media] : []),
  setUp: { label: "Make a Flex Flow", action: "flow" },
});
