// The provider that both workers talk to, in a process of its own: raw sockets, so that it costs
// little beside them. The model's name says what it answers.

import net from "node:net";
import { paceMs, streamEvents } from "./cases.mjs";

const commonHeaders = [
  "date: Sat, 21 Nov 2026 12:00:00 GMT",
  "openai-organization: bench",
  "openai-processing-ms: 412",
  "openai-version: 2020-10-01",
  "x-ratelimit-limit-requests: 10000",
  "x-ratelimit-limit-tokens: 200000",
  "x-ratelimit-remaining-requests: 9999",
  "x-ratelimit-remaining-tokens: 199500",
  "x-ratelimit-reset-requests: 8.64s",
  "x-ratelimit-reset-tokens: 150ms",
  "x-request-id: req_0123456789abcdef0123456789abcdef",
  "strict-transport-security: max-age=31536000; includeSubDomains; preload",
  "x-content-type-options: nosniff",
];

const openaiWords = { json: makeJsonReply(), events: chunked(makeEvents(false)), usageEvents: chunked(makeEvents(true)) };
const anthropicEvents = chunked(makeAnthropicEvents());
const anthropicWords = { json: makeAnthropicReply(), events: anthropicEvents, usageEvents: anthropicEvents };
const streamHead = Buffer.from(
  ["HTTP/1.1 200 OK", "content-type: text/event-stream; charset=utf-8", "transfer-encoding: chunked", ...commonHeaders].join("\r\n") + "\r\n\r\n",
);

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  let head = "";
  let begin = ""; // of the body: its first and, with few bytes, its last members
  let left = -1; // of the body; -1 while the head is read
  let chunked = false;
  socket.on("data", (bytes) => {
    if (left < 0) {
      const text = bytes.toString("latin1");
      head += text;
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end + 2));
      chunked = !length;
      begin = head.slice(end + 4, end + 8192);
      left = length ? Number(length[1]) - (head.length - end - 4) : 0;
    } else {
      if (begin.length < 8192) begin += bytes.toString("latin1");
      left -= bytes.length;
    }
    // No body of the bench is sent chunked by the gateway; a worker that does ends as streams do.
    if (chunked ? !begin.endsWith("0\r\n\r\n") : left > 0) {
      if (chunked) left = 1e9;
      return;
    }
    const asked = begin;
    const anthropic = head.startsWith("POST /v1/messages ");
    head = begin = "";
    left = -1;
    answer(socket, asked, anthropic ? anthropicWords : openaiWords);
  });
});

server.listen(0, "127.0.0.1", () => process.send?.({ port: /** @type {net.AddressInfo} */ (server.address()).port }));
process.on("disconnect", () => process.exit(0));

/** @param {net.Socket} socket @param {string} asked @param {typeof openaiWords} words */
function answer(socket, asked, words) {
  const model = /"model":"(?:anthropic\/)?([a-z-]+)"/.exec(asked.slice(0, 100))?.[1];
  if (model === "bench-json") return socket.write(words.json);
  const events = asked.includes('"include_usage":true') ? words.usageEvents : words.events;
  socket.write(streamHead);
  if (model === "bench-burst") {
    for (const event of events) socket.write(event);
    return;
  }
  const begun = performance.now();
  let at = 0;
  const next = () => {
    if (socket.destroyed) return;
    socket.write(events[at++]);
    if (at < events.length) setTimeout(next, Math.max(0, begun + at * paceMs - performance.now()));
  };
  next();
}

// --- What it says ----------------------------------------------------------------------------

function makeJsonReply() {
  const content = "The capital of France is Paris; it has been the seat of government since 987.\n".repeat(10);
  return reply({
    id: "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
    object: "chat.completion",
    created: 1_750_000_000,
    model: "gpt-4o-2024-08-06",
    choices: [
      { index: 0, message: { role: "assistant", content, refusal: null, annotations: [] }, logprobs: null, finish_reason: "stop" },
    ],
    usage: {
      prompt_tokens: 812, completion_tokens: 190, total_tokens: 1002,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    },
    service_tier: "default",
    system_fingerprint: "fp_0123456789",
  });
}

function makeEvents(/** @type {boolean} */ withUsage) {
  const tail = withUsage ? ',"usage":null' : "";
  const data = [];
  const chunk = (/** @type {string} */ choices, /** @type {string} */ end) =>
    '{"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk","created":1750000000,' +
    `"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[${choices}]${end},"obfuscation":"aBcDeFgHiJ"}`;
  for (let index = 0; index < streamEvents; ++index)
    data.push(chunk(`{"index":0,"delta":{"content":" token${index}"},"logprobs":null,"finish_reason":null}`, tail));
  data.push(chunk('{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}', tail));
  if (withUsage) data.push(chunk("", ',"usage":{"prompt_tokens":812,"completion_tokens":200,"total_tokens":1012}'));
  data.push("[DONE]");
  return data.map((text) => `data: ${text}\n\n`);
}

function makeAnthropicReply() {
  const text = "The capital of France is Paris; it has been the seat of government since 987.\n".repeat(10);
  return reply({
    model: "claude-sonnet-4-5-20250929", id: "msg_01AbCdEfGhIjKlMnOpQrStUv", type: "message", role: "assistant",
    content: [{ type: "text", text }], stop_reason: "end_turn", stop_sequence: null,
    usage: {
      input_tokens: 812, cache_creation_input_tokens: 0, cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 }, output_tokens: 190, service_tier: "standard",
    },
  });
}

function makeAnthropicEvents() {
  const usage = { input_tokens: 812, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const message = { model: "claude-sonnet-4-5-20250929", id: "msg_01AbCdEfGhIjKlMnOpQrStUv", type: "message", role: "assistant", content: [], stop_reason: null, stop_sequence: null, usage };
  const events = [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
  ];
  for (let index = 0; index < streamEvents; ++index)
    events.push({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: ` token${index}` } });
  events.push({ type: "content_block_stop", index: 0 });
  events.push({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { ...usage, output_tokens: 200 } });
  events.push({ type: "message_stop" });
  return events.map((event, index) => `event: ${event.type}\ndata: ${JSON.stringify(event).slice(0, -1)}${" ".repeat(index % 16)}}\n\n`);
}

/** One HTTP chunk an event; the last also ends the body. */
function chunked(/** @type {string[]} */ events) {
  return events.map((event, index) => {
    const ending = index === events.length - 1 ? "0\r\n\r\n" : "";
    return Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n${ending}`);
  });
}

function reply(/** @type {object} */ document) {
  const body = JSON.stringify(document);
  const head = ["HTTP/1.1 200 OK", "content-type: application/json", `content-length: ${Buffer.byteLength(body)}`, ...commonHeaders];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}
