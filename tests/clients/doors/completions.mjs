// POST /v1/completions, as OpenAI's own SDKs see it.

import OpenAI from "openai";
import { readCompletions } from "../oracle/completions.mjs";
import { witness } from "../oracle/shape.mjs";
import { seenByPython } from "./python.mjs";

export const path = "/v1/completions";
export const surface = "completions";

/** @typedef {import("./index.mjs").Call} Call */

/** @param {Call} call */
export function ask(call) {
  const client = new OpenAI({ baseURL: `${call.gateway}/v1`, apiKey: call.key, maxRetries: 0, logLevel: "off" });
  return witness(async (take) => {
    const answer = await client.completions.create(bodyOf(call));
    if (!call.exchange.stream) return take(answer);
    for await (const chunk of /** @type {any} */ (answer)) take(chunk);
  }, readCompletions);
}

/** @param {Call} call */
export const askPython = (call) => seenByPython(call, "completions", { body: bodyOf(call) }, readCompletions);

/** @param {Call} call */
function bodyOf({ model, exchange }) {
  return {
    ...(exchange.request ?? { prompt: "Go on." }),
    model,
    ...(exchange.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}
