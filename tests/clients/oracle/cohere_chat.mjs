// Cohere's chat, second version, read by Cohere's own SDK.

import { CohereClientV2 } from "cohere-ai";
import { argumentsOf, choice, counts, eventsOf, witness } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export async function oracle(exchange, url) {
  const client = new CohereClientV2({ environment: url, token: "unused", maxRetries: 0 });
  const body = /** @type {any} */ ({ model: "m", messages: [] });
  const seen = await witness(
    async (take) => {
      if (!exchange.stream) return take(await client.chat(body));
      for await (const event of await client.chatStream(body)) take(event);
    },
    exchange.stream ? readEvents : readReply,
  );
  // The SDK leaves out how much was cached, and how much was reasoning.
  if (seen.usage) Object.assign(seen.usage, leftOut(exchange));
  return seen;
}

/** @type {Record<string, import("./shape.mjs").Finish>} */
const finishes = { COMPLETE: "stop", STOP_SEQUENCE: "stop_sequence", MAX_TOKENS: "length", TOOL_CALL: "tool_calls" };

/**
 * @param {any[]} pieces  one reply, or none
 * @returns {import("./shape.mjs").Seen}
 */
function readReply([reply]) {
  if (!reply?.message) return { choices: [] };
  const one = choice();
  const { content = [], toolPlan, toolCalls } = reply.message;
  one.reasoning += toolPlan ?? "";
  for (const part of content ?? []) {
    if (part.type === "text") one.text += part.text;
    if (part.type === "thinking") one.reasoning += part.thinking;
  }
  for (const call of toolCalls ?? []) one.tools.push({ name: call.function.name, args: argumentsOf(call.function.arguments) });
  finish(one, reply.finishReason);
  return { choices: [one], usage: usageOfCohere(reply.usage) };
}

/**
 * @param {any[]} events
 * @returns {import("./shape.mjs").Seen}
 */
function readEvents(events) {
  const one = choice();
  let usage;
  /** @type {Map<number, {name: string, args: string}>} */
  const calls = new Map();
  for (const { type, index, delta = {} } of events) {
    const { content = {}, toolPlan, toolCalls } = delta.message ?? {};
    if (type === "content-delta" || type === "content-start") {
      one.text += content.text ?? "";
      one.reasoning += content.thinking ?? "";
    }
    if (type === "tool-plan-delta") one.reasoning += toolPlan ?? "";
    if (type === "tool-call-start") calls.set(index, { name: toolCalls.function.name, args: toolCalls.function.arguments ?? "" });
    const call = calls.get(index);
    if (type === "tool-call-delta" && call) call.args += toolCalls.function.arguments ?? "";
    if (type === "message-end") {
      finish(one, delta.finishReason);
      usage = delta.usage;
    }
  }
  one.tools = [...calls.values()].map(({ name, args }) => ({ name, args: argumentsOf(args) }));
  return { choices: events.length ? [one] : [], usage: usageOfCohere(usage), complete: one.said !== undefined };
}

/**
 * @param {import("./shape.mjs").Choice} one
 * @param {string | undefined} said
 */
function finish(one, said) {
  one.said = said;
  one.finish = said ? (finishes[said] ?? "error") : "none";
}

/** @param {any} usage */
const usageOfCohere = (usage) => usage?.tokens && counts({ prompt: usage.tokens.inputTokens, completion: usage.tokens.outputTokens });

/** @param {import("../../support/recordings.mjs").Exchange} exchange */
function leftOut({ stream, body }) {
  const { usage } = stream ? eventsOf(body).events.findLast(({ type }) => type === "message-end").delta : JSON.parse(body.toString());
  return { cached: usage?.cached_tokens ?? 0, reasoning: usage?.tokens?.reasoning_tokens ?? 0 };
}
