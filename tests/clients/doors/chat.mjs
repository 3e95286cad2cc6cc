// POST /v1/chat/completions, as OpenAI's own SDKs see it.

import OpenAI from "openai";
import { readChat } from "../oracle/chat.mjs";
import { witness } from "../oracle/shape.mjs";
import { seenByPython } from "./python.mjs";

/** @typedef {import("../oracle/shape.mjs").Seen} Seen */
/** @typedef {import("./index.mjs").Call} Call */

export const path = "/v1/chat/completions";
export const surface = "chat";

/** @param {Call} call */
export function ask(call) {
  const client = new OpenAI({ baseURL: `${call.gateway}/v1`, apiKey: call.key, maxRetries: 0, logLevel: "off" });
  const { stream } = call.exchange;
  return witness(async (take) => {
    const answer = await client.chat.completions.create(bodyOf(call));
    if (!stream) return take(answer);
    for await (const chunk of /** @type {any} */ (answer)) take(chunk);
  }, (pieces) => readChat(pieces, stream));
}

/** @param {Call} call */
export function askPython(call) {
  const { stream } = call.exchange;
  return seenByPython(call, "chat", { body: bodyOf(call), assemble: stream && !call.sameDialect }, (pieces) => readChat(pieces, stream));
}

/** @param {Call} call */
function bodyOf({ model, exchange, expected }) {
  const recorded = exchange.surface === "chat" && exchange.request;
  return {
    ...(recorded || simple(expected)),
    model,
    ...(exchange.stream ? { stream: true, stream_options: { include_usage: true } } : { stream: undefined, stream_options: undefined }),
  };
}

/** @param {Seen} expected */
function simple(expected) {
  const names = new Set(expected.choices.flatMap(({ tools }) => tools.map(({ name }) => name)).filter(Boolean));
  const tools = [...names].map((name) => ({ type: "function", function: { name, parameters: { type: "object" } } }));
  return {
    messages: [{ role: "user", content: "Go on." }],
    ...(tools.length ? { tools } : {}),
    ...(expected.choices.length > 1 ? { n: expected.choices.length } : {}),
    ...(expected.choices[0]?.reasoning ? { reasoning_effort: "low" } : {}),
  };
}
