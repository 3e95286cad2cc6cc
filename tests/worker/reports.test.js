import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { leaks, makeKey, makeProviderKey, sha256, startGateway } from "../support/gateway.mjs";
import { beginStream, chunk, sendJson, sleep, speak, startUpstream } from "../support/upstream.mjs";

const chat = "/v1/chat/completions";
const keys = { web: makeKey(), batch: makeKey() };
const providerKey = makeProviderKey();
const sum = (/** @type {any[]} */ rows, /** @type {string} */ name) => rows.reduce((all, row) => all + row[name], 0);

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {string} */ let dataDir;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;

const start = () =>
  startGateway({
    env: {
      GATEWAY_API_KEY_HASHES: `web:${sha256(keys.web)},batch:${sha256(keys.batch)}`,
      OPENAI_API_KEY: providerKey,
      OPENAI_BASE_URL: upstream.url,
      SIMULATOR: "on",
    },
    dataDir,
  });

beforeAll(async () => {
  upstream = await startUpstream();
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "postern-"));
  const envelope = { error: { message: "no", type: "x", param: null, code: null } };
  upstream.on("model-stream", speak(["a", "b", "c"]));
  upstream.on("model-500", (reply) => sendJson(reply, 500, envelope));
  upstream.on("model-429", (reply) => sendJson(reply, 429, envelope));
  upstream.on("model-silent", (reply) => sendJson(reply, 200, '{"choices":[]}'));
  upstream.on("model-cut", (reply) => {
    beginStream(reply);
    reply.end(chunk("model-cut", { content: "a" }));
  });
});
afterEach(() => gateway?.stop());
afterAll(async () => {
  await upstream?.close();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

/** What a request for each model adds to the counters. @type {Record<string, Record<string, number>>} */
const shares = {
  "model-a": { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  "model-stream": { streams: 1, prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, content_events: 3 },
  "model-500": { errors: 1 },
  "model-429": { errors: 1, throttled: 1 },
  "model-silent": { usage_absent: 1 },
  "model-cut": { streams: 1, errors: 1, truncated: 1, usage_absent: 1, content_events: 1 },
};
const counters = ["requests", "errors", "throttled", "streams", "truncated", "usage_absent", "prompt_tokens", "completion_tokens", "total_tokens", "content_events"];

/** @param {{model: string}[]} requests */
function expected(requests) {
  const totals = Object.fromEntries(counters.map((name) => [name, 0]));
  for (const { model } of requests) {
    totals.requests += 1;
    for (const [name, value] of Object.entries(shares[model])) totals[name] += value;
  }
  return totals;
}

const plan = Array.from({ length: 500 }, (_, at) => ({
  label: /** @type {"web" | "batch"} */ (at % 5 < 3 ? "web" : "batch"),
  model: Object.keys(shares)[at % Object.keys(shares).length],
  project: ["", "alpha", "beta.1", "gamma_2"][(at >> 1) % 4],
  streams: "streams" in shares[Object.keys(shares)[at % Object.keys(shares).length]],
}));

/** All that the reports must say about what has been planned so far, `times` over. @param {number} times */
async function check(times) {
  for (const label of /** @type {const} */ (["web", "batch"])) {
    const own = Array(times).fill(plan.filter((one) => one.label === label)).flat();
    const { json } = await gateway.send({ path: "/usage", key: keys[label] });
    expect(json.label).toBe(label);
    expect(json.totals).toMatchObject(expected(own));
    expect(json.totals.latency_ms.count).toBe(own.length);
    expect(json.by_model.map((/** @type {any} */ row) => row.model).sort()).toEqual(Object.keys(shares).sort());
    for (const row of json.by_model) expect(row).toMatchObject(expected(own.filter(({ model }) => model === row.model)));
    expect(json.by_project.map((/** @type {any} */ row) => row.project_id).sort()).toEqual(["alpha", "beta.1", "gamma_2"]);
    for (const row of json.by_project) expect(row).toMatchObject(expected(own.filter(({ project }) => project === row.project_id)));
    expect(JSON.stringify(json)).not.toMatch(label === "web" ? /batch/ : /web/);
  }
  // A public report may be a second old.
  await gateway.until(async () => (await gateway.send({ path: "/health" })).json.requests.total === times * 500);
  const all = Array(times).fill(plan).flat();
  const analytics = (await gateway.send({ path: "/v1/analytics" })).json;
  expect(analytics.totals).toMatchObject(expected(all));
  expect(Date.parse(analytics.since)).toBeLessThanOrEqual(Date.now());
  expect(analytics.by_provider).toEqual([expect.objectContaining({ provider: "openai", ...expected(all) })]);
  const byStatus = Object.fromEntries(analytics.by_status.map((/** @type {any} */ row) => [row.status, row.requests]));
  const count = (/** @type {string[]} */ ...models) => all.filter(({ model }) => models.includes(model)).length;
  expect(byStatus).toEqual({ 200: count("model-a", "model-stream", "model-silent", "model-cut"), 429: count("model-429"), 500: count("model-500") });
  const stats = (await gateway.send({ path: "/v1/stats/providers" })).json;
  expect(stats.data[0]).toMatchObject({ provider: "openai", configured: true, ...expected(all) });
  expect(stats.data[1]).toMatchObject({ provider: "simulator", configured: true, requests: 0 });
  expect((await gateway.send({ path: "/health" })).json.requests).toEqual({
    total: times * 500, errors: expected(all).errors, throttled: expected(all).throttled,
  });
}

async function playPlan() {
  await Promise.all(
    plan.map(async ({ label, model, project, streams }) => {
      const body = { model, ...(streams ? { stream: true } : {}), ...(project ? { project_id: project } : {}) };
      const reply = await gateway.send({ method: "POST", path: chat, key: keys[label], body });
      expect(reply.complete).toBe(true);
    }),
  );
}

describe("the counts", () => {
  test("of 500 parallel requests of all kinds are exact, everywhere", async () => {
    gateway = await start();
    await playPlan();
    await check(1);
  });

  test("survive a restart, and go on from there", async () => {
    gateway = await start();
    await check(1);
    await playPlan();
    await check(2);
  });

  test("survive a sudden death a second and a half later", async () => {
    gateway = await start();
    await playPlan();
    await sleep(1_600);
    await gateway.stop("SIGKILL");
    gateway = await start();
    await check(3);
  });

  test("of strangers and of refused keys are not kept", async () => {
    gateway = await start();
    for (const key of [undefined, makeKey()]) await gateway.send({ method: "POST", path: chat, key, body: "{}" });
    await sleep(1_100);
    await check(3);
  });

  test("a caller's own refused request counts as an error", async () => {
    gateway = await start();
    const before = (await gateway.send({ path: "/usage", key: keys.web })).json.totals;
    await gateway.send({ method: "POST", path: chat, key: keys.web, body: "{" });
    const after = (await gateway.send({ path: "/usage", key: keys.web })).json.totals;
    expect([after.requests, after.errors]).toEqual([before.requests + 1, before.errors + 1]);
  });
});

describe("names", () => {
  test("of 1,000 projects and 500 models are kept apart, the rest is other, and nothing is lost", async () => {
    const key = makeKey();
    gateway = await startGateway({ env: { GATEWAY_API_KEY: key, OPENAI_BASE_URL: upstream.url } });
    const requests = Array.from({ length: 1_010 }, (_, at) => ({ model: `m-${at % 505}`, project_id: `p-${at}` }));
    for (let at = 0; at < requests.length; at += 50) {
      await Promise.all(requests.slice(at, at + 50).map((body) => gateway.send({ method: "POST", path: chat, key, body })));
    }
    const { json } = await gateway.send({ path: "/usage", key });
    const project = (/** @type {string} */ id) => json.by_project.find((/** @type {any} */ row) => row.project_id === id);
    const model = (/** @type {string} */ id) => json.by_model.find((/** @type {any} */ row) => row.model === id);
    expect([json.by_project.length, project("other").requests, sum(json.by_project, "requests")]).toEqual([1_001, 10, 1_010]);
    expect([json.by_model.length, model("other").requests, sum(json.by_model, "requests")]).toEqual([501, 10, 1_010]);
    expect(json.totals).toMatchObject({ requests: 1_010, total_tokens: 1_010 * 18 });
    // A name that has its place keeps it.
    const known = json.by_project.find((/** @type {any} */ row) => row.project_id !== "other").project_id;
    await gateway.send({ method: "POST", path: chat, key, body: { model: "m-0", project_id: known } });
    const again = (await gateway.send({ path: "/usage", key })).json.by_project;
    expect(again.find((/** @type {any} */ row) => row.project_id === known).requests).toBe(2);
  });

  test("a project_id outside its grammar is 400", async () => {
    gateway = await start();
    for (const id of ["", "a b", "é", "x".repeat(65), "a/b", 7, null, ["a"]]) {
      const reply = await gateway.send({ method: "POST", path: chat, key: keys.web, body: { model: "model-a", project_id: id } });
      expect([id, reply.status, reply.json.error.param]).toEqual([id, 400, "project_id"]);
    }
  });

  test("O8: no label, project or model stands in a public report", async () => {
    gateway = await start();
    for (const where of ["/health", "/v1/analytics", "/v1/stats/providers", "/v1/models"]) {
      const { text } = await gateway.send({ path: where });
      expect([where, text.match(/web|batch|alpha|beta|gamma|model-|127\.0\.0\.1/g)]).toEqual([where, null]);
    }
  });
});

describe("the log", () => {
  test("holds one line an exchange, with what was promised and nothing of the content", async () => {
    gateway = await start();
    const trace = "abcdefabcdefabcdefabcdefabcdefab";
    const reply = await gateway.send({
      method: "POST", path: `${chat}?secret-query=1`, key: keys.web,
      headers: [["x-request-id", "client-7"], ["traceparent", `00-${trace}-1234567890123456-01`]],
      body: { model: "model-a", project_id: "alpha", messages: [{ role: "user", content: "secret-content" }] },
    });
    const id = reply.header("x-request-id");
    expect(await gateway.logged(id)).toEqual({
      event: "exchange", id, client_id: "client-7", trace_id: trace, span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      method: "POST", route: "chat_completions", status: 200, label: "web", project_id: "alpha", provider: "openai", model: "model-a",
      stream: false, usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, cached_tokens: 3, reasoning_tokens: 2 },
      head_ms: expect.any(Number), first_byte_ms: expect.any(Number), total_ms: expect.any(Number), end: "complete",
    });
    const others = [
      await gateway.send({ path: "/v1/whoami" }),
      await gateway.send({ path: "/nothing/secret-path" }),
      await gateway.send({ path: "/docs" }),
      await gateway.send({ method: "OPTIONS", path: chat }),
      await gateway.send({ method: "BREW", path: "/health" }),
      await gateway.send({ method: "POST", path: chat, key: keys.web, body: { model: "model-500" } }),
    ];
    // The runtime answers a method that it does not know by itself.
    const ours = others.map((one) => one.header("x-request-id")).filter((one) => one);
    for (const one of ours) await gateway.logged(one);
    const ids = gateway.exchanges().map((line) => line.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(ours.length + 1);
    expect(gateway.output()).not.toMatch(/secret-/);
  });

  test("O6 L9 O14: holds no key, no beginning of one and no digest, whatever was presented and however it ended", async () => {
    gateway = await start();
    const foreign = makeKey();
    upstream.on("quoting", (reply) => sendJson(reply, 401, { error: { message: `bad key ${providerKey} ${foreign}` } }));
    /** @type {import("../support/client.mjs").Options[]} */
    const requests = [
      { path: "/v1/whoami", key: keys.web },
      { path: "/v1/whoami", key: foreign },
      { path: `/v1/whoami?key=${foreign}`, headers: [["x-request-id", "fine"]] },
      { path: `/v1/${foreign}`, key: keys.web },
      { path: "/v1/whoami", headers: [["authorization", `Bearer ${keys.web}`], ["x-api-key", foreign]] },
      { path: "/v1/whoami", headers: [["authorization", `Bearer "${foreign}"`]] },
      { path: "/v1/whoami", headers: [["authorization", foreign]] },
      { path: "/v1/whoami", headers: [["authorization", `Bearer ${foreign}`], ["authorization", `Bearer ${keys.web}`]] },
      { path: "/v1/whoami", headers: [["cookie", foreign], ["api-key", foreign], ["x-api-key", `Bearer ${foreign}`]] },
      { method: "POST", path: chat, key: keys.web, body: `{"model":"model-a",${foreign}` },
      { method: "POST", path: chat, key: keys.web, body: { model: "quoting" } },
      { method: "POST", path: chat, key: keys.web, body: { model: "model-a", messages: [{ role: "user", content: keys.web }] } },
    ];
    for (const request of requests) {
      const reply = await gateway.send(request);
      for (const secret of [keys.web, foreign, providerKey]) {
        for (const text of [secret, secret.slice(0, 12), sha256(secret)]) {
          if (request.method === "POST" && reply.status === 200) continue;
          expect(reply.text.includes(text) || JSON.stringify(reply.headers).includes(text)).toBe(false);
        }
      }
    }
    const output = gateway.output();
    for (const secret of [keys.web, keys.batch, foreign, providerKey]) {
      for (const text of [secret, secret.slice(0, 12), sha256(secret)]) expect(output.toLowerCase().includes(text.toLowerCase())).toBe(false);
    }
    await gateway.stop();
    expect(leaks()).toEqual([]);
  });
});
