// seeds.mjs <folder>: writes the recorded exchanges as seeds, a folder a target. Where there are no
// recordings it writes nothing, and the targets begin with what they have.

import fs from "node:fs";
import path from "node:path";
import { loadExchanges } from "../support/recordings.mjs";

/** Longer ones slow a target down more than they teach it. */
const seedBytesMax = 16 * 1024;

/** @type {Record<string, string[]>} */
const targetsOf = {
  chat: ["openai_conversation", "untouched"],
  messages: ["anthropic"],
  count_tokens: ["anthropic"],
  converse: ["bedrock"],
  generateContent: ["gemini"],
  responses: ["responses"],
  "cohere-chat": ["cohere"],
  run: ["workers_ai"],
  completions: ["workers_ai"],
  embeddings: ["embeddings"],
};

/**
 * What a target reads before the text itself: which model, which quirks, which reader, which cuts.
 * @type {Record<string, (part: {request: boolean, stream: boolean}) => number[]>}
 */
const prefixOf = {
  anthropic: () => [0],
  bedrock: () => [0],
  openai_conversation: () => [0],
  responses: ({ request, stream }) => [request ? 0 : stream ? 2 : 1],
  sse: () => [0, 0, 1],
  aws_event_stream: () => [0, 0, 0, 1],
};

const folder = process.argv[2];
if (!folder) {
  console.error("usage: seeds.mjs <folder>");
  process.exit(2);
}
for (const { at, surface, stream, request, body } of loadExchanges()) {
  const targets = targetsOf[surface] ?? [];
  const frames = stream && surface === "converse" && body[0] === 0;
  if (request) write(`${at}-request`, Buffer.from(JSON.stringify(request)), [...targets, "json_reader"], { request: true, stream: false });
  write(`${at}-reply`, body, [...targets, frames ? "aws_event_stream" : stream ? "sse" : "json_reader"], { request: false, stream });
}

/**
 * @param {string} name
 * @param {Buffer} text
 * @param {string[]} targets
 * @param {{request: boolean, stream: boolean}} part
 */
function write(name, text, targets, part) {
  if (text.length > seedBytesMax) return;
  for (const target of targets) {
    fs.mkdirSync(path.join(folder, target), { recursive: true });
    fs.writeFileSync(path.join(folder, target, name), Buffer.concat([Buffer.from(prefixOf[target]?.(part) ?? []), text]));
  }
}
