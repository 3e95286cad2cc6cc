// What a client of a front door is to see, given what the provider's own SDK saw; and what it did see,
// in the same form. The tables here are the documentation of what a translation makes of a finish
// and of an error.

import { counts } from "../oracle/shape.mjs";

/** @typedef {import("../oracle/shape.mjs").Seen} Seen */
/** @typedef {import("../../support/recordings.mjs").Exchange} Exchange */

/**
 * The word for a finish at each door. Responses has a status, and a reason where it is incomplete.
 * @type {Record<string, Record<string, string>>}
 */
const words = {
  chat: {
    stop: "stop",
    stop_sequence: "stop",
    paused: "stop",
    length: "length",
    tool_calls: "tool_calls",
    content_filter: "content_filter",
    error: "error",
  },
  messages: {
    stop: "end_turn",
    stop_sequence: "stop_sequence",
    paused: "pause_turn",
    length: "max_tokens",
    tool_calls: "tool_use",
    content_filter: "refusal",
    error: "end_turn", // there is no word for a provider that gave up
  },
  responses: {
    stop: "completed",
    stop_sequence: "completed",
    paused: "completed",
    tool_calls: "completed",
    length: "max_output_tokens",
    content_filter: "content_filter",
    error: "failed",
  },
};

/**
 * The class of the SDK's error for a status: the same in the SDKs of OpenAI and Anthropic.
 * @param {number | undefined} status  undefined: in the middle of a stream
 */
function classOf(status) {
  if (status === undefined) return "in the stream";
  if (status >= 500) return "InternalServerError";
  return {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    413: "APIError (413)",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
  }[status] ?? `APIError (${status})`;
}

/**
 * What the client is shown of a provider's error: its status and so its class, but for two. A
 * refusal of the gateway's own key, or of its account (Google's FAILED_PRECONDITION), is no fault of
 * the client's, whatever its status: 502. A provider that gave up waiting is a gateway's timeout: 504.
 * @param {number | undefined} status
 * @param {string} body
 */
export function shownErrors(status, body) {
  const ownKey = status === 401 || status === 403 || (status === 400 && /incorrect api key|api key not valid|"FAILED_PRECONDITION"/i.test(body));
  if (ownKey) return classOf(502);
  return classOf(status === 408 ? 504 : status);
}

/**
 * @param {Seen} witness
 * @param {Exchange} exchange
 * @param {string} door  its surface
 */
export function expectedOf(witness, exchange, door) {
  const sameDialect = exchange.surface === door;
  if (witness.error?.status) return { error: shownErrors(witness.error.status, exchange.body.toString()) };
  const choices = door === "chat" || door === "completions" ? witness.choices : witness.choices.slice(0, 1);
  // A success that holds no answer is a bad answer of the provider's; a stream without its end is
  // one that was cut off; and Responses has a status for an answer that failed.
  if (!exchange.stream && !choices.length) return { error: sameDialect ? undefined : classOf(502) };
  const gaveUp = door === "responses" && choices.some(({ finish }) => finish === "error");
  if (gaveUp || witness.error || (exchange.stream && !witness.complete)) {
    return { error: classOf(undefined), text: choices.map(({ text }) => text).join("") };
  }
  return {
    choices: choices.map((one) => {
      const said = sameDialect ? one.said : wordFor(one, door);
      const refusedText = door === "messages" ? one.refusal : "";
      return { ...one, text: one.text + refusedText, refusal: refusedText ? "" : one.refusal, finish: undefined, said };
    }),
    usage: usageAt(witness.usage, door),
  };
}

/**
 * @param {Seen} seen
 * @param {Exchange} exchange
 * @param {string} door
 */
export function asSeen(seen, exchange, door) {
  if (seen.error?.status) return { error: classOf(seen.error.status) };
  const { choices } = seen;
  if (seen.error) return { error: classOf(undefined), text: choices.map(({ text }) => text).join("") };
  return {
    choices: choices.map((one) => ({ ...one, finish: undefined, said: one.said })),
    usage: usageAt(seen.usage, door),
  };
}

/**
 * @param {import("../oracle/shape.mjs").Choice} one
 * @param {string} door
 */
function wordFor(one, door) {
  if (door === "messages" && one.refusal) return words[door].content_filter;
  const finish = one.finish === "none" ? (one.tools.length ? "tool_calls" : "stop") : one.finish;
  return words[door][finish];
}

/**
 * Parts that are no larger than their whole. Messages and Responses must name a number where none
 * was reported; chat leaves usage out then.
 * @param {import("../oracle/shape.mjs").Usage | undefined} usage
 * @param {string} door
 */
function usageAt(usage, door) {
  if (!usage) return door === "chat" || door === "completions" ? undefined : counts({ prompt: 0 });
  const { prompt, completion } = usage;
  return { ...usage, cached: Math.min(usage.cached, prompt), reasoning: Math.min(usage.reasoning, completion) };
}
