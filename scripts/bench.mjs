// npm run bench: what the gateway costs, as a ratio to a Worker that only passes requests through.
//
//   npm run bench -- [--rounds 9] [--only json,burst-relay] [--quick] [--no-native]
//
// CPU time is what all threads of a workerd process ran, by /proc, divided by the requests. The
// exit code says only whether the bench itself worked: the numbers are for people.

import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import zlib from "node:zlib";
import { allCases, clientKey, providerKey } from "./bench/cases.mjs";
import { Clients } from "./bench/client.mjs";
import { measure, means, middleAndTail, ratio } from "./bench/measure.mjs";
import { startUpstream, startWorker } from "./bench/processes.mjs";
import { median, table } from "./bench/statistics.mjs";
import { buildBundle } from "./serve.mjs";
import { bundleModules, collectModules, root, startWorkerd } from "./workerd.mjs";

const flags = readFlags();
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "postern-bench-"));
/** @type {{stop(): Promise<void>}[]} */
const running = [];

try {
  await main();
} catch (error) {
  console.error(`bench: ${/** @type {Error} */ (error).stack ?? error}`);
} finally {
  await Promise.all(running.map((one) => one.stop()));
  fs.rmSync(scratch, { recursive: true, force: true });
}

async function main() {
  for (const script of [["scripts/setup.sh", "run"], ["scripts/build.sh"]]) run("bash", script);
  buildBundle();
  await benchWorkers();
  printSizes();
  await printColdStart();
  if (!flags.native) return;
  console.log("\nThe core's own parts, natively");
  run("cmake", ["--preset", "native"], "quiet");
  run("cmake", ["--build", "build/native", "--target", "postern_bench"], "quiet");
  run("build/native/postern_bench", []);
}

// --- Requests through workerd -----------------------------------------------------------------

async function benchWorkers() {
  const cases = allCases().filter(({ name }) => !flags.only || flags.only.includes(name));
  if (cases.length === 0) return;
  const upstream = keep(await startUpstream());
  const base = `http://127.0.0.1:${upstream.port}`;
  const passThrough = await worker("pass-through", {
    modules: [{ name: "pass-through.js", path: path.join(root, "scripts/bench/pass-through.js") }],
    durableObjects: {},
    bindings: ["UPSTREAM"],
    env: { UPSTREAM: `${base}/v1/chat/completions` },
  });
  const anthropic = { ANTHROPIC_API_KEY: providerKey, ANTHROPIC_BASE_URL: `${base}/v1` };
  const env = { OPENAI_API_KEY: providerKey, OPENAI_BASE_URL: `${base}/v1`, ...anthropic };
  const digest = crypto.createHash("sha256").update(clientKey).digest("hex");
  const others = Array.from({ length: 75 }, (_, index) => {
    return `other-${index}:${crypto.createHash("sha256").update(`other key ${index}`).digest("hex")}`;
  });
  const gateways = {
    gateway: await worker("gateway", { env: { ...env, GATEWAY_API_KEY_HASHES: `bench:${digest}` } }),
    open: await worker("open", { env: { ...env, STREAM_WINDOW_MS: "0", GATEWAY_API_KEY_HASHES: `bench:${digest}` } }),
    ring: await worker("ring", { env: { ...env, GATEWAY_API_KEY_HASHES: [...others, `bench:${digest}`].join(",") } }),
  };
  const counting = await worker("counting", {
    modules: collectModules("scripts/bench/memory.js"),
    env: { ...env, GATEWAY_API_KEY_HASHES: `bench:${digest}` },
  });

  console.log(`${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, ${os.release()}; load ${os.loadavg()[0].toFixed(1)}`);
  console.log(`${flags.rounds} interleaved rounds, medians; workerd writes its log lines to a file`);
  const costs = [["CPU per request", "pass us", "gateway us", "ratio", "self", "ceiling", "target", ""]];
  const times = [["Milliseconds at the client", "pass p50", "p99", "gateway p50", "p99"]];
  const gaps = [["Paced streams, ms", "first event: pass", "gateway", "largest gap: pass", "gateway", "more"]];
  const memory = [["Resident MB afterwards", "pass", "gateway"]];
  for (const one of cases) {
    const gateway = gateways[one.gateway];
    await check(one, passThrough.clients, gateway.clients);
    const [first, figures, second] = await measure(one, [passThrough, gateway, passThrough], flags.rounds);
    const failures = first.failures + figures.failures + second.failures;
    const pass = means(first.cpu, second.cpu);
    const found = ratio(figures.cpu, pass);
    costs.push([
      one.title, median(pass).toFixed(0), median(figures.cpu).toFixed(0), found.toFixed(2),
      ratio(second.cpu, first.cpu).toFixed(2), one.ceiling.toFixed(1), one.target?.toFixed(1) ?? "",
      [found > one.ceiling ? "OVER ITS CEILING" : "", failures ? `${failures} failed` : ""].join(" ").trim(),
    ]);
    const fast = middleAndTail([...first.latencies, ...second.latencies]);
    const ours = middleAndTail(figures.latencies);
    times.push([one.title, ...[fast.p50, fast.p99, ours.p50, ours.p99].map((ms) => ms.toFixed(1))]);
    memory.push([one.title, ...[second.residentBytes, figures.residentBytes].map((bytes) => (bytes / 1e6).toFixed(0))]);
    if (one.name.startsWith("paced")) {
      const [passGap, ourGap] = [median([...first.largestGaps, ...second.largestGaps]), median(figures.largestGaps)];
      const starts = [median([...first.firsts, ...second.firsts]), median(figures.firsts)];
      gaps.push([one.title, ...[...starts, passGap, ourGap, ourGap - passGap].map((ms) => ms.toFixed(1))]);
    }
    console.error(`bench: ${one.title}: ${found.toFixed(2)}`);
    await counting.clients.run({ ...one, requests: Math.max(one.connections, Math.ceil(one.requests / 10)) });
  }
  console.log(`\n${table(costs)}\n\n${table(times)}`);
  if (gaps.length > 1) console.log(`\n${table(gaps)}\n(medians over the streams, of each one's largest)`);
  console.log(`\n${table(memory)}`);
  const linear = await counting.clients.one(Buffer.from("GET /bench/memory HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"));
  console.log(`linear memory after a tenth of all cases: ${(Number(linear.text) / 1e6).toFixed(1)} MB`);
}

/**
 * Are both workers doing what their numbers stand for?
 * @param {import("./bench/cases.mjs").Case} one
 * @param {Clients} passThrough
 * @param {Clients} gateway
 */
async function check(one, passThrough, gateway) {
  const [direct, ours] = [await passThrough.one(one.request), await gateway.one(one.request)];
  const plain = ({ text }) => (one.stream ? text.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, "") : text);
  const said = (answer) => [...plain(answer).matchAll(/"content":"([^"]*)"/g)].map(([, words]) => words).join("");
  const text = one.translated ? said : plain;
  if (direct.status !== 200 || ours.status !== 200 || text(direct) !== text(ours)) {
    throw new Error(`${one.title}: the gateway answers ${ours.status} where the pass-through answers ${direct.status},\n${ours.text.slice(0, 400)}\ninstead of\n${direct.text.slice(0, 400)}`);
  }
}

/** @param {string} name @param {import("./workerd.mjs").Options} options */
async function worker(name, options) {
  const process = keep(await startWorker(options, path.join(scratch, `${name}.log`)));
  const clients = new Clients(process.port);
  running.unshift({ stop: async () => clients.close() });
  return { name, pid: process.pid, clients };
}

// --- Sizes and starts ---------------------------------------------------------------------------

function printSizes() {
  const gzipped = (/** @type {string} */ file) => zlib.gzipSync(fs.readFileSync(file), { level: 9 }).length;
  const modules = bundleModules(path.join(root, "build/bundle"));
  const code = modules.filter(({ name }) => /\.(js|wasm)$/.test(name));
  const module = modules.find(({ name }) => name.endsWith(".wasm"));
  const upload = code.reduce((sum, { path: file }) => sum + gzipped(file), 0);
  const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KB`;
  console.log(`\n${table([
    ["Gzipped", "size", "ceiling"],
    ["the module", kilobytes(module ? gzipped(module.path) : NaN), "300 KB"],
    ["the upload without its pages", kilobytes(upload), "400 KB"],
  ])}`);
}

// Opening the folder of Durable Objects is workerd's own cost, and mostly a wait for the disk; so
// a second empty worker has a class of them, as the gateway has.
async function printColdStart() {
  const empty = (/** @type {string} */ name) => [{ name, path: path.join(root, "scripts/bench", name) }];
  const starts = [
    { modules: empty("empty.js"), durableObjects: {} },
    { modules: [...empty("empty-objects.js"), ...empty("empty.js")] },
    { env: { GATEWAY_API_KEY_HASHES: crypto.createHash("sha256").update(clientKey).digest("hex") } },
  ];
  /** @type {number[][]} */
  const found = starts.map(() => []);
  for (let round = 0; round < (flags.quick ? 5 : 15); ++round) {
    for (let turn = 0; turn < starts.length; ++turn) {
      const at = (round + turn) % starts.length;
      const begun = performance.now();
      const process = await startWorkerd(starts[at]);
      const { status } = await new Clients(process.port).one(Buffer.from("GET /v1/healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"));
      found[at].push(performance.now() - begun);
      await process.stop();
      if (status !== 200) throw new Error(`a fresh worker answers ${status}`);
    }
  }
  const over = (/** @type {number} */ at) => median(found[2].map((ms, round) => ms - found[at][round])).toFixed(1);
  const [bare, objects, gateway] = found.map((times) => median(times).toFixed(1));
  console.log(`\n${table([
    ["Process start to first answer", "ms", "gateway's is more by", "ceiling"],
    ["an empty worker", bare, over(0), "15"],
    ["one with a class of Durable Objects", objects, over(1), "15"],
    ["the gateway", gateway],
  ])}`);
}

// --- Small things -------------------------------------------------------------------------------

/** @template {{stop(): Promise<void>}} T @param {T} one @returns {T} */
function keep(one) {
  running.unshift(one);
  return one;
}

/** @param {string} command @param {string[]} args @param {"quiet" | "loud"} noise */
function run(command, args, noise = "loud") {
  const output = noise === "quiet" ? "pipe" : "inherit";
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", output, output] });
  if (result.status !== 0) throw new Error(`${command} ${args[0]} failed\n${result.stdout ?? ""}${result.stderr ?? ""}`);
}

function readFlags() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      "no-native": { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 9));
  if (!(rounds >= 1)) throw new Error("--rounds wants a number");
  return { rounds, quick: values.quick, only: values.only?.split(","), native: !values["no-native"] };
}
