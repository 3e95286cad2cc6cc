// What an open stream holds in linear memory, beside the bytes that are on their way.

import { expect, test } from "vitest";
import { makeKey, makeProviderKey } from "../support/gateway.mjs";
import { modules, newCore, randomBytes, useClock } from "./modules.js";

useClock();

const key = makeKey();
const env = { GATEWAY_API_KEY: key, ANTHROPIC_API_KEY: makeProviderKey(), GEMINI_API_KEY: makeProviderKey(), OPENAI_API_KEY: makeProviderKey() };
const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);
const event = (/** @type {object} */ data) => `data: ${JSON.stringify(data)}\n\n`;

/** The beginning of a stream: a hundred events and half of one. @type {Record<string, string>} */
const begun = {
  "anthropic/claude-sonnet-4-5":
    event({ type: "message_start", message: { id: "m", model: "c", usage: { input_tokens: 3 } } }) +
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }) +
    event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "some words " } }).repeat(100) +
    'data: {"type":"content_block_delta","index":0,',
  "gemini/gemini-2.5-flash": `${event({ candidates: [{ content: { parts: [{ text: "some words " }] } }] }).repeat(100)}data: {"candidates":[`,
  "openai/gpt-4o": `${event({ id: "x", choices: [{ index: 0, delta: { content: "some words " } }] }).repeat(100)}data: {"id":"x",`,
};

/** @param {import("../../worker/core.js").Core} core @param {string} path @param {string} model */
function open(core, path, model) {
  const exchange = core.open(env);
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  core.handle(exchange, { kind: "request", head: { method: "POST", url: `http://gateway.example${path}`, headers }, bytes: randomBytes() });
  const messages = Array.from({ length: 21 }, (_, at) => ({ role: at % 2 ? "assistant" : "user", content: "Where is it, and since when? ".repeat(4) }));
  core.handle(exchange, { kind: "body", bytes: bytes(JSON.stringify({ model, stream: true, max_tokens: 100, messages })) });
  const [first] = core.handle(exchange, { kind: "upstream_head", head: { status: 200, headers: { "content-type": "text/event-stream" } } });
  expect(first.kind).toBe("respond");
  return core.handle(exchange, { kind: "upstream_bytes", bytes: bytes(begun[model]) });
}

const ways = Object.keys(begun).flatMap((model) => ["/v1/chat/completions", "/v1/messages"].map((path) => ({ model, path })));

for (const [name, module] of Object.entries(modules))
  test.each(ways)(`${name}: a stream of $model to $path holds at most 8 KB`, ({ model, path }) => {
    const core = newCore(module);
    for (let at = 0; at < 50; ++at) open(core, path, model);
    const before = core.memoryBytes;
    for (let at = 0; at < 800; ++at) expect(open(core, path, model).at(-1)?.kind).toBe("read");
    expect((core.memoryBytes - before) / 800).toBeLessThan(8 * 1024);
  });
