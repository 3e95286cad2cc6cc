// POST /v1/embeddings, as OpenAI's own SDKs see it: they ask for base64 unless they are told otherwise.

import OpenAI from "openai";
import { floats } from "../oracle/embeddings.mjs";
import { askPython } from "../python/process.mjs";

export const path = "/v1/embeddings";
export const surface = "embeddings";

/** @typedef {{gateway: string, key: string, model: string, exchange: import("../../support/recordings.mjs").Exchange}} Call */

/**
 * @param {Call} call
 * @param {number} inputs     how many texts
 * @param {boolean} asFloats  asks for numbers
 */
export function askVectors(call, inputs, asFloats) {
  const client = new OpenAI({ baseURL: `${call.gateway}/v1`, apiKey: call.key, maxRetries: 0, logLevel: "off" });
  return vectors(() => client.embeddings.create(bodyOf(call, inputs, asFloats)));
}

/** @type {typeof askVectors} */
export function askVectorsOfPython(call, inputs, asFloats) {
  const { gateway, key } = call;
  const body = bodyOf(call, inputs, asFloats);
  return vectors(async () => {
    const { pieces, error } = await askPython({ gateway, key, on: "replay", do: "create", args: { surface, body } });
    if (error) throw error;
    return pieces[0];
  });
}

/** @type {(...of: Parameters<typeof askVectors>) => any} */
function bodyOf({ model, exchange }, inputs, asFloats) {
  const recorded = /embeddings$/.test(exchange.surface) && exchange.request?.input ? exchange.request : { input: Array(inputs || 1).fill("Go on.") };
  return { ...recorded, model, encoding_format: asFloats ? "float" : undefined };
}

/** @param {() => Promise<any>} ask */
async function vectors(ask) {
  try {
    const reply = await ask();
    return {
      vectors: reply.data.map((/** @type {any} */ { embedding }) => floats(embedding)),
      prompt: reply.usage?.prompt_tokens ?? 0,
    };
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    return { error: { status: error.status, message: String(error.message) } };
  }
}
