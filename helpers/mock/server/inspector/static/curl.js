// A request as a shell command that does it again. Secrets are named as the environment's
// variables, never written out.

import { serverUrl } from "./api.js";

const MASKED = "***";

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** @type {Record<string, string>} */
const OPENED_BY = {
  account: '-u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"',
  "chat user": '-u "token:$ACCESS_TOKEN"',
};

/**
 * The name goes as it is, so it is encoded here; the value is encoded by curl.
 *
 * @param {string} name
 * @param {string} value
 */
function parameter(name, value) {
  const encoded = encodeURIComponent(name);
  if (value !== MASKED) return `--data-urlencode ${quoted(`${encoded}=${value}`)}`;
  return `--data-urlencode "${encoded}=$${variable(name)}"`;
}

/** @param {string} name */
const variable = (name) => name.replace(/([a-z])([A-Z])/g, "$1_$2").replace(/\W/g, "_").toUpperCase();

/** @param {import("./requests.js").Whole} request */
export function asCurl(request) {
  const { method, host, path, by, parameters, fires_webhooks: fires, body_size: raw } = request;
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => parameter(name, one)));
  const how = method === "GET" ? (pairs.length ? "curl -G" : "curl") : `curl -X ${method}`;
  return [
    `${how} ${quoted(`${serverUrl}/${host}${path}`)}`,
    OPENED_BY[by],
    fires && "-H 'X-Twilio-Webhook-Enabled: true'",
    ...pairs,
    raw > 0 && "--data-binary @FILE",
  ].filter(Boolean).join(" \\\n  ");
}
