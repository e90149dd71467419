// Required before a Node program: its requests to Twilio's hosts go to the mock at MOCK_URL, and its
// `test.json` is the text TEST_JSON.

const Module = require('module');
const path = require('path');

const mock = process.env.MOCK_URL;
const load = Module.createRequire(path.join(process.cwd(), 'package.json'));
const redirected = (url) => String(url).replace(/^(http|ws)s:\/\/([a-z0-9.-]+\.twilio\.com)\//,
  (_, scheme, host) => `${mock.replace('http', scheme)}/${host}/`);

const { fetch } = global;
global.fetch = (url, ...more) => fetch(redirected(url), ...more);

const Socket = load('ws');
global.WebSocket = class extends Socket {
  constructor(url, ...more) { super(redirected(url), ...more); }
};

const client = load('twilio/lib/base/RequestClient').prototype;
const { request } = client;
client.request = function send(options) {
  return request.call(this, { ...options, uri: redirected(options.uri) });
};

const original = Module._load;
Module._load = function loaded(name, ...more) {
  return name.endsWith('/test.json') ? JSON.parse(process.env.TEST_JSON) : original.call(this, name, ...more);
};
