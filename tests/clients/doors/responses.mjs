// POST /v1/responses, as OpenAI's own SDKs see it.

import OpenAI from "openai";
import { readResponse, readResponseEvents } from "../oracle/responses.mjs";
import { witness } from "../oracle/shape.mjs";
import { seenByPython } from "./python.mjs";

export const path = "/v1/responses";
export const surface = "responses";

/** @typedef {import("./index.mjs").Call} Call */

const reader = (/** @type {Call} */ { exchange }) => (exchange.stream ? readResponseEvents : readResponse);

/** @param {Call} call */
export function ask(call) {
  const client = new OpenAI({ baseURL: `${call.gateway}/v1`, apiKey: call.key, maxRetries: 0, logLevel: "off" });
  const body = bodyOf(call);
  return witness(async (take) => {
    if (!body.stream) return take(await client.responses.create(body));
    if (call.sameDialect) {
      for await (const event of /** @type {any} */ (await client.responses.create(body))) take(event);
      return;
    }
    // What the gateway writes must also satisfy the SDK's own assembly.
    const assembly = client.responses.stream(body);
    for await (const event of assembly) take(event);
  }, reader(call));
}

/** @param {Call} call */
export function askPython(call) {
  const body = bodyOf(call);
  return seenByPython(call, "responses", { body, assemble: body.stream && !call.sameDialect }, reader(call));
}

/** @param {Call} call */
function bodyOf({ model, exchange, expected, sameDialect }) {
  return { ...((sameDialect && exchange.request) || simple(expected)), model, stream: exchange.stream };
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
