import net from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKey, makeProviderKey, sha256, startGateway } from "../support/gateway.mjs";
import { beginStream, completion, done, sendJson, sleep, speak, startUpstream } from "../support/upstream.mjs";

const key = makeKey();
const providerKey = makeProviderKey();
const path = "/v1/chat/completions";

/** @type {Awaited<ReturnType<typeof startUpstream>>} */ let upstream;
/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;

const env = () => ({
  GATEWAY_API_KEY_HASHES: `web:${sha256(key)}`,
  OPENAI_API_KEY: providerKey,
  OPENAI_BASE_URL: upstream.url,
  DEFAULT_MODEL: "default-model",
});

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({ env: env() });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
});

/** @param {string | Buffer | object} body @param {[string, string][]} [headers] */
const chat = (body, headers = [], to = gateway) => to.send({ method: "POST", path, key, body, headers });

/** What arrived for a body that the gateway let through. @param {string} model @param {string | object} body */
async function arrived(model, body) {
  const reply = await chat(body);
  expect(reply.status, reply.text).toBe(200);
  return (await upstream.request(model)).body.toString();
}

describe("the body", () => {
  test("reaches the provider byte for byte: odd numbers, order, spaces, escapes and unknown members", async () => {
    const body =
      ' {\r\n\t"n" : 1.000e+2 , "big":12345678901234567890123,"\\u0078":"\\u00e9\\/é\\ud83d\\ude00",' +
      '"messages":[{"role":"user","content":"hi","model":"inner","project_id":"inner"}], "model" :"bytes-1","zzz":{"model":1,"model":2}, "stream":false }\n';
    expect(await arrived("bytes-1", body)).toBe(body);
  });

  test("loses project_id and the comma that goes with it, wherever it stands", async () => {
    const cases = [
      ['{"project_id":"p-1","model":"cut-1","messages":[]}', '{"model":"cut-1","messages":[]}'],
      ['{"model":"cut-2", "project_id" : "p-1" ,"messages":[]}', '{"model":"cut-2" ,"messages":[]}'],
      ['{"model":"cut-3","messages":[],"project_id":"p-1"}', '{"model":"cut-3","messages":[]}'],
      ['{"model":"cut-4","\\u0070roject_id":"p-1","messages":[]}', '{"model":"cut-4","messages":[]}'],
    ];
    for (const [at, [body, expected]] of cases.entries()) {
      const sent = await arrived(`cut-${at + 1}`, body);
      expect(JSON.parse(sent)).toEqual(JSON.parse(expected));
      expect(sent.replace(/\s/g, "")).toBe(expected.replace(/\s/g, ""));
    }
  });

  test("names DEFAULT_MODEL in place of auto, and nothing else changes", async () => {
    expect(await arrived("default-model", '{"a":1, "model": "auto" ,"b":[2]}')).toBe('{"a":1, "model": "default-model" ,"b":[2]}');
  });

  test("asks for the usage of a stream, and only of a stream", async () => {
    upstream.on("ask-1", speak(["a"]));
    upstream.on("ask-2", speak(["a"]));
    upstream.on("ask-3", speak(["a"]));
    expect(JSON.parse(await arrived("ask-1", '{"model":"ask-1","stream":true}'))).toEqual({
      model: "ask-1", stream: true, stream_options: { include_usage: true },
    });
    expect(JSON.parse(await arrived("ask-2", '{"model":"ask-2","stream":true,"stream_options":{"x":1,"include_usage":false}}'))).toEqual({
      model: "ask-2", stream: true, stream_options: { x: 1, include_usage: true },
    });
    expect(await arrived("ask-3", '{"model":"ask-3","stream":false}')).toBe('{"model":"ask-3","stream":false}');
  });

  test.each([1, 10])("of %d MB crosses whole, as text and as many small messages", async (megabytes) => {
    const size = megabytes << 20;
    const text = JSON.stringify({ model: `long-${megabytes}`, messages: [{ role: "user", content: "0123456789\n\"é".repeat(size / 16) }] });
    const line = { role: "user", content: 'a "short" message\nof two lines' };
    const many = JSON.stringify({ model: `many-${megabytes}`, messages: Array(Math.floor(size / 70)).fill(line) });
    for (const [model, body] of [[`long-${megabytes}`, text], [`many-${megabytes}`, many]]) {
      expect(sha256(await arrived(model, body)) === sha256(body), model).toBe(true);
    }
  });

  test("in pieces without a length crosses whole", async () => {
    const body = JSON.stringify({ model: "chunked-1", messages: [{ role: "user", content: "x".repeat(300_000) }] });
    const reply = await gateway.send({ method: "POST", path, key, body, chunked: true });
    expect(reply.status).toBe(200);
    expect((await upstream.request("chunked-1")).body.toString() === body).toBe(true);
  });

  test("with a member twice that the gateway reads never leaves", async () => {
    const before = upstream.requests.length;
    for (const body of ['{"model":"a","model":"b"}', '{"model":"a","mo\\u0064el":"b"}', '{"model":"a","stream":true,"stream":false}']) {
      expect((await chat(body)).json.error.code).toBe("invalid_request");
    }
    expect(upstream.requests.length).toBe(before);
  });
});

describe("the headers of the request", () => {
  test("U1: only those of the list arrive, and the client's credentials never", async () => {
    await chat({ model: "headers-1" }, [
      ["x-api-key", key], ["cookie", "session=1"], ["cf-connecting-ip", "1.2.3.4"], ["cf-ipcountry", "DE"],
      ["x-forwarded-for", "1.2.3.4"], ["x-forwarded-host", "evil"], ["forwarded", "for=1.2.3.4"], ["x-real-ip", "1.2.3.4"],
      ["referer", "https://app.example/secret"], ["origin", "https://app.example"], ["x-goog-api-key", key], ["api-key", key],
      ["proxy-authorization", `Bearer ${key}`], ["openai-organization", "org-1"], ["x-custom", "1"], ["x-request-id", "mine"],
      ["traceparent", "00-12345678901234567890123456789012-1234567890123456-01"], ["tracestate", "a=1"],
      ["accept-encoding", "gzip, br"], ["user-agent", "test/1.0"], ["openai-beta", "x=v1"], ["idempotency-key", "abc"], ["accept", "application/json"],
    ]);
    const { headers, path: target, method } = await upstream.request("headers-1");
    expect([method, target]).toEqual(["POST", "/v1/chat/completions"]);
    const sent = Object.fromEntries(headers);
    expect(sent).toEqual({
      host: `127.0.0.1:${upstream.port}`,
      "content-length": expect.any(String),
      "content-type": "application/json",
      "accept-encoding": "identity",
      authorization: `Bearer ${providerKey}`,
      accept: "application/json",
      "user-agent": "test/1.0",
      "openai-beta": "x=v1",
      "idempotency-key": "abc",
      ...(sent.connection ? { connection: sent.connection } : {}),
    });
    expect(JSON.stringify(headers)).not.toContain(key);
  });

  test("U2: no member or header of a request chooses the host", async () => {
    const reply = await chat(
      { model: "host-1", api_base: "http://127.0.0.1:1/v1", base_url: "http://127.0.0.1:1", callback_url: "http://127.0.0.1:1" },
      [["x-base-url", "http://127.0.0.1:1"], ["x-portkey-custom-host", "http://127.0.0.1:1"], ["x-forwarded-host", "127.0.0.1:1"]],
    );
    expect(reply.status).toBe(200);
    expect(upstream.of("host-1").length).toBe(1);
  });

  test("G11: the trace is passed on only with FORWARD_TRACEPARENT, as our own span", async () => {
    const forwarding = await startGateway({ env: { ...env(), FORWARD_TRACEPARENT: "on" } });
    const trace = "12345678901234567890123456789012";
    const headers = /** @type {[string, string][]} */ ([["traceparent", `00-${trace}-1234567890123456-01`], ["tracestate", "a=1, b=2"]]);
    const off = await chat({ model: "trace-off" }, headers);
    const on = await chat({ model: "trace-on" }, headers, forwarding);
    expect([off.status, on.status]).toEqual([200, 200]);
    const names = (await upstream.request("trace-off")).headers.map(([name]) => name);
    expect(names.filter((name) => name.startsWith("trace"))).toEqual([]);
    const sent = Object.fromEntries((await upstream.request("trace-on")).headers);
    expect(sent.traceparent).toBe(on.header("traceparent"));
    expect(sent.traceparent).toMatch(new RegExp(`^00-${trace}-(?!1234567890123456)[0-9a-f]{16}-01$`));
    expect(sent.tracestate).toBe("a=1,b=2");
    await forwarding.stop();
  });

  test("U6: without a provider's key no Authorization is sent, and without a provider nothing at all", async () => {
    const keyless = await startGateway({ env: { ...env(), OPENAI_API_KEY: "" } });
    await chat({ model: "keyless-1" }, [], keyless);
    expect(Object.fromEntries((await upstream.request("keyless-1")).headers).authorization).toBeUndefined();
    await keyless.stop();

    const bare = await startGateway({ env: { GATEWAY_API_KEY: key } });
    const before = upstream.requests.length;
    for (const model of ["gpt-4o-mini", "sim/echo"]) {
      const reply = await chat({ model }, [], bare);
      expect([reply.status, reply.json.error.code]).toEqual([503, "provider_not_configured"]);
    }
    expect(upstream.requests.length).toBe(before);
    await bare.stop();
  });

  test("U7: a line end behind the provider's key is not sent", async () => {
    const sloppy = await startGateway({ env: { ...env(), OPENAI_API_KEY: `${providerKey}\n` } });
    expect((await chat({ model: "sloppy-1" }, [], sloppy)).status).toBe(200);
    expect(Object.fromEntries((await upstream.request("sloppy-1")).headers).authorization).toBe(`Bearer ${providerKey}`);
    await sloppy.stop();
  });
});

describe("the reply", () => {
  test("comes back byte for byte", async () => {
    const text = ' {"id":"x", "n":1.50e1,\n"usage":{"prompt_tokens":1}, "choices":[{"message":{"content":"\\u00e9é"}}]} \n';
    upstream.on("reply-1", (reply) => sendJson(reply, 200, text));
    const reply = await chat({ model: "reply-1" });
    expect(reply.text).toBe(text);
    expect(reply.header("content-type")).toBe("application/json");
  });

  test("of a megabyte comes back byte for byte, in whatever pieces it came", async () => {
    const text = JSON.stringify(completion("reply-2", { role: "assistant", content: "é".repeat(500_000) }));
    upstream.on("reply-2", async (reply) => {
      reply.writeHead(200, { "content-type": "application/json" });
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += 99_999) {
        reply.write(bytes.subarray(at, at + 99_999));
        await sleep(1);
      }
      reply.end();
    });
    expect(sha256((await chat({ model: "reply-2" })).text)).toBe(sha256(text));
  });

  test("U4: carries none of the provider's headers", async () => {
    const foreign = {
      "set-cookie": "a=1", "www-authenticate": "Basic", "access-control-allow-origin": "*", "alt-svc": "h3", "cf-ray": "1-FRA",
      server: "cloudflare", "openai-organization": "org-secret", "openai-processing-ms": "7", "x-ratelimit-limit-requests": "5",
      "x-request-id": "req_foreign", via: "1.1 x", "strict-transport-security": "max-age=1", "retry-after": "3", etag: "1", link: "<x>",
    };
    upstream.on("foreign-1", (reply) => sendJson(reply, 200, completion("foreign-1"), foreign));
    upstream.on("foreign-2", (reply) => {
      reply.writeHead(200, { "content-type": "text/event-stream", ...foreign });
      reply.end(done);
    });
    upstream.on("foreign-3", (reply) => sendJson(reply, 400, { error: { message: "no", type: "x", param: null, code: null } }, foreign));
    for (const body of [{ model: "foreign-1" }, { model: "foreign-2", stream: true }, { model: "foreign-3" }]) {
      const reply = await chat(body);
      const ours = ["cache-control", "content-length", "content-type", "traceparent", "transfer-encoding", "x-accel-buffering",
        "x-content-type-options", "x-request-id", "connection", "date", ...(body.model === "foreign-3" ? ["retry-after"] : [])];
      expect(reply.headers.map(([name]) => name).filter((name) => !ours.includes(name))).toEqual([]);
      expect(reply.header("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test("U3: a redirect is not followed", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const model = `redirect-${status}`;
      upstream.on(model, (reply) => {
        reply.writeHead(status, { location: `${upstream.url}/elsewhere` });
        reply.end();
      });
      const reply = await chat({ model });
      expect([reply.status, reply.json.error.code]).toEqual([502, "upstream_bad_response"]);
      expect(reply.header("location")).toBeUndefined();
    }
    expect(upstream.requests.filter((request) => request.path.includes("elsewhere"))).toEqual([]);
  });

  test("that is no JSON object, or an error under 200, is upstream_bad_response", async () => {
    const bodies = ["", "<html>", "[1]", '{"choices":[', '{"error":{"message":"oops"}}', "null"];
    for (const [at, body] of bodies.entries()) {
      upstream.on(`bad-${at}`, (reply) => sendJson(reply, 200, body));
      const reply = await chat({ model: `bad-${at}` });
      expect([body, reply.status, reply.json.error.code]).toEqual([body, 502, "upstream_bad_response"]);
      expect(reply.text).not.toContain("oops");
    }
  });
});

describe("the provider's errors", () => {
  const envelope = { error: { message: "The model is overloaded.", type: "server_error", param: null, code: "busy" } };

  test("keep status and body when they are envelopes", async () => {
    for (const status of [400, 404, 409, 422, 500, 503, 529]) {
      upstream.on(`error-${status}`, (reply) => sendJson(reply, status, envelope));
      const reply = await chat({ model: `error-${status}` });
      expect([reply.status, reply.json]).toEqual([status, envelope]);
    }
  });

  test("are ours when they cannot be read", async () => {
    for (const [at, body] of ["<html>502</html>", "", "[]"].entries()) {
      upstream.on(`plain-${at}`, (reply) => sendJson(reply, 500, body));
      const reply = await chat({ model: `plain-${at}` });
      expect([reply.status, reply.json.error.code]).toEqual([502, "upstream_bad_response"]);
    }
  });

  test("get our envelope when they have another one", async () => {
    for (const [at, body] of ['{"detail":"x"}', '{"error":"x"}', '{"object":"error","message":"x"}'].entries()) {
      upstream.on(`shape-${at}`, (reply) => sendJson(reply, 500, body));
      const reply = await chat({ model: `shape-${at}` });
      expect([reply.status, reply.json.error.code, reply.json.error.message]).toEqual([500, "upstream_error", "x"]);
    }
  });

  test("U5 O15: 401 and 403 become our 502 without their text", async () => {
    for (const status of [401, 403]) {
      upstream.on(`auth-${status}`, (reply) =>
        sendJson(reply, status, { error: { message: `Incorrect API key provided: ${providerKey}` } }, { "www-authenticate": "Bearer" }));
      const reply = await chat({ model: `auth-${status}` });
      expect([reply.status, reply.json.error.code, reply.json.error.type]).toEqual([502, "upstream_auth_error", "api_error"]);
      expect(reply.header("www-authenticate")).toBeUndefined();
      expect(reply.text).not.toMatch(/Incorrect|sk-/);
    }
  });

  test("O15: the provider's key is cut out of whatever quotes it", async () => {
    upstream.on("quote-1", (reply) => sendJson(reply, 400, { error: { message: `bad ${providerKey}, ${providerKey}!` } }));
    const reply = await chat({ model: "quote-1" });
    expect(reply.status).toBe(400);
    expect(reply.json.error.message).toBe("bad [redacted], [redacted]!");

    upstream.on("quote-2", (stream) => {
      beginStream(stream);
      stream.end(`data: {"error":{"message":"bad ${providerKey}"}}\n\n`);
    });
    const stream = await chat({ model: "quote-2", stream: true });
    expect(stream.text).toBe('data: {"error":{"message":"bad [redacted]"}}\n\n');
  });

  test("U5: a 429 keeps Retry-After, with an envelope and without", async () => {
    upstream.on("limit-1", (reply) => sendJson(reply, 429, envelope, { "retry-after": "17", "retry-after-ms": "16500", "x-ratelimit-remaining-requests": "0" }));
    upstream.on("limit-2", (reply) => sendJson(reply, 429, "slow down", { "retry-after": "9" }));
    const kept = await chat({ model: "limit-1" });
    expect([kept.status, kept.json, kept.header("retry-after"), kept.header("retry-after-ms")]).toEqual([429, envelope, "17", "16500"]);
    expect(kept.header("x-ratelimit-remaining-requests")).toBeUndefined();
    const ours = await chat({ model: "limit-2" });
    expect([ours.status, ours.json.error.code, ours.json.error.type, ours.header("retry-after")]).toEqual([429, "rate_limited", "rate_limit_error", "9"]);
  });

  test("a refused connection is 502 upstream_unreachable", async () => {
    const probe = net.createServer();
    const port = await new Promise((resolve) => probe.listen(0, "127.0.0.1", () => resolve(/** @type {net.AddressInfo} */ (probe.address()).port)));
    await new Promise((resolve) => probe.close(resolve));
    const lost = await startGateway({ env: { ...env(), OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` } });
    for (const stream of [false, true]) {
      const reply = await chat({ model: "lost-1", stream }, [], lost);
      expect([reply.status, reply.json.error.code]).toEqual([502, "upstream_unreachable"]);
    }
    await lost.stop();
  });

  test("a connection that breaks before the head is 502 upstream_unreachable", async () => {
    upstream.on("break-1", (reply) => reply.socket?.destroy());
    const reply = await chat({ model: "break-1" });
    expect([reply.status, reply.json.error.code]).toEqual([502, "upstream_unreachable"]);
  });

  test("a connection that breaks inside a JSON reply is 502 upstream_bad_response", async () => {
    upstream.on("break-2", async (reply) => {
      reply.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      reply.write('{"choices":');
      await sleep(20);
      reply.socket?.destroy();
    });
    const reply = await chat({ model: "break-2" });
    expect([reply.status, reply.json.error.code]).toEqual([502, "upstream_bad_response"]);
  });

  test("silence before the head, or inside a JSON reply, is 504 upstream_timeout", async () => {
    const impatient = await startGateway({ env: { ...env(), FIRST_BYTE_TIMEOUT_MS: "150", IDLE_TIMEOUT_MS: "150" } });
    upstream.on("silent-1", () => {});
    upstream.on("silent-2", (reply) => {
      reply.writeHead(200, { "content-type": "application/json" });
      reply.write('{"choices":');
    });
    for (const body of [{ model: "silent-1" }, { model: "silent-1", stream: true }, { model: "silent-2" }]) {
      const reply = await chat(body, [], impatient);
      expect([reply.status, reply.json.error.code, reply.json.error.type]).toEqual([504, "upstream_timeout", "api_error"]);
    }
    // Nobody waits for the provider any more, so its connections are let go.
    await (await upstream.request("silent-2")).gone;
    await impatient.stop();
  });
});
