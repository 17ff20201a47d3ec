// An assignable unit of cmi5 in a real Chromium, launched as a course platform does, with @xapi/cmi5.

import { randomUUID } from "node:crypto";
import { page, results, script, serving } from "./chromium.mjs";
import { authorization, endpoint, iri, plain, run } from "./drive.mjs";

const UNIT = `async function learn() {
  const cmi5 = new Cmi5();
  await cmi5.initialize();
  const { actor: agent, activityId, registration } = cmi5.launchParameters;
  const bookmark = { agent, activityId, registration, stateId: "bookmark" };
  await cmi5.xapi.setState({ ...bookmark, state: { slide: 1 } });
  // A page of another origin sees an ETag only where the server exposes it
  const { headers } = await cmi5.xapi.getState(bookmark);
  const matching = { etag: headers.etag, matchHeader: "If-Match" };
  await cmi5.xapi.setState({ ...bookmark, state: { slide: 2 }, ...matching });
  const refused = await cmi5.xapi.setState({ ...bookmark, state: {}, ...matching })
    .then(() => null, (error) => error.response.status);
  await cmi5.progress(50);
  const choices = ["a", "b", "c"].map((id) => ({ id, description: { "en-US": id } }));
  const period = { start: new Date(Date.now() - 5500), end: new Date() };
  await cmi5.interactionChoice("test", "q1", ["a", "b"], ["a", "c"], choices, { "en-US": "Choose" },
                               { "en-US": "Choose two" }, false, period);
  await cmi5.interactionMatching("test", "q2", { x: "1", y: "2" }, { x: "1", y: "2" });
  await cmi5.interactionNumeric("test", "q3", 7, { min: 5, max: 9 });
  await cmi5.interactionTrueFalse("test", "q4", true, true);
  await cmi5.pass({ scaled: 0.9, raw: 90, min: 0, max: 100 });
  await cmi5.complete();
  await cmi5.terminate();
  const { data } = await cmi5.xapi.getStatements({ registration });
  return { seen: data.statements.length, refused, exposed: Object.keys(headers),
           preferences: cmi5.getLearnerPreferences(), mode: cmi5.launchData.launchMode };
}`;

/** What the platform writes before it launches a unit (cmi5 10.0 and 11.0). */
async function prepare(agent, activityId, registration) {
  const json = { "Content-Type": "application/json" };
  const contextTemplate = {
    contextActivities: { grouping: [{ id: iri("course") }] },
    extensions: { "https://w3id.org/xapi/cmi5/context/extensions/sessionid": randomUUID() },
  };
  const launch = { contextTemplate, launchMode: "Normal", moveOn: "CompletedAndPassed", masteryScore: 0.8,
                   returnURL: "https://learn.example/back" };
  await plain("PUT", "activities/state", { activityId, agent, registration, stateId: "LMS.LaunchData" },
              { headers: json, body: JSON.stringify(launch) });
  const preferences = { languagePreference: "zh-CN,en-US", audioPreference: "off" };
  await plain("PUT", "agents/profile", { agent, profileId: "cmi5LearnerPreferences" },
              { headers: { ...json, "If-None-Match": "*" }, body: JSON.stringify(preferences) });
  return contextTemplate;
}

await run(async () => {
  const actor = { objectType: "Agent", account: { homePage: "https://learn.example", name: "王磊 1" } };
  const [activityId, registration, agent] = [iri("unit"), randomUUID(), JSON.stringify(actor)];
  const template = await prepare(agent, activityId, registration);
  let fetched = 0;
  const token = () => {
    fetched += 1;
    return ["application/json", JSON.stringify({ "auth-token": authorization.replace("Basic ", "") })];
  };
  const routes = {
    "GET /": () => ["text/html; charset=utf-8", page(["/cmi5.js"], UNIT)],
    "GET /cmi5.js": script("@xapi/cmi5/dist/Cmi5.umd.js"),
    "POST /fetch": token,
  };
  const learned = await serving(routes, (url) => {
    const launch = { endpoint, fetch: `${url}/fetch`, actor: agent, registration, activityId };
    return results(`${url}/?${new URLSearchParams(launch)}`);
  });
  const bookmark = await plain("GET", "activities/state", { activityId, agent, registration, stateId: "bookmark" });
  return { ...learned, fetched, bookmark: await bookmark.json(), template, activityId, registration };
});
