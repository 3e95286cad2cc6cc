// A provider that answers with what was recorded. One server for all providers: the first segment
// of a path says which one is asked, and the model which exchange is to be replayed, so that many
// can be under way at once.

import http from "node:http";

/** @typedef {import("./recordings.mjs").Exchange} Exchange */

/**
 * What arrived for one replay.
 * @typedef {object} Hit
 * @property {string} provider  the first segment of the path
 * @property {string} surface   which the rest of the path belongs to
 * @property {string} path
 * @property {any} body
 * @property {[string, string][]} headers
 */

/**
 * Which surface a provider offers under a path, in the words of the recordings.
 * @param {string} provider
 * @param {string} path
 */
export function surfaceOf(provider, path) {
  const [bare] = path.split("?");
  if (/\/chat\/completions$/.test(bare)) return provider === "workers-ai" ? "run" : "chat";
  if (/\/chat$/.test(bare)) return "cohere-chat";
  if (/\/completions$/.test(bare)) return "completions";
  if (/\/messages$/.test(bare)) return "messages";
  if (/\/messages\/count_tokens$/.test(bare)) return "count_tokens";
  if (/\/responses$/.test(bare)) return "responses";
  if (/\/embeddings$|\/embed$|:batchEmbedContents$|:embedContent$|:predict$/.test(bare)) return "embeddings";
  if (/:(stream)?generateContent$/i.test(bare)) return "generateContent";
  if (/\/converse(-stream)?$/.test(bare)) return "converse";
  return "unknown";
}

/** @param {Exchange[]} exchanges */
export async function startReplay(exchanges) {
  /** @type {Map<string, Hit[]>} */
  const hits = new Map();

  const server = http.createServer({ keepAliveTimeout: 60_000 }, async (message, reply) => {
    const pieces = [];
    for await (const piece of message) pieces.push(piece);
    const url = message.url ?? "";
    const witness = url.match(/^\/witness\/(\d+)\//);
    if (witness) return play(exchanges[Number(witness[1])], reply);

    let body;
    try {
      body = JSON.parse(Buffer.concat(pieces).toString());
    } catch {
      body = undefined;
    }
    const path = decodeURIComponent(url);
    const name = `${body?.model ?? ""} ${path}`.match(/rec-(\d+)-\w+/);
    const exchange = exchanges[Number(name?.[1])];
    if (!exchange) return refuse(reply, "no recording is named");
    const provider = path.split("/")[1];
    const surface = surfaceOf(provider, path);
    /** @type {[string, string][]} */
    const headers = [];
    for (let at = 0; at < message.rawHeaders.length; at += 2) headers.push([message.rawHeaders[at].toLowerCase(), message.rawHeaders[at + 1]]);
    const model = /** @type {RegExpMatchArray} */ (name)[0];
    hits.set(model, [...(hits.get(model) ?? []), { provider, surface, path, body, headers }]);
    if (surface !== exchange.surface) return refuse(reply, `this was recorded from ${exchange.surface}, not from ${surface}`);
    play(exchange, reply);
  });
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${port}`,
    /** Where an SDK of the provider's own is answered with that exchange, whatever it asks. @param {Exchange} exchange */
    witnessUrl: (exchange) => `http://127.0.0.1:${port}/witness/${exchange.at}`,
    /** What arrived for a model. @param {string} model */
    hits: (model) => hits.get(model) ?? [],
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}

/**
 * The recorded bytes, in pieces whose borders mean nothing.
 * @param {Exchange} exchange
 * @param {http.ServerResponse} reply
 */
async function play(exchange, reply) {
  reply.writeHead(exchange.status, exchange.headers.flat());
  const { body } = exchange;
  const size = exchange.stream ? 1_500 + (exchange.at % 97) : body.length || 1;
  for (let at = 0; at < body.length; at += size) {
    reply.write(body.subarray(at, at + size));
    if (exchange.stream) await new Promise((resolve) => setImmediate(resolve));
  }
  reply.end();
}

/**
 * @param {http.ServerResponse} reply
 * @param {string} why
 */
function refuse(reply, why) {
  reply.writeHead(404, { "content-type": "application/json" });
  reply.end(JSON.stringify({ error: { message: why, type: "invalid_request_error", param: null, code: "not_recorded" } }));
}
