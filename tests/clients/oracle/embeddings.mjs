// Embeddings: the vectors and what they cost, in the forms of all providers that have been recorded.
// Only numbers are read here, so no SDK stands between.

/**
 * @typedef {object} Vectors
 * @property {number[][]} vectors  each number as the nearest 32-bit float
 * @property {number} prompt       tokens; zero where none are reported
 *
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @returns {Vectors}
 */
export function vectorsOf(exchange) {
  const reply = JSON.parse(exchange.body.toString());
  const lists = reply.data?.map((/** @type {any} */ one) => one.embedding)
    ?? reply.embeddings?.float
    ?? reply.embeddings?.map((/** @type {any} */ one) => one.values)
    ?? reply.predictions?.map((/** @type {any} */ one) => one.embeddings.values)
    ?? [];
  const counted = (reply.predictions ?? []).map((/** @type {any} */ one) => one.embeddings.statistics.token_count);
  return {
    vectors: lists.map(floats),
    prompt: reply.usage?.prompt_tokens ?? reply.meta?.billed_units?.input_tokens ?? reply.usageMetadata?.promptTokenCount ?? counted.reduce((/** @type {number} */ sum, /** @type {number} */ one) => sum + one, 0),
  };
}

/**
 * Numbers, or base64 of little-endian 32-bit floats.
 * @param {number[] | string} given
 */
export function floats(given) {
  if (typeof given !== "string") return given.map(Math.fround);
  const bytes = Buffer.from(given, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}
