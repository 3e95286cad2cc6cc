// npm start: sets up what is missing, builds, runs `wrangler dev`, and prints one curl line that
// works when pasted. Flags after `--` go to wrangler:
//
//   npm start -- --port 8788 --var GATEWAY_API_KEY:... --var OPENAI_BASE_URL:http://127.0.0.1:9100/v1
//
// This file runs before anything is installed, on whatever Node is there (18 or newer).

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { configuredProvider } from "./variables.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const bin = path.join(root, "node_modules/.bin");
const loopback = ["127.0.0.1", "localhost", "::1", "[::1]"];

const flags = readFlags(process.argv.slice(2));
for (const step of [["setup.sh", "run"], ["build.sh"]]) {
  const result = spawnSync("bash", [path.join(root, "scripts", step[0]), ...step.slice(1)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.status !== 0) fail(`scripts/${step[0]} failed`);
}

if (!loopback.includes(flags.ip)) {
  console.error(
    `postern: WARNING: --ip ${flags.ip} lets other machines reach this gateway. Dev mode answers only on ` +
      "127.0.0.1, localhost and [::1]; requests to any other host get 503.",
  );
}
for (const flag of ["--remote", "-r", "--tunnel"]) {
  if (flags.rest.includes(flag)) {
    console.error(`postern: WARNING: ${flag} puts this gateway on a public host, where it answers 503 while in dev mode.`);
  }
}

const port = await freePort(flags.ip, flags.port);
startWrangler(port);
await ready(port);
printHint(port);

// --- Steps -----------------------------------------------------------------------------------

/** @param {number} port */
function startWrangler(port) {
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  const args = ["dev", "--ip", flags.ip, "--port", String(port)];
  // A value that exists only while this process runs: no file, so no deployment, can hold it.
  args.push("--var", `POSTERN_DEV:${randomBytes(16).toString("hex")}`);
  if (!flags.has("--persist-to")) args.push("--persist-to", path.join(root, ".postern/dev"));
  if (!interactive && !flags.has("--show-interactive-dev-session")) {
    args.push("--show-interactive-dev-session=false");
  }
  const started = spawn(path.join(bin, "node"), [path.join(root, "node_modules/wrangler/bin/wrangler.js"), ...args, ...flags.rest], {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${bin}${path.delimiter}${process.env.PATH}`,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_WRITE_LOGS: "false",
      WRANGLER_HIDE_BANNER: "true",
      // Otherwise miniflare asks a public host where this machine is, to fill request.cf.
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
    },
    stdio: [interactive ? "inherit" : "ignore", "inherit", "inherit"],
  });
  let stopping = false;
  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    if (!stopping) setTimeout(() => started.kill("SIGKILL"), 5_000).unref();
    stopping = true;
    started.kill(signal);
  };
  // From a terminal the whole group gets Ctrl-C, wrangler too; a signal to this process alone does not.
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGHUP", () => stop("SIGTERM"));
  started.once("error", (error) => fail(`could not start wrangler: ${error.message}`));
  started.once("exit", (code) => process.exit(stopping ? 0 : (code ?? 1)));
}

/**
 * Resolves when the gateway answers. It has no limit of its own: when wrangler gives up, this
 * process ends with it.
 * @param {number} port
 */
async function ready(port) {
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** @param {number} port */
function printHint(port) {
  const names = configuredNames();
  const protectedByKey = names.has("GATEWAY_API_KEY") || names.has("GATEWAY_API_KEY_HASHES");
  const provider = configuredProvider(names);
  const model = provider ? names.get("DEFAULT_MODEL") || modelOf(provider) : "sim/echo";
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello, Postern!" }] });
  const key = protectedByKey ? ' -H "Authorization: Bearer $GATEWAY_API_KEY"' : "";
  if (protectedByKey) {
    console.log("\nThe gateway asks for a key: put one that it knows into GATEWAY_API_KEY of your shell, then try");
  } else {
    console.log("\nThe gateway is ready. Try");
  }
  if (model.endsWith("/MODEL")) console.log(`with one of the models of ${provider} in place of MODEL`);
  console.log(`\n  curl http://${reachable()}:${port}/v1/chat/completions -H "Content-Type: application/json"${key} -d '${body}'\n`);
}

/** @param {string} provider */
function modelOf(provider) {
  return provider === "openai" ? "gpt-4o-mini" : `${provider}/MODEL`;
}

// --- Helpers ---------------------------------------------------------------------------------

/** @param {string[]} args */
function readFlags(args) {
  let port = 8787;
  let ip = "127.0.0.1";
  const rest = [];
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i].startsWith("--") ? splitOnce(args[i], "=") : [args[i], undefined];
    if (name === "--port" || name === "--ip") {
      const value = inline ?? args[++i] ?? "";
      if (name === "--ip") ip = value;
      else if (/^\d+$/.test(value) && Number(value) <= 65_535) port = Number(value);
      else fail(`--port ${value} is not a port`);
    } else {
      rest.push(args[i]);
    }
  }
  if (ip === "") fail("--ip wants an address");
  const has = (/** @type {string} */ flag) => rest.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return { port, ip, rest, has };
}

/**
 * The variables that are set by --var, or by the file that wrangler will read. Those that no secret
 * can be in keep their values.
 */
function configuredNames() {
  /** @type {Map<string, string>} */
  const names = new Map();
  const note = (/** @type {string} */ name, /** @type {string} */ value) => {
    const plain = ["DEFAULT_MODEL", "COMPATIBLE_PROVIDERS"].includes(name) && /^[\w./:@, -]+$/.test(value);
    if (value.trim() !== "") names.set(name, plain ? value : "");
  };
  const files = [".dev.vars", ".env", ".env.local"].map((name) => path.join(root, name)).filter((file) => fs.existsSync(file));
  const used = files[0]?.endsWith(".dev.vars") ? files.slice(0, 1) : files;
  for (const file of used) {
    for (const line of fs.readFileSync(file, "utf8").split(/\r?\n/)) {
      const match = line.match(/^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*["']?(.*?)["']?\s*$/);
      if (match) note(match[1], match[2]);
    }
  }
  for (const [i, arg] of flags.rest.entries()) {
    // One --var takes every word that follows it.
    if (arg.startsWith("--var=")) note(...splitOnce(arg.slice(6), ":"));
    for (let j = i + 1; arg === "--var" && j < flags.rest.length && !flags.rest[j].startsWith("-"); j++) {
      note(...splitOnce(flags.rest[j], ":"));
    }
  }
  return names;
}

/**
 * @param {string} text
 * @param {string} mark
 * @returns {[string, any]}
 */
function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, mark === ":" ? "" : undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The name under which this machine reaches the gateway. */
function reachable() {
  const ip = flags.ip.replace(/^\[|\]$/g, "");
  if (ip === "0.0.0.0" || ip === "*") return "127.0.0.1";
  if (ip === "::") return "[::1]";
  return ip.includes(":") ? `[${ip}]` : ip;
}

/**
 * The port, when nobody listens there; 0 becomes a free one.
 * @param {string} ip
 * @param {number} port
 * @returns {Promise<number>}
 */
function freePort(ip, port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "EADDRINUSE") {
        fail(`port ${port} on ${ip} is in use; stop what listens there, or choose another: npm start -- --port ${port + 1}`);
      }
      fail(`cannot listen on ${ip}:${port}: ${error.message}`);
    });
    probe.listen({ host: ip.replace(/^\[|\]$/g, ""), port }, () => {
      const chosen = /** @type {net.AddressInfo} */ (probe.address()).port;
      probe.close(() => resolve(chosen));
    });
  });
}

/** @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const request = http.get(
      { host: reachable().replace(/^\[|\]$/g, ""), port, path: "/v1/healthz", timeout: 5_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`postern: ${message}`);
  process.exit(1);
}
