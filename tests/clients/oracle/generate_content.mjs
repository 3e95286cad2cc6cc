// Gemini's generateContent, read by Google's own SDK.

import { GoogleGenAI } from "@google/genai";
import { argumentsOf, choice, counts, eventsOf, imageOf, witness } from "./shape.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export async function oracle(exchange, url) {
  const client = new GoogleGenAI({ apiKey: "unused", vertexai: exchange.provider === "vertex", httpOptions: { baseUrl: url } });
  const body = /** @type {any} */ ({ model: "m", contents: "" });
  const seen = await witness(
    async (take) => {
      if (!exchange.stream) return take(await client.models.generateContent(body));
      for await (const chunk of await client.models.generateContentStream(body)) take(chunk);
    },
    readGemini,
  );
  // The SDK gives up where the last event has no blank line after it, and where an error stands in
  // the middle; read plainly then.
  if (!exchange.stream || exchange.status !== 200 || seen.complete && !seen.error) return seen;
  const { events, broken } = eventsOf(exchange.body);
  return { ...readGemini(events), ...(broken ? { error: { message: broken } } : {}) };
}

/** What the model was kept from saying. */
const blocked = new Set(["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"]);

/**
 * @param {any[]} pieces  replies: one, or the events of a stream
 * @returns {import("./shape.mjs").Seen}
 */
export function readGemini(pieces) {
  /** @type {Map<number, import("./shape.mjs").Choice>} */
  const choices = new Map();
  let usage;
  for (const piece of pieces) {
    for (const [at, one] of (piece.candidates ?? []).entries()) {
      const index = one.index ?? at;
      const into = choices.get(index) ?? choice();
      choices.set(index, into);
      for (const part of one.content?.parts ?? []) addPart(into, part);
      if (one.finishReason) into.said = one.finishReason;
    }
    usage = piece.usageMetadata ?? usage;
  }
  // Without a candidate the prompt was refused, mostly with a reason.
  const feedback = pieces.find(({ promptFeedback }) => promptFeedback)?.promptFeedback;
  if (feedback && !choices.size) choices.set(0, { ...choice(), said: feedback.blockReason ? "SAFETY" : "OTHER" });
  for (const one of choices.values()) one.finish = finish(one);
  return { choices: [...choices.values()], usage: usageOfGemini(usage), complete: [...choices.values()].some(({ said }) => said) };
}

/**
 * @param {import("./shape.mjs").Choice} into
 * @param {any} part
 */
function addPart(into, part) {
  if (typeof part.text === "string") into[part.thought ? "reasoning" : "text"] += part.text;
  if (part.inlineData && !part.thought) into.images.push(imageOf(part.inlineData.data));
  if (part.functionCall?.name) into.tools.push({ name: part.functionCall.name, args: argumentsOf(part.functionCall.args) });
  for (const piece of part.functionCall?.partialArgs ?? []) addPiece(into.tools.at(-1)?.args, piece);
}

/**
 * Vertex streams arguments as paths (`$.list[0].name`) and pieces of the values there.
 * @param {any} args
 * @param {any} piece
 */
function addPiece(args, { jsonPath, stringValue, numberValue, boolValue }) {
  const steps = [...jsonPath.matchAll(/\.(\w+)|\[(\d+)\]/g)].map(([, name, at]) => name ?? Number(at));
  const last = steps.pop();
  for (const [at, step] of steps.entries()) args = args[step] ??= typeof (steps[at + 1] ?? last) === "number" ? [] : {};
  args[last] = stringValue === undefined ? (numberValue ?? boolValue ?? null) : (args[last] ?? "") + stringValue;
}

/**
 * @param {import("./shape.mjs").Choice} one
 * @returns {import("./shape.mjs").Finish}
 */
function finish({ said, tools }) {
  if (!said) return "none";
  if (said === "STOP") return tools.length ? "tool_calls" : "stop";
  if (said === "MAX_TOKENS") return "length";
  return blocked.has(said) ? "content_filter" : "error";
}

/** @param {any} usage */
function usageOfGemini(usage) {
  if (!usage) return undefined;
  return counts({
    prompt: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
    cached: usage.cachedContentTokenCount,
    completion: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
    reasoning: usage.thoughtsTokenCount,
  });
}
