import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKey, makeProviderKey, sha256, startGateway } from "../support/gateway.mjs";
import { asksUsage, beginStream, chunk, done, sleep, speak, startUpstream, streamOf, usage, usageChunk } from "../support/upstream.mjs";

const key = makeKey();
const path = "/v1/chat/completions";

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;
/** @type {import("../support/gateway.mjs").Gateway} */ let impatient;

const env = () => ({
  GATEWAY_API_KEY_HASHES: `web:${sha256(key)}`,
  OPENAI_API_KEY: makeProviderKey(),
  OPENAI_BASE_URL: upstream.url,
  SIMULATOR: "on",
});

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ env: env(), test: true, passTo: `${upstream.url}/chat/completions` });
  impatient = await startGateway({ env: { ...env(), IDLE_TIMEOUT_MS: "300", FIRST_BYTE_TIMEOUT_MS: "300" } });
});
afterAll(async () => {
  await gateway?.stop();
  await impatient?.stop();
  await upstream?.close();
});

// By relay crosses a stream whose client asked for usage; by window every other one.
const ways = /** @type {const} */ (["relay", "window"]);

/** @param {typeof ways[number]} way @param {string} model @param {object} [more] */
const bodyOf = (way, model, more = {}) => ({
  model,
  stream: true,
  ...(way === "relay" ? { stream_options: { include_usage: true } } : {}),
  messages: [],
  ...more,
});

/** @param {typeof ways[number]} way @param {string} model */
const open = (way, model, to = gateway) => to.open({ method: "POST", path, key, body: bodyOf(way, model) });

/** @param {typeof ways[number]} way @param {string} model */
async function play(way, model, to = gateway) {
  const exchange = open(way, model, to);
  await exchange.ended;
  return exchange;
}

/** What the client is to see of a stream of these words. @param {typeof ways[number]} way @param {string} model @param {string[]} words */
const seen = (way, model, words) => streamOf(model, words, { asked: way === "relay" }).join("");

/** @param {string} code @param {string} type */
const errorEvent = (code, type = "api_error") =>
  expect.objectContaining({ error: { message: expect.any(String), type, param: null, code } });

/** The JSON of the last event, which must be whole. @param {{text: string, body: Buffer}} exchange */
function lastEvent(exchange) {
  expect(exchange.text.endsWith("\n\n")).toBe(true);
  // Further empty lines before it mean nothing.
  const last = (exchange.text.slice(0, -2).split("\n\n").at(-1) ?? "").trimStart();
  expect(last.startsWith("data: ")).toBe(true);
  return JSON.parse(last.slice(6));
}

const words = Array.from({ length: 60 }, (_, at) => ` word${at} é日😀`);

describe.each(ways)("a stream by %s", (way) => {
  test("is what the client asked for, byte for byte", async () => {
    const model = `whole-${way}`;
    upstream.on(model, speak(words));
    const exchange = await play(way, model);
    expect(exchange.status).toBe(200);
    expect(exchange.header("content-type")).toMatch(/^text\/event-stream/);
    expect(exchange.header("cache-control")).toBe("no-store, no-transform");
    expect(exchange.header("x-accel-buffering")).toBe("no");
    expect(exchange.header("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(exchange.complete).toBe(true);
    expect(exchange.text).toBe(seen(way, model, words));
    expect(asksUsage(await upstream.request(model))).toBe(true);
  });

  test("has its usage in the log, and how it ended", async () => {
    const model = `usage-${way}`;
    upstream.on(model, speak(words, { everyMs: 2 }));
    const line = await gateway.logged((await play(way, model)).header("x-request-id"));
    expect(line).toMatchObject({
      status: 200, label: "web", provider: "openai", model, stream: true, end: "complete", content_events: words.length,
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18, cached_tokens: 3, reasoning_tokens: 2 },
    });
    expect(line.metered).toBeUndefined();
  });

  test("crosses whole when events and characters are cut anywhere", async () => {
    const model = `cut-${way}`;
    upstream.on(model, async (reply) => {
      beginStream(reply);
      const bytes = Buffer.from(streamOf(model, words.slice(0, 5), { asked: true }).join(""));
      for (let at = 0; at < bytes.length; at += 7) {
        reply.write(bytes.subarray(at, at + 7));
        if (at % 70 === 0) await sleep(1);
      }
      reply.end();
    });
    expect((await play(way, model)).text).toBe(seen(way, model, words.slice(0, 5)));
  });

  test("crosses whole with comments, other fields and CRLF", async () => {
    const model = `forms-${way}`;
    const text = `: hello\n\nevent: x\nid: 7\ndata: {"choices":[{"delta":{"content":"a"}}]}\r\n\r\n: ping\n\ndata:{"choices":[]}\n\n${done}`;
    upstream.on(model, (reply) => {
      beginStream(reply);
      reply.end(text);
    });
    expect((await play(way, model)).text).toBe(text);
  });

  test("of 20 MB crosses whole, also to a client that reads slowly", async () => {
    const model = `large-${way}`;
    const many = Array.from({ length: 2_000 }, (_, at) => `${at}-${"x".repeat(10_000)}`);
    upstream.on(model, speak(many));
    const exchange = open(way, model);
    let slept = 0;
    exchange.socket.on("data", () => {
      if (slept > 1_000) return;
      slept += 50;
      exchange.socket.pause();
      setTimeout(() => exchange.socket.resume(), 50);
    });
    await exchange.ended;
    expect(exchange.body.length).toBe(Buffer.byteLength(seen(way, model, many)));
    expect(sha256(exchange.text)).toBe(sha256(seen(way, model, many)));
  });

  test("shows its first event before there is a second", async () => {
    const model = `first-${way}`;
    /** @type {() => void} */ let go = () => {};
    const gate = new Promise((resolve) => (go = () => resolve(undefined)));
    upstream.on(model, async (reply) => {
      const events = streamOf(model, ["a"], { asked: true });
      beginStream(reply);
      reply.write(events[0]);
      await gate;
      reply.end(events.slice(1).join(""));
    });
    const exchange = open(way, model);
    await exchange.until(() => exchange.events().length === 1);
    go();
    await exchange.ended;
    expect(exchange.text).toBe(seen(way, model, ["a"]));
  });

  test("shows its head before there is any event", async () => {
    const model = `head-${way}`;
    /** @type {() => void} */ let go = () => {};
    const gate = new Promise((resolve) => (go = () => resolve(undefined)));
    upstream.on(model, async (reply) => {
      beginStream(reply);
      await gate;
      reply.end(done);
    });
    const exchange = open(way, model);
    await exchange.head();
    expect(exchange.status).toBe(200);
    go();
    await exchange.ended;
    expect(exchange.text).toBe(done);
  });

  test("that ends without its terminal event ends with stream_truncated, and is counted so", async () => {
    const model = `short-${way}`;
    upstream.on(model, (reply) => {
      beginStream(reply);
      reply.end(chunk(model, { content: "a" }));
    });
    const exchange = await play(way, model);
    expect(exchange.complete).toBe(true);
    expect(exchange.text.startsWith(chunk(model, { content: "a" }))).toBe(true);
    expect(lastEvent(exchange)).toEqual(errorEvent("stream_truncated"));
    expect(await gateway.logged(exchange.header("x-request-id"))).toMatchObject({
      end: "truncated", code: "stream_truncated", usage: null, content_events: 1,
    });
  });

  test("that is cut inside an event ends with stream_truncated, whole", async () => {
    for (const cut of ["close", "destroy"]) {
      const model = `torn-${cut}-${way}`;
      const events = streamOf(model, ["a", "b"], { asked: true }).slice(0, 3);
      upstream.on(model, async (reply) => {
        beginStream(reply);
        for (const event of events) {
          reply.write(event);
          await sleep(5);
        }
        reply.write('data: {"choices":[{"delta":{"con');
        await sleep(30);
        if (cut === "close") reply.end();
        else reply.socket?.destroy();
      });
      const exchange = await play(way, model);
      expect(exchange.complete).toBe(true);
      expect(exchange.text.startsWith(streamOf(model, ["a", "b"], { asked: way === "relay" }).slice(0, 3).join(""))).toBe(true);
      expect(lastEvent(exchange)).toEqual(errorEvent("stream_truncated"));
      expect(await gateway.logged(exchange.header("x-request-id"))).toMatchObject({ end: "truncated", content_events: 2 });
    }
  });

  test("whose connection breaks between events ends with stream_truncated", async () => {
    const model = `broken-${way}`;
    upstream.on(model, async (reply) => {
      beginStream(reply);
      reply.write(chunk(model, { content: "a" }));
      await sleep(30);
      reply.socket?.destroy();
    });
    const exchange = await play(way, model);
    expect(exchange.complete).toBe(true);
    expect(lastEvent(exchange)).toEqual(errorEvent("stream_truncated"));
  });

  test("that falls silent ends with idle_timeout, and lets the provider go", async () => {
    const model = `idle-${way}`;
    upstream.on(model, (reply) => {
      beginStream(reply);
      reply.write(chunk(model, { content: "a" }));
    });
    const exchange = await play(way, model, impatient);
    expect(exchange.complete).toBe(true);
    expect(exchange.text.startsWith(chunk(model, { content: "a" }))).toBe(true);
    expect(lastEvent(exchange)).toEqual(errorEvent("idle_timeout"));
    expect(await impatient.logged(exchange.header("x-request-id"))).toMatchObject({ end: "idle_timeout", code: "idle_timeout" });
    await (await upstream.request(model)).gone;
  });

  test("that lasts longer than the idle timeout is whole while it keeps talking", async () => {
    const model = `lasting-${way}`;
    upstream.on(model, speak(words.slice(0, 12), { everyMs: 100 }));
    expect((await play(way, model, impatient)).text).toBe(seen(way, model, words.slice(0, 12)));
  });

  test("with an error inside hands the error on, and nothing after it of our own", async () => {
    const model = `error-${way}`;
    const error = 'data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}\n\n';
    upstream.on(model, (reply) => {
      beginStream(reply);
      reply.end(chunk(model, { content: "a" }) + error);
    });
    const exchange = await play(way, model);
    expect(exchange.text).toBe(chunk(model, { content: "a" }) + error);
    expect(await gateway.logged(exchange.header("x-request-id"))).toMatchObject({ end: "upstream_failed" });
  });

  test("whose client leaves closes the provider's within one more write", async () => {
    const model = `left-${way}`;
    upstream.on(model, async (reply) => {
      beginStream(reply);
      for (let at = 0; at < 400 && !reply.destroyed; at++) {
        reply.write(chunk(model, { content: `${at}` }));
        await sleep(20);
      }
      reply.end(done);
    });
    for (const [at, manner] of /** @type {const} */ (["leave", "reset"]).entries()) {
      const exchange = open(way, model);
      await exchange.until(() => exchange.events().length >= 5);
      const request = await upstream.request(model, at);
      await exchange[manner]();
      const writesThen = request.writes;
      await request.gone;
      expect(request.closed).toBe(true);
      // One more write finds out; those that the sockets take before anybody looks are allowed for.
      expect(request.writesAtClose - writesThen).toBeLessThanOrEqual(4);
      const line = await gateway.logged(exchange.header("x-request-id"));
      expect([manner, line.end, line.status]).toEqual([manner, "client_left", 200]);
      expect(line.usage).toBe(null);
      expect(line.content_events).toBeGreaterThan(0);
    }
  });
});

describe("usage", () => {
  test("asked for by the client stays in the stream", async () => {
    upstream.on("usage-kept", speak(["a"]));
    expect((await play("relay", "usage-kept")).text).toContain(JSON.stringify(usage));
  });

  test("is left alone with STREAM_USAGE=off, and recorded as absent", async () => {
    const off = await startGateway({ env: { ...env(), STREAM_USAGE: "off" } });
    upstream.on("usage-off", speak(["a", "b"]));
    const exchange = await play("window", "usage-off", off);
    expect(asksUsage(await upstream.request("usage-off"))).toBe(false);
    expect(exchange.text).toBe(streamOf("usage-off", ["a", "b"]).join(""));
    expect(await off.logged(exchange.header("x-request-id"))).toMatchObject({ usage: null, content_events: 2, end: "complete" });
    await off.stop();
  });

  test("that the provider does not report although asked is absent, and not zero", async () => {
    for (const way of ways) {
      const model = `silent-usage-${way}`;
      upstream.on(model, (reply) => {
        beginStream(reply);
        reply.end(streamOf(model, ["a"]).join(""));
      });
      const exchange = await play(way, model);
      expect(exchange.text).toBe(streamOf(model, ["a"]).join(""));
      expect((await gateway.logged(exchange.header("x-request-id"))).usage).toBe(null);
    }
  });

  test("in a chunk that also has choices stays where it is", async () => {
    const text = `data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n${done}`;
    upstream.on("usage-beside", (reply) => {
      beginStream(reply);
      reply.end(text);
    });
    const exchange = await play("window", "usage-beside");
    expect(exchange.text).toBe(text);
    expect((await gateway.logged(exchange.header("x-request-id"))).usage).toEqual({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 });
  });

  test("is read of an event that came just before the end, after a pause", async () => {
    for (const way of ways) {
      const model = `late-usage-${way}`;
      upstream.on(model, async (reply) => {
        beginStream(reply);
        reply.write(chunk(model, { content: "a" }, { nullUsage: true }));
        await sleep(700);
        reply.write(usageChunk(model));
        reply.end(done);
      });
      const exchange = await play(way, model);
      expect((await gateway.logged(exchange.header("x-request-id"))).usage).toMatchObject({ total_tokens: 18 });
    }
  });
});

describe("a provider's whim", () => {
  test("a JSON reply to a request for a stream is handed on as JSON", async () => {
    upstream.on("not-a-stream", (reply) => {
      reply.writeHead(200, { "content-type": "application/json" });
      reply.end('{"choices":[]}');
    });
    const exchange = await play("window", "not-a-stream");
    expect([exchange.status, exchange.header("content-type"), exchange.text]).toEqual([200, "application/json", '{"choices":[]}']);
  });

  test("an event that is no JSON ends a fed stream with upstream_error", async () => {
    upstream.on("garbage", (reply) => {
      beginStream(reply);
      reply.end(`${chunk("garbage", { content: "a" })}data: <html>\n\n${done}`);
    });
    expect(lastEvent(await play("window", "garbage"))).toEqual(errorEvent("upstream_error"));
  });

  test("bytes after the terminal event are not handed on", async () => {
    upstream.on("after", (reply) => {
      beginStream(reply);
      reply.end(`${done}data: {"choices":[]}\n\n`);
    });
    expect((await play("window", "after")).text).toBe(done);
  });

  test("an error before the stream is an ordinary error", async () => {
    upstream.on("early-error", (reply) => {
      reply.writeHead(400, { "content-type": "application/json" });
      reply.end('{"error":{"message":"no such model","type":"invalid_request_error","param":"model","code":"x"}}');
    });
    const exchange = await play("relay", "early-error");
    expect([exchange.status, exchange.json.error.message]).toEqual([400, "no such model"]);
  });
});

describe("a client that leaves before the head", () => {
  test.each(["leave", "reset"])("by %s lets the provider go when the first byte is late", async (manner) => {
    const model = `early-${manner}`;
    upstream.on(model, () => {});
    const exchange = open("window", model, impatient);
    const request = await upstream.request(model);
    await exchange[/** @type {"leave" | "reset"} */ (manner)]();
    await request.gone;
    expect(request.closed).toBe(true);
  });
});

describe("the simulator over the wire", () => {
  test("split characters arrive whole", async () => {
    const exchange = await play("window", "sim/fault-split");
    const text = exchange.events().map(({ text: event }) => event.slice(6)).filter((data) => data !== "[DONE]")
      .map((data) => JSON.parse(data).choices[0].delta.content ?? "").join("");
    expect(text).toBe("Déjà vu: €5, 日本語, 😀 👩‍💻");
  });

  test("its faults end as a provider's do", async () => {
    expect(lastEvent(await play("window", "sim/fault-truncated"))).toEqual(errorEvent("stream_truncated"));
    expect(lastEvent(await play("window", "sim/fault-stall", impatient))).toEqual(errorEvent("idle_timeout"));
    expect(lastEvent(await play("window", "sim/fault-error-in-stream"))).toMatchObject({ error: { type: "server_error" } });
    expect(lastEvent(await play("window", "sim/fault-slow", impatient))).toEqual(errorEvent("idle_timeout"));
  });
});

describe("the gaps between events", () => {
  const count = 100;

  /** The largest gap between two events, and when the first one came. @param {import("../support/client.mjs").Options} options */
  async function measure(options) {
    const exchange = gateway.open({ method: "POST", key, ...options });
    await exchange.ended;
    const times = exchange.events().map((event) => event.at);
    expect(times.length).toBeGreaterThan(count);
    const gaps = times.slice(1).map((at, index) => at - times[index]).sort((a, b) => a - b);
    return { largest: /** @type {number} */ (gaps.at(-1)), first: times[0] - exchange.startedAt };
  }

  const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[values.length >> 1];

  test("are at most 5 ms above a pass-through's by relay, at most the window more by window, and the first is as early", { retry: 3 }, async () => {
    upstream.on("paced", speak(Array(count).fill("word"), { everyMs: 10 }));
    /** @type {Record<string, {largest: number, first: number}[]>} */
    const seenBy = { pass: [], relay: [], window: [] };
    // All three at once, so that whatever else the machine does meets them alike.
    for (let round = 0; round < 3; round++) {
      const [pass, relay, window] = await Promise.all([
        measure({ path: "/__test/pass", body: bodyOf("relay", "paced") }),
        measure({ path, body: bodyOf("relay", "paced") }),
        measure({ path, body: bodyOf("window", "paced") }),
      ]);
      seenBy.pass.push(pass);
      seenBy.relay.push(relay);
      seenBy.window.push(window);
    }
    const largest = (/** @type {string} */ way) => median(seenBy[way].map((one) => one.largest));
    const first = (/** @type {string} */ way) => median(seenBy[way].map((one) => one.first));
    const shown = JSON.stringify(seenBy);
    expect(largest("relay") - largest("pass"), shown).toBeLessThanOrEqual(5);
    // The timer behind the window may be late by as much as the relay.
    expect(largest("window") - largest("pass"), shown).toBeLessThanOrEqual(20 + 5);
    expect(first("relay") - first("pass"), shown).toBeLessThanOrEqual(10);
    expect(first("window") - first("pass"), shown).toBeLessThanOrEqual(10);
  });

  test("stay small when the window is switched off", { retry: 3 }, async () => {
    const open0 = await startGateway({ env: { ...env(), STREAM_WINDOW_MS: "0" } });
    upstream.on("paced-0", speak(Array(count).fill("word"), { everyMs: 10 }));
    const exchange = open("window", "paced-0", open0);
    await exchange.ended;
    await open0.stop();
    expect(exchange.text).toBe(seen("window", "paced-0", Array(count).fill("word")));
    const times = exchange.events().map((event) => event.at);
    const gaps = times.slice(1).map((at, index) => at - times[index]);
    expect(median(gaps)).toBeLessThan(15);
  });
});
