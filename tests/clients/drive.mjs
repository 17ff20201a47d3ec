// What the scripts share: where the server is, how a refusal is told, and how results are printed.

import process from "node:process";
import { randomUUID } from "node:crypto";

export const { ENDPOINT: endpoint, KEY: key, SECRET: secret } = process.env;
export const authorization = "Basic " + Buffer.from(`${key}:${secret}`).toString("base64");

/** An IRI of this run's own. */
export const iri = (name) => `https://clients.example/${name}/${randomUUID()}`;

/** A request without any client, to see what one of them stored. */
export async function plain(method, path, parameters = {}, options = {}) {
  const query = new URLSearchParams(parameters);
  const answer = await fetch(`${endpoint}${path}?${query}`, {
    method,
    ...options,
    headers: { Authorization: authorization, "X-Experience-API-Version": "1.0.3", ...options.headers },
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** The problem that `call` is refused with; an error where it isn't refused. */
export async function refusal(call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    return JSON.parse(error.message);
  }
  throw new Error(`not refused: ${JSON.stringify(answer)}`);
}

/** Runs `main` and prints what it returns as one line of JSON; any failure is the exit status. */
export async function run(main) {
  try {
    console.log(JSON.stringify(await main()));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
