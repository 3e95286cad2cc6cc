// Every route with every class of key, every set of scopes, a session token and no key, through the
// real Worker, against the table in tests/vectors/permissions.json.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeKey, makeProviderKey, sha256, startGateway } from "../support/gateway.mjs";
import { presented } from "../support/client.mjs";
import { startUpstream } from "../support/upstream.mjs";

/** @type {Record<string, "public" | {scope: string | null, classes: string[], sessions: boolean}>} */
const table = JSON.parse(readFileSync(new URL("../vectors/permissions.json", import.meta.url), "utf8"));

const names = ["read", "generate", "admin", "webhook:write"];
const sets = Array.from({ length: 16 }, (_, bits) => names.filter((_, at) => (bits >> at) & 1)).filter(
  (scopes) => scopes.length && !(scopes.includes("admin") && scopes.includes("generate")),
);
const holders = /** @type {const} */ (["live", "test", "dev"]).flatMap((keyClass) =>
  sets.map((scopes) => ({ keyClass, scopes, key: makeKey(keyClass) })),
);
const origin = "https://app.example";
const web = makeKey();

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const ring = holders.map(({ keyClass, scopes, key }, at) => `k${at}:${sha256(key)};class=${keyClass};scope=${scopes.join("+")}`);
  gateway = await startGateway({
    env: {
      GATEWAY_API_KEY_HASHES: [...ring, `web:${sha256(web)}`].join("\n"),
      OPENAI_API_KEY: makeProviderKey(),
      OPENAI_BASE_URL: upstream.url,
      ACCESS_REQUESTS: "on",
      GATEWAY_SESSION_SECRET: makeKey(),
      ALLOW_DEV_KEYS: "on",
      ALLOWED_ORIGINS: origin,
    },
  });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
});

/** @param {string} route @param {string | undefined} key @param {[string, string][]} [headers] */
function ask(route, key, headers = []) {
  const [method, path] = route.split(" ");
  return gateway.send({ method, path: path.replace("{id}", "none"), key, headers, body: method === "POST" || method === "PATCH" ? {} : undefined });
}

/** What access says, or nothing once a request has come through to its route. @param {any} reply */
function refusal(reply) {
  if (!/json/.test(reply.header("content-type") ?? "")) return undefined; // a page
  const code = reply.json.error?.code;
  return ["missing_key", "missing_scope", "key_class_not_allowed"].includes(code) ? `${reply.status} ${code}` : undefined;
}

for (const [route, row] of Object.entries(table)) {
  test(`S8: ${route}`, async () => {
    const stranger = refusal(await ask(route, undefined));
    expect(stranger).toBe(row === "public" ? undefined : "401 missing_key");
    if (row === "public") return;
    for (const { keyClass, scopes, key } of holders) {
      const wanted = !row.classes.includes(keyClass)
        ? "403 key_class_not_allowed"
        : row.scope === null || scopes.includes(row.scope)
          ? undefined
          : "403 missing_scope";
      expect(refusal(await ask(route, key)), `${keyClass} ${scopes}`).toBe(wanted);
    }
    const { token } = (await gateway.send({ method: "POST", path: "/v1/sessions", key: web, body: { origin } })).json;
    presented.add(token);
    const session = refusal(await ask(route, token, [["Origin", origin]]));
    expect(session, "a session token").toBe(row.sessions ? undefined : "403 key_class_not_allowed");
  });
}
