// Many requests of all kinds against one gateway: whole replies, streams by both ways, refusals,
// reports, large bodies, and clients that leave at every moment. What is measured is the linear
// memory of the one module instance that serves them all.

import http from "node:http";
import { makeKey, startGateway } from "./gateway.mjs";
import { speak, startUpstream } from "./upstream.mjs";

const path = "/v1/chat/completions";
const words = Array.from({ length: 20 }, (_, at) => ` word${at}`);

/**
 * @param {object} options
 * @param {number[]} options.points  memory is read after so many requests; the last is the end
 * @param {number} [options.parallel]
 * @param {(point: number, vitals: {memory: number, open: number}) => void} [options.progress]
 */
export async function soak({ points, parallel = 32, progress = () => {} }) {
  const key = makeKey();
  const upstream = await startUpstream();
  upstream.on("stream", speak(words));
  upstream.on("paced", speak(words, { everyMs: 3 }));
  upstream.on("silent", () => {});
  const gateway = await startGateway({
    env: {
      GATEWAY_API_KEY: key,
      OPENAI_BASE_URL: upstream.url,
      SIMULATOR: "on",
      FIRST_BYTE_TIMEOUT_MS: "500",
      IDLE_TIMEOUT_MS: "5000",
    },
    test: true,
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: parallel });
  const usage = { include_usage: true };
  const large = "x".repeat(100_000);

  /** One of a hundred; the mix is the same in every hundred. @param {number} at */
  const request = (at) => {
    const kind = at % 100;
    // Few names: what a report takes to write depends on how many the store holds, and is no leak.
    const id = `project-${at % 30}`;
    if (kind < 55) return call({ model: `model-${at % 20}`, project_id: id, messages: [{ role: "user", content: `Hello ${at}` }] });
    if (kind < 70) return call({ model: "stream", stream: true });
    if (kind < 80) return call({ model: "stream", stream: true, stream_options: usage });
    if (kind < 84) return call({ model: "paced", stream: true }, 600);
    if (kind < 88) return call({ model: "paced", stream: true, stream_options: usage }, 600);
    if (kind < 89) return call({ model: "silent" }, 0);
    if (kind < 90) return call({ model: "silent" });
    if (kind < 92) return call({ model: "long", messages: [{ role: "user", content: large }] });
    if (kind < 94) return call("{ not json");
    if (kind < 95) return call({ model: "sim/fault-truncated", stream: true });
    if (kind < 97) return call({ model: "x" }, Infinity, "wrong");
    if (kind < 98) return get("/usage");
    if (kind < 99) return get("/v1/analytics");
    return get("/docs");
  };

  /**
   * Resolves when the reply is over, or when the client has left after so many bytes of it.
   * @param {object | string} body
   * @param {number} [leaveAfter]  bytes; 0: as soon as the request is out
   */
  function call(body, leaveAfter = Infinity, presented = key) {
    return perform({ method: "POST", path, headers: { authorization: `Bearer ${presented}` } }, leaveAfter,
      typeof body === "string" ? body : JSON.stringify(body));
  }

  /** @param {string} where */
  const get = (where) => perform({ method: "GET", path: where, headers: { authorization: `Bearer ${key}` } });

  /**
   * @param {http.RequestOptions} options
   * @param {number} [leaveAfter]
   * @param {string} [body]
   */
  function perform(options, leaveAfter = Infinity, body) {
    return new Promise((resolve) => {
      const sent = http.request({ host: "127.0.0.1", port: gateway.port, agent, ...options }, (reply) => {
        let size = 0;
        reply.on("data", (bytes) => {
          size += bytes.length;
          if (size >= leaveAfter) sent.destroy();
        });
        reply.on("close", () => resolve(undefined));
      });
      sent.on("error", () => resolve(undefined));
      sent.end(body);
      if (leaveAfter === 0) setTimeout(() => (sent.socket?.resetAndDestroy ? sent.socket.resetAndDestroy() : sent.destroy()), 5);
    });
  }

  let next = 0;
  /** @param {number} end */
  async function until(end) {
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (next < end) {
          await request(next++);
        }
      }),
    );
    return gateway.vitals();
  }

  try {
    const measured = [];
    for (const point of points) {
      const vitals = await until(point);
      progress(point, vitals);
      measured.push(vitals);
    }
    return { measured, logged: gateway.exchanges().length };
  } finally {
    agent.destroy();
    await gateway.stop();
    await upstream.close();
  }
}
