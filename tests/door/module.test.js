// What the built modules are: closed, alike, and steady.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clock, isQuestion, modules, newCore, randomBytes, root, testModules, text, useClock } from "./modules.js";

const key = "gw_live_FAKE0conversation0key0000000000000000";
const env = { GATEWAY_API_KEY: key, OPENAI_BASE_URL: "https://upstream.example/v1", SIMULATOR: "on" };
const head = {
  method: "POST",
  url: "http://gateway.example/v1/chat/completions",
  headers: { authorization: `Bearer ${key}` },
};
const exported = ["memory", "_initialize", "gateway_describe", "gateway_inbox", "gateway_configure", "gateway_open", "gateway_handle", "gateway_close"];
const exportedForTests = ["gateway_test_trap", "gateway_test_open_exchanges"];

useClock();

/** @param {WebAssembly.Module} module */
const names = (module) => WebAssembly.Module.exports(module).map(({ name }) => name).sort();

describe.each(Object.keys(modules))("%s", (toolchain) => {
  const module = /** @type {Record<string, WebAssembly.Module>} */ (modules)[toolchain];
  const testModule = /** @type {Record<string, WebAssembly.Module>} */ (testModules)[toolchain];

  test("the module imports nothing", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(WebAssembly.Module.imports(testModule)).toEqual([]);
  });

  test("the module exports the short list and no more", () => {
    expect(names(module)).toEqual([...exported].sort());
  });

  test("the test build exports two functions more", () => {
    expect(names(testModule)).toEqual([...exported, ...exportedForTests].sort());
  });

  test("a forced trap of the test build is thrown", () => {
    const core = newCore(testModule);
    expect(() => core.exports.gateway_test_trap()).toThrow(WebAssembly.RuntimeError);
  });

  test("a thousand exchanges, their events in any order, do not mix", () => {
    const core = newCore(module);
    const random = generator(7);
    const exchanges = Array.from({ length: 1_000 }, (_, at) => played(core, at));
    const running = [...exchanges];
    while (running.length) {
      const at = Math.floor(random() * running.length);
      if (running[at].next().done) running.splice(at, 1);
    }
    core.close(0);
  });

  test("memory after 20,000 exchanges is what it was after 1,000", () => {
    const core = newCore(testModule);
    const serve = (/** @type {number} */ count) => {
      for (let at = 0; at < count; ++at) {
        const events = played(core, at % 1_000);
        while (!events.next().done);
        clock.nowMs += 3;
      }
    };
    serve(1_000);
    const settled = core.memoryBytes;
    serve(20_000);
    expect(core.memoryBytes).toBe(settled);
    expect(core.exports.gateway_test_open_exchanges()).toBe(0);
  });

  test("abandoned requests give their slots back", () => {
    const core = newCore(testModule);
    for (let at = 0; at < 10_000; ++at) {
      const exchange = core.open(env);
      core.handle(exchange, { kind: "request", head, bytes: randomBytes(at) });
      core.handle(exchange, { kind: "body", bytes: Buffer.from('{"model":"m"}') });
    }
    expect(core.exports.gateway_test_open_exchanges()).toBe(10_000);
    clock.nowMs += 65_000;
    let abandoned = 0;
    for (let at = 0; at < 4_000; ++at) {
      const exchange = core.open(env);
      const list = core.handle(exchange, { kind: "request", head: { ...head, headers: {} }, bytes: randomBytes(at) });
      abandoned += list.filter(({ kind, payload }) => kind === "log" && text(payload).includes('"abandoned"')).length;
      core.close(exchange);
    }
    expect(core.exports.gateway_test_open_exchanges()).toBe(0);
    expect(abandoned).toBe(10_000);
  });

  test("a full slab answers 0 and recovers although nobody comes back", () => {
    const core = newCore(testModule);
    let exchange;
    while ((exchange = core.open(env))) {
      core.handle(exchange, { kind: "request", head, bytes: randomBytes() });
      core.handle(exchange, { kind: "body", bytes: Buffer.from('{"model":"m"}') });
    }
    expect(core.open(env)).toBe(0);
    clock.nowMs += 65_000;
    expect(core.open(env)).toBeGreaterThan(1);
  });

  test("a large body leaves its room to others", () => {
    const core = newCore(module);
    const large = Buffer.from(`{"model":"m","x":"${"a".repeat(4 << 20)}"}`);
    const send = () => {
      const exchange = core.open(env);
      core.handle(exchange, { kind: "request", head, bytes: randomBytes() });
      const list = core.handle(exchange, { kind: "body", bytes: large });
      expect(list.at(-1)?.kind).toBe("fetch");
      core.handle(exchange, { kind: "client_left" });
      core.close(exchange);
    };
    for (let at = 0; at < 3; ++at) send();
    const settled = core.memoryBytes;
    for (let at = 0; at < 30; ++at) send();
    expect(core.memoryBytes).toBe(settled);
  });
});

test("both toolchains' modules describe themselves alike", () => {
  expect(newCore(modules.wasi).tables).toEqual(newCore(modules.emscripten).tables);
});

test("the version is the same in the core and in the package", () => {
  const header = readFileSync(new URL("src/version.h", root), "utf8");
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  expect(/version = "([^"]*)"/.exec(header)?.[1]).toBe(version);
});

/**
 * One exchange of a kind by its number, checked against what it alone would give. Yields after
 * each event.
 * @param {import("../../worker/core.js").Core} core
 * @param {number} number
 */
function* played(core, number) {
  const exchange = core.open(env);
  expect(exchange).toBeGreaterThan(1);
  const id = Buffer.from(randomBytes(number)).subarray(0, 16).toString("hex");
  /** @param {any} event */
  const handle = (event) => {
    const list = core.handle(exchange, event);
    list.forEach(({ kind }, at) => isQuestion(kind) && expect(at).toBe(list.length - 1));
    return list;
  };
  /** @param {{kind: string, payload: any}[]} list @param {string} kind */
  const payload = (list, kind) => text(/** @type {any} */ (list.find((action) => action.kind === kind)).payload);

  handle({ kind: "request", head, bytes: randomBytes(number) });
  yield;
  const stream = number % 3 > 0;
  const simulated = number % 5 === 0;
  const model = simulated ? "sim/echo" : `model-${number}`;
  const body = { model, stream, messages: [{ role: "user", content: `word-${number}` }] };
  let list = handle({ kind: "body", bytes: Buffer.from(JSON.stringify(body)) });
  let sent = list.filter(({ kind }) => kind === "send").map(({ payload: bytes }) => text(bytes)).join("");
  let respond = simulated ? payload(list, "respond") : "";
  yield;
  while (list.at(-1)?.kind === "wait") {
    list = handle({ kind: "waited" });
    sent += list.filter(({ kind }) => kind === "send").map(({ payload: bytes }) => text(bytes)).join("");
    yield;
  }
  if (!simulated) {
    const type = stream ? "text/event-stream" : "application/json";
    list = handle({ kind: "upstream_head", head: { status: 200, headers: { "content-type": type } } });
    if (stream) respond = payload(list, "respond");
    yield;
    const chunk = `data: {"choices":[{"delta":{"content":"word-${number}"}}]}\n\n`;
    for (const bytes of stream ? [chunk.slice(0, 17), `${chunk.slice(17)}data: [DONE]\n\n`] : []) {
      list = handle({ kind: "upstream_bytes", bytes: Buffer.from(bytes) });
      sent += list.filter(({ kind }) => kind === "send").map(({ payload: bytes }) => text(bytes)).join("");
      yield;
    }
    const whole = Buffer.from(`{"content":"word-${number}"}`);
    list = handle(stream ? { kind: "upstream_end" } : { kind: "upstream_body", bytes: whole });
    if (!stream) [respond, sent] = [payload(list, "respond"), text(whole)];
  }
  expect(JSON.parse(respond).headers["x-request-id"]).toBe(id);
  expect(JSON.parse(payload(list, "log"))).toMatchObject({ id, model, end: "complete", stream });
  expect(sent).toContain(`word-${number}"`);
  core.close(exchange);
}

/** A small generator, so that a failure can be repeated. @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
