// Sends batches of statements, which come on standard input, with @xapi/xapi from the directory named first.

import { createRequire } from "node:module";
import { join } from "node:path";
import { stdin } from "node:process";
import { text } from "node:stream/consumers";

const XAPI = createRequire(join(process.argv[2], "post.js"))("@xapi/xapi");
const { endpoint, key, secret, batches } = JSON.parse(await text(stdin));
const xapi = new XAPI({ endpoint, auth: XAPI.toBasicAuth(key, secret), version: "1.0.3", adapter: "fetch" });
for (const statements of batches) {
  await xapi.sendStatements({ statements });
}
