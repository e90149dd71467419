// Lets a test use Firefox over WebDriver BiDi: a line in is a function to call in the page, with its
// argument; a line out is what it returned, and errors of the console and addresses since the last.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [executablePath, url] = process.argv.slice(2);
const NOWHERE = { host: "127.0.0.1", port: 9 }; // this machine itself is reached without a proxy
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  protocolTimeout: 900_000,
  defaultViewport: { width: 1280, height: 1250 },
  extraPrefsFirefox: {
    "network.proxy.type": 1,
    "network.proxy.http": NOWHERE.host,
    "network.proxy.http_port": NOWHERE.port,
    "network.proxy.ssl": NOWHERE.host,
    "network.proxy.ssl_port": NOWHERE.port,
    "network.proxy.no_proxies_on": "127.0.0.1",
  },
});
try {
  const page = await browser.newPage();
  let errors = [];
  let requested = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("pageerror", (error) => errors.push(`${error}\n${error.stack}`));
  page.on("console", async (message) => {
    if (message.type() !== "error") return;
    const text = (value) => (value instanceof Error ? `${value}\n${value.stack}` : String(value));
    const texts = message.args().map((each) => each.evaluate(text).catch(String));
    errors.push(`${message.location().url}: ${(await Promise.all(texts)).join(" ")}`);
  });
  page.setDefaultTimeout(120_000);
  await page.goto(url);
  await page.waitForFunction("globalThis.jupyterapp?.restored.then(() => true)");
  for await (const line of createInterface({ input: process.stdin })) {
    const { script, argument } = JSON.parse(line);
    const answer = await page.evaluate(`(${script})(${JSON.stringify(argument)})`).then(
      (value) => ({ value }),
      (error) => ({ failure: String(error) }),
    );
    console.log(JSON.stringify({ ...answer, errors, requested }));
    [errors, requested] = [[], []];
  }
} finally {
  await browser.close();
}
