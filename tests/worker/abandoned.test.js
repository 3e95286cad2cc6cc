import { afterAll, beforeAll, expect, test } from "vitest";
import { makeKey, startGateway } from "../support/gateway.mjs";
import { sleep, startUpstream } from "../support/upstream.mjs";

// A loop that the runtime drops, because its client is gone, never closes its exchange. The core
// takes those back whose deadline and grace (5 s, src/bounds.h) have passed, whenever others arrive.

const key = makeKey();
const path = "/v1/chat/completions";
const crowd = 300;

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.on("silent", () => {});
  gateway = await startGateway({
    env: { GATEWAY_API_KEY: key, OPENAI_BASE_URL: upstream.url, FIRST_BYTE_TIMEOUT_MS: "300", IDLE_TIMEOUT_MS: "300" },
    test: true,
  });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
});

test("the slots of clients that reset their connection before the head come back, each with a line in the log", async () => {
  const exchanges = [];
  for (let at = 0; at < crowd; at++) {
    exchanges.push(gateway.open({ method: "POST", path, key, body: { model: "silent", stream: at % 2 === 0 } }));
    if (at % 20 === 19) {
      await upstream.request("silent", at);
      for (const exchange of exchanges.splice(0)) await exchange.reset();
    }
  }
  await sleep(5_500);
  for (let at = 0; at < crowd; at++) await gateway.send({ path: "/v1/whoami", key });
  expect((await gateway.vitals()).open).toBe(0);
  const lines = gateway.exchanges().filter((line) => line.model === "silent");
  expect(lines.length).toBe(crowd);
  // An upstream that is slower than the test may have met its timeout first.
  const ends = new Set(lines.map((line) => line.end));
  for (const end of ends) expect(["abandoned", "client_left", "refused"]).toContain(end);
  const { json } = await gateway.send({ path: "/usage", key });
  expect(json.totals.requests).toBe(crowd);
});

test("clients that close without a word are let go by the first-byte timeout", async () => {
  const before = gateway.exchanges().length;
  const exchanges = Array.from({ length: 50 }, () => gateway.open({ method: "POST", path, key, body: { model: "silent" } }));
  await upstream.request("silent", crowd + 49);
  for (const exchange of exchanges) await exchange.leave();
  await sleep(5_500);
  for (let at = 0; at < 60; at++) await gateway.send({ path: "/v1/whoami", key });
  expect((await gateway.vitals()).open).toBe(0);
  expect(gateway.exchanges().slice(before).filter((line) => line.model === "silent").length).toBe(50);
});

test("a body that breaks off gives its slot back", async () => {
  for (let at = 0; at < 20; at++) {
    const exchange = gateway.open({ method: "POST", path, key, headers: [["content-length", "1000"]], body: '{"model":' });
    await sleep(5);
    await exchange.leave();
  }
  await gateway.until(async () => (await gateway.vitals()).open === 0);
});
