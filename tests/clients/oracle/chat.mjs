// Chat completions, read by OpenAI's own SDK, which gives every member as it stands. All that the
// many providers of this format do differently is told apart here.

import OpenAI from "openai";
import { argumentsOf, choice, counts, imageOf, isCut, witness } from "./shape.mjs";

/** @typedef {import("../../support/recordings.mjs").Exchange} Exchange */

/**
 * @param {Exchange} exchange
 * @param {string} url
 */
export function oracle(exchange, url) {
  const client = new OpenAI({ baseURL: url, apiKey: "unused", maxRetries: 0, logLevel: "off" });
  const body = /** @type {any} */ ({ model: "m", messages: [], stream: exchange.stream });
  const done = /data: ?\[DONE\]/.test(exchange.body.toString());
  return witness(
    async (take) => {
      const answer = await client.chat.completions.create(body);
      if (!exchange.stream) return take(answer);
      for await (const chunk of /** @type {any} */ (answer)) take(chunk);
    },
    (pieces) => {
      const seen = readChat(pieces, exchange.stream);
      return { ...seen, complete: done || seen.choices.some(({ said }) => said) };
    },
  );
}

/** @type {Record<string, import("./shape.mjs").Finish>} */
const finishes = {
  stop: "stop",
  eos: "stop",
  length: "length",
  model_length: "length",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  error: "error",
  insufficient_system_resource: "error",
};

/**
 * Reads a whole completion, or the chunks of one. Perplexity's have a `message` beside each `delta`,
 * and a `delta` beside the message.
 * @param {any[]} pieces
 * @param {boolean} stream
 * @returns {import("./shape.mjs").Seen}
 */
export function readChat(pieces, stream) {
  /** @type {Map<number, ReturnType<typeof start>>} */
  const choices = new Map();
  const start = () => ({ ...choice(), calls: /** @type {Call[]} */ ([]), detailed: "" });
  let usage;
  for (const piece of pieces) {
    for (const [at, one] of (piece.choices ?? []).entries()) {
      const index = one.index ?? at;
      const into = choices.get(index) ?? start();
      choices.set(index, into);
      addMessage(into, (stream ? one.delta : one.message) ?? {});
      if (one.finish_reason) into.said = one.finish_reason;
    }
    usage = piece.usage ?? piece.x_groq?.usage ?? usage;
  }
  return {
    choices: [...choices].sort(([a], [b]) => a - b).map(([, { calls, detailed, ...one }]) => {
      one.reasoning ||= detailed;
      one.tools = calls.map(({ name, args, custom }) => ({ name, args: custom ? args : argumentsOf(args) }));
      one.finish = one.said === undefined ? "none" : (finishes[one.said] ?? "error");
      // Some say "stop" after calls; some say "tool_calls" after a call that was cut off.
      if (one.finish === "stop" && one.tools.length) one.finish = "tool_calls";
      if (one.finish === "tool_calls" && isCut(one)) one.finish = "length";
      return one;
    }),
    usage: usageOfChat(usage),
  };
}

/** @typedef {{index?: number, id?: string, name: string, args: any, custom?: boolean}} Call */

/**
 * @param {any} into
 * @param {any} message
 */
function addMessage(into, message) {
  addContent(into, message.content);
  into.refusal += message.refusal ?? "";
  into.reasoning += message.reasoning_content || message.reasoning || "";
  into.detailed += detailed(message.reasoning_details);
  for (const { image_url } of message.images ?? []) into.images.push(imageOf(image_url.url.replace(/^data:.*?,/, "")));
  if (message.function_call) addCall(into.calls, { index: 0, function: message.function_call });
  for (const [at, call] of (message.tool_calls ?? []).entries()) addCall(into.calls, call, at);
}

/** OpenRouter's list, which counts where no other member has the reasoning. @param {any[]} [details] */
const detailed = (details = []) => details.map(({ text, summary }) => text ?? summary ?? "").join("");

/**
 * Text, or Mistral's list of texts and thoughts.
 * @param {any} into
 * @param {any} content
 */
function addContent(into, content) {
  if (typeof content === "string") into.text += content;
  if (!Array.isArray(content)) return;
  for (const part of content) {
    if (part.type === "text") into.text += part.text;
    if (part.type === "thinking") into.reasoning += part.thinking.map((/** @type {any} */ one) => one.text ?? "").join("");
  }
}

/**
 * A fragment belongs to the call with its index, else to that with its id, else to the last.
 * @param {Call[]} calls
 * @param {any} given
 * @param {number} [at]  its place in the list that it came in
 */
export function addCall(calls, given, at = 0) {
  const { index, id } = given;
  let call = index !== undefined && index !== null ? calls.find((one) => one.index === index) : calls.find((one) => id && one.id === id);
  if (!call && (index === undefined || index === null) && !id) call = calls[calls.length - 1] && at < calls.length ? calls[at] : undefined;
  if (!call) calls.push((call = { index: index ?? undefined, id, name: "", args: "" }));
  const { name, arguments: args } = given.function ?? { name: given.custom?.name, arguments: given.custom?.input };
  if (given.custom) call.custom = true;
  call.name ||= name ?? "";
  if (typeof args === "string") call.args += args;
  else if (args) call.args = args;
}

/** @param {any} usage */
export function usageOfChat(usage) {
  if (!usage) return undefined;
  const prompt = usage.prompt_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens ?? usage.reasoning_tokens ?? 0;
  // xAI counts reasoning beside the completion, which the total shows.
  const beside = reasoning > 0 && usage.total_tokens === prompt + usage.completion_tokens + reasoning;
  return counts({
    prompt,
    cached: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens ?? usage.num_cached_tokens,
    cache_write: usage.prompt_tokens_details?.cache_write_tokens,
    completion: usage.completion_tokens + (beside ? reasoning : 0),
    reasoning,
  });
}
