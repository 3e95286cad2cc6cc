// Bedrock's Converse, read by AWS's own SDK.

import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { argumentsOf, choice, counts, witness } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export function oracle(exchange, url) {
  const client = new BedrockRuntimeClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "unused", secretAccessKey: "unused" },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(), // its own speaks HTTP/2
  });
  const body = { modelId: "m", messages: [] };
  return witness(
    async (take) => {
      if (!exchange.stream) return take(await client.send(new ConverseCommand(body)));
      const { stream } = await client.send(new ConverseStreamCommand(body));
      for await (const event of stream ?? []) take(event);
    },
    exchange.stream ? readEvents : readReply,
  );
}

/** @type {Record<string, import("./shape.mjs").Finish>} */
const finishes = {
  end_turn: "stop",
  stop_sequence: "stop_sequence",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
};

/**
 * @param {any[]} pieces  one reply, or none
 * @returns {import("./shape.mjs").Seen}
 */
function readReply([reply]) {
  const content = reply?.output?.message?.content;
  if (!content) return { choices: [] };
  const one = choice();
  for (const block of content) {
    one.text += block.text ?? textOf(block.citationsContent?.content);
    one.reasoning += block.reasoningContent?.reasoningText?.text ?? "";
    if (isOurs(block.toolUse)) one.tools.push({ name: block.toolUse.name, args: argumentsOf(block.toolUse.input) });
  }
  finish(one, reply.stopReason);
  return { choices: [one], usage: usageOfConverse(reply.usage) };
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
  for (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of events) {
    const call = contentBlockStart?.start?.toolUse;
    if (isOurs(call)) calls.set(contentBlockStart.contentBlockIndex, { name: call.name, args: "" });
    const delta = contentBlockDelta?.delta ?? {};
    one.text += delta.text ?? "";
    one.reasoning += delta.reasoningContent?.text ?? "";
    const open = calls.get(contentBlockDelta?.contentBlockIndex);
    if (open) open.args += delta.toolUse?.input ?? "";
    if (messageStop) finish(one, messageStop.stopReason);
    usage = metadata?.usage ?? usage;
  }
  one.tools = [...calls.values()].map(({ name, args }) => ({ name, args: argumentsOf(args) }));
  return { choices: events.length ? [one] : [], usage: usageOfConverse(usage), complete: one.said !== undefined };
}

/** A call that the client has to answer: the provider runs its own tools. @param {any} call */
const isOurs = (call) => call && call.type !== "server_tool_use";

/** @param {any[]} [parts] */
const textOf = (parts = []) => parts.map(({ text }) => text ?? "").join("");

/**
 * @param {import("./shape.mjs").Choice} one
 * @param {string | undefined} said
 */
function finish(one, said) {
  one.said = said;
  one.finish = said ? (finishes[said] ?? "error") : "none";
}

/** The classes are disjoint there. @param {any} usage */
function usageOfConverse(usage) {
  if (!usage) return undefined;
  const cached = usage.cacheReadInputTokens ?? 0;
  const written = usage.cacheWriteInputTokens ?? 0;
  return counts({ prompt: (usage.inputTokens ?? 0) + cached + written, cached, cache_write: written, completion: usage.outputTokens });
}
