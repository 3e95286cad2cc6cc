// POST /v1/completions, as OpenAI's own SDK sees it.

import OpenAI from "openai";
import { readCompletions } from "../oracle/completions.mjs";
import { witness } from "../oracle/shape.mjs";

export const path = "/v1/completions";
export const surface = "completions";

/** @param {import("./index.mjs").Call} call */
export function ask({ gateway, key, model, exchange }) {
  const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0, logLevel: "off" });
  const { stream } = exchange;
  const body = {
    ...(exchange.request ?? { prompt: "Go on." }),
    model,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  return witness(async (take) => {
    const answer = await client.completions.create(body);
    if (!stream) return take(answer);
    for await (const chunk of /** @type {any} */ (answer)) take(chunk);
  }, readCompletions);
}
