// Workers AI, which has no SDK of its own for Node: its shapes are read as they stand.

import { addCall, readChat, usageOfChat } from "./chat.mjs";
import { argumentsOf, choice, eventsOf } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @returns {Promise<import("./shape.mjs").Seen>}
 */
export async function oracle(exchange) {
  if (exchange.stream) return readStream(exchange.body);
  const whole = JSON.parse(exchange.body.toString());
  const reply = whole.result ?? whole;
  return reply.choices ? readChat([reply], false) : readNative([reply]);
}

/** @param {Buffer} body */
function readStream(body) {
  const { events, broken } = eventsOf(body);
  const chat = readChat(events.filter((event) => event.choices), true);
  const native = readNative(events.filter((event) => !event.choices));
  const [one] = chat.choices.length ? chat.choices : native.choices;
  const complete = /data: ?\[DONE\]/.test(body.toString()) || one?.said !== undefined;
  const usage = native.usage ?? summed(events) ?? chat.usage;
  return { choices: one ? [one] : [], usage, complete, ...(broken ? { error: { message: broken } } : {}) };
}

/**
 * Objects with `response`, or whatever there is of one.
 * @param {any[]} events
 * @returns {import("./shape.mjs").Seen}
 */
function readNative(events) {
  const one = choice();
  /** @type {import("./chat.mjs").Call[]} */
  const calls = [];
  let usage;
  for (const event of events) {
    const { response } = event;
    if (response !== undefined && response !== null) one.text += typeof response === "string" ? response : JSON.stringify(response);
    for (const [at, call] of (event.tool_calls ?? []).entries()) addCall(calls, call.function ? call : { ...call, function: call }, at);
    if (event.finish_reason) one.said = event.finish_reason;
    usage = event.usage ?? usage;
  }
  one.tools = calls.filter(({ name }) => name).map(({ name, args }) => ({ name, args: argumentsOf(args) }));
  one.finish = one.tools.length ? "tool_calls" : one.said === "length" ? "length" : "stop";
  return { choices: events.length ? [one] : [], usage: usageOfChat(usage) };
}

/**
 * The sum, where the usage of a chunk is what that chunk took: then the prompt is in the first alone.
 * With other models every chunk tells all so far. A last event without choices has the sums in any case.
 * @param {any[]} events
 */
function summed(events) {
  const reports = events.filter(({ choices, usage }) => choices && usage).map(({ usage }) => usageOfChat(usage));
  if (reports.length < 2 || reports.slice(1).some((one) => one?.prompt)) return undefined;
  return reports.reduce((sum, one) => sum && one && {
    prompt: sum.prompt + one.prompt,
    cached: sum.cached + one.cached,
    cache_write: 0,
    completion: sum.completion + one.completion,
    reasoning: sum.reasoning + one.reasoning,
  });
}
