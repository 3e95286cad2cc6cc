// The old completions, read by OpenAI's own SDK.

import OpenAI from "openai";
import { choice, witness } from "./shape.mjs";
import { usageOfChat } from "./chat.mjs";

/**
 * @param {import("../../support/recordings.mjs").Exchange} exchange
 * @param {string} url
 */
export function oracle(exchange, url) {
  const client = new OpenAI({ baseURL: url, apiKey: "unused", maxRetries: 0, logLevel: "off" });
  const body = /** @type {any} */ ({ model: "m", prompt: "", stream: exchange.stream });
  return witness(
    async (take) => {
      const answer = /** @type {any} */ (await client.completions.create(body));
      if (!exchange.stream) return take(answer);
      for await (const chunk of answer) take(chunk);
    },
    (pieces) => ({ ...readCompletions(pieces), complete: true }),
  );
}

/**
 * @param {any[]} pieces
 * @returns {import("./shape.mjs").Seen}
 */
export function readCompletions(pieces) {
  /** @type {Map<number, import("./shape.mjs").Choice>} */
  const choices = new Map();
  let usage;
  for (const piece of pieces) {
    for (const one of piece.choices ?? []) {
      const into = choices.get(one.index ?? 0) ?? choice();
      choices.set(one.index ?? 0, into);
      into.text += one.text ?? "";
      if (!one.finish_reason) continue;
      into.said = one.finish_reason;
      into.finish = one.finish_reason === "length" ? "length" : "stop";
    }
    usage = piece.usage ?? usage;
  }
  return { choices: [...choices.values()], usage: usageOfChat(usage) };
}
