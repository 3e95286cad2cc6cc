// The gateway's variables and secrets by name: its own stand here, those of its providers in
// docs/providers/providers.json. A test compares both with the core. Plain Node, no dependencies.

import { variableNames } from "../worker/core.js";
import { readProviders } from "./build-provider-docs.mjs";

const own = [
  "ALLOWED_ORIGINS",
  "MAX_BODY_BYTES",
  "FIRST_BYTE_TIMEOUT_MS",
  "IDLE_TIMEOUT_MS",
  "DEFAULT_MODEL",
  "SIMULATOR",
  "STREAM_USAGE",
  "STREAM_WINDOW_MS",
  "KEEP_ALIVE_MS",
  "FORWARD_TRACEPARENT",
  "ACCOUNTS",
  "ACCESS_REQUESTS",
  "ALLOW_DEV_KEYS",
];
const ownSecrets = ["GATEWAY_API_KEY_HASHES", "GATEWAY_API_KEY", "GATEWAY_SESSION_SECRET"];

// As the core writes it: a `*` stands for each name of COMPATIBLE_PROVIDERS.
const asPattern = (/** @type {string} */ name) => name.replace("<NAME>", "*");

const providers = readProviders().map(({ prefix, variables }) => ({
  prefix,
  variables: variables.map(({ name, secret }) => ({ name: asPattern(name), secret })),
}));
const theirs = providers.flatMap(({ variables }) => variables);

/**
 * All that the core reads, patterns among them. POSTERN_DEV is missing on purpose: `npm start` alone
 * sets it. So is AI, which is a binding and never text.
 */
export const variables = [...ownSecrets, ...own, ...theirs.map(({ name }) => name)];

const secrets = [...ownSecrets, ...theirs.filter(({ secret }) => secret).map(({ name }) => name)];

/**
 * The names of the variables for a gateway with these values, without patterns and repeats.
 * @param {Record<string, string | undefined>} env
 */
export const variablesFor = (env) => [...new Set(variableNames(variables, env.COMPATIBLE_PROVIDERS))];

/** @param {string} name */
export const isSecret = (name) =>
  secrets.some((secret) => (secret[0] === "*" ? name.endsWith(secret.slice(1)) : name === secret));

/**
 * The prefix of the first provider that these variables turn on, or nearly: the core alone knows
 * what is enough. The operator's own servers come last.
 * @param {Map<string, string>} set  values by name
 * @returns {string | undefined}
 */
export function configuredProvider(set) {
  const on = providers.find(({ prefix, variables: names }) => prefix && names.some(({ name, secret }) => set.has(name) && (secret || name.endsWith("_BASE_URL"))));
  return on?.prefix ?? /[a-z0-9][a-z0-9-]*/.exec(set.get("COMPATIBLE_PROVIDERS") ?? "")?.[0];
}
