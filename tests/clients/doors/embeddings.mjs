// POST /v1/embeddings, as OpenAI's own SDK sees it: it asks for base64 unless it is told otherwise.

import OpenAI from "openai";
import { floats } from "../oracle/embeddings.mjs";

export const path = "/v1/embeddings";
export const surface = "embeddings";

/**
 * @param {{gateway: string, key: string, model: string, exchange: import("../../support/recordings.mjs").Exchange}} call
 * @param {number} inputs     how many texts
 * @param {boolean} asFloats  asks for numbers
 */
export async function askVectors({ gateway, key, model, exchange }, inputs, asFloats) {
  const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0, logLevel: "off" });
  const recorded = /embeddings$/.test(exchange.surface) && exchange.request?.input ? exchange.request : { input: Array(inputs || 1).fill("Go on.") };
  const body = { ...recorded, model, encoding_format: asFloats ? "float" : undefined };
  try {
    const reply = await client.embeddings.create(body);
    return {
      vectors: reply.data.map(({ embedding }) => floats(/** @type {any} */ (embedding))),
      prompt: reply.usage?.prompt_tokens ?? 0,
    };
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    return { error: { status: error.status, message: String(error.message) } };
  }
}
