// POST /v1/responses, as OpenAI's own SDK sees it.

import OpenAI from "openai";
import { readResponse, readResponseEvents } from "../oracle/responses.mjs";
import { witness } from "../oracle/shape.mjs";

export const path = "/v1/responses";
export const surface = "responses";

/** @param {import("./index.mjs").Call} call */
export function ask({ gateway, key, model, exchange, expected, sameDialect }) {
  const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: key, maxRetries: 0, logLevel: "off" });
  const { stream } = exchange;
  const body = { ...((sameDialect && exchange.request) || simple(expected)), model, stream };
  return witness(
    async (take) => {
      if (!stream) return take(await client.responses.create(body));
      if (sameDialect) {
        for await (const event of /** @type {any} */ (await client.responses.create(body))) take(event);
        return;
      }
      // What the gateway writes must also satisfy the SDK's own assembly.
      const assembly = client.responses.stream(body);
      for await (const event of assembly) take(event);
    },
    stream ? readResponseEvents : readResponse,
  );
}

/** @param {import("../oracle/shape.mjs").Seen} expected */
function simple(expected) {
  const names = new Set(expected.choices.flatMap(({ tools }) => tools.map(({ name }) => name)).filter(Boolean));
  const tools = [...names].map((name) => ({ type: "function", name, parameters: { type: "object" }, strict: false }));
  return {
    input: "Go on.",
    ...(tools.length ? { tools } : {}),
    ...(expected.choices[0]?.reasoning ? { reasoning: { effort: "low", summary: "auto" } } : {}),
  };
}
