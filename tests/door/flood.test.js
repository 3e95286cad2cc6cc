// A hundred thousand different wrong keys, through the modules.

import { expect, test } from "vitest";
import { makeKey, sha256 } from "../support/gateway.mjs";
import { modules, newCore, randomBytes, text, useClock } from "./modules.js";

useClock();

const right = makeKey();
const env = { GATEWAY_API_KEY_HASHES: `web:${sha256(right)}` };
const wrongChecksum = () => makeKey().replace(/.$/, (last) => (last === "0" ? "1" : "0"));

/** What the store was asked, and the status. @param {import("../../worker/core.js").Core} core @param {string} key */
function ask(core, key) {
  const exchange = core.open(env);
  const head = { method: "GET", url: "http://gateway.example/v1/whoami", headers: { authorization: `Bearer ${key}` } };
  let calls = 0;
  /** @type {import("../../worker/core.js").CoreEvent | undefined} */
  let event = { kind: "request", head, bytes: randomBytes() };
  for (;;) {
    const list = core.handle(exchange, event);
    const last = /** @type {{kind: string, payload: any}} */ (list.at(-1));
    if (last.kind === "call") {
      ++calls;
      event = { kind: "record", head: [null] };
    } else if (last.kind === "locate") {
      event = { kind: "located", head: { client_ip: "192.0.2.1", connecting_ip: null, limiter: false } };
    } else {
      core.close(exchange);
      const respond = list.find(({ kind }) => kind === "respond");
      return { calls, status: JSON.parse(text(/** @type {any} */ (respond).payload)).status };
    }
  }
}

for (const [name, module] of Object.entries(modules))
  test(`T15 T20 CC8: ${name}: wrong checksums ask the store nothing, and memory stays flat whatever comes`, () => {
    const core = newCore(module);
    for (let at = 0; at < 10_000; ++at) ask(core, makeKey());
    const memory = core.memoryBytes;
    let calls = 0;
    for (let at = 0; at < 100_000; ++at) {
      const reply = ask(core, wrongChecksum());
      calls += reply.calls;
      expect([401, 429]).toContain(reply.status);
    }
    expect(calls).toBe(0);
    for (let at = 0; at < 20_000; ++at) calls += ask(core, makeKey()).calls;
    expect(calls).toBe(20_000); // each once, being new each time
    expect(core.memoryBytes).toBe(memory);
    expect(ask(core, right)).toEqual({ calls: 0, status: 200 });
  });
