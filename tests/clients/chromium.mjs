// A real Chromium on a page of ours, which comes from another origin than the record store: its calls are preflighted.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";
import { chromium } from "playwright-core";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const PATIENCE = 60_000; // ms; a loaded machine starts a browser slowly

/** A client's bundle for browsers, as a route's answer. */
export const script = (path) => () => ["text/javascript; charset=utf-8",
                                       readFileSync(new URL(`./node_modules/${path}`, import.meta.url))];

/** Calls `visit` with the URL of a server of `routes`: from "GET /path" to a function that gives a type and a body. */
export async function serving(routes, visit) {
  const server = createServer((request, answer) => {
    const route = routes[`${request.method} ${new URL(request.url, "http://page").pathname}`];
    const [type, body] = route?.() ?? ["text/plain", "not here"];
    answer.writeHead(route ? 200 : 404, { "Content-Type": type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await visit(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
  }
}

/** What the page at `url` keeps as window.results, and how many requests were preflights. */
export async function results(url) {
  // It makes an empty user data directory of its own, and removes it
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS, timeout: PATIENCE });
  try {
    const tab = await browser.newPage();
    const failed = [];
    let preflights = 0;
    const devtools = await tab.context().newCDPSession(tab);
    devtools.on("Network.requestWillBeSent", ({ request }) => { preflights += request.method === "OPTIONS"; });
    devtools.on("Network.loadingFailed", (why) => failed.push([why.errorText, why.corsErrorStatus]));
    await devtools.send("Network.enable");
    await tab.goto(url, { timeout: PATIENCE });
    const found = await tab.evaluate(() => window.results);
    if (found.error) throw new Error(JSON.stringify([found, failed]));
    return { ...found, preflights };
  } finally {
    await browser.close();
  }
}

/** A page that runs `main`, the text of an async function, after `scripts`. */
export function page(scripts, main) {
  const tags = scripts.map((each) => `<script src="${each}"></script>`).join("\n");
  // What it gives is kept as a value: a rejection before somebody waits for it would end unheard
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>client</title>
${tags}
<script>
window.results = (${main})().catch((error) => ({ error: String(error), body: error.response?.data }));
</script>`;
}
