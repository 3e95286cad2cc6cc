// Anthropic's Messages, read by Anthropic's own SDK.

import Anthropic from "@anthropic-ai/sdk";
import { argumentsOf, choice, counts, witness } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export function oracle(exchange, url) {
  const client = new Anthropic({ baseURL: url, apiKey: "unused", maxRetries: 0, logLevel: "off" });
  const body = /** @type {any} */ ({ model: "m", max_tokens: 1, messages: [], stream: exchange.stream });
  return witness(
    async (take) => {
      const answer = /** @type {any} */ (await client.messages.create(body));
      if (!exchange.stream) return take(answer);
      for await (const event of answer) take(event);
    },
    exchange.stream ? readEvents : readMessage,
  );
}

/** @type {Record<string, import("./shape.mjs").Finish>} */
const finishes = {
  end_turn: "stop",
  stop_sequence: "stop_sequence",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
  pause_turn: "paused",
};

/**
 * @param {any[]} pieces  one message, or none
 * @returns {import("./shape.mjs").Seen}
 */
export function readMessage([message]) {
  if (!message?.content) return { choices: [] };
  const one = choice();
  for (const block of message.content) {
    if (block.type === "text") one.text += block.text;
    if (block.type === "thinking") one.reasoning += block.thinking;
    if (block.type === "tool_use") one.tools.push({ name: block.name, args: argumentsOf(block.input) });
  }
  finish(one, message.stop_reason);
  return { choices: [one], usage: usageOfMessage(message.usage) };
}

/**
 * @param {any[]} events
 * @returns {import("./shape.mjs").Seen}
 */
export function readEvents(events) {
  const one = choice();
  let usage = /** @type {any} */ (undefined);
  let complete = false;
  /** @type {Map<number, {name: string, args: any}>} */
  const calls = new Map();
  for (const event of events) {
    const { type, index, delta = {} } = event;
    if (type === "message_start") usage = { ...usage, ...event.message.usage };
    if (type === "content_block_start") {
      const block = event.content_block;
      // A block that begins with all that it has: no deltas follow then.
      one.text += block.type === "text" ? block.text : "";
      one.reasoning += block.type === "thinking" ? block.thinking : "";
      if (block.type === "tool_use") calls.set(index, { name: block.name, args: Object.keys(block.input ?? {}).length ? block.input : "" });
    }
    if (type === "content_block_delta") {
      if (delta.type === "text_delta") one.text += delta.text;
      if (delta.type === "thinking_delta") one.reasoning += delta.thinking;
      const call = calls.get(index);
      if (delta.type === "input_json_delta" && call) call.args = (typeof call.args === "string" ? call.args : "") + delta.partial_json;
    }
    if (type === "message_delta") {
      if (delta.stop_reason) {
        finish(one, delta.stop_reason);
        complete = true;
      }
      const told = Object.entries(event.usage ?? {}).filter(([, value]) => value !== null);
      usage = { ...usage, ...Object.fromEntries(told) };
    }
    if (type === "message_stop") complete = true;
  }
  one.tools = [...calls.values()].map(({ name, args }) => ({ name, args: argumentsOf(args) }));
  return { choices: events.length ? [one] : [], usage: usageOfMessage(usage), complete };
}

/**
 * @param {import("./shape.mjs").Choice} one
 * @param {string | null} said
 */
function finish(one, said) {
  if (!said) return;
  one.said = said;
  one.finish = finishes[said] ?? "error";
}

/** The classes are disjoint there. @param {any} usage */
function usageOfMessage(usage) {
  if (!usage) return undefined;
  const cached = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  return counts({
    prompt: (usage.input_tokens ?? 0) + cached + written,
    cached,
    cache_write: written,
    completion: usage.output_tokens,
    reasoning: usage.output_tokens_details?.thinking_tokens,
  });
}
