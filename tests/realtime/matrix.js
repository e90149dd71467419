// Every step that an application takes with a chat SDK, whatever its version: two users, a channel.
//
//     node matrix.js FOLDER-WITH-node_modules SDK SETTINGS
//
// Settings are JSON: uri, mock, tokens {alice, again, bob}. Prints the steps as JSON: name -> null,
// or the reason why it failed.

const { createRequire } = require('module');
const path = require('path');

const [, , folder, name, given] = process.argv;
const load = createRequire(path.join(folder, 'package.json'));
const { uri, mock, tokens } = JSON.parse(given);
const isChat = !name.includes('conversations');
const PATIENCE = 4000;

// Files of the older SDKs go to Twilio's host whatever the options say: as by a proxy or by a script
// tag, they are sent to the mock.
if (mock) {
  for (const scheme of ['http', 'https']) {
    const module = require(scheme);
    const { request } = module;
    module.request = (first, ...more) => {
      const url = first instanceof URL || typeof first === 'string' ? new URL(first) : first;
      const host = url.hostname || url.host;
      if (!String(host).endsWith('.twilio.com')) return request(first, ...more);
      const to = new URL(mock);
      const at = { hostname: to.hostname, host: to.hostname, port: to.port, protocol: 'http:' };
      const where = url.path || url.pathname;
      const isNamed = Object.keys(url.headers || {}).some((each) => each.toLowerCase() === 'host');
      const options = { ...first, ...at, path: isNamed ? where : `/${host}${where}`, agent: undefined };
      return require('http').request.call(null, options, ...more);
    };
  }
}

const sdk = load(name);
const Client = sdk.Client || (sdk.default && (sdk.default.Client || sdk.default));
// The SDKs differ in names; here they go by those of twilio-chat.
const named = isChat ? (word) => word : (word) => word.replace('Channel', 'Conversation')
  .replace('channel', 'conversation').replace('Member', 'Participant')
  .replace('member', 'participant').replace('Consumed', 'Read').replace('Unconsumed', 'Unread');

const within = (promise, what) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`${what}: nothing within ${PATIENCE} ms`)), PATIENCE).unref();
})]);
const event = (of, type, test = () => true) => within(new Promise((resolve) => {
  of.on(named(type), (about, ...more) => { if (test(about, ...more)) resolve(about); });
}), type);
function same(found, expected) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}

const create = (token) => within(Client.create(token, { Twilsock: { uri }, twilsock: { uri } }), 'create');
const memory = {};
const channelOf = (client, sid) => client[named('getChannelBySid')](sid);

const STEPS = {
  'connect': async () => {
    memory.alice = await create(tokens.alice);
    same((memory.alice.user || {}).identity, 'alice');
  },
  'create a channel': async () => {
    const about = { friendlyName: 'Order', uniqueName: 'order', attributes: { a: 1 } };
    memory.channel = await within(memory.alice[named('createChannel')](about), 'createChannel');
    same([memory.channel.friendlyName, memory.channel.uniqueName], ['Order', 'order']);
  },
  'join it': async () => {
    await within(memory.channel.join(), 'join');
    same((await channelOf(memory.alice, memory.channel.sid)).status, 'joined');
  },
  'find it by its name': async () => {
    const found = await memory.alice[named('getChannelByUniqueName')]('order');
    same(found.sid, memory.channel.sid);
  },
  'list channels': async () => {
    const found = await memory.alice[named('getSubscribedChannels')]();
    same(found.items.map((each) => each.sid), [memory.channel.sid]);
  },
  'add a member': async () => {
    memory.bob = await create(tokens.bob);
    const joined = event(memory.bob, 'channelJoined');
    const seen = event(memory.channel, 'memberJoined');
    await within(memory.channel.add('bob'), 'add');
    await Promise.all([joined, seen]);
    memory.other = await channelOf(memory.bob, memory.channel.sid);
    same((await memory.channel[named('getMembers')]()).map((m) => m.identity).sort(), ['alice', 'bob']);
  },
  'send a message': async () => {
    memory.received = event(memory.bob, 'messageAdded');
    same(await within(memory.channel.sendMessage('Hello', { b: 2 }), 'sendMessage'), 0);
  },
  'receive a message': async () => {
    const message = await memory.received;
    same([message.body, message.author, message.index, message.attributes],
      ['Hello', 'alice', 0, { b: 2 }]);
  },
  'edit a message': async () => {
    const [message] = (await memory.channel.getMessages()).items;
    const updated = event(memory.bob, 'messageUpdated', ({ message: m }) => m.body === 'Hello again');
    await within(message.updateBody('Hello again'), 'updateBody');
    await updated;
    await within(message.updateAttributes({ c: 3 }), 'updateAttributes');
  },
  'page through messages': async () => {
    const last = event(memory.alice, 'messageAdded', (m) => m.body === 'line 4');
    for (let each = 1; each < 5; each += 1) await memory.channel.sendMessage(`line ${each}`);
    await last;
    const page = await memory.channel.getMessages(2);
    same(page.items.map((each) => each.body), ['line 3', 'line 4']);
    same((await page.prevPage()).items.map((each) => each.body), ['line 1', 'line 2']);
  },
  'remove a message': async () => {
    const removed = event(memory.bob, 'messageRemoved');
    const { items } = await memory.channel.getMessages();
    await within(items[items.length - 1].remove(), 'remove');
    same((await removed).body, 'line 4');
  },
  'count messages': async () => {
    same(await memory.channel.getMessagesCount(), 4);
  },
  'read horizon': async () => {
    const read = named('updateLastConsumedMessageIndex');
    const unread = isChat ? 'getUnconsumedMessagesCount' : 'getUnreadMessagesCount';
    const updated = event(memory.bob, 'memberUpdated', (about) => (about.member || about.participant)
      .identity === 'alice');
    await within(memory.channel[read](1), read);
    await updated;
    same(await within(memory.channel[unread](), unread), 2);
  },
  'typing': async () => {
    const started = event(memory.bob, 'typingStarted');
    await within(memory.channel.typing(), 'typing');
    same((await started).identity, 'alice');
  },
  'change a channel': async () => {
    const updated = event(memory.bob, 'channelUpdated', (about) => about.updateReasons.includes('friendlyName'));
    await within(memory.channel.updateFriendlyName('Order 7'), 'updateFriendlyName');
    await within(memory.channel.updateAttributes({ d: 4 }), 'updateAttributes');
    await updated;
  },
  'change a user': async () => {
    await within(memory.alice.user.updateFriendlyName('Alice'), 'updateFriendlyName');
    await within(memory.alice.user.updateAttributes({ e: 5 }), 'updateAttributes');
    same((await within(memory.bob.getUser('alice'), 'getUser')).friendlyName, 'Alice');
  },
  'send a file': async () => {
    const received = event(memory.bob, 'messageAdded', (m) => m.type === 'media'
      || (m.attachedMedia || []).length);
    await within(memory.channel.sendMessage(
      { contentType: 'text/plain', media: Buffer.from('note'), filename: 'note.txt' }), 'sendMessage');
    const message = await received;
    const media = message.media || message.attachedMedia[0];
    same([media.contentType, media.size], ['text/plain', 4]);
  },
  'a refusal': async () => {
    const failed = await within(memory.channel.add('bob'), 'add').then(() => null, (error) => error);
    if (!failed) throw new Error('it was not refused');
  },
  'renew the token': async () => {
    await within(memory.alice.updateToken(tokens.again), 'updateToken');
    await within(memory.channel.sendMessage('renewed'), 'sendMessage');
  },
  'come back after a break': async () => {
    const socket = findSocket(memory.bob);
    const caught = event(memory.bob, 'messageAdded', (m) => m.body === 'meanwhile');
    (socket.terminate || socket.close).call(socket);
    await within(memory.channel.sendMessage('meanwhile'), 'sendMessage');
    await caught;
  },
  'remove a member': async () => {
    const left = event(memory.bob, 'channelLeft');
    await within(memory.channel[named('removeMember')]('bob'), 'removeMember');
    await left;
  },
  'leave': async () => {
    await within(memory.channel.leave(), 'leave');
  },
  'delete a channel': async () => {
    const made = await memory.alice[named('createChannel')]({ friendlyName: 'gone' });
    await within(made.join(), 'join');
    await within(made.delete(), 'delete');
  },
};

// Each version keeps its WebSocket somewhere else.
function findSocket(client) {
  const seen = new Set();
  const queue = [client];
  while (queue.length) {
    const each = queue.shift();
    if (!each || typeof each !== 'object' || seen.has(each)) continue;
    seen.add(each);
    if (typeof each.terminate === 'function' && 'readyState' in each) return each;
    queue.push(...(each instanceof Map ? each.values() : Object.values(each)));
  }
  throw new Error('no WebSocket found');
}

process.on('unhandledRejection', () => undefined);
(async () => {
  const results = {};
  for (const [step, run] of Object.entries(STEPS)) {
    try { await within(run(), step); results[step] = null; } catch (error) { results[step] = String(error.message || error); }
    if (step === 'connect' && results[step]) break;
  }
  process.stdout.write(`\n${JSON.stringify(results)}\n`, () => process.exit(0));
})();
