// TinCanJS and @xapi/xapi in a real Chromium: there, unlike in node, both can send and TinCanJS can read any bytes.

import { page, results, script, serving } from "./chromium.mjs";
import { endpoint, iri, key, run, secret } from "./drive.mjs";

const MAIN = `async function exchange() {
  const [endpoint, key, secret, activity] = ["endpoint", "key", "secret", "activity"].map(
    (name) => new URLSearchParams(location.search).get(name));
  const lrs = new TinCan.LRS({ endpoint, username: key, password: secret, allowFail: false });
  const call = (method, ...given) => new Promise((resolve, reject) => {
    const options = given.pop();
    const callback = (error, answer) => error === null ? resolve(answer) : reject(answer?.responseText ?? error);
    lrs[method](...given, { ...options, callback });
  });
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const actor = { mbox: "mailto:li@example.com" }, verb = { id: "http://adlnet.gov/expapi/verbs/attempted" };
  const described = { usageType: "https://clients.example/usage", display: { en: "bytes" }, contentType: "image/png" };
  const equal = (buffer) => new Uint8Array(buffer).every((each, place) => each === bytes[place])
    && buffer.byteLength === bytes.byteLength;

  const first = new TinCan.Statement({ actor, verb, target: { id: activity },
                                       attachments: [{ ...described, content: bytes.buffer }] });
  await call("saveStatement", first, {});
  const single = await call("retrieveStatement", first.id, { params: { attachments: true } });
  const { sha2 } = first.attachments[0];

  const xapi = new XAPI({ endpoint, auth: XAPI.toBasicAuth(key, secret), version: "2.0.0", adapter: "fetch" });
  const second = { actor, verb, object: { id: activity },
                   attachments: [{ ...described, length: bytes.byteLength, sha2 }] };
  await xapi.sendStatement({ statement: second, attachments: [bytes.buffer] });
  const listed = await call("queryStatements", { params: { attachments: true, activity } });

  const profile = { activity: new TinCan.Activity({ id: activity }), contentType: "application/json" };
  await call("saveActivityProfile", "one", { a: 1 }, profile);
  const { etag } = await call("retrieveActivityProfile", "one", profile);
  await call("saveActivityProfile", "one", { a: 2 }, { ...profile, lastSHA1: etag });
  const { contents } = await call("retrieveActivityProfile", "one", profile);

  const seen = [];
  let page = (await xapi.getStatements({ limit: 1 })).data;
  seen.push(...page.statements);
  while (page.more) {
    page = (await xapi.getMoreStatements({ more: page.more })).data;
    seen.push(...page.statements);
  }
  return { single: equal(single.attachments[0].content), contents, seen: seen.length,
           listed: listed.statements.map((each) => equal(each.attachments[0].content)) };
}`;

await run(() => {
  const routes = {
    "GET /": () => ["text/html; charset=utf-8", page(["/tincan.js", "/xapi.js"], MAIN)],
    "GET /tincan.js": script("tincanjs/build/tincan.js"),
    "GET /xapi.js": script("@xapi/xapi/dist/XAPI.umd.js"),
  };
  const query = new URLSearchParams({ endpoint, key, secret, activity: iri("activity") });
  return serving(routes, (url) => results(`${url}/?${query}`));
});
