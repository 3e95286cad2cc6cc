// Mistral's chat, read by Mistral's own SDK.

import { Mistral } from "@mistralai/mistralai";
import { readChat } from "./chat.mjs";
import { eventsOf, witness } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export async function oracle(exchange, url) {
  const client = new Mistral({ serverURL: url, apiKey: "unused", retryConfig: { strategy: "none" } });
  const body = /** @type {any} */ ({ model: "m", messages: [{ role: "user", content: "" }] });
  const seen = await witness(
    async (take) => {
      if (!exchange.stream) return take(asChat(await client.chat.complete(body)));
      for await (const event of await client.chat.stream(body)) take(asChat(event.data));
    },
    (pieces) => {
      const seen = readChat(pieces, exchange.stream);
      return { ...seen, complete: seen.choices.some(({ said }) => said) };
    },
  );
  // The SDK leaves out how much was cached.
  if (seen.usage) seen.usage.cached = cachedOf(exchange);
  return seen;
}

/** @param {import("../../support/recordings.mjs").Exchange} exchange */
function cachedOf({ stream, body }) {
  const replies = stream ? eventsOf(body).events : [JSON.parse(body.toString())];
  const { usage } = replies.findLast((one) => one.usage);
  return usage.prompt_tokens_details?.cached_tokens ?? usage.num_cached_tokens ?? 0;
}

/** The SDK's own names back into those of the wire, for the reader of chat. @param {any} given */
function asChat(given) {
  const message = (/** @type {any} */ one) => one && {
    content: one.content,
    tool_calls: (one.toolCalls ?? []).map((/** @type {any} */ call) => ({ ...call, id: call.id === "null" ? undefined : call.id })),
  };
  const { usage } = given;
  return {
    choices: given.choices.map((/** @type {any} */ one) => ({
      index: one.index,
      delta: message(one.delta),
      message: message(one.message),
      finish_reason: one.finishReason,
    })),
    usage: usage && {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.totalTokens,
    },
  };
}
