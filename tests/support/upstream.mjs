// A provider that does what a test tells it, over real HTTP. A script is chosen by the request's
// model, so that tests of one file can share an upstream; what it got is kept as it came.

import http from "node:http";

/**
 * @typedef {object} Received
 * @property {string} method
 * @property {string} path
 * @property {[string, string][]} headers  in order, names in lower case
 * @property {Buffer} body
 * @property {any} json  undefined when the body is not JSON
 * @property {boolean} closed  the connection went before the reply was complete
 * @property {number} writes   pieces of the reply that were written
 * @property {number} writesAtClose
 * @property {Promise<void>} gone  resolves with the end of the connection or of the reply
 *
 * @typedef {(reply: http.ServerResponse, request: Received) => unknown} Script
 */

/** @param {{port?: number}} [options] */
export async function startUpstream({ port = 0 } = {}) {
  /** @type {Received[]} */
  const requests = [];
  /** @type {Map<string, Script>} */
  const scripts = new Map();

  const server = http.createServer({ keepAliveTimeout: 60_000 }, async (message, reply) => {
    const pieces = [];
    /** @type {[string, string][]} */
    const headers = [];
    for (let i = 0; i < message.rawHeaders.length; i += 2) {
      headers.push([message.rawHeaders[i].toLowerCase(), message.rawHeaders[i + 1]]);
    }
    try {
      for await (const piece of message) pieces.push(piece);
    } catch {
      return;
    }
    const body = Buffer.concat(pieces);
    let json;
    try {
      json = JSON.parse(body.toString());
    } catch {
      // Not every test sends JSON.
    }
    /** @type {Received} */
    const request = {
      method: message.method ?? "",
      path: message.url ?? "",
      headers,
      body,
      json,
      closed: false,
      writes: 0,
      writesAtClose: 0,
      gone: Promise.resolve(),
    };
    const write = reply.write.bind(reply);
    // @ts-expect-error one of several signatures
    reply.write = (...args) => {
      request.writes += 1;
      // @ts-expect-error the same
      return write(...args);
    };
    request.gone = new Promise((resolve) => {
      reply.on("close", () => {
        request.closed = !reply.writableFinished;
        request.writesAtClose = request.writes;
        resolve();
      });
    });
    requests.push(request);
    const script = scripts.get(json?.model) ?? scripts.get("*") ?? json200;
    try {
      await script(reply, request);
    } catch {
      reply.destroy();
    }
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    /** @param {string} model @param {Script} script */
    on(model, script) {
      scripts.set(model, script);
    },
    /** The requests for a model. @param {string} model */
    of: (model) => requests.filter((request) => request.json?.model === model),
    /** The next request for a model, also when it has already come. @param {string} model @param {number} [at] */
    async request(model, at = 0) {
      for (;;) {
        const found = requests.filter((request) => request.json?.model === model)[at];
        if (found) return found;
        await sleep(2);
      }
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}

export const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

// --- Replies in OpenAI's form ----------------------------------------------------------------

export const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 0 },
};

/** @param {string} model @param {object} [message] */
export function completion(model, message = { role: "assistant", content: "Hello!", refusal: null }) {
  return {
    id: "chatcmpl-ABC123",
    object: "chat.completion",
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
    usage,
    service_tier: "default",
    system_fingerprint: null,
  };
}

/** @type {Script} */
export function json200(reply, request) {
  sendJson(reply, 200, completion(request.json?.model ?? "none"));
}

/**
 * @param {http.ServerResponse} reply
 * @param {number} status
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 */
export function sendJson(reply, status, body, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  reply.writeHead(status, { "content-type": "application/json", ...headers });
  reply.end(text);
}

/** @param {http.ServerResponse} reply */
export function beginStream(reply) {
  reply.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  reply.flushHeaders();
}

/**
 * One event of a stream. With `usage: null`, as a provider writes that was asked for usage.
 * @param {string} model
 * @param {object} delta
 * @param {{finish?: string | null, nullUsage?: boolean}} [options]
 */
export function chunk(model, delta, { finish = null, nullUsage = false } = {}) {
  const json = {
    id: "chatcmpl-ABC123",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model,
    service_tier: "default",
    system_fingerprint: null,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(nullUsage ? { usage: null } : {}),
    obfuscation: "x7",
  };
  return `data: ${JSON.stringify(json)}\n\n`;
}

/** @param {string} model */
export function usageChunk(model) {
  const json = { id: "chatcmpl-ABC123", object: "chat.completion.chunk", created: 1_700_000_000, model, choices: [], usage };
  return `data: ${JSON.stringify(json)}\n\n`;
}

export const done = "data: [DONE]\n\n";

/**
 * The events of a whole stream, in the form that the request asked for.
 * @param {string} model
 * @param {string[]} words
 * @param {{asked?: boolean}} [options]  asked: with usage
 */
export function streamOf(model, words, { asked = false } = {}) {
  const options = { nullUsage: asked };
  return [
    chunk(model, { role: "assistant", content: "", refusal: null }, options),
    ...words.map((word) => chunk(model, { content: word }, options)),
    chunk(model, {}, { ...options, finish: "stop" }),
    ...(asked ? [usageChunk(model)] : []),
    done,
  ];
}

/** Whether the request asked for usage. @param {Received} request */
export const asksUsage = (request) => request.json?.stream_options?.include_usage === true;

/**
 * A script that answers with a stream of these words, or with one JSON reply when no stream was asked for.
 * @param {string[]} words
 * @param {{everyMs?: number}} [options]  0: in one burst
 * @returns {Script}
 */
export function speak(words, { everyMs = 0 } = {}) {
  return async (reply, request) => {
    const { model, stream } = request.json;
    if (!stream) return sendJson(reply, 200, completion(model));
    beginStream(reply);
    const events = streamOf(model, words, { asked: asksUsage(request) });
    const startedAt = performance.now();
    for (const [at, event] of events.entries()) {
      if (everyMs && at) await sleep(Math.max(0, startedAt + at * everyMs - performance.now()));
      if (reply.destroyed) return;
      reply.write(event);
    }
    reply.end();
  };
}
