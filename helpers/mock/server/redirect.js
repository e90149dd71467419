// For a page with one of Twilio's widgets, as its first script:
//
//     <script src="http://127.0.0.1:8787/redirect.js"></script>
//
// Requests to Twilio's hosts go to the mock that served this file. It must come first: libraries
// take WebSocket when they are loaded.

(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const mock = new URL('.', script.src).href.replace(/\/$/, '');

  /** @param {string | URL} url */
  function led(url) {
    const at = new URL(url, window.location.href);
    if (!/^(https|wss):$/.test(at.protocol) || !at.hostname.endsWith('.twilio.com')) return url;
    const base = at.protocol === 'wss:' ? mock.replace('http', 'ws') : mock;
    const host = at.hostname.startsWith('tsock.') ? '' : `/${at.hostname}`;
    return base + host + at.pathname + at.search;
  }

  const { fetch, WebSocket: Socket } = window;
  window.fetch = (asked, options) => {
    if (!(asked instanceof Request)) return fetch(led(asked), options);
    const to = led(asked.url);
    return fetch(to === asked.url ? asked : new Request(to, asked), options);
  };

  XMLHttpRequest.prototype.open = new Proxy(XMLHttpRequest.prototype.open, {
    apply: (open, request, [method, url, ...more]) =>
      Reflect.apply(open, request, [method, led(url), ...more]),
  });

  window.WebSocket = class extends Socket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      super(led(url), protocols);
    }
  };
})();
