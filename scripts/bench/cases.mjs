// What is measured: the requests that a client sends, the ceilings that the project promises and
// the targets it is after, as ratios to the pass-through worker.

export const clientKey = "pstn-bench-0000000000000000000000000000000000000001";
export const providerKey = "sk-bench-0000000000000000000000000000000000000002";

/** How long the pause between two events of a paced stream is, and how many events there are. */
export const paceMs = 10;
export const streamEvents = 200;

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {"gateway" | "ring" | "open"} gateway  which deployment: one key, 76, or without a window
 * @property {boolean} [translated]  Anthropic behind, OpenAI in front
 * @property {number} requests     a run
 * @property {number} connections  at once
 * @property {number} [staggerMs]  between the first requests of two connections
 * @property {Buffer} request      the bytes that go out
 * @property {boolean} stream
 * @property {number} ceiling
 * @property {number} [target]
 */

/** The words decide what the upstream answers: its model name is the first member of the body. */
const models = { json: "bench-json", burst: "bench-burst", paced: "bench-paced" };
const translated = (/** @type {string} */ model) => `anthropic/${model}`;

/** @returns {Case[]} */
export function allCases() {
  const usage = { stream_options: { include_usage: true } };
  const json = { gateway: /** @type {const} */ ("gateway"), connections: 16, stream: false };
  const burst = { ...json, connections: 8, requests: 120, stream: true };
  const paced = { ...json, connections: 40, requests: 40, staggerMs: 3.7, stream: true };
  return [
    {
      ...json, name: "json", title: "JSON, 2 KB body", requests: 1500,
      request: post(conversation(models.json, 2_000)), ceiling: 1.9, target: 1.6,
    },
    {
      ...json, name: "ring", title: "JSON, 2 KB body, 76 keys", gateway: "ring", requests: 1500,
      request: post(conversation(models.json, 2_000)), ceiling: 1.9, target: 1.6,
    },
    {
      ...json, name: "100k", title: "JSON, 100 KB body", requests: 400,
      request: post(conversation(models.json, 100_000)), ceiling: 2.3, target: 1.6,
    },
    {
      ...json, name: "1m-string", title: "JSON, 1 MB, one string", requests: 64, connections: 4,
      request: post(oneString(models.json, 1_000_000)), ceiling: 2.3, target: 1.5,
    },
    {
      ...json, name: "1m-chat", title: "JSON, 1 MB, short messages", requests: 64, connections: 4,
      request: post(conversation(models.json, 1_000_000)), ceiling: 2.8, target: 2.1,
    },
    {
      ...burst, name: "burst-relay", title: "200 events at once, relay",
      request: post(conversation(models.burst, 2_000, { stream: true, ...usage })), ceiling: 2.4, target: 1.8,
    },
    {
      ...burst, name: "burst-window", title: "200 events at once, window",
      request: post(conversation(models.burst, 2_000, { stream: true })), ceiling: 2.2, target: 1.6,
    },
    {
      ...paced, name: "paced-relay", title: "200 events, 10 ms, relay",
      request: post(conversation(models.paced, 2_000, { stream: true, ...usage })), ceiling: 2.0, target: 1.8,
    },
    {
      ...paced, name: "paced-window", title: "200 events, 10 ms, window",
      request: post(conversation(models.paced, 2_000, { stream: true })), ceiling: 2.6,
    },
    {
      ...json, name: "translated-json", title: "JSON, 2 KB body, translated", requests: 1500, translated: true,
      request: post(conversation(translated(models.json), 2_000)), ceiling: 1.8,
    },
    {
      ...json, name: "translated-image", title: "10 MB body with an image, translated", requests: 24, connections: 2,
      translated: true, request: post(oneImage(translated(models.json), 10_000_000)), ceiling: 2.2,
    },
    {
      ...burst, name: "translated-burst", title: "200 events at once, translated", translated: true,
      request: post(conversation(translated(models.burst), 2_000, { stream: true })), ceiling: 2.2,
    },
    {
      ...paced, name: "paced-translated", title: "200 events, 10 ms, translated", translated: true,
      request: post(conversation(translated(models.paced), 2_000, { stream: true })), ceiling: 2.7,
    },
    {
      ...burst, name: "open-burst", title: "200 at once, translated, no window", gateway: "open", translated: true,
      request: post(conversation(translated(models.burst), 2_000, { stream: true })), ceiling: 6.5,
    },
    {
      ...paced, name: "paced-open", title: "200, 10 ms, translated, no window", gateway: "open", translated: true,
      request: post(conversation(translated(models.paced), 2_000, { stream: true })), ceiling: 3.7,
    },
  ];
}

// --- Bodies ----------------------------------------------------------------------------------

/** A chat of short messages, about as many escapes as prose with code has. */
function conversation(/** @type {string} */ model, /** @type {number} */ bytes, /** @type {object} */ rest = {}) {
  const messages = [{ role: "system", content: "You are a helpful assistant.\nAnswer in one sentence." }];
  let size = 200;
  for (let turn = 0; size < bytes; ++turn) {
    const message =
      turn % 2
        ? { role: "assistant", content: `It is the seat of "government":\n\n- Paris\n- since 987, turn ${turn}` }
        : { role: "user", content: `What does "capital" mean?\nAnd where is it in France, turn ${turn}?` };
    size += JSON.stringify(message).length + 1;
    messages.push(message);
  }
  return JSON.stringify({ model, messages, temperature: 0.2, ...rest });
}

function oneString(/** @type {string} */ model, /** @type {number} */ bytes) {
  const content = "abcdefghijklmnopqrstuvwxyz012345".repeat(Math.ceil(bytes / 32));
  return JSON.stringify({ model, messages: [{ role: "user", content }] });
}

function oneImage(/** @type {string} */ model, /** @type {number} */ bytes) {
  const url = `data:image/png;base64,${"iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB".repeat(Math.ceil(bytes / 32))}`;
  const content = [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url } }];
  return JSON.stringify({ model, messages: [{ role: "user", content }] });
}

/** A request as OpenAI's own client for Node sends it. */
function post(/** @type {string} */ body) {
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: 127.0.0.1",
    "accept: application/json",
    "content-type: application/json",
    "user-agent: OpenAI/JS 7.57.0",
    "x-stainless-retry-count: 0",
    "x-stainless-timeout: 600",
    "x-stainless-lang: js",
    "x-stainless-package-version: 7.57.0",
    "x-stainless-os: Linux",
    "x-stainless-arch: x64",
    "x-stainless-runtime: node",
    "x-stainless-runtime-version: v24.21.0",
    `authorization: Bearer ${clientKey}`,
    "accept-language: *",
    "sec-fetch-mode: cors",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}
