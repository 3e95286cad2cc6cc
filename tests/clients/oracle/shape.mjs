// What an answer said, in words that are no provider's: the form in which two readings of the same
// bytes are compared.

import { createHash } from "node:crypto";

/**
 * @typedef {"none" | "stop" | "stop_sequence" | "length" | "tool_calls" | "content_filter" | "paused" | "error"} Finish
 *
 * @typedef {object} Choice
 * @property {string} text
 * @property {string} refusal
 * @property {string} reasoning
 * @property {{name: string, args: unknown}[]} tools  arguments as JSON values; see `argumentsOf`
 * @property {string[]} images  drawn by the model; see `imageOf`
 * @property {Finish} finish
 * @property {string} [said]  the word that stood there for `finish`
 *
 * @typedef {object} Usage  counts that hold one another: prompt includes what was cached or written
 *   to a cache, completion the reasoning
 * @property {number} prompt
 * @property {number} cached
 * @property {number} cache_write
 * @property {number} completion
 * @property {number} reasoning
 *
 * @typedef {object} Seen
 * @property {Choice[]} choices
 * @property {Usage} [usage]
 * @property {boolean} [complete]  of a stream: what its format requires at the end was there
 * @property {{status?: number, message: string}} [error]  what the SDK threw; no status: in the
 *   middle of a stream
 */

/** @returns {Choice} */
export const choice = () => ({ text: "", refusal: "", reasoning: "", tools: [], images: [], finish: "none" });

/**
 * A picture, told by its digest.
 * @param {string} data  base64
 */
export const imageOf = (data) => createHash("sha256").update(data).digest("hex").slice(0, 16);

/**
 * A call's arguments as a JSON value. None at all, or null, are an empty object; what was cut off
 * stays text.
 * @param {unknown} given  JSON text, or a value
 */
export function argumentsOf(given) {
  if (given === undefined || given === null || given === "") return {};
  if (typeof given !== "string") return given;
  try {
    return JSON.parse(given) ?? {};
  } catch {
    return { cut: given };
  }
}

/** @param {Choice} one */
export const isCut = (one) => one.tools.some(({ args }) => typeof (/** @type {any} */ (args)?.cut) === "string");

/**
 * Counts, of which those that were not given are zero; undefined when none was given.
 * @param {Partial<Record<keyof Usage, number | null | undefined>>} given
 * @returns {Usage | undefined}
 */
export function counts(given) {
  const { prompt, cached, cache_write, completion, reasoning } = given;
  if ([prompt, completion].every((one) => one === undefined || one === null)) return undefined;
  return { prompt: prompt ?? 0, cached: cached ?? 0, cache_write: cache_write ?? 0, completion: completion ?? 0, reasoning: reasoning ?? 0 };
}

/**
 * Lets an SDK read an answer. `collect` calls `take` with what the SDK gives, piece by piece, so
 * that what came before an error is kept.
 * @param {(take: (piece: any) => void) => Promise<unknown>} collect
 * @param {(pieces: any[]) => Seen} read
 * @returns {Promise<Seen>}
 */
export async function witness(collect, read) {
  /** @type {any[]} */
  const pieces = [];
  let error;
  try {
    await collect((piece) => pieces.push(piece));
  } catch (thrown) {
    error = /** @type {any} */ (thrown);
  }
  const seen = read(pieces);
  if (!error) return seen;
  const status = error.status ?? error.statusCode ?? error.$metadata?.httpStatusCode;
  return { ...seen, error: { status: status >= 400 ? status : undefined, message: String(error.message) } };
}

/**
 * The data of every event of a stream that was recorded, as JSON values, up to one that is none. A
 * last event counts though its blank line is missing.
 * @param {Buffer} body
 * @returns {{events: any[], broken?: string}}
 */
export function eventsOf(body) {
  const events = [];
  for (const block of body.toString().split(/\r?\n\r?\n/)) {
    const lines = block.split(/\r?\n/);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
    // Google writes an error in the middle of a stream as bare JSON.
    const bare = data ? "" : block.trim();
    if (data === "[DONE]") break;
    if (!data && !bare.startsWith("{")) continue;
    try {
      const value = JSON.parse(data || bare);
      if (value.error?.message !== undefined) return { events, broken: value.error.message };
      events.push(value);
    } catch {
      return { events, broken: "an event that is no JSON" };
    }
  }
  return { events };
}
