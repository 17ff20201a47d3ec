// @xapi/xapi with its fetch adapter against the server, in the version of xAPI that VERSION names.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import process from "node:process";
import XAPI from "@xapi/xapi";
import { authorization, endpoint, iri, key, plain, refusal, run, secret } from "./drive.mjs";

const version = process.env.VERSION;
const xapi = new XAPI({ endpoint, auth: XAPI.toBasicAuth(key, secret), version, adapter: "fetch" });
assert.equal(XAPI.toBasicAuth(key, secret), authorization);

const account = { homePage: "https://learn.example", name: "wang lei+1" };
const agent = { objectType: "Agent", name: "王磊", account };
const actor = agent;
const activityId = iri("activity");
const object = { objectType: "Activity", id: activityId, definition: { name: { "en-US": "Pump drill" } } };
const registration = randomUUID();
const verb = XAPI.Verbs.INITIALIZED;

const sorted = (statements) => statements.map((each) => each.id);

async function statements() {
  const context = { registration, contextActivities: { parent: [{ id: iri("parent") }] },
                    instructor: { mbox: "mailto:coach@example.com" } };
  const duration = XAPI.calculateISO8601Duration(new Date(0), new Date(95_500));
  const rich = { id: randomUUID(), actor, verb, object, timestamp: "2026-03-01T08:00:00.000Z", context,
                 result: { score: { scaled: 0.5 }, duration, extensions: { [iri("extension")]: [null, { 深: 1 }] } } };
  const [id] = (await xapi.sendStatement({ statement: rich })).data;
  const again = await xapi.sendStatement({ statement: rich });
  const single = (await xapi.getStatement({ statementId: id })).data;
  for (const name of Object.keys(rich)) assert.deepEqual(single[name], rich[name], name);

  const many = [1, 2, 3, 4].map((raw) => ({ actor, verb, object, result: { score: { raw } } }));
  const batch = (await xapi.sendStatements({ statements: many })).data;
  const canonical = (await xapi.getStatement({ statementId: id, format: "canonical" })).data;
  const ids = (await xapi.getStatement({ statementId: id, format: "ids" })).data;
  assert.deepEqual(ids.object, { id: activityId });

  const count = async (given) => (await xapi.getStatements(given)).data.statements.length;
  const every = sorted((await xapi.getStatements({ agent })).data.statements);
  const pages = [];
  let page = (await xapi.getStatements({ limit: 2, ascending: true })).data;
  pages.push(sorted(page.statements));
  while (page.more) {
    page = (await xapi.getMoreStatements({ more: page.more })).data;
    pages.push(sorted(page.statements));
  }
  assert.deepEqual(pages.flat().reverse(), every);
  assert.deepEqual(pages.flat(), [id, ...batch]);
  const soon = new Date(Date.now() + 60_000).toISOString();
  return {
    same: again.data[0] === id,
    batch: batch.length,
    spoken: single.version,
    canonical: canonical.object.definition.name,
    pages: pages.map((each) => each.length),
    queries: {
      all: await count(),
      agent: await count({ agent }),
      verb: await count({ verb: verb.id }),
      activity: await count({ activity: activityId }),
      registration: await count({ registration }),
      related_activities: await count({ activity: context.contextActivities.parent[0].id, related_activities: true }),
      related_agents: await count({ agent: context.instructor, related_agents: true }),
      since: await count({ since: soon }),
      until: await count({ until: soon }),
      other: await count({ agent: { mbox: "mailto:nobody@example.com" } }),
    },
    conflict: (await refusal(() => xapi.sendStatement({ statement: { ...rich, verb: XAPI.Verbs.PASSED } }))).status,
    refused: (await refusal(() => xapi.sendStatement({ statement: { ...rich, actor: {} } }))).requirement,
    cache_buster: (await refusal(() => xapi.getStatements({ useCacheBuster: true }))).requirement,
  };
}

function attached(bytes, contentType) {
  const sha2 = createHash("sha256").update(bytes).digest("hex");
  const attachment = { usageType: XAPI.AttachmentUsages.SUPPORTING_MEDIA, display: { "en-US": "evidence" }, contentType,
                       length: bytes.length, sha2 };
  return { id: randomUUID(), actor, verb, object: { id: iri("attached") }, attachments: [attachment] };
}

/** The bytes of one attachment, as any HTTP client gets them: @xapi/xapi reads an answer as text alone. */
async function raw(statement) {
  const answer = await plain("GET", "statements", { statementId: statement.id, attachments: "true" });
  const boundary = /boundary="?([^";]+)/.exec(answer.headers.get("Content-Type"))[1];
  const body = Buffer.from(await answer.arrayBuffer());
  const hash = body.indexOf(`X-Experience-API-Hash: ${statement.attachments[0].sha2}`);
  const start = body.indexOf("\r\n\r\n", hash) + 4;
  return body.subarray(start, body.indexOf(`\r\n--${boundary}`, start));
}

async function attachments() {
  const bytes = randomBytes(300_000);
  const binary = attached(bytes, "application/octet-stream");
  await xapi.sendStatement({ statement: binary, attachments: [bytes] });
  assert.ok((await raw(binary)).equals(bytes));

  const words = Buffer.from("一句话");
  const text = attached(words, "text/plain");
  await xapi.sendStatements({ statements: [text], attachments: [words] });
  const [single, content] = (await xapi.getStatement({ statementId: text.id, attachments: true })).data;
  assert.equal(single.id, text.id);
  const [listed, first] = (await xapi.getStatements({ activity: text.object.id, attachments: true })).data;
  const without = (await xapi.getStatements({ verb: iri("verb"), attachments: true })).data;

  // Between two attachments it forgets the line break before the boundary, so that they are one part to anybody
  const two = attached(words, "text/plain");
  two.attachments.push(attached(bytes, "image/png").attachments[0]);
  const wrong = attached(words, "text/plain");
  return {
    bytes: bytes.length,
    content,
    listed: [listed.statements.length, first],
    without: [without.length, without[0].statements.length],
    two: (await refusal(() => xapi.sendStatement({ statement: two, attachments: [words, bytes] }))).requirement,
    wrong_bytes: (await refusal(() => xapi.sendStatement({ statement: wrong, attachments: [bytes] }))).requirement,
  };
}

async function voiding() {
  const statements = [1, 2, 3].map(() => ({ actor, verb, object }));
  const [one, two, three] = (await xapi.sendStatements({ statements })).data;
  await xapi.voidStatement({ actor, statementId: one });
  const both = (await xapi.voidStatements({ actor, statementIds: [two, three] })).data;
  return {
    gone: await Promise.all([one, two, three].map(async (statementId) =>
      (await refusal(() => xapi.getStatement({ statementId }))).status)),
    voided: (await xapi.getVoidedStatement({ voidedStatementId: one })).data.id === one,
    both: both.length,
  };
}

/** State and both profiles have the same methods but for their names and what they need beside the id. */
async function documents(name, content, id, needs) {
  const one = { ...needs, [id]: "one" };
  const get = async () => {
    const answer = await xapi[`get${name}`](one);
    return { contents: answer.data, etag: answer.headers.etag, modified: Boolean(answer.headers["last-modified"]) };
  };
  const create = (document, more = {}) => xapi[`create${name}`]({ ...one, [content]: document, ...more });
  const set = (document, more = {}) => xapi[`set${name}`]({ ...one, [content]: document, ...more });

  await create({ a: 1, b: { c: 2 } }, { etag: "*", matchHeader: "If-None-Match" });
  const there = await refusal(() => set({ lost: 1 }, { etag: "*", matchHeader: "If-None-Match" }));
  await create({ b: { d: 3 } });
  const merged = await get();
  // Long enough to come back compressed, under an ETag of its own: the client gives that one back
  const long = { new: "值".repeat(2000) };
  await set(long, { etag: merged.etag, matchHeader: "If-Match" });
  const stale = await refusal(() => set({ lost: 1 }, { etag: merged.etag, matchHeader: "If-Match" }));
  const latest = await get();
  assert.deepEqual(latest.contents, long);
  const other = { ...needs, [id]: "two words & more" };
  await xapi[`set${name}`]({ ...other, [content]: "plain text", contentType: "text/plain", etag: "*",
                            matchHeader: "If-None-Match" });
  const text = (await xapi[`get${name}`](other)).data;
  const ids = (await xapi[`get${name}s`](needs)).data;
  const later = (await xapi[`get${name}s`]({ ...needs, since: new Date(Date.now() + 60_000).toISOString() })).data;
  const kept = await refusal(() => xapi[`delete${name}`]({ ...one, etag: merged.etag }));
  const dropped = await xapi[`delete${name}`]({ ...one, etag: latest.etag });
  const absent = await refusal(() => xapi[`get${name}`](one));
  return { there: there.status, merged: merged.contents, modified: merged.modified, stale: stale.status, text, ids,
           compressed: latest.etag.endsWith('-gzip"'), later, kept: kept.status, dropped: dropped.status,
           absent: absent.status };
}

await run(async () => {
  const state = { agent, activityId, registration };
  const results = {
    about: (await xapi.getAbout()).data.version,
    statements: await statements(),
    attachments: await attachments(),
    voiding: await voiding(),
    state: await documents("State", "state", "stateId", state),
    activity_profile: await documents("ActivityProfile", "profile", "profileId", { activityId }),
    agent_profile: await documents("AgentProfile", "profile", "profileId", { agent }),
  };
  // A PUT of a State that is there, without a condition: 1.0.3 overwrites it, 2.0 calls it a conflict
  const again = { ...state, stateId: "again", state: { a: 1 } };
  await xapi.setState(again);
  results.state.unconditional = await xapi.setState(again).then((answer) => answer.status,
                                                                (error) => JSON.parse(error.message).status);
  await xapi.deleteStates(state);
  results.state.after_deleting_all = (await xapi.getStates(state)).data;
  results.activity = (await xapi.getActivity({ activityId })).data.definition.name;
  results.person = (await xapi.getAgent({ agent })).data;
  return results;
});
