import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/workerd.mjs";
import { makeKey, makeProviderKey } from "../support/gateway.mjs";
import { presented, send } from "../support/client.mjs";
import { npmStart } from "../support/npm_start.mjs";
import { asksUsage, beginStream, chunk, completion, done, sendJson, speak, startUpstream, usage, usageChunk } from "../support/upstream.mjs";

// The official SDK, unmodified, against `npm start` as a user runs it.

const words = ["Hel", "lo", " wor", "ld", " 日本", " 😀"];
const said = words.join("");
const tools = /** @type {OpenAI.Chat.Completions.ChatCompletionTool[]} */ ([
  { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } },
]);
const messages = /** @type {OpenAI.Chat.Completions.ChatCompletionMessageParam[]} */ ([{ role: "user", content: said }]);

/** @param {AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>} stream */
async function collect(stream) {
  const chunks = [];
  for await (const one of stream) chunks.push(one);
  return { chunks, text: chunks.map((one) => one.choices[0]?.delta?.content ?? "").join("") };
}

/** The error that a promise rejects with. @param {Promise<unknown>} promise */
const errorOf = (promise) => promise.then(() => expect.unreachable("it did not fail"), (error) => error);

describe("with a provider", () => {
  const key = makeKey();
  /** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
  /** @type {Awaited<ReturnType<typeof npmStart>>} */ let gateway;
  /** @type {OpenAI} */ let client;

  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.on("gpt-words", speak(words, { everyMs: 5 }));
    upstream.on("gpt-tools", speakTools);
    for (const status of [400, 404, 409, 422, 429, 500, 503]) {
      const error = { message: `failed with ${status}`, type: "some_type", param: "model", code: "some_code" };
      upstream.on(`gpt-${status}`, (reply) => sendJson(reply, status, { error }));
    }
    for (const status of [401, 403]) upstream.on(`gpt-${status}`, (reply) => sendJson(reply, status, { error: { message: "bad provider key" } }));
    gateway = await npmStart({ GATEWAY_API_KEY: key, OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: makeProviderKey() });
    client = new OpenAI({ baseURL: gateway.url, apiKey: key, maxRetries: 0 });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  test("a chat completion", async () => {
    const reply = await client.chat.completions.create({ model: "gpt-4o-mini", messages });
    expect(reply).toMatchObject(completion("gpt-4o-mini"));
    expect(reply._request_id).toMatch(/^[0-9a-f]{32}$/);
    expect((await upstream.request("gpt-4o-mini")).json).toEqual({ model: "gpt-4o-mini", messages });
  });

  test("a stream, without the usage that nobody asked for", async () => {
    const { chunks, text } = await collect(await client.chat.completions.create({ model: "gpt-words", messages, stream: true }));
    expect(text).toBe(said);
    expect(chunks.every((one) => one.choices.length === 1 && !("usage" in one))).toBe(true);
    expect(chunks.at(-1)?.choices[0].finish_reason).toBe("stop");
  });

  test("a stream with usage", async () => {
    const request = /** @type {const} */ ({ model: "gpt-words", stream: true, stream_options: { include_usage: true } });
    const { chunks, text } = await collect(await client.chat.completions.create({ ...request, messages }));
    expect(text).toBe(said);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(chunks.slice(0, -1).every((one) => one.usage === null)).toBe(true);
  });

  test("the SDK's own assembly of a stream", async () => {
    const runner = client.chat.completions.stream({ model: "gpt-words", messages });
    expect(await runner.finalContent()).toBe(said);
  });

  test("parallel tool calls, whole and in a stream", async () => {
    const runner = client.chat.completions.stream({ model: "gpt-tools", messages, tools, parallel_tool_calls: true });
    const final = await runner.finalChatCompletion();
    expect(final.choices[0].message.tool_calls).toMatchObject([
      { id: "call_a", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
      { id: "call_b", function: { name: "get_weather", arguments: '{"city":"Rome"}' } },
    ]);
    expect(final.choices[0].finish_reason).toBe("tool_calls");
  });

  test("a key that is wrong is an AuthenticationError", async () => {
    const stranger = makeKey();
    presented.add(stranger);
    const error = await errorOf(new OpenAI({ baseURL: gateway.url, apiKey: stranger, maxRetries: 0 }).chat.completions.create({ model: "x", messages }));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_key", type: "authentication_error", requestID: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  test.each([
    [400, OpenAI.BadRequestError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
  ])("the provider's %d is the class that the SDK has for it", async (status, type) => {
    for (const stream of [false, true]) {
      const error = await errorOf(client.chat.completions.create({ model: `gpt-${status}`, messages, stream }));
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status, code: "some_code", type: "some_type", param: "model" });
      expect(error.message).toBe(`${status} failed with ${status}`);
    }
  });

  test("the provider's 401 and 403 are no AuthenticationError of the client's", async () => {
    for (const status of [401, 403]) {
      const error = await errorOf(client.chat.completions.create({ model: `gpt-${status}`, messages }));
      expect(error).toBeInstanceOf(OpenAI.InternalServerError);
      expect(error).toMatchObject({ status: 502, code: "upstream_auth_error" });
    }
  });

  test("O5: our own refusals have their classes too", async () => {
    const bad = await errorOf(client.post("/chat/completions", { body: { messages } }));
    expect(bad).toBeInstanceOf(OpenAI.BadRequestError);
    expect(bad).toMatchObject({ code: "invalid_request", param: "model" });
    const unknown = await errorOf(client.get("/nothing"));
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
    expect(unknown.code).toBe("not_found");
  });

  test("a stream that breaks is an error, not a short answer", async () => {
    upstream.on("gpt-broken", (reply) => {
      beginStream(reply);
      reply.end(chunk("gpt-broken", { content: "a" }));
    });
    for (const options of [undefined, { include_usage: true }]) {
      const stream = await client.chat.completions.create({ model: "gpt-broken", messages, stream: true, stream_options: options });
      const error = await errorOf(collect(stream));
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error.code).toBe("stream_truncated");
    }
  });

  test("an abort stops the stream, and the provider's", async () => {
    upstream.on("gpt-endless", speak(Array(2_000).fill("x"), { everyMs: 10 }));
    for (const [at, options] of [undefined, { include_usage: true }].entries()) {
      const stream = await client.chat.completions.create({ model: "gpt-endless", messages, stream: true, stream_options: options });
      let seen = 0;
      for await (const one of stream) {
        seen += one.choices.length;
        if (seen >= 5) break;
      }
      const request = await upstream.request("gpt-endless", at);
      await request.gone;
      expect(request.closed).toBe(true);
    }
  });

  test("models are listed", async () => {
    expect((await client.models.list()).object).toBe("list");
  });

  test("a retry of the SDK's own reaches the provider again", async () => {
    let tries = 0;
    upstream.on("gpt-retry", (reply) => {
      tries += 1;
      if (tries === 1) return sendJson(reply, 429, { error: { message: "later" } }, { "retry-after": "0", "retry-after-ms": "10" });
      sendJson(reply, 200, completion("gpt-retry"));
    });
    await new OpenAI({ baseURL: gateway.url, apiKey: key, maxRetries: 2 }).chat.completions.create({ model: "gpt-retry", messages });
    expect(tries).toBe(2);
  });

  test("the curl line names the key's place and never the key", () => {
    expect(gateway.curl()).toContain('-H "Authorization: Bearer $GATEWAY_API_KEY"');
    expect(gateway.curl()).not.toContain(key);
  });

  /** @type {import("../support/upstream.mjs").Script} */
  function speakTools(reply, request) {
    const asked = { nullUsage: asksUsage(request) };
    const call = (/** @type {object} */ one) => chunk("gpt-tools", { tool_calls: [one] }, asked);
    beginStream(reply);
    reply.end([
      chunk("gpt-tools", { role: "assistant", content: null }, asked),
      call({ index: 0, id: "call_a", type: "function", function: { name: "get_weather", arguments: "" } }),
      call({ index: 0, function: { arguments: '{"city":' } }),
      call({ index: 1, id: "call_b", type: "function", function: { name: "get_weather", arguments: "" } }),
      call({ index: 0, function: { arguments: '"Paris"}' } }),
      call({ index: 1, function: { arguments: '{"city":"Rome"}' } }),
      chunk("gpt-tools", {}, { ...asked, finish: "tool_calls" }),
      ...(asksUsage(request) ? [usageChunk("gpt-tools")] : []),
      done,
    ].join(""));
  }
});

describe("in dev mode, with nothing configured", () => {
  /** @type {Awaited<ReturnType<typeof npmStart>>} */ let gateway;
  /** @type {OpenAI} */ let client;

  beforeAll(async () => {
    gateway = await npmStart({});
    // A key that is presented is checked, and there is none that it could match.
    client = new OpenAI({ baseURL: gateway.url, apiKey: "unused", maxRetries: 0, defaultHeaders: { Authorization: null } });
  });
  afterAll(() => gateway?.stop());

  test("the printed curl line works when pasted", async () => {
    const child = spawn("bash", ["-c", `${gateway.curl()} -sS`]);
    let printed = "";
    child.stdout.on("data", (bytes) => (printed += bytes));
    await new Promise((resolve) => child.on("close", resolve));
    expect(JSON.parse(printed)).toMatchObject({ object: "chat.completion", choices: [{ message: { content: "Hello, Postern!" } }] });
  });

  test("any model echoes, whole and as a stream", async () => {
    for (const model of ["sim/echo", "gpt-4o-mini"]) {
      const reply = await client.chat.completions.create({ model, messages });
      expect(reply.choices[0].message.content).toBe(said);
      expect(reply.usage?.total_tokens).toBeGreaterThan(0);
      const { chunks, text } = await collect(await client.chat.completions.create({ model, messages, stream: true }));
      expect(text).toBe(said);
      expect(chunks.some((one) => one.usage)).toBe(false);
    }
  });

  test("a stream with usage", async () => {
    const request = /** @type {const} */ ({ model: "sim/echo", stream: true, stream_options: { include_usage: true } });
    const { chunks } = await collect(await client.chat.completions.create({ ...request, messages }));
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  });

  test("parallel tool calls", async () => {
    const final = await client.chat.completions.stream({ model: "sim/fault-parallel-tools", messages, tools }).finalChatCompletion();
    expect(final.choices[0].message.tool_calls?.map((call) => "function" in call && JSON.parse(call.function.arguments))).toEqual([
      { city: "Paris" }, { city: "Rome" },
    ]);
  });

  test("the simulated faults have the SDK's classes", async () => {
    const fault = (/** @type {string} */ model) => errorOf(client.chat.completions.create({ model: `sim/fault-${model}`, messages }));
    expect(await fault("429")).toBeInstanceOf(OpenAI.RateLimitError);
    expect(await fault("500")).toBeInstanceOf(OpenAI.InternalServerError);
    expect(await fault("auth")).toMatchObject({ status: 502, code: "upstream_auth_error" });
    expect(await fault("unknown")).toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("a page of another site is a PermissionDeniedError", async () => {
    const page = new OpenAI({ baseURL: gateway.url, apiKey: "unused", maxRetries: 0, defaultHeaders: { Authorization: null, Origin: "https://evil.example" } });
    const error = await errorOf(page.chat.completions.create({ model: "sim/echo", messages }));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error.code).toBe("cross_site_refused");
  });

  test("a key that is presented is checked", async () => {
    const error = await errorOf(new OpenAI({ baseURL: gateway.url, apiKey: makeKey(), maxRetries: 0 }).chat.completions.create({ model: "x", messages }));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  test("D3 D4 D8: no other host is served, and none through the edge", async () => {
    /** @type {[string, [string, string][]][]} */
    const cases = [["gateway.example", []], ["localhost.", []], ["127.0.0.1.nip.io", []], [`localhost:${gateway.port}`, [["cf-ray", "8f0000000000abcd-FRA"]]]];
    for (const [host, headers] of cases) {
      const reply = await send(gateway.port, { path: "/v1/whoami", host, headers });
      expect([host, reply.status, reply.json.error.code]).toEqual([host, 503, "gateway_not_configured"]);
    }
    const reply = await send(gateway.port, { path: "/v1/whoami", host: `localhost:${gateway.port}` });
    expect([reply.status, reply.json.label, reply.header("x-gateway-mode")]).toEqual([200, "dev", "dev"]);
  });

  test("D2: a loud line in the log says so", async () => {
    expect(gateway.output()).toMatch(/dev mode/i);
  });
});

describe("the start script", () => {
  test("D12: warns when other machines can reach the gateway, which still serves no other host", async () => {
    const gateway = await npmStart({}, ["--ip", "0.0.0.0"]);
    expect(gateway.output()).toMatch(/WARNING: --ip 0\.0\.0\.0/);
    const reply = await send(gateway.port, { path: "/v1/whoami", host: "192.168.1.7" });
    expect([reply.status, reply.json.error.code]).toEqual([503, "gateway_not_configured"]);
    await gateway.stop();
  });

  test("says so when its port is in use", async () => {
    const taken = net.createServer();
    const port = await new Promise((resolve) => taken.listen(0, "127.0.0.1", () => resolve(/** @type {net.AddressInfo} */ (taken.address()).port)));
    const child = spawn("npm", ["start", "--", "--port", String(port)], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stderr.on("data", (bytes) => (output += bytes));
    const code = await new Promise((resolve) => child.on("close", resolve));
    taken.close();
    expect(code).not.toBe(0);
    expect(output).toContain(`port ${port} on 127.0.0.1 is in use`);
  });

  test("D9: no example of variables holds the dev switch or a secret", () => {
    const examples = fs.readdirSync(root).filter((name) => /^\.(dev\.vars|env).*example/.test(name));
    for (const name of examples) {
      expect(fs.readFileSync(path.join(root, name), "utf8")).not.toMatch(/^\s*POSTERN_DEV|^\s*(GATEWAY_API_KEY|OPENAI_API_KEY)\w*\s*=\s*\S/m);
    }
    expect(fs.readFileSync(path.join(root, "wrangler.toml"), "utf8")).not.toMatch(/^\s*(POSTERN_DEV|GATEWAY_API_KEY|OPENAI_API_KEY)/m);
  });
});
