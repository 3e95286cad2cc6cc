// Replays an exchange through a front door and says whether the door's clients saw what the provider's
// own SDK saw: OpenAI's and Anthropic's SDKs for Node, and OpenAI's for Python.

import { prefixOfRecorded } from "../../support/providers.mjs";
import { vectorsOf } from "../oracle/embeddings.mjs";
import { asSeen, expectedOf, shownErrors } from "./compare.mjs";
import * as chat from "./chat.mjs";
import * as completions from "./completions.mjs";
import { askCount, path as countPath } from "./count_tokens.mjs";
import { askVectors, askVectorsOfPython, path as embeddingsPath } from "./embeddings.mjs";
import * as messages from "./messages.mjs";
import * as responses from "./responses.mjs";

/** @typedef {import("../../support/recordings.mjs").Exchange} Exchange */
/** @typedef {import("../oracle/shape.mjs").Seen} Seen */

/**
 * @typedef {object} Call
 * @property {string} gateway   its address
 * @property {string} key
 * @property {string} model
 * @property {Exchange} exchange
 * @property {Seen} expected    as the provider's own SDK saw it
 * @property {boolean} sameDialect  the provider was recorded in this door's words
 *
 * @typedef {object} Outcome
 * @property {"equal" | "differs" | "elsewhere" | "unserved"} kind  elsewhere: this provider has this
 *   door's surface itself, or the recorded one is not what this door asks it for; unserved: nothing
 *   was asked of the provider
 * @property {string} [note]
 * @property {string} [client]  the one that saw it, of two
 * @property {string} [as]      another provider's name under which it was replayed
 * @property {unknown} [expected]
 * @property {unknown} [actual]
 */

const conversations = { chat, messages, responses };

/**
 * The doors that an exchange is replayed through.
 * @param {Exchange} exchange
 * @returns {string[]}
 */
export function doorsOf({ surface }) {
  if (surface === "completions") return [completions.path];
  if (surface === "count_tokens") return [countPath];
  if (surface === "embeddings") return [`${embeddingsPath} (base64)`, `${embeddingsPath} (numbers)`];
  return Object.values(conversations).map(({ path }) => path);
}

/** @type {Record<string, string>} */
const oracles = {
  chat: "chat",
  messages: "messages",
  responses: "responses",
  completions: "completions",
  generateContent: "generate_content",
  converse: "converse",
  "cohere-chat": "cohere_chat",
  run: "workers_ai",
};

/**
 * What the provider's own SDK sees, through the address `url` where it gets the recorded bytes.
 * Nothing for what is no conversation.
 * @param {Exchange} exchange
 * @param {string} url
 * @returns {Promise<Seen>}
 */
export async function witnessed(exchange, url) {
  if (!oracles[exchange.surface]) return { choices: [] };
  const name = exchange.provider === "mistral" && exchange.surface === "chat" ? "mistral" : oracles[exchange.surface];
  const { oracle } = await import(`../oracle/${name}.mjs`);
  return oracle(exchange, url);
}

/**
 * @param {object} places
 * @param {string} places.gateway
 * @param {string} places.key
 * @param {Awaited<ReturnType<typeof import("../../support/replay.mjs").startReplay>>} places.replay
 * @param {Exchange} exchange
 * @param {string} door
 * @param {Seen} witness
 * @returns {Promise<Outcome>}
 */
export async function replayed(places, exchange, door, witness) {
  if (exchange.surface === "embeddings" || exchange.surface === "count_tokens") return numbered(places, exchange, door);
  const first = await replayedAs(places, exchange, door, witness, prefixOfRecorded(exchange.provider));
  if (first.kind !== "elsewhere" || exchange.surface !== "chat") return first;
  // xAI alone counts reasoning beside the completion, and it has all surfaces.
  if (exchange.provider === "xai") return first;
  // Providers with a surface of their own for this door are asked there. The recorded chat is still
  // translated for one that has none.
  const second = await replayedAs(places, exchange, door, witness, "fireworks");
  return second.kind === "elsewhere" ? first : { ...second, as: "fireworks" };
}

/**
 * @param {Parameters<typeof replayed>[0]} places
 * @param {Exchange} exchange
 * @param {string} door
 * @param {Seen} witness
 * @param {string} provider
 * @returns {Promise<Outcome>}
 */
async function replayedAs({ gateway, key, replay }, exchange, door, witness, provider) {
  const front = door === completions.path ? completions : Object.values(conversations).find(({ path }) => path === door);
  if (!front) throw new Error(`no door ${door}`);
  const { ask, askPython } = /** @type {{ask: Ask, askPython?: Ask}} */ (front);
  const sameDialect = exchange.surface === front.surface;
  return seenByAll({ Node: ask, Python: askPython }, async (asking, client) => {
    const name = `rec-${exchange.at}-${front.surface}${provider === "fireworks" ? "fireworks" : ""}${client}`;
    const seen = await asking({ gateway, key, model: `${provider}/${name}`, exchange, expected: witness, sameDialect });

    const [hit] = replay.hits(name);
    if (!hit) return { kind: "unserved", note: seen.error?.message ?? "an answer without the provider" };
    const fault = faultOf(hit, exchange, key, provider);
    if (fault) return { kind: "unserved", note: fault };
    if (hit.surface !== exchange.surface) {
      const own = hit.surface === "responses" || exchange.surface === "responses";
      return { kind: own ? "elsewhere" : "unserved", note: `asked at ${hit.surface}` };
    }
    const expected = expectedOf(witness, exchange, front.surface);
    const actual = asSeen(seen, exchange, front.surface);
    return { kind: same(expected, actual) ? "equal" : "differs", note: seen.error?.message, expected, actual };
  });
}

/** @typedef {(call: Call) => Promise<Seen>} Ask */

/**
 * Equal is what every client of the door saw as equal.
 * @template T
 * @param {Record<string, T | undefined>} clients
 * @param {(asking: T, client: string) => Promise<Outcome>} outcomeOf
 * @returns {Promise<Outcome>}
 */
async function seenByAll(clients, outcomeOf) {
  const outcomes = await Promise.all(Object.entries(clients).map(async ([client, asking]) => asking && { ...(await outcomeOf(asking, client)), client }));
  const found = /** @type {Outcome[]} */ (outcomes.filter(Boolean));
  return found.find(({ kind }) => kind !== "equal") ?? found[0];
}

/**
 * What is wrong with the request that the provider got, whatever it was answered.
 * @param {import("../../support/replay.mjs").Hit} hit
 * @param {Exchange} exchange
 * @param {string} key
 * @param {string} provider
 */
function faultOf(hit, exchange, key, provider) {
  if (hit.provider !== provider) return `asked of ${hit.provider}`;
  if (hit.headers.some(([, value]) => value.includes(key))) return "the client's key went to the provider";
  const asksStream = /stream/i.test(hit.path) || hit.body?.stream === true;
  if (asksStream !== exchange.stream) return exchange.stream ? "no stream was asked for" : "a stream was asked for";
  if (hit.surface === "generateContent" && exchange.stream && !/[?&]alt=sse/.test(hit.path)) return "no event stream was asked for";
  return undefined;
}

/**
 * What is no conversation: vectors, and a count.
 * @param {Parameters<typeof replayed>[0]} places
 * @param {Exchange} exchange
 * @param {string} door
 * @returns {Promise<Outcome>}
 */
async function numbered({ gateway, key, replay }, exchange, door) {
  const variant = door.match(/\((\w+)\)/)?.[1] ?? "count";
  const provider = prefixOfRecorded(exchange.provider);
  const success = exchange.status < 400;
  const counted = exchange.surface === "count_tokens";
  const expected = !success
    ? { error: shownErrors(exchange.status, exchange.body.toString()) }
    : counted ? JSON.parse(exchange.body.toString()) : vectorsOf(exchange);
  const clients = counted ? { Node: askCount } : { Node: askVectors, Python: askVectorsOfPython };
  return seenByAll(clients, async (asking, client) => {
    const name = `rec-${exchange.at}-${variant}${client}`;
    const actual = /** @type {any} */ (await asking({ gateway, key, model: `${provider}/${name}`, exchange }, expected.vectors?.length, variant === "numbers"));
    const [hit] = replay.hits(name);
    if (!hit) return { kind: "unserved", note: actual.error?.message ?? "an answer without the provider" };
    if (hit.provider !== provider || hit.surface !== exchange.surface) return { kind: "unserved", note: `asked of ${hit.provider} at ${hit.surface}` };
    if (hit.headers.some(([, value]) => value.includes(key))) return { kind: "unserved", note: "the client's key went to the provider" };
    if (actual.error) actual.error = shownErrors(actual.error.status, "");
    return { kind: same(expected, actual) ? "equal" : "differs", expected, actual };
  });
}

/** @param {unknown} a @param {unknown} b */
function same(a, b) {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** Members in one order. @param {any} value @returns {any} */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}
