// OpenAI's Responses, read by OpenAI's own SDK.

import OpenAI from "openai";
import { argumentsOf, choice, counts, imageOf, isCut, witness } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export function oracle(exchange, url) {
  const client = new OpenAI({ baseURL: url, apiKey: "unused", maxRetries: 0, logLevel: "off" });
  const body = /** @type {any} */ ({ model: "m", input: "", stream: exchange.stream });
  return witness(
    async (take) => {
      const answer = /** @type {any} */ (await client.responses.create(body));
      if (!exchange.stream) return take(answer);
      for await (const event of answer) take(event);
    },
    exchange.stream ? readResponseEvents : readResponse,
  );
}

/**
 * @param {any[]} pieces  one response, or none
 * @returns {import("./shape.mjs").Seen}
 */
export function readResponse([response]) {
  if (!response?.output) return { choices: [] };
  const one = choice();
  for (const item of response.output) {
    for (const part of item.type === "message" ? (item.content ?? []) : []) {
      if (part.type === "output_text") one.text += part.text;
      if (part.type === "refusal") one.refusal += part.refusal;
    }
    if (item.type === "function_call") one.tools.push({ name: item.name, args: argumentsOf(item.arguments) });
    if (item.type === "image_generation_call" && item.result) one.images.push(imageOf(item.result));
    if (item.type === "custom_tool_call") one.tools.push({ name: item.name, args: item.input });
    if (item.type === "reasoning") one.reasoning += reasoningOf(item);
  }
  finish(one, response);
  const { usage } = response;
  return {
    choices: [one],
    usage: usage && counts({
      prompt: usage.input_tokens,
      cached: usage.input_tokens_details?.cached_tokens,
      cache_write: usage.input_tokens_details?.cache_write_tokens,
      completion: usage.output_tokens,
      reasoning: usage.output_tokens_details?.reasoning_tokens,
    }),
    ...(response.status === "failed" ? { error: { message: response.error?.message ?? "" } } : {}),
  };
}

/** The thoughts themselves, or else their summary. @param {any} item */
function reasoningOf(item) {
  const thoughts = (item.content ?? []).map((/** @type {any} */ part) => part.text ?? "").join("");
  return thoughts || (item.summary ?? []).map((/** @type {any} */ part) => part.text ?? "").join("");
}

/**
 * What the deltas say; calls, the finish and the usage as the last event has them.
 * @param {any[]} events
 * @returns {import("./shape.mjs").Seen}
 */
export function readResponseEvents(events) {
  const last = events.findLast(({ type }) => /^response\.(completed|incomplete|failed)$/.test(type));
  const items = events.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
  // Some leave the output out of the last event.
  const response = last?.response.output?.length ? last.response : { ...last?.response, output: items };
  const seen = readResponse([response]);
  const [one] = seen.choices;
  const joined = (/** @type {string} */ type) => events.filter((event) => event.type === type).map(({ delta }) => delta).join("");
  one.text = joined("response.output_text.delta");
  one.refusal = joined("response.refusal.delta");
  one.reasoning = joined("response.reasoning_text.delta") || joined("response.reasoning_summary_text.delta");
  const failed = events.find(({ type }) => type === "error");
  if (failed) seen.error = { message: failed.message ?? failed.error?.message ?? "" };
  return { ...seen, complete: last !== undefined };
}

/**
 * @param {import("./shape.mjs").Choice} one
 * @param {any} response
 */
function finish(one, response) {
  const reason = response.incomplete_details?.reason;
  one.said = reason ?? response.status;
  if (response.status === "failed") one.finish = "error";
  else if (reason === "content_filter") one.finish = "content_filter";
  else if (reason || isCut(one)) one.finish = "length";
  else if (response.status) one.finish = one.tools.length ? "tool_calls" : "stop";
}
