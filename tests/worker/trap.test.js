import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKey, sha256, startGateway } from "../support/gateway.mjs";
import { speak, startUpstream, streamOf } from "../support/upstream.mjs";

const key = makeKey();
const chat = "/v1/chat/completions";
const words = Array.from({ length: 60 }, (_, at) => ` word${at}`);

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    env: { GATEWAY_API_KEY_HASHES: `web:${sha256(key)}`, OPENAI_BASE_URL: upstream.url },
    test: true,
  });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
});

/** The core traps, for real, at the next event that any exchange brings it. */
const armTrap = () => gateway.send({ path: "/__test/trap" });

/** @param {object} body */
const post = (body) => gateway.send({ method: "POST", path: chat, key, body });

describe("a trap", () => {
  test("with ten streams open leaves relayed ones whole and ends the others with internal_error, and the next request is served", async () => {
    upstream.on("slow", speak(words, { everyMs: 25 }));
    const streams = Array.from({ length: 10 }, (_, at) => {
      const relayed = at % 2 === 1;
      const body = { model: "slow", stream: true, ...(relayed ? { stream_options: { include_usage: true } } : {}) };
      return { relayed, exchange: gateway.open({ method: "POST", path: chat, key, body }) };
    });
    await Promise.all(streams.map(({ exchange }) => exchange.until(() => exchange.events().length >= 5)));
    await armTrap();
    await gateway.until(() => gateway.lines().some((line) => line.event === "core_replaced"));

    const next = await post({ model: "next" });
    expect(next.status).toBe(200);

    await Promise.all(streams.map(({ exchange }) => exchange.ended));
    for (const { relayed, exchange } of streams) {
      expect(exchange.complete).toBe(true);
      const line = await gateway.logged(exchange.header("x-request-id"));
      expect(line).toMatchObject({ status: 200, label: "web", stream: true, metered: false, usage: null, end: "trapped" });
      if (relayed) {
        expect(exchange.text).toBe(streamOf("slow", words, { asked: true }).join(""));
        continue;
      }
      const events = exchange.events().map(({ text }) => text);
      const last = JSON.parse((events.pop() ?? "").slice(6));
      expect(last).toEqual({ error: { message: expect.any(String), type: "api_error", param: null, code: "internal_error" } });
      expect(streamOf("slow", words).join("").startsWith(`${events.join("\n\n")}\n\n`)).toBe(true);
      expect(exchange.text.endsWith("\n\n")).toBe(true);
    }
    expect(gateway.lines().filter((line) => line.event === "core_replaced").length).toBe(1);
    expect((await gateway.vitals()).open).toBe(0);
  });

  test("lets the provider's connections of ended streams go", async () => {
    upstream.on("endless", speak(Array(400).fill("x"), { everyMs: 25 }));
    const exchange = gateway.open({ method: "POST", path: chat, key, body: { model: "endless", stream: true } });
    await exchange.until(() => exchange.events().length >= 3);
    await armTrap();
    await exchange.ended;
    const request = await upstream.request("endless");
    await request.gone;
    expect(request.closed).toBe(true);
  });

  test("O11: while access is decided is 500 and lets nobody in", async () => {
    const before = upstream.requests.length;
    for (const headers of [[], [["authorization", `Bearer ${key}`]]]) {
      await armTrap();
      const reply = await gateway.send({
        method: "POST", path: chat, headers: /** @type {[string, string][]} */ (headers), body: { model: "never" },
      });
      expect(reply.status).toBe(500);
      expect(reply.json).toEqual({ error: { message: expect.any(String), type: "api_error", param: null, code: "internal_error" } });
      expect(reply.text).not.toMatch(/wasm|unreachable|\.js|stack/i);
      expect(reply.header("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
      expect(reply.header("cache-control")).toBe("no-store");
    }
    expect(upstream.requests.length).toBe(before);
    expect((await post({ model: "after" })).status).toBe(200);
  });

  test("while the body is awaited, or the provider, is 500", async () => {
    upstream.on("waiting", async (reply) => {
      await armTrap();
      reply.writeHead(200, { "content-type": "application/json" });
      reply.end("{}");
    });
    const reply = await post({ model: "waiting" });
    expect([reply.status, reply.json.error.code]).toEqual([500, "internal_error"]);
    expect((await gateway.logged(reply.header("x-request-id"))).end).toBe("trapped");
  });

  test("loses no counts of requests that came after it", async () => {
    const total = async () => (await gateway.send({ path: "/usage", key })).json.totals.requests;
    const before = await total();
    await armTrap();
    expect((await post({ model: "counted" })).status).toBe(500);
    for (let at = 0; at < 3; at++) await post({ model: "counted" });
    expect(await total()).toBe(before + 4);
  });
});

describe("a module that cannot be started", () => {
  test("O12: is 503, and opens nothing", async () => {
    // A module that wants something from its host: there is nothing to give.
    const broken = Buffer.from("0061736d010000000104016000000207010161016200000a", "hex").subarray(0, 23);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "postern-"));
    const file = path.join(folder, "broken.wasm");
    fs.writeFileSync(file, broken);
    const lame = await startGateway({ env: { GATEWAY_API_KEY: key }, replace: { "build/wasi/gateway.wasm": file } });
    for (const options of [{ path: "/v1/whoami" }, { path: "/v1/whoami", key }, { method: "POST", path: chat, key, body: "{}" }]) {
      const reply = await lame.send(options);
      expect([reply.status, reply.json.error.code]).toEqual([503, "gateway_not_configured"]);
      expect(reply.header("cache-control")).toBe("no-store");
      expect(reply.header("x-request-id")).toBeTruthy();
    }
    await lame.stop();
    fs.rmSync(folder, { recursive: true });
  });
});
