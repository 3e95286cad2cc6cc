// Real gateways for tests: workerd with the real Worker, or the same around the test build of the
// module. What each one printed and which secrets it knew is kept for the search of the logs.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { collectModules, root, startWorkerd } from "../../scripts/workerd.mjs";
import { open, presented, send } from "./client.mjs";

export const logFolder = path.join(root, "build/logs/gateways");

export const sha256 = (/** @type {string} */ text) => createHash("sha256").update(text).digest("hex");

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A random key in the form of ours. @param {"live" | "test" | "dev"} [keyClass] */
export function makeKey(keyClass = "live") {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return withChecksum(`gw_${keyClass}_${[...bytes].map((byte) => letters[byte % letters.length]).join("")}`);
}

/** @param {string} text  a key but for its last six characters */
export function withChecksum(text) {
  let digits = "";
  for (let left = zlib.crc32(text); digits.length < 6; left = Math.floor(left / 62)) digits = letters[left % 62] + digits;
  return text + digits;
}

/** A random key in the form of a provider's. */
export const makeProviderKey = () => `sk-proj-${makeKey().slice(8)}`;

/**
 * @param {object} [options]
 * @param {Record<string, string>} [options.env]
 * @param {boolean} [options.test]     the test build, behind tests/worker/entry.js
 * @param {Record<string, string>} [options.replace]  see collectModules
 * @param {string} [options.dataDir]
 * @param {string} [options.passTo]    where /__test/pass goes (test build)
 * @param {number} [options.workers]   see startWorkerd
 */
export async function startGateway({ env = {}, test = false, replace = {}, dataDir, passTo, workers } = {}) {
  const entry = test ? "tests/worker/entry.js" : "worker/index.js";
  const standIns = test ? { "build/wasi/gateway.wasm": "build/wasi/gateway-test.wasm", ...replace } : replace;
  const workerd = await startWorkerd({
    modules: collectModules(entry, standIns),
    env: { ...env, PASS_TO: passTo },
    bindings: ["POSTERN_DEV", "PASS_TO"],
    dataDir,
    workers,
  });
  const { port, ports } = workerd;
  fs.mkdirSync(logFolder, { recursive: true });
  const alive = path.join(logFolder, `${workerd.pid}.pid`);
  fs.writeFileSync(alive, "");
  const keepLog = () => keep(workerd.output(), env);

  /** @returns {any[]} */
  const lines = () =>
    workerd
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));

  return {
    ...workerd,
    /** @param {import("./client.mjs").Options} [options] @param {number} [worker]  which of several */
    send: (options, worker = 0) => send(ports[worker], options),
    /** @param {import("./client.mjs").Options} [options] @param {number} [worker] */
    open: (options, worker = 0) => open(ports[worker], options),
    /** The log's lines about exchanges so far. */
    exchanges: () => lines().filter((line) => line.event === "exchange"),
    lines,
    /**
     * The line of the exchange with that request id, once it has been written.
     * @param {string | undefined} id
     */
    async logged(id) {
      for (;;) {
        const line = lines().find((one) => one.event === "exchange" && one.id === id);
        if (line) return line;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    /** Resolves once `condition` holds. @param {() => unknown} condition */
    async until(condition) {
      while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    /** Linear memory and open exchanges of the isolate (test build). */
    async vitals() {
      return /** @type {{memory: number, open: number}} */ ((await send(port, { path: "/__test/vitals" })).json);
    },
    /** @param {NodeJS.Signals} [signal] */
    async stop(signal) {
      await workerd.stop(signal);
      fs.rmSync(alive, { force: true });
      keepLog();
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startGateway>>} Gateway */

let kept = 0;

/**
 * Writes what was printed, and what must not be in it, for the search after the last test.
 * @param {string} output
 * @param {Record<string, string | undefined>} env
 */
export function keep(output, env) {
  fs.mkdirSync(logFolder, { recursive: true });
  const file = path.join(logFolder, `${process.pid}-${++kept}-${Date.now()}`);
  fs.writeFileSync(`${file}.log`, output);
  fs.writeFileSync(`${file}.json`, JSON.stringify({ secrets: secretsOf(env) }));
}

/** @param {Record<string, string | undefined>} env */
function secretsOf(env) {
  const keys = [env.GATEWAY_API_KEY, env.OPENAI_API_KEY, env.POSTERN_DEV, env.GATEWAY_SESSION_SECRET, ...presented];
  const texts = new Set();
  for (const key of keys) {
    const text = key?.trim() ?? "";
    // Shorter ones are words that may stand anywhere.
    if (text.length < 16) continue;
    texts.add(text).add(text.slice(0, 12)).add(sha256(text));
  }
  for (const digest of env.GATEWAY_API_KEY_HASHES?.match(/[0-9a-fA-F]{64}/g) ?? []) texts.add(digest.toLowerCase());
  return [...texts];
}

// The shortest text that is looked for. Every text is found by so many characters first: there are
// tens of thousands of them.
const window = 12;

/** The secrets that stand in the logs kept so far, each with its file. */
export function leaks() {
  if (!fs.existsSync(logFolder)) return [];
  const names = fs.readdirSync(logFolder);
  const read = (/** @type {string} */ name) => fs.readFileSync(path.join(logFolder, name), "utf8");
  /** @type {Map<string, Set<string>>} */
  const secrets = new Map();
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    for (const given of JSON.parse(read(name)).secrets) {
      const secret = given.toLowerCase();
      const begin = secret.slice(0, window);
      secrets.set(begin, (secrets.get(begin) ?? new Set()).add(secret));
    }
  }
  const found = new Set();
  for (const name of names.filter((one) => one.endsWith(".log"))) {
    const text = read(name).toLowerCase();
    for (let at = 0; at + window <= text.length; ++at) {
      for (const secret of secrets.get(text.slice(at, at + window)) ?? [])
        if (text.startsWith(secret, at)) found.add(`${name}: ${secret.slice(0, 8)}...`);
    }
  }
  return [...found];
}

/** Ends the gateways of tests that failed before they stopped them. */
export function stopForgotten() {
  if (!fs.existsSync(logFolder)) return;
  for (const name of fs.readdirSync(logFolder).filter((one) => one.endsWith(".pid"))) {
    const pid = Number(name.slice(0, -4));
    try {
      if (fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("workerd")) process.kill(pid, "SIGKILL");
    } catch {
      // It has gone.
    }
  }
}
