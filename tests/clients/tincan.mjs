// TinCanJS against the server: everything that its LRS class can do, but for what is there for old IE.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import TinCan from "tincanjs";
import { endpoint, iri, key, plain, refusal, run, secret } from "./drive.mjs";

const lrs = new TinCan.LRS({ endpoint, username: key, password: secret, allowFail: false });

/** A method of TinCan.LRS as a promise; an error's message is the answer's body. */
function call(method, ...given) {
  return new Promise((resolve, reject) => {
    const options = given.pop();
    const callback = (error, answer) =>
      error === null ? resolve(answer) : reject(new Error(answer?.responseText || String(error)));
    lrs[method](...given, { ...options, callback });
  });
}

const agent = new TinCan.Agent({ mbox: "mailto:王磊@example.com", name: "王磊" });
const activity = new TinCan.Activity({
  id: iri("activity"),
  definition: { name: { "zh-CN": "谈判", "en-US": "Negotiation" },
                type: "http://adlnet.gov/expapi/activities/simulation" },
});
const registration = randomUUID();

function statement(changes = {}) {
  return new TinCan.Statement({
    actor: agent,
    verb: { id: "http://adlnet.gov/expapi/verbs/attempted", display: { "en-US": "attempted" } },
    target: activity,
    ...changes,
  });
}

async function statements() {
  const rich = statement({
    id: randomUUID(),
    result: { score: { scaled: 0.85, raw: 85, min: 0, max: 100 }, success: true, completion: true, response: "是",
              duration: "PT1M30.5S", extensions: { [iri("extension")]: { deep: [1, null, "二"] } } },
    context: { registration, instructor: { mbox: "mailto:coach@example.com" }, platform: "simulator", language: "zh-CN",
               team: { objectType: "Group", member: [{ mbox: "mailto:team@example.com" }] },
               contextActivities: { parent: { id: iri("parent") }, grouping: [{ id: iri("grouping") }] } },
  });
  const put = await call("saveStatement", rich, {});
  const again = await call("saveStatement", rich, {});
  const back = await call("retrieveStatement", rich.id, {});
  for (const name of ["actor", "verb", "object", "result", "context"]) {
    assert.deepEqual(back.asVersion("1.0.2")[name], rich.asVersion("1.0.2")[name], name);
  }

  const withoutId = statement({ context: { registration } });
  withoutId.id = null;
  const posted = JSON.parse((await call("saveStatement", withoutId, {})).responseText);

  const many = [0, 1, 2, 3, 4].map((number) => statement({ id: randomUUID(), result: { score: { raw: number } } }));
  many[3].target = new TinCan.StatementRef({ id: rich.id });
  many[4].target = new TinCan.SubStatement({ actor: agent, verb: { id: iri("verb") }, target: activity });
  const batch = await call("saveStatements", many, {});

  const conflict = statement({ id: rich.id, verb: { id: iri("verb") } });
  const nobody = statement({ actor: { mbox: "no-mailbox" } });
  return {
    rich, many,
    told: {
      put: [put.status, again.status],
      posted: posted.length,
      batch: JSON.parse(batch.responseText),
      sent_batch: many.map((each) => each.id),
      stored: Boolean(back.stored),
      authority: back.authority.account.name,
      conflict: (await refusal(() => call("saveStatement", conflict, {}))).statement === rich.id,
      refused: (await refusal(() => call("saveStatement", nobody, {}))).requirement,
    },
  };
}

async function queries(rich, many) {
  const found = async (params) => (await call("queryStatements", { params })).statements.map((each) => each.id);
  const count = async (params) => (await found(params)).length;
  const { context } = rich;
  const told = {
    agent: await count({ agent }),
    verb: await count({ verb: rich.verb }),
    activity: await count({ activity }),
    registration: await count({ registration }),
    related_activities: await count({ activity: context.contextActivities.grouping[0], related_activities: true }),
    related_agents: await count({ agent: context.instructor, related_agents: true }),
    since_now: await count({ since: new Date(Date.now() + 60_000).toISOString() }),
    until_now: await count({ until: new Date(Date.now() + 60_000).toISOString() }),
    ids: await count({ format: "ids" }),
    canonical: await count({ format: "canonical" }),
    none: await count({ verb: iri("verb") }),
  };
  assert.deepEqual((await found({ ascending: true })).reverse(), await found({ ascending: false }));
  assert.deepEqual(await found({ ascending: true, limit: 1 }), [rich.id]);

  const pages = [];
  let page = await call("queryStatements", { params: { limit: 3, agent } });
  pages.push(page.statements.map((each) => each.id));
  while (page.more) {
    page = await call("moreStatements", { url: page.more });
    pages.push(page.statements.map((each) => each.id));
  }
  assert.deepEqual(pages.flat(), await found({ agent }));
  assert.ok(pages.flat().includes(many[3].id));
  return { ...told, pages: pages.map((each) => each.length) };
}

function attachment(content, contentType = "text/plain; charset=utf-8") {
  return { usageType: iri("usage"), display: { "en-US": "evidence" }, contentType, content };
}

async function attachments() {
  const bytes = Uint8Array.from(Buffer.from("第一行\r\n--not a boundary\r\n\r\n\u0000\u0001 end\r\n")).buffer;
  const one = statement({ id: randomUUID(), attachments: [attachment(bytes)] });
  await call("saveStatement", one, {});
  const back = await call("retrieveStatement", one.id, { params: { attachments: true } });
  assert.deepEqual(Buffer.from(back.attachments[0].content), Buffer.from(bytes));

  const other = statement({ id: randomUUID(), attachments: [attachment("noted")] });
  await call("saveStatements", [other, statement({ id: randomUUID() })], {});
  const { statements: found } = await call("queryStatements", { params: { attachments: true, activity } });
  const contents = found.flatMap((each) => each.attachments ?? []).map((each) => each.getContentAsString());
  assert.deepEqual(contents, ["noted", Buffer.from(bytes).toString()]);

  // In node it sends a body as a string, so that bytes which aren't UTF-8 reach us changed: their hash must tell
  const binary = statement({ attachments: [attachment(Uint8Array.from([0, 255, 254, 128]).buffer, "image/png")] });
  // Between two attachments it forgets the line break before the boundary, so that they are one part to anybody
  const two = statement({ attachments: [attachment("a"), attachment("b")] });
  const linked = statement({ attachments: [{ ...attachment(null), length: 3, fileUrl: iri("file"),
                                             sha2: createHash("sha256").update("abc").digest("hex") }] });
  return {
    linked: (await call("saveStatement", linked, {})).status,
    contents: contents.length,
    binary: (await refusal(() => call("saveStatement", binary, {}))).requirement,
    two: (await refusal(() => call("saveStatement", two, {}))).requirement,
  };
}

async function voiding() {
  const target = statement({ id: randomUUID() });
  await call("saveStatement", target, {});
  const whole = new TinCan({ recordStores: [lrs] });
  await new Promise((resolve, reject) => {
    const callback = ([{ err: error }]) => (error === null ? resolve() : reject(error));
    whole.voidStatement(target.id, callback, { actor: agent });
  });
  const gone = await refusal(() => call("retrieveStatement", target.id, {}));
  const voided = await call("retrieveVoidedStatement", target.id, {});
  return { gone: gone.status, voided: voided.id === target.id };
}

/** State and both profiles have the same methods but for their names and what they need beside the key. */
async function documents(name, plural, needs, path, parameters) {
  const save = `save${name}`, retrieve = `retrieve${name}`, drop = `drop${name}`;
  const json = { ...needs, contentType: "application/json" };
  await call(save, "text", "看 some text", { ...needs, contentType: "text/plain; charset=utf-8" });
  const text = await call(retrieve, "text", needs);
  assert.equal(text.contents, "看 some text");

  await call(save, "json", { a: 1, b: { c: 2 } }, json);
  const { etag } = await call(retrieve, "json", needs);
  await call(save, "json", { b: { d: 3 }, e: 4 }, { ...json, method: "POST", lastSHA1: etag });
  const merged = await call(retrieve, "json", needs);
  await call(save, "json", { new: true }, { ...json, lastSHA1: merged.etag });
  const stale = await refusal(() => call(save, "json", { lost: true }, { ...json, lastSHA1: merged.etag }));
  // Its own digest of what it sent, without quotes, as its documentation has it
  const digest = createHash("sha1").update('{"new":true}').digest("hex");
  await call(save, "json", { newer: true }, { ...json, lastSHA1: digest });
  const id = name === "State" ? "stateId" : "profileId";
  const newest = await (await plain("GET", path, { ...parameters, [id]: "json" })).json();

  const ids = await call(plural, needs);
  const later = await call(plural, { ...needs, since: new Date(Date.now() + 60_000).toISOString() });
  await call(drop, "json", needs);
  const absent = await call(retrieve, "json", needs);
  const left = await call(plural, needs);
  await call(drop, "text", needs);
  return { merged: merged.contents, stale: stale.status, newest, ids, later, absent, left, type: text.contentType };
}

await run(async () => {
  const { rich, many, told } = await statements();
  const asParameter = JSON.stringify(agent.asVersion("1.0.2"));
  const state = { activity, agent, registration };
  const results = {
    version: lrs.version,
    about: (await call("about", {})).version,
    statements: told,
    queries: await queries(rich, many),
    attachments: await attachments(),
    voiding: await voiding(),
    state: await documents("State", "retrieveStateIds", state, "activities/state",
                           { activityId: activity.id, agent: asParameter, registration }),
    activity_profile: await documents("ActivityProfile", "retrieveActivityProfileIds", { activity },
                                      "activities/profile", { activityId: activity.id }),
    agent_profile: await documents("AgentProfile", "retrieveAgentProfileIds", { agent }, "agents/profile",
                                   { agent: asParameter }),
  };
  await call("saveState", "one", "1", { activity, agent });
  await call("saveState", "two", "2", state);
  await call("dropState", null, { activity, agent });
  results.state.after_dropping_all = await call("retrieveStateIds", { activity, agent });
  results.activity = (await call("retrieveActivity", activity.id, {})).definition.name;
  results.unknown_activity = (await call("retrieveActivity", iri("unknown"), {})).definition;
  return results;
});
