// A real gateway with every provider configured, all of them at one local address: what stands
// before a surface's own path is the provider's name.

import { collectModules, startWorkerd, variables } from "../../scripts/workerd.mjs";
import { presented } from "./client.mjs";
import { keep, makeKey } from "./gateway.mjs";
import { npmStart } from "./npm_start.mjs";

/** Providers of the gateway's own table. */
const known = ["openai", "anthropic", "gemini", "vertex", "azure", "bedrock", "workers-ai", "mistral", "groq", "deepseek", "xai",
  "openrouter", "together", "fireworks", "cerebras", "perplexity", "cohere", "ollama"];

/** Servers that speak OpenAI's words, known by configuration alone. */
const compatible = ["alibaba", "gpustack", "moonshotai", "vllm", "lmstudio", "mantle"];

const prefixOf = (/** @type {string} */ provider) => provider.toUpperCase().replaceAll("-", "_");

/**
 * @param {string} upstream  where all providers are
 * @param {Record<string, string>} [more]  variables besides
 * @param {import("../../scripts/workerd.mjs").Module[]} [modules]
 */
export async function startWithProviders(upstream, more = {}, modules = collectModules("worker/index.js")) {
  const env = variablesFor(upstream, more);
  const workerd = await startWorkerd({
    modules,
    env,
    bindings: Object.keys(env).filter((name) => !variables.includes(name)),
  });
  return {
    ...workerd,
    key: env.GATEWAY_API_KEY,
    env,
    async stop() {
      await workerd.stop();
      keep(workerd.output(), env);
    },
  };
}

/**
 * The same under `npm start`.
 * @param {string} upstream
 */
export async function npmStartWithProviders(upstream) {
  const env = variablesFor(upstream);
  const gateway = await npmStart(env);
  return { ...gateway, url: gateway.url.replace(/\/v1$/, ""), key: env.GATEWAY_API_KEY };
}

/**
 * A key of the gateway's, and where all providers are.
 * @param {string} upstream
 * @param {Record<string, string>} [more]
 */
function variablesFor(upstream, more = {}) {
  /** @type {Record<string, string>} */
  const env = {
    GATEWAY_API_KEY: makeKey(),
    AWS_REGION: "us-east-1",
    WORKERS_AI_ACCOUNT_ID: "account",
    VERTEX_PROJECT: "project",
    VERTEX_LOCATION: "us-central1",
    COMPATIBLE_PROVIDERS: compatible.join(" "),
  };
  for (const provider of [...known, ...compatible]) {
    env[`${prefixOf(provider)}_API_KEY`] = `test-key-of-${provider}-${makeKey().slice(8)}`;
    env[`${prefixOf(provider)}_BASE_URL`] = `${upstream}/${provider}`;
  }
  Object.assign(env, more);
  // What must not stand in a log.
  for (const [name, value] of Object.entries(env)) if (name.endsWith("_API_KEY")) presented.add(value);
  return env;
}

/** The name under which the gateway knows a provider of the recordings. @param {string} provider */
export function prefixOfRecorded(provider) {
  return { "bedrock-mantle": "mantle", "ollama-cloud": "ollama" }[provider] ?? provider;
}
