// npm run serve: the built bundle on bare workerd, one process, Durable Objects on disk.
//
//   npm run serve -- [--host 127.0.0.1] [--port 8787] [--data .postern/serve] [--var NAME:VALUE]
//
// Secrets and variables come from this process's environment and reach workerd through its own;
// they are never in a file or an argument. --var is for throw-away values: npm prints it.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { variablesFor } from "./variables.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const bin = path.join(root, "node_modules/.bin");

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

async function main() {
  const flags = readFlags();
  run("bash", [path.join(root, "scripts/setup.sh"), "run"]);
  // setup.sh may have brought a newer Node than the one that runs this.
  process.env.PATH = `${bin}${path.delimiter}${process.env.PATH}`;
  run("bash", [path.join(root, "scripts/build.sh")]);
  buildBundle();

  const { startWorkerd } = await import("./workerd.mjs");
  const env = readVariables(flags.var);
  if (!env.GATEWAY_API_KEY?.trim() && !env.GATEWAY_API_KEY_HASHES?.trim()) {
    warn("neither GATEWAY_API_KEY nor GATEWAY_API_KEY_HASHES is set: protected routes will answer 503");
  }

  let gateway;
  try {
    gateway = await startWorkerd({
      bundleDir: path.join(root, "build/bundle"),
      configDir: path.join(root, "build/serve"),
      env,
      host: flags.host,
      port: flags.port,
      dataDir: flags.data,
      stdio: "inherit",
    });
  } catch (error) {
    fail(/** @type {Error} */ (error).message.trim());
  }
  console.error(`postern: serving on ${gateway.url} (process ${gateway.pid}, data in ${flags.data})`);

  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => gateway.stop());
  }
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => (stopping = true));
  const { code } = await gateway.exited;
  process.exit(stopping ? 0 : (code ?? 1));
}

/** Bundles the Worker into build/bundle, unless nothing it is made of has changed. */
export function buildBundle() {
  const folder = path.join(root, "build/bundle");
  const stamp = path.join(folder, "index.js");
  const made = modified(stamp);
  const inputs = ["worker", "wrangler.toml", "package-lock.json", "build/wasi/gateway.wasm", "build/pages", "docs/openapi.json"];
  if (made > 0 && inputs.every((input) => newest(path.join(root, input)) <= made)) return folder;
  console.error("postern: bundling the Worker");
  fs.rmSync(folder, { recursive: true, force: true });
  run(path.join(bin, "wrangler"), ["deploy", "--dry-run", "--outdir", folder], {
    quiet: true,
    env: { WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
  // wrangler keeps the time of files that it copies; the stamp says when this bundle was made.
  const now = new Date();
  fs.utimesSync(stamp, now, now);
  return folder;
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "8787" },
        data: { type: "string", default: path.join(root, ".postern/serve") },
        var: { type: "string", multiple: true, default: [] },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`--port ${values.port} is not a port`);
    return { host: values.host, port, data: path.resolve(values.data), var: values.var };
  } catch (error) {
    return fail(/** @type {Error} */ (error).message);
  }
}

/**
 * The gateway's variables, from --var before the environment.
 * @param {string[]} pairs
 */
function readVariables(pairs) {
  const given = Object.fromEntries(pairs.map(split));
  const names = variablesFor({ ...process.env, ...given });
  for (const name of Object.keys(given))
    if (!names.includes(name)) fail(`--var ${name}: no such variable; docs/configuration.md has them all`);
  return Object.fromEntries(names.map((name) => [name, given[name] ?? process.env[name]]));
}

/** @param {string} pair */
function split(pair) {
  const colon = pair.indexOf(":");
  if (colon < 1) fail("--var wants NAME:VALUE");
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}

/** @param {string} file */
function modified(file) {
  return fs.existsSync(file) ? fs.statSync(file).mtimeMs : 0;
}

/** @param {string} file */
function newest(file) {
  if (!fs.existsSync(file)) return 0;
  const own = fs.statSync(file);
  if (!own.isDirectory()) return own.mtimeMs;
  return Math.max(own.mtimeMs, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))));
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{quiet?: boolean, env?: Record<string, string>}} [options]
 */
function run(command, args, { quiet = false, env = {} } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
  });
  if (result.status === 0) return;
  if (quiet) console.error(`${result.stdout}${result.stderr}`);
  fail(`${path.basename(command)} ${args[0]} failed`);
}

/** @param {string} message */
function warn(message) {
  console.error(`postern: warning: ${message}`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`postern: ${message}`);
  process.exit(1);
}
