import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKey, makeProviderKey, sha256, startGateway } from "../support/gateway.mjs";

const key = makeKey();
const env = {
  GATEWAY_API_KEY_HASHES: `web:${sha256(key)}`,
  OPENAI_API_KEY: makeProviderKey(),
  DEFAULT_MODEL: "gpt-4o-mini",
  MAX_BODY_BYTES: "1000",
  SIMULATOR: "on",
  ALLOWED_ORIGINS: "https://app.example",
};

/** @type {import("../support/gateway.mjs").Gateway} */ let gateway;
/** @type {import("../support/gateway.mjs").Gateway} */ let closed; // no key, no origin
beforeAll(async () => {
  gateway = await startGateway({ env });
  closed = await startGateway({ env: { OPENAI_API_KEY: makeProviderKey() } });
});
afterAll(async () => {
  await gateway?.stop();
  await closed?.stop();
});

const chat = "/v1/chat/completions";
const publicPaths = ["/", "/health", "/v1/healthz", "/v1/models", "/v1/analytics", "/v1/stats/providers", "/docs", "/openapi.json"];
const protectedPaths = ["/v1/whoami", "/usage", "/v1/usage"];

describe("answers", () => {
  test("every public route answers without a key and whatever is presented", async () => {
    for (const path of publicPaths) {
      for (const headers of [[], [["authorization", "Bearer nonsense"]], [["authorization", "a, b"], ["x-api-key", "\"c\""]]]) {
        const reply = await gateway.send({ path, headers: /** @type {[string, string][]} */ (headers) });
        expect(reply.status, path).toBe(path === "/" ? 302 : 200);
      }
    }
  });

  test("the root leads to the documentation", async () => {
    const reply = await gateway.send({ path: "/" });
    expect(reply.header("location")).toBe("/docs");
  });

  test("healthz is ok on a gateway without any key", async () => {
    expect((await closed.send({ path: "/v1/healthz" })).json).toEqual({ status: "ok" });
  });

  test("L1 O8: health of an unconfigured gateway says so and nothing else", async () => {
    const reply = await closed.send({ path: "/health" });
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"configured":false}');
  });

  test("O8: health of a configured gateway holds the listed fields only", async () => {
    const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
    expect((await gateway.send({ path: "/health" })).json).toEqual({
      configured: true,
      status: "ok",
      version,
      requests: { total: 0, errors: 0, throttled: 0 },
    });
  });

  test("models are listed without asking the provider", async () => {
    const { object, data } = (await gateway.send({ path: "/v1/models" })).json;
    expect(object).toBe("list");
    const ids = data.map((/** @type {any} */ model) => model.id);
    expect(ids.slice(0, 3)).toEqual(["auto", "gpt-4o-mini", "sim/echo"]);
    for (const model of data) expect(Object.keys(model).sort()).toEqual(["created", "id", "object", "owned_by"]);
  });

  test("the public reports have the documented shape from the first day", async () => {
    const analytics = (await gateway.send({ path: "/v1/analytics" })).json;
    expect(analytics).toMatchObject({ object: "analytics", since: null, by_provider: [], by_status: [] });
    const stats = (await gateway.send({ path: "/v1/stats/providers" })).json;
    expect(stats.data.map((/** @type {any} */ row) => [row.provider, row.configured, row.requests])).toEqual([
      ["openai", true, 0],
      ["simulator", true, 0],
    ]);
  });

  test("the description of the routes is served as it lies in the repository", async () => {
    const fs = await import("node:fs");
    const reply = await gateway.send({ path: "/openapi.json" });
    expect(reply.header("content-type")).toMatch(/^application\/json/);
    expect(reply.text).toBe(fs.readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
  });

  test("the documentation is one page that fetches nothing and runs nothing", async () => {
    const reply = await gateway.send({ path: "/docs" });
    expect(reply.header("content-type")).toBe("text/html; charset=utf-8");
    expect(reply.header("content-security-policy")).toContain("default-src 'none'");
    expect(reply.text.includes("<title>")).toBe(true);
    const scripts = /<(?:script|iframe|object|embed|base|form)\b|\son\w+\s*=\s*["']/gi;
    const fetches = /<link\b[^>]*\bhref\s*=\s*(?!["']?data:)|\ssrc(?:set)?\s*=\s*(?!["']?data:)|@import|url\(\s*(?!["']?(?:data:|#))/gi;
    expect(reply.text.match(scripts)).toBe(null);
    expect(reply.text.match(fetches)).toBe(null);
  });

  test("whoami names the caller and its own request id", async () => {
    const reply = await gateway.send({ path: "/v1/whoami", key });
    expect(reply.json).toEqual({
      object: "key",
      label: "web",
      key_id: sha256(key).slice(0, 8),
      source: "ring",
      account: null,
      tier: null,
      class: "live",
      livemode: true,
      scopes: ["read", "generate"],
      models: null,
      status: "active",
      expires_at: null,
      grace_ends_at: null,
      limits: {},
      mode: "key",
      request_id: reply.header("x-request-id"),
    });
  });

  test("usage answers under both its names", async () => {
    for (const path of ["/usage", "/v1/usage"]) {
      const reply = await gateway.send({ path, key });
      expect(reply.json).toMatchObject({ object: "usage", label: "web", by_model: [], by_project: [] });
    }
  });

  test("an unknown path is 404, and 401 first for strangers under /v1/", async () => {
    for (const path of ["/nothing", "/v1", "/docs/", "/HEALTH", "/usage/x"]) {
      const reply = await gateway.send({ path });
      expect([path, reply.status, reply.json.error.code]).toEqual([path, 404, "not_found"]);
    }
    for (const path of ["/v1/nothing", "/v1/models/", "/v1/"]) {
      expect((await gateway.send({ path })).status).toBe(401);
      expect((await gateway.send({ path, key })).status).toBe(404);
    }
  });

  test("a query changes nothing", async () => {
    expect((await gateway.send({ path: "/v1/healthz?key=x&a=/v1/usage" })).status).toBe(200);
    expect((await gateway.send({ path: `/v1/whoami?api_key=${key}` })).status).toBe(401);
  });
});

describe("methods", () => {
  test("a wrong method is 405 with Allow", async () => {
    for (const path of publicPaths) {
      for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
        const reply = await gateway.send({ method, path, body: method === "DELETE" ? undefined : "{}" });
        expect([path, reply.status, reply.header("allow"), reply.json.error.code]).toEqual([
          path, 405, "GET, HEAD, OPTIONS", "method_not_allowed",
        ]);
      }
    }
    for (const path of protectedPaths) {
      const reply = await gateway.send({ method: "POST", path, key, body: "{}" });
      expect([reply.status, reply.header("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
    const reply = await gateway.send({ path: chat, key });
    expect([reply.status, reply.header("allow")]).toEqual([405, "POST, OPTIONS"]);
  });

  test("HEAD is answered as GET without a body", async () => {
    for (const path of [...publicPaths, ...protectedPaths, "/nothing"]) {
      const get = await gateway.send({ path, key });
      const head = await gateway.send({ method: "HEAD", path, key });
      expect([path, head.status, head.text]).toEqual([path, get.status, ""]);
      expect(head.header("content-type")).toBe(get.header("content-type"));
    }
  });

  test("CC10: HEAD and GET on a POST route need a key, OPTIONS is a preflight without one", async () => {
    for (const method of ["GET", "HEAD", "PUT"]) {
      expect((await gateway.send({ method, path: chat })).status).toBe(401);
      expect((await gateway.send({ method, path: chat, key })).status).toBe(405);
    }
    for (const path of [chat, "/v1/nothing", "/nothing", "/v1/whoami"]) {
      const reply = await gateway.send({ method: "OPTIONS", path });
      expect([path, reply.status, reply.text, reply.header("allow")]).toEqual([path, 204, "", undefined]);
    }
  });
});

describe("headers", () => {
  /** @type {[string, number, import("../support/client.mjs").Options][]} */
  const refusals = [
    ["missing_key", 401, { path: "/v1/whoami" }],
    ["invalid_key", 401, { path: "/v1/whoami", key: "wrong" }],
    ["ambiguous_credentials", 400, { path: "/v1/whoami", key: "a,b" }],
    ["not_found", 404, { path: "/v1/nothing", key }],
    ["method_not_allowed", 405, { path: chat, key }],
    ["body_too_large", 413, { method: "POST", path: chat, key, body: "x".repeat(1001) }],
    ["unsupported_encoding", 415, { method: "POST", path: chat, key, body: gzipSync("{}"), headers: [["content-encoding", "gzip"]] }],
    ["invalid_json", 400, { method: "POST", path: chat, key, body: "{" }],
    ["invalid_request", 400, { method: "POST", path: chat, key, body: "{}" }],
  ];

  test.each(refusals)("O1 O2 CC3 G1: %s has the envelope, and its headers", async (code, status, request) => {
    const reply = await gateway.send(request);
    expect(reply.status).toBe(status);
    const type = { 401: "authentication_error" }[status] ?? "invalid_request_error";
    expect(reply.json).toEqual({ error: { message: expect.any(String), type, param: code === "invalid_request" ? "model" : null, code } });
    expect(reply.header("content-type")).toBe("application/json");
    expect(reply.header("cache-control")).toBe("no-store");
    expect(reply.header("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(reply.header("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
    expect(reply.headers.filter(([name]) => name === "www-authenticate").length).toBe(status === 401 || code === "ambiguous_credentials" ? 1 : 0);
  });

  test("O2 O3: a challenge holds fixed words, whatever came", async () => {
    const bare = await gateway.send({ path: "/v1/whoami" });
    expect(bare.header("www-authenticate")).toBe('Bearer realm="gateway"');
    for (const value of ['Bearer a"b\\c', "Bearer <x>", "Bearer \u00e9", "nonsense"]) {
      const reply = await gateway.send({ path: "/v1/whoami", headers: [["authorization", value]] });
      expect(reply.header("www-authenticate")).toBe('Bearer realm="gateway", error="invalid_token"');
    }
  });

  test("O4: unknown and malformed keys are answered alike", async () => {
    const [unknown, malformed] = [
      await gateway.send({ path: "/v1/whoami", key: makeKey() }),
      await gateway.send({ path: "/v1/whoami", headers: [["authorization", "Bearer"]] }),
    ];
    expect(malformed.text).toBe(unknown.text);
    const plain = (/** @type {[string, string][]} */ headers) =>
      headers.filter(([name]) => !["x-request-id", "traceparent", "date"].includes(name));
    expect(plain(malformed.headers)).toEqual(plain(unknown.headers));
  });

  test("CC3: whoami and every report are stored nowhere", async () => {
    for (const path of [...publicPaths, ...protectedPaths]) {
      expect((await gateway.send({ path, key })).header("cache-control")).toMatch(/^no-store/);
    }
  });

  test("G1 G2: every answer has an id of our own, and a client's comes back beside it", async () => {
    const ids = new Set();
    for (const path of [...publicPaths, ...protectedPaths, "/nothing", "/v1/nothing"]) {
      for (const method of ["GET", "HEAD", "OPTIONS"]) {
        const reply = await gateway.send({ method, path, key, headers: [["x-request-id", "mine-1"]] });
        expect(reply.header("x-client-request-id"), `${method} ${path}`).toBe("mine-1");
        ids.add(reply.header("x-request-id"));
      }
    }
    expect(ids.size).toBe((publicPaths.length + protectedPaths.length + 2) * 3);
    expect([...ids].every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });

  test("G5: the trace of the log is the trace of the answer", async () => {
    const trace = "12345678901234567890123456789012";
    const reply = await gateway.send({ path: "/v1/healthz", headers: [["traceparent", `00-${trace}-1234567890123456-01`]] });
    const [, id, span] = (reply.header("traceparent") ?? "").split("-");
    expect(id).toBe(trace);
    expect(span).not.toBe("1234567890123456");
    expect(await gateway.logged(reply.header("x-request-id"))).toMatchObject({ trace_id: trace, span_id: span });
  });
});

describe("pages of other origins", () => {
  const origin = (/** @type {string} */ value) => /** @type {[string, string][]} */ ([["origin", value]]);

  test("O13: an allowed origin is named, may read the listed headers, and never sends credentials", async () => {
    const reply = await gateway.send({ path: "/v1/whoami", key, headers: origin("https://app.example") });
    expect(reply.header("access-control-allow-origin")).toBe("https://app.example");
    expect(reply.header("access-control-expose-headers")).toBe(
      "X-Request-Id, X-Client-Request-Id, traceparent, Retry-After, X-Gateway-Mode, X-Gateway-Key-Status, " +
        "X-Gateway-Key-Grace-Ends, X-Gateway-Livemode, X-Gateway-Dropped",
    );
    expect(reply.header("access-control-allow-credentials")).toBeUndefined();
    expect(reply.header("vary")).toBe("Origin");
  });

  test("O13: a refusal can be read by an allowed page too", async () => {
    const reply = await gateway.send({ path: "/v1/whoami", headers: origin("https://app.example") });
    expect(reply.status).toBe(401);
    expect(reply.header("access-control-allow-origin")).toBe("https://app.example");
  });

  test("O13: any other origin gets no grant", async () => {
    for (const value of ["https://app.example.evil", "http://app.example", "https://APP.example", "null", "*"]) {
      const reply = await gateway.send({ path: "/v1/whoami", key, headers: origin(value) });
      expect(reply.status).toBe(200);
      expect(reply.header("access-control-allow-origin"), value).toBeUndefined();
    }
  });

  test("O13: a preflight of an allowed origin is granted and may be kept", async () => {
    const reply = await gateway.send({
      method: "OPTIONS",
      path: chat,
      headers: [...origin("https://app.example"), ["access-control-request-method", "POST"]],
    });
    expect(reply.status).toBe(204);
    expect(reply.header("access-control-allow-origin")).toBe("https://app.example");
    expect(reply.header("access-control-allow-methods")).toBe("GET, HEAD, POST, PATCH, DELETE");
    expect(reply.header("access-control-allow-headers")).toMatch(/authorization/i);
    expect(Number(reply.header("access-control-max-age"))).toBeGreaterThan(0);
  });

  test("O13: without ALLOWED_ORIGINS no page is granted anything", async () => {
    for (const method of ["GET", "OPTIONS"]) {
      const reply = await closed.send({ method, path: "/v1/healthz", headers: origin("https://app.example") });
      expect(reply.headers.filter(([name]) => name.startsWith("access-control-"))).toEqual([]);
    }
  });
});

describe("bodies", () => {
  const post = (/** @type {Partial<import("../support/client.mjs").Options>} */ more) =>
    gateway.send({ method: "POST", path: chat, key, ...more });

  test("one byte over the limit is 413, by its length and in pieces", async () => {
    for (const chunked of [false, true]) {
      const reply = await post({ body: "x".repeat(1001), chunked });
      expect([reply.status, reply.json.error.code]).toEqual([413, "body_too_large"]);
    }
    const fits = `{"model":"sim/echo","messages":[{"role":"user","content":"${"x".repeat(900)}"}]}`;
    expect(fits.length).toBeLessThanOrEqual(1000);
    for (const chunked of [false, true]) expect((await post({ body: fits.padEnd(1000), chunked })).status).toBe(200);
  });

  test("a large body of a stranger is refused for the key, not for its size", async () => {
    expect((await gateway.send({ method: "POST", path: chat, body: "x".repeat(5000) })).status).toBe(401);
  });

  test("compressed bodies are 415", async () => {
    for (const encoding of ["gzip", "br", "zstd", "gzip, identity"]) {
      const reply = await post({ body: gzipSync("{}"), headers: [["content-encoding", encoding]] });
      expect([reply.status, reply.json.error.code]).toEqual([415, "unsupported_encoding"]);
    }
    const reply = await post({ body: { model: "sim/echo", messages: [] }, headers: [["content-encoding", "identity"]] });
    expect(reply.status).toBe(200);
  });

  test("malformed JSON is 400 with the place", async () => {
    const reply = await post({ body: '{"model":"sim/echo",\n "messages": [1,,2]}' });
    expect([reply.status, reply.json.error.code]).toEqual([400, "invalid_json"]);
    expect(reply.json.error.message).toMatch(/line 2, column 17 \(byte 37\)/);
  });

  test("an empty body is 400", async () => {
    for (const body of [undefined, ""]) expect((await post({ body })).json.error.code).toBe("invalid_json");
  });

  test("nesting without end is 400", async () => {
    const reply = await post({ body: `{"model":"sim/echo","messages":${"[".repeat(900)}` });
    expect(reply.json.error.code).toBe("invalid_json");
  });
});
