// Writes docs/providers/*.md, a page for each provider, from docs/providers/providers.json, which
// is the core's own table in words (src/provider/describe.h).
//
//   node scripts/build-provider-docs.mjs
//
// Plain Node, no dependencies. A test compares the pages with what this makes.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{asked: string, dialect: string, path: string, translated: boolean}} Surface
 * @typedef {{name: string, meaning: string, secret: boolean}} Variable
 * @typedef {{prefix: string, title: string, base_url: string, auth: string, needs: string,
 *   variables: Variable[], surfaces: Surface[], facts: string[], notes: string[]}} Provider
 */

export const folder = fileURLToPath(new URL("../docs/providers", import.meta.url));

export const routes = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
  completions: "/v1/completions",
  count_tokens: "/v1/messages/count_tokens",
  embeddings: "/v1/embeddings",
};

export const dialects = {
  openai_chat: "OpenAI chat completions",
  responses: "OpenAI responses",
  completions: "OpenAI completions",
  anthropic: "Anthropic messages",
  gemini: "Gemini generateContent",
  vertex: "Vertex AI embeddings",
  bedrock: "Bedrock Converse",
  cohere: "Cohere v2",
  workers_ai: "Workers AI",
  openai: "OpenAI embeddings",
  perplexity: "Perplexity embeddings",
};

const keys = {
  bearer: "`Authorization: Bearer`",
  "x-api-key": "`x-api-key`",
  "x-goog-api-key": "`x-goog-api-key`",
  "api-key": "`api-key`",
  cloudflare: "`Authorization: Bearer`; the binding needs no key",
  aws: "`Authorization: Bearer`, or a signature (AWS Signature Version 4)",
};

/**
 * All pages by the names of their files.
 * @param {Provider[]} providers
 * @returns {Map<string, string>}
 */
export function renderPages(providers) {
  return new Map([["README.md", renderIndex(providers)], ...providers.map((one) => /** @type {[string, string]} */ ([fileOf(one), renderPage(one)]))]);
}

/** @param {Provider[]} providers */
function renderIndex(providers) {
  const rows = providers.map((one) => [`[${one.title}](${fileOf(one)})`, code(`${prefixOf(one)}/`), one.needs || "`COMPATIBLE_PROVIDERS` and `<NAME>_BASE_URL`", one.surfaces.filter(({ translated }) => !translated).map(({ asked }) => asked).join(", ") || "none"]);
  return `# Providers

A model is chosen by its name, \`prefix/model\`: what stands before the first slash says which provider is asked, and is taken off. A name without a slash, or whose first segment is none of these prefixes, goes to OpenAI as it is. Only providers that the operator has configured can be asked; the address is the operator's, never a client's.

Every provider answers on all of the gateway's doors for conversations: what it does not speak itself is translated. What cannot be carried is refused with a 400 that names the field, or left out and named in the header \`X-Gateway-Dropped\`.

${table(["provider", "models", "the operator sets", "passed on without translation"], rows)}
`;
}

/** @param {Provider} one */
function renderPage(one) {
  const example = one.prefix ? `A model is \`${one.prefix}/MODEL\`.` : "A model is `NAME/MODEL`, with a name of the operator's choice.";
  const surfaces = one.surfaces.map(({ asked, dialect, path: to, translated }) => [code(routes[/** @type {keyof routes} */ (asked)]), dialects[/** @type {keyof dialects} */ (dialect)], code(to), translated ? "translated" : "passed on"]);
  const missing = Object.entries(routes).filter(([asked]) => !one.surfaces.some((surface) => surface.asked === asked)).map(([, route]) => code(route));
  return `# ${one.title}

${example}${one.needs ? ` On with ${one.needs}.` : ""}

${table(["variable", "meaning"], one.variables.map(({ name, meaning, secret }) => [`${code(name)}${secret ? " (secret)" : ""}`, meaning]))}

The key goes into ${keys[/** @type {keyof keys} */ (one.auth)]}.

## What it is asked

${table(["clients ask on", "the provider is spoken to in", "at its address", ""], surfaces)}
${missing.length > 0 ? `\nNot served: ${missing.join(", ")}.\n` : ""}
## What to know

${list(one.notes)}

## In translation

${list(one.facts)}
`;
}

/** @param {string[]} sentences */
const list = (sentences) => sentences.map((sentence) => `- ${sentence}`).join("\n");
/** @param {Provider} one */
const prefixOf = (one) => one.prefix || "NAME";
/** @param {Provider} one */
const fileOf = (one) => `${one.prefix || "compatible"}.md`;
/** @param {string} text */
const code = (text) => `\`${text}\``;

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** @returns {Provider[]} */
export function readProviders() {
  return JSON.parse(readFileSync(path.join(folder, "providers.json"), "utf8"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = renderPages(readProviders());
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith(".md") && !pages.has(name)) rmSync(path.join(folder, name));
  for (const [name, text] of pages) writeFileSync(path.join(folder, name), text);
  console.error(`docs/providers: ${pages.size} pages`);
}
