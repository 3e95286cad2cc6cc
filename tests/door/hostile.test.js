// The hostile values of tests/exchange/hostile.json, through the modules: their stacks are smaller
// than the native one, and a trap would end the instance.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modules, newCore, randomBytes, root, text, useClock } from "./modules.js";

const hostile = JSON.parse(readFileSync(new URL("tests/exchange/hostile.json", root), "utf8"));
const key = "gw_live_FAKE0conversation0key0000000000000000";
const env = { GATEWAY_API_KEY: key, OPENAI_BASE_URL: "https://upstream.example/v1", SIMULATOR: "on", DEFAULT_MODEL: "d" };
const url = "http://gateway.example/v1/chat/completions";
const head = { method: "POST", url, headers: { authorization: `Bearer ${key}` } };

const values = [
  ...hostile.values,
  ...Object.entries(hostile.nested).flatMap(([form, depth]) => {
    const [open, close] = form.split("*");
    return [open.repeat(depth) + close.repeat(depth), open.repeat(depth)];
  }),
  `"${"a".repeat(100_000)}"`,
].map((value) => Buffer.from(value));
values.push(Buffer.from([0x22, 0xff, 0xfe, 0x80, 0x22]), Buffer.from([0x22, 0, 0x22]));

/** @param {string} form @param {Buffer} value */
const filled = (form, value) => Buffer.from(form.replaceAll("VALUE", () => value.toString("latin1")), "latin1");

useClock();

describe.each(Object.entries(modules))("%s", (_, module) => {
  /** @param {any} core @param {Uint8Array} body */
  function begin(core, body) {
    const exchange = core.open(env);
    core.handle(exchange, { kind: "request", head, bytes: randomBytes() });
    return { exchange, list: core.handle(exchange, { kind: "body", bytes: body }) };
  }

  /** @param {any} core @param {number} exchange @param {{kind: string, bytes: Uint8Array}[]} list */
  function end(core, exchange, list) {
    while (list.at(-1)?.kind === "wait") list = core.handle(exchange, { kind: "waited" });
    if (!list.some(({ kind }) => kind === "log")) list = core.handle(exchange, { kind: "client_left" });
    expect(list.map(({ kind }) => kind)).toContain("log");
    core.close(exchange);
  }

  test("every type in every field of a request is answered", () => {
    const core = newCore(module);
    for (const form of hostile.requests)
      for (const value of values) {
        const { exchange, list } = begin(core, filled(form, value));
        end(core, exchange, list);
      }
  });

  test("every type in every field of a reply is answered", () => {
    const core = newCore(module);
    for (const form of hostile.replies)
      for (const value of values) {
        const { exchange } = begin(core, Buffer.from('{"model":"m"}'));
        core.handle(exchange, { kind: "upstream_head", head: { status: 200, headers: {} } });
        end(core, exchange, core.handle(exchange, { kind: "upstream_body", bytes: filled(form, value) }));
      }
  });

  test("every type in every field of a chunk is answered", () => {
    const core = newCore(module);
    const headers = { "content-type": "text/event-stream" };
    for (const options of ["", ',"stream_options":{"include_usage":true}'])
      for (const form of hostile.chunks)
        for (const value of values) {
          const { exchange } = begin(core, Buffer.from(`{"model":"m","stream":true${options}}`));
          core.handle(exchange, { kind: "upstream_head", head: { status: 200, headers } });
          const bytes = Buffer.concat([Buffer.from("data: "), filled(form, value), Buffer.from("\n\n")]);
          end(core, exchange, core.handle(exchange, { kind: "upstream_bytes", bytes }));
        }
  });

  test("ten thousand levels are refused with their place, and the next request is served", () => {
    const core = newCore(module);
    for (const [open, close] of [["[", "]"], ['{"a":', "}"]]) {
      const deep = `{"model":"m","x":${open.repeat(10_000)}1${close.repeat(10_000)}}`;
      const { exchange, list } = begin(core, Buffer.from(deep));
      const send = list.find(({ kind }) => kind === "send");
      expect(JSON.parse(text(/** @type {any} */ (send).payload)).error).toMatchObject({ code: "invalid_json" });
      core.close(exchange);
    }
    const { exchange, list } = begin(core, Buffer.from('{"model":"m"}'));
    expect(list.at(-1)?.kind).toBe("fetch");
    core.close(exchange);
  });
});
