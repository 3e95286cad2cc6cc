// Asking for a key, deciding, and claiming it, through real HTTP.

import { afterAll, beforeAll, expect, test } from "vitest";
import { makeKey, sha256, startGateway } from "../support/gateway.mjs";
import { presented } from "../support/client.mjs";

const keys = { ops: makeKey(), web: makeKey() };
const env = {
  GATEWAY_API_KEY_HASHES: `ops:${sha256(keys.ops)};scope=read+admin,web:${sha256(keys.web)}`,
  ACCESS_REQUESTS: "on",
};
const wish = { name: "Ada <script>alert(1)</script>", purpose: "engines", contact: "ada@example.org" };

/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;
beforeAll(async () => void (gateway = await startGateway({ env })));
afterAll(() => gateway?.stop());

/** @param {object} [body] @param {[string, string][]} [headers] */
async function ask(body = wish, headers = []) {
  const reply = await gateway.send({ method: "POST", path: "/access/request-key", body, headers });
  if (reply.json?.claim_code) presented.add(reply.json.claim_code);
  return reply;
}
/** @param {string} code */
async function claim(code) {
  const reply = await gateway.send({ method: "POST", path: "/access/claim", body: { claim_code: code } });
  if (reply.json?.key) presented.add(reply.json.key);
  return reply;
}
/** @param {string} id @param {string} verdict @param {object} [body] @param {string} [key] */
const decide = (id, verdict, body = {}, key = keys.ops) =>
  gateway.send({ method: "POST", path: `/access/requests/${id}/${verdict}`, key, body });

test("M5 M2 M3: a request is decided once, by an operator, and its key is handed over once", async () => {
  const asked = await ask();
  expect(asked.status).toBe(202);
  const { id, claim_code: code } = asked.json;
  expect((await claim(code)).json.status).toBe("pending");
  expect((await decide(id, "approve", {}, keys.web)).json.error.code).toBe("missing_scope");
  const [one, two] = await Promise.all([decide(id, "approve"), decide(id, "deny")]);
  expect([one.status, two.status].sort()).toEqual([200, 409]);
  if (one.status === 200) {
    const [first, second] = await Promise.all([claim(code), claim(code)]);
    expect([first.status, second.status].sort()).toEqual([200, 410]);
    const { key } = first.status === 200 ? first.json : second.json;
    const who = await gateway.send({ path: "/v1/whoami", key });
    expect(who.json).toMatchObject({ source: "managed", scopes: ["read", "generate"] });
    expect(who.json.expires_at).not.toBeNull();
  }
  expect((await claim(code)).json.error.code).toBe("claim_gone");
  expect((await decide(id, "approve")).json.error.code).toBe("request_decided");
});

test("M8: nobody gets admin by asking, and the operator sees what was left out", async () => {
  const { id } = (await ask({ ...wish, scopes: ["read", "admin"] })).json;
  const approved = await decide(id, "approve");
  expect(approved.json.granted.scopes).toEqual(["read"]);
  expect(approved.json.difference.scopes).toMatchObject({ asked: ["read", "admin"], granted: ["read"] });
});

test("M7 M10: what was written is stored as text, capped, and listed without a secret", async () => {
  const { claim_code: code } = (await ask()).json;
  const list = await gateway.send({ path: "/access/requests?status=all&limit=100", key: keys.ops });
  expect(list.json.data.some((/** @type {any} */ one) => one.name === wish.name)).toBe(true);
  expect(list.text).not.toContain(code);
  for (const name of ["", "x".repeat(10_000), "a\r\nb", "a\u202eb", 7])
    expect((await ask({ ...wish, name: /** @type {any} */ (name) })).status, JSON.stringify(name).slice(0, 20)).toBe(400);
});

test("M13 M12: a retry makes one request; the same contact again is answered the same way", async () => {
  const [one, two] = [await ask(wish, [["Idempotency-Key", "again"]]), await ask(wish, [["Idempotency-Key", "again"]])];
  expect(two.json.id).toBe(one.json.id);
  expect(two.json.claim_code).toBeNull();
});

test("M1: an address may have few requests open", async () => {
  let last;
  for (let at = 0; at < 8; ++at) last = await ask();
  expect([last?.status, last?.json.error.code]).toEqual([429, "rate_limited"]);
  expect(Number(last?.header("retry-after"))).toBeGreaterThan(0);
});

test("while it is off there is nothing there, for anybody", async () => {
  const off = await startGateway({ env: { ...env, ACCESS_REQUESTS: "off" } });
  for (const path of ["/access/request-key", "/access/claim", "/access/requests/req_0a/approve"]) {
    const reply = await off.send({ method: "POST", path, key: keys.ops, body: wish });
    expect([reply.status, reply.json.error.code], path).toEqual([404, "not_found"]);
  }
  await off.stop();
});
