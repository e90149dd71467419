// The page on Flex Conversations, npm's @twilio/conversations. Its server is conversations_backend.py.
import { run } from "./page.js";

/** @import { Client, Conversation, Message, Participant } from "@twilio/conversations" */

run({
  name: "@twilio/conversations",
  isLoaded: !!window.Twilio?.Conversations,
  connect: (token, options) => new Twilio.Conversations.Client(token, options),
  sidOf: (answer) => answer.conversation_sid,
  find: (/** @type {Client} */ client, sid) => client.getConversationBySid(sid),
  // Flex closes a conversation that is over, and so do timers: for good.
  hasEnded: (/** @type {Conversation} */ conversation) => conversation.state?.current === "closed",
  people: (/** @type {Conversation} */ conversation) => conversation.getParticipants(),
  horizon: (/** @type {Participant} */ participant) => participant.lastReadMessageIndex,
  personUpdated: "participantUpdated",
  markRead: (/** @type {Conversation} */ conversation, index) => conversation.advanceLastReadMessageIndex(index),
  files: (/** @type {Message} */ message) => message.attachedMedia ?? [],
  setUp: { label: "Make a Studio Flow", action: "studio-flow" },
});
