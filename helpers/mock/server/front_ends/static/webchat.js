// Starts Twilio's web chat widget, open, with a form for the visitor's name and question. The
// question is sent as the first message, as Twilio's guide for this form does.

const FlexWebChat = globalThis.Twilio.FlexWebChat;
const own = JSON.parse(document.getElementById("settings")?.textContent ?? "{}");

/** @param {string} label @param {string} name @param {string} type @param {object} more */
const field = (label, name, type, more) => ({ label, type, attributes: { name, required: true, ...more } });

async function start() {
  const webchat = await FlexWebChat.renderWebChat(
    {
      ...own,
      startEngagementOnInit: false,
      fileAttachment: { enabled: true },
      preEngagementConfig: {
        description: "How can we help?",
        submitLabel: "Start chat",
        fields: [
          field("Your name", "friendlyName", "InputItem", { type: "text" }),
          field("Your question", "question", "TextareaItem", { type: "text", rows: 4 }),
        ],
      },
    },
    "#root",
  );
  const { manager } = webchat;
  FlexWebChat.Actions.on("afterStartEngagement", async (/** @type {any} */ { formData }) => {
    const { channelSid } = manager.store.getState().flex.session;
    const channel = await manager.chatClient.getChannelBySid(channelSid);
    if (formData.question) await channel.sendMessage(formData.question);
  });
  if (!manager.store.getState().flex.session.isEntryPointExpanded) FlexWebChat.Actions.invokeAction("ToggleChatVisibility");
}

start();
