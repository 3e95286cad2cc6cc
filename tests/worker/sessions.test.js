// Session tokens for browsers, through real HTTP.

import { afterAll, beforeAll, expect, test } from "vitest";
import { makeKey, makeProviderKey, sha256, startGateway } from "../support/gateway.mjs";
import { presented } from "../support/client.mjs";
import { startUpstream } from "../support/upstream.mjs";

const origin = "https://app.example";
const keys = { web: makeKey(), ops: makeKey(), tester: makeKey("test"), narrow: makeKey() };
const ring = [
  `web:${sha256(keys.web)}`,
  `ops:${sha256(keys.ops)};scope=read+admin`,
  `tester:${sha256(keys.tester)};class=test`,
  `narrow:${sha256(keys.narrow)};models=openai/gpt-4o`,
].join(",");

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;
const secret = makeKey();

const env = (/** @type {string | undefined} */ sessionSecret) => ({
  GATEWAY_API_KEY_HASHES: ring,
  OPENAI_API_KEY: makeProviderKey(),
  OPENAI_BASE_URL: upstream.url,
  ...(sessionSecret ? { GATEWAY_SESSION_SECRET: sessionSecret } : {}),
});

/** @param {object} [body] @param {string} [key] */
async function make(body = {}, key = keys.web) {
  const reply = await gateway.send({ method: "POST", path: "/v1/sessions", key, body: { origin, ...body } });
  if (reply.json.token) presented.add(reply.json.token);
  return reply;
}
/** @param {string} token @param {string | null} [from] */
const whoami = (token, from = origin) =>
  gateway.send({ path: "/v1/whoami", key: token, headers: from === null ? [] : [["Origin", from]] });

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ env: env(secret) });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
});

test("a page talks to a model with a token that its server made", async () => {
  const made = await make({ models: ["openai/gpt-4o"], scopes: ["generate"], budget_nano_usd: 5_000_000, ttl_seconds: 60 });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({ object: "session", scopes: ["generate"], models: ["openai/gpt-4o"], origin, budget_nano_usd: 5_000_000 });
  const preflight = await gateway.send({
    method: "OPTIONS",
    path: "/v1/chat/completions",
    headers: [["Origin", origin], ["Access-Control-Request-Method", "POST"], ["Access-Control-Request-Headers", "authorization"]],
  });
  expect(preflight.header("access-control-allow-origin")).toBe(origin);
  const ask = (/** @type {string} */ model) =>
    gateway.send({ method: "POST", path: "/v1/chat/completions", key: made.json.token, headers: [["Origin", origin]], body: { model, messages: [] } });
  const reply = await ask("gpt-4o");
  expect([reply.status, reply.header("access-control-allow-origin")]).toEqual([200, origin]);
  expect((await ask("gpt-4o-mini")).json.error.code).toBe("model_not_allowed");
  const who = (await whoami(made.json.token)).json;
  expect(who).toMatchObject({ source: "session", label: "web", scopes: ["generate"], session: { id: made.json.id, origin, budget_nano_usd: 5_000_000 } });
  expect(Date.parse(who.expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
});

test("a token is of no use to another page, to a management route, or for another token", async () => {
  const { token } = (await make()).json;
  for (const from of ["https://evil.example", "null", null]) {
    const reply = await whoami(token, from);
    expect([reply.status, reply.json.error.code, reply.header("access-control-allow-origin")]).toEqual([403, "origin_not_allowed", undefined]);
  }
  for (const path of ["/v1/keys", "/v1/sessions"]) {
    const reply = await gateway.send({ method: "POST", path, key: token, headers: [["Origin", origin]], body: { origin } });
    expect([reply.status, reply.json.error.code], path).toEqual([403, "key_class_not_allowed"]);
  }
});

test("S5: a token is never wider than its key, and never lives longer than an hour", async () => {
  expect((await make({ models: ["openai/*"] }, keys.narrow)).json.error.code).toBe("exceeds_creator");
  expect((await make({ scopes: ["admin"] })).status).toBeGreaterThanOrEqual(400);
  expect((await make({ ttl_seconds: 3601 })).json.error.param).toBe("ttl_seconds");
  expect((await make({}, keys.tester)).json.error.code).toBe("key_class_not_allowed");
  expect((await make({}, keys.ops)).json.error.code).toBe("missing_scope");
});

test("M9: a token that was changed, or signed with another secret, is an invalid key", async () => {
  const { token } = (await make()).json;
  const changed = token.replace(/.$/, (/** @type {string} */ last) => (last === "A" ? "B" : "A"));
  const other = await startGateway({ env: env(makeKey()) });
  for (const reply of [await whoami(changed), await other.send({ path: "/v1/whoami", key: token, headers: [["Origin", origin]] })])
    expect([reply.status, reply.json.error.code]).toEqual([401, "invalid_key"]);
  await other.stop();
});

test("a token ends with its hour, and with its key", async () => {
  const short = (await make({ ttl_seconds: 1 })).json.token;
  expect((await whoami(short)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect((await whoami(short)).json.error.code).toBe("expired_key");

  const parent = (await gateway.send({ method: "POST", path: "/v1/keys", key: keys.ops, body: { label: "parent" } })).json;
  presented.add(parent.key);
  const { token } = (await make({}, parent.key)).json;
  expect((await whoami(token)).json.label).toBe("parent");
  await gateway.send({ method: "DELETE", path: `/v1/keys/${parent.id}`, key: keys.ops });
  expect((await whoami(token)).json.error.code).toBe("invalid_key");
});

test("without a secret there are no sessions", async () => {
  const off = await startGateway({ env: env(undefined) });
  const reply = await off.send({ method: "POST", path: "/v1/sessions", key: keys.web, body: { origin } });
  expect([reply.status, reply.json.error.code]).toEqual([404, "not_found"]);
  await off.stop();
});
