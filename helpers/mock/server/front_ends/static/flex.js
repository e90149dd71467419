// Starts Twilio's Flex UI, logged in as a worker: the session goes where Flex UI keeps it. The
// page's address is not changed by its views, and calls are not set up, as the mock has none.

const Flex = globalThis.Twilio.Flex;
const { session, accountSid, hasPlugin } = JSON.parse(document.getElementById("settings")?.textContent ?? "{}");

/** A storage of this page alone: another frame of this origin is another worker's. */
class OwnStorage {
  /** @type {Map<string, string>} */
  #items = new Map();

  get length() {
    return this.#items.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#items.set(key, String(value));
  }

  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }

  clear() {
    this.#items.clear();
  }
}

async function start() {
  Object.defineProperty(globalThis, "localStorage", { value: new OwnStorage() });
  localStorage.setItem("TWILIO_FLEX_SSO", JSON.stringify(session));
  const flex = await Flex.create({
    sso: { accountSid },
    router: { type: "memory" },
    disableBrowserVoice: true,
    notifications: { enabled: false, mode: "whenNotInFocus" },
    logLevel: "error",
  });
  if (hasPlugin) {
    const Plugin = globalThis.flexPlugin;
    if (typeof Plugin !== "function") throw new TypeError("the plugin is no JavaScript class");
    await new Plugin().init(Flex, Flex.Manager.getInstance());
  }
  flex.init("#root");
}

start().catch((reason) => {
  const problem = document.createElement("p");
  problem.setAttribute("role", "alert");
  problem.textContent = `The desktop did not start: ${reason}`;
  document.body.prepend(problem);
  throw reason;
});
