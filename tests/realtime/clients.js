// Chat clients in one of Twilio's own SDKs, driven line by line.
//
//     node clients.js FOLDER-WITH-node_modules twilio-chat

const { drive, load, name, say } = require('./driver.js');

if (name.includes('/builds/')) { // made for browsers, by <script>: what it expects of one
  global.window = global.self = global;
  global.WebSocket = load('ws');
  global.XMLHttpRequest = load('xmlhttprequest').XMLHttpRequest;
}
const loaded = load(name);
const sdk = loaded.Twilio ? loaded.Twilio.Chat : loaded;
const isChat = name.startsWith('twilio-chat');

// The two SDKs differ in names; here they go by those of twilio-chat.
const named = isChat ? (word) => word : (word) => word
  .replace('Channel', 'Conversation').replace('channel', 'conversation')
  .replace('Member', 'Participant').replace('member', 'participant')
  .replace('Consumed', 'Read');

const EVENTS = ['channelAdded', 'channelJoined', 'channelLeft', 'channelRemoved', 'channelUpdated',
  'memberJoined', 'memberLeft', 'memberUpdated', 'messageAdded', 'messageUpdated', 'messageRemoved',
  'typingStarted', 'typingEnded', 'userUpdated', 'tokenAboutToExpire', 'tokenExpired',
  'connectionStateChanged', 'connectionError', 'stateChanged', 'userSubscribed', 'userUnsubscribed'];
if (isChat) EVENTS.push('channelInvited');

function shown(about) {
  if (about === null || typeof about !== 'object') return { value: about };
  const key = ['message', 'member', 'participant', 'channel', 'conversation', 'user']
    .find((each) => about.updateReasons && about[each]);
  if (key) return { ...shown(about[key]), reasons: [...about.updateReasons].sort() };
  if ('body' in about && 'index' in about) return shownMessage(about);
  if ('roleSid' in about) return shownMember(about);
  if ('uniqueName' in about) return shownChannel(about);
  if ('online' in about || 'isOnline' in about) return shownUser(about);
  return { message: about.message, code: about.errorCode, terminal: about.terminal };
}

const shownMessage = (m) => ({ sid: m.sid, index: m.index, body: m.body, author: m.author,
  member: isChat ? m.memberSid : m.participantSid, type: m.type, attributes: m.attributes,
  channel: (m.channel || m.conversation).sid,
  files: isChat ? undefined : (m.attachedMedia || []).map((each) => each.filename),
  delivery: isChat ? undefined : m.aggregatedDeliveryReceipt
    && [m.aggregatedDeliveryReceipt.total, m.aggregatedDeliveryReceipt.sent,
      m.aggregatedDeliveryReceipt.delivered, m.aggregatedDeliveryReceipt.failed],
  media: m.media && { filename: m.media.filename, type: m.media.contentType, size: m.media.size } });

const shownMember = (m) => ({ sid: m.sid, identity: m.identity, attributes: m.attributes,
  type: m.type, bindings: m.bindings, role: m.roleSid, read: m[named('lastConsumedMessageIndex')], typing: m.isTyping });

const shownChannel = (c) => ({ sid: c.sid, name: c.friendlyName, unique: c.uniqueName,
  attributes: c.attributes, status: c.status, read: c[named('lastConsumedMessageIndex')],
  last: c.lastMessage && c.lastMessage.index, level: c.notificationLevel, by: c.createdBy,
  state: c.state && c.state.current });

const shownUser = (u) => ({ identity: u.identity, name: u.friendlyName, attributes: u.attributes,
  online: 'online' in u ? u.online : u.isOnline });

// A client and all its commands.
function begin(number, uri, token, options) {
  const client = new sdk.Client(token, { Twilsock: { uri }, ...options });
  const known = {}; // channels by SID, as found, created or received
  let current = null; // the latest page

  for (const event of EVENTS) {
    client.on(named(event), (about) => {
      const channel = about && (about.channel || about.conversation || about);
      if (event === 'channelRemoved') delete known[channel.sid]; // added again, it is another
      else if (channel && 'uniqueName' in Object(channel)) known[channel.sid] = channel;
      say({ client: number, event, ...shown(about) });
    });
  }

  function keep(channel) { known[channel.sid] = channel; return shownChannel(channel); }

  function page(found, items) {
    current = found;
    return { items: found.items.map(items), previous: found.hasPrevPage, next: found.hasNextPage };
  }

  const messageAt = async (sid, index) => (await known[sid].getMessages(1, index, 'forward')).items[0];

  return {
    find: async (sid) => keep(await client[named('getChannelBySid')](sid)),
    findByName: async (unique) => keep(await client[named('getChannelByUniqueName')](unique)),
    create: async (more) => keep(await client[named('createChannel')](more)),
    subscribed: async () => page(await client[named('getSubscribedChannels')](), shownChannel),
    local: async () => (await client.getLocalChannels()).map(shownChannel),
    publicOnes: async () => page(await client.getPublicChannelDescriptors(), (d) => d.uniqueName),
    mine: async () => page(await client.getUserChannelDescriptors(), (d) => d.sid),
    messages: async (sid, ...asked) => page(await known[sid].getMessages(...asked), shownMessage),
    previous: async () => page(await current.prevPage(), shownMessage),
    next: async () => page(await current.nextPage(), shownMessage),
    nextOnes: async () => page(await current.nextPage(), (d) => d.uniqueName || d.sid),
    show: async (sid) => shownChannel(known[sid]),
    send: (sid, body, attributes) => known[sid].sendMessage(body, attributes),
    sendMedia: (sid, contentType, text) => known[sid].sendMessage(
      { contentType, media: Buffer.from(text), filename: 'note.txt' }),
    sendWithFile: (sid, body, text) => known[sid].prepareMessage().setBody(body)
      .addMedia({ contentType: 'text/plain', media: Buffer.from(text), filename: 'note.txt' })
      .build().send(),
    sendFiles: (sid, body, names) => names.reduce((message, filename) => message.addMedia(
      { contentType: 'text/plain', media: Buffer.from(filename), filename }),
    known[sid].prepareMessage().setBody(body).setAttributes({ files: names.length })).buildAndSend(),
    fileUrls: async (sid, index) => {
      const { attachedMedia } = await messageAt(sid, index);
      const bySid = await client.getTemporaryContentUrlsForMediaSids(attachedMedia.map((m) => m.sid));
      const byMedia = await client.getTemporaryContentUrlsForMedia(attachedMedia);
      return [[...bySid.values()].length, [...byMedia.values()]];
    },
    receipts: async (sid, index) => (await (await messageAt(sid, index)).getDetailedDeliveryReceipts())
      .map((each) => [each.participantSid, each.status, each.errorCode]),
    recipients: async (sid, index) => [await (await messageAt(sid, index)).getMessageRecipients(),
      (await known[sid].getMessageRecipients()).items],
    templates: () => client.getContentTemplates(),
    view: async (sid) => {
      const channel = known[sid] || await client[named('getChannelBySid')](sid);
      const unread = isChat ? 'getUnconsumedMessagesCount' : 'getUnreadMessagesCount';
      return {
        messages: (await channel.getMessages(100)).items.map((m) => [m.sid, m.index, m.author, m.body,
          m.attributes, ((isChat ? m.media && [m.media] : m.attachedMedia) || []).map((f) => f.filename)]),
        people: Object.fromEntries((await channel[named('getMembers')]()).map((m) => [m.sid,
          [m.identity, m[named('lastConsumedMessageIndex')], m.attributes, m.roleSid]])),
        attributes: channel.attributes,
        counts: [await channel.getMessagesCount(), await channel[named('getMembersCount')](),
          await channel[unread]()],
      };
    },
    peek: async (sid) => shownChannel(await client.peekConversationBySid(sid)),
    addWith: async (sid, identity, attributes) => { await known[sid].add(identity, attributes); },
    addPhone: async (sid, proxy, address, attributes) => {
      await known[sid].addNonChatParticipant(proxy, address, attributes);
    },
    subscribedUsers: async () => (await client.getSubscribedUsers()).map((u) => u.identity),
    parsePush: async (payload) => sdk.Client.parsePushNotification(payload).type,
    mediaUrl: async (sid, index) => {
      const message = await messageAt(sid, index);
      return (isChat ? message.media : message.attachedMedia[0]).getContentTemporaryUrl();
    },
    edit: async (sid, index, body) => { await (await messageAt(sid, index)).updateBody(body); },
    annotate: async (sid, index, attributes) => {
      await (await messageAt(sid, index)).updateAttributes(attributes);
    },
    remove: async (sid, index) => { await (await messageAt(sid, index)).remove(); },
    join: async (sid) => { await known[sid].join(); },
    leave: async (sid) => { await known[sid].leave(); },
    destroy: async (sid) => { await known[sid].delete(); },
    rename: async (sid, to) => { await known[sid].updateFriendlyName(to); },
    setAttributes: async (sid, to) => { await known[sid].updateAttributes(to); },
    mute: async (sid) => { await known[sid].setUserNotificationLevel('muted'); },
    add: async (sid, identity) => { await known[sid].add(identity); },
    take: async (sid, identity) => { await known[sid][named('removeMember')](identity); },
    invite: async (sid, identity) => { await known[sid].invite(identity); },
    decline: async (sid) => { await known[sid].decline(); },
    members: async (sid) => (await known[sid][named('getMembers')]()).map(shownMember),
    setMemberAttributes: async (sid, identity, to) => {
      await (await known[sid][named('getMemberByIdentity')](identity)).updateAttributes(to);
    },
    counts: async (sid) => [await known[sid].getMessagesCount(),
      await known[sid][named('getMembersCount')](),
      await known[sid][isChat ? 'getUnconsumedMessagesCount' : 'getUnreadMessagesCount']()],
    read: (sid, index) => known[sid][named('updateLastConsumedMessageIndex')](index),
    readAll: (sid) => known[sid][isChat ? 'setAllMessagesConsumed' : 'setAllMessagesRead'](),
    readNone: (sid) => known[sid][isChat ? 'setNoMessagesConsumed' : 'setAllMessagesUnread'](),
    type: async (sid) => { await known[sid].typing(); },
    user: async (identity) => shownUser(await client.getUser(identity)),
    describeMyself: async (to) => { await client.user.updateAttributes(to); },
    nameMyself: async (to) => { await client.user.updateFriendlyName(to); },
    updateToken: async (fresh) => { await client.updateToken(fresh); },
    shutdown: async () => { await client.shutdown(); },
  };
}

drive(begin);
