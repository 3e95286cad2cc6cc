// Runs the gateway on bare workerd: writes its configuration, starts one process, and says on
// which port it listens. Used by serve.mjs, the tests and the bench.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { variables, variablesFor } from "./variables.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

export { variables };

/**
 * @typedef {{name: string, path: string}} Module  A module's name inside the Worker, and its file.
 *
 * @typedef {object} Options
 * @property {string} [bundleDir]   folder of a built bundle; build/bundle when nothing else is given
 * @property {Module[]} [modules]   instead of a bundle: the modules, the main one first
 *   (see collectModules)
 * @property {Record<string, string | undefined>} [env]  values of variables. Only these reach the
 *   gateway: a variable of this process's own environment does not.
 * @property {string[]} [bindings]  names bound beside the gateway's variables, such as POSTERN_DEV
 * @property {Record<string, string>} [durableObjects]  binding name to class name;
 *   {STATS: "Stats", RECORDS: "Records"} by default
 * @property {string} [host]        127.0.0.1 by default
 * @property {number} [port]        0, the default, takes a free one
 * @property {number} [workers]     so many Workers of the same modules in the one process, each with
 *   its isolate and a free port; the Durable Objects are those of the first. 1 by default
 * @property {string} [dataDir]     where Durable Objects live; without it, a folder of its own that
 *   goes when the process stops
 * @property {string} [configDir]   where config.capnp is written; dataDir by default
 * @property {string} [compatibilityDate]     by default those of wrangler.toml
 * @property {string[]} [compatibilityFlags]
 * @property {"inherit" | "pipe"} [stdio]  pipe, the default, keeps what is printed for output()
 *
 * @typedef {object} Gateway
 * @property {string} url
 * @property {number} port
 * @property {number[]} ports  of all workers; the first is `port`
 * @property {number} pid
 * @property {() => string} output   everything printed so far, both streams
 * @property {(signal?: NodeJS.Signals) => Promise<void>} stop  resolves when the process is gone
 * @property {Promise<{code: number | null, signal: string | null}>} exited
 */

/**
 * Starts workerd and resolves when it listens; rejects, with what it printed, when it cannot.
 * @param {Options} options
 * @returns {Promise<Gateway>}
 */
export async function startWorkerd(options = {}) {
  const temporary = options.dataDir === undefined;
  const dataDir = temporary
    ? fs.mkdtempSync(path.join(os.tmpdir(), "postern-"))
    : path.resolve(/** @type {string} */ (options.dataDir));
  fs.mkdirSync(dataDir, { recursive: true });
  const lock = takeLock(dataDir);
  const release = () => {
    releaseLock(lock);
    if (temporary) fs.rmSync(dataDir, { recursive: true, force: true });
  };

  let child;
  try {
    const configFile = writeConfig(options, dataDir);
    const env = { ...process.env };
    for (const name of [...boundNames(options), "POSTERN_DEV"]) delete env[name];
    for (const [name, value] of Object.entries(options.env ?? {})) {
      if (value !== undefined) env[name] = value;
    }
    const inherit = options.stdio === "inherit";
    child = spawn(workerdBinary(), ["serve", "--control-fd=3", configFile, "config"], {
      cwd: path.dirname(configFile),
      env,
      stdio: ["ignore", inherit ? "inherit" : "pipe", inherit ? "inherit" : "pipe", "pipe"],
    });
  } catch (error) {
    release();
    throw error;
  }

  let printed = "";
  const keep = (/** @type {Buffer} */ bytes) => {
    printed += bytes.toString();
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);

  const exited = new Promise((resolve) => {
    child.once("error", (error) => {
      printed += `${error}\n`;
      release();
      resolve({ code: null, signal: null });
    });
    child.once("close", (code, signal) => {
      release();
      resolve({ code, signal });
    });
  });
  if (child.pid !== undefined) passLock(lock, child.pid);

  const names = socketNames(options);
  /** @type {number[]} */
  const ports = await new Promise((resolve, reject) => {
    let control = "";
    const listening = new Map();
    child.stdio[3]?.on("data", (bytes) => {
      control += bytes.toString();
      for (const line of control.split("\n").slice(0, -1)) {
        const message = JSON.parse(line);
        if (message.event === "listen") listening.set(message.socket, message.port);
      }
      if (names.every((name) => listening.has(name))) resolve(names.map((name) => listening.get(name)));
      control = control.slice(control.lastIndexOf("\n") + 1);
    });
    exited.then(() => reject(new Error(`workerd stopped before it listened\n${printed}`)));
  });

  const host = options.host ?? "127.0.0.1";
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[host] ?? (host.includes(":") ? `[${host}]` : host);
  return {
    url: `http://${reachable}:${ports[0]}`,
    port: ports[0],
    ports,
    pid: child.pid,
    exited,
    output: () => printed,
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
        await exited;
        clearTimeout(timer);
      }
      await exited;
    },
  };
}

/**
 * The modules that `entry` imports, statically and from files, for running the sources without a
 * bundle. Names are paths from the project's root, which keeps relative imports true.
 * @param {string} entry  a path from the project's root, such as "tests/worker/entry.js"
 * @param {Record<string, string>} [replace]  a module's path to the file that stands in for it, such as
 *   {"build/wasi/gateway.wasm": "build/wasi/gateway-test.wasm"}
 * @returns {Module[]}
 */
export function collectModules(entry, replace = {}) {
  /** @type {Map<string, string>} */
  const found = new Map();
  const visit = (/** @type {string} */ name) => {
    if (found.has(name)) return;
    const file = path.resolve(root, replace[name] ?? name);
    found.set(name, file);
    if (!/\.m?js$/.test(name)) return;
    const text = fs.readFileSync(file, "utf8");
    for (const match of text.matchAll(/^\s*(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["'](\.[^"']*)["']/gm)) {
      visit(path.posix.join(path.posix.dirname(name), match[1]));
    }
  };
  visit(path.posix.normalize(entry));
  return [...found].map(([name, file]) => ({ name, path: file }));
}

/** @returns {string} */
export function workerdBinary() {
  return path.join(root, "node_modules/.bin/workerd");
}

// --- Configuration ---------------------------------------------------------------------------

/** One a worker: http, http2, .. @param {Options} options */
const socketNames = ({ workers = 1 }) => Array.from({ length: workers }, (_, at) => `http${at ? at + 1 : ""}`);

/** Names of variables, each once. @param {Options} options */
const boundNames = ({ env = {}, bindings = [] }) => [...new Set([...variablesFor(env), ...bindings])];

/** A Cap'n Proto text literal; JSON's escapes for ASCII are a part of its own. */
const quoted = (/** @type {string} */ text) => JSON.stringify(text);

/** @returns {{compatibilityDate: string, compatibilityFlags: string[]}} */
export function readWranglerToml(file = path.join(root, "wrangler.toml")) {
  const text = fs.readFileSync(file, "utf8");
  const date = text.match(/^compatibility_date\s*=\s*"([^"]+)"/m)?.[1];
  const flags = text.match(/^compatibility_flags\s*=\s*\[([^\]]*)\]/m)?.[1];
  if (!date || flags === undefined) throw new Error(`no compatibility date or flags in ${file}`);
  const withoutComments = flags.replace(/#.*$/gm, "");
  return {
    compatibilityDate: date,
    compatibilityFlags: [...withoutComments.matchAll(/"([^"]+)"/g)].map((match) => match[1]),
  };
}

/**
 * A bundle as `wrangler deploy --outdir` leaves it: the main module first.
 * @param {string} folder
 * @returns {Module[]}
 */
export function bundleModules(folder) {
  const names = fs
    .readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => fs.statSync(path.join(folder, name)).isFile() && !/\.map$|^README\.md$/.test(name))
    .sort((a, b) => Number(b === "index.js") - Number(a === "index.js"));
  if (names[0] !== "index.js") throw new Error(`no index.js in ${folder}`);
  return names.map((name) => ({ name, path: path.join(folder, name) }));
}

/**
 * @param {Options} options
 * @param {string} dataDir
 */
function writeConfig(options, dataDir) {
  const configDir = path.resolve(options.configDir ?? dataDir);
  const objectsDir = path.join(dataDir, "objects");
  fs.mkdirSync(configDir, { recursive: true });
  fs.mkdirSync(objectsDir, { recursive: true });

  const fromToml = readWranglerToml();
  const date = options.compatibilityDate ?? fromToml.compatibilityDate;
  const flags = options.compatibilityFlags ?? fromToml.compatibilityFlags;
  const modules = options.modules ?? bundleModules(path.resolve(options.bundleDir ?? path.join(root, "build/bundle")));
  const objects = Object.entries(options.durableObjects ?? { STATS: "Stats", RECORDS: "Records" });
  const host = options.host ?? "127.0.0.1";
  const list = (/** @type {string[]} */ lines) => `[\n    ${lines.join(",\n    ")}\n  ]`;

  const moduleLines = modules.map(({ name, path: file }) => {
    const kind = /\.m?js$/.test(name) ? "esModule" : name.endsWith(".wasm") ? "wasm" : "text";
    return `(name = ${quoted(name)}, ${kind} = embed ${quoted(path.relative(configDir, path.resolve(file)))})`;
  });
  const variableLines = boundNames(options).map((name) => `(name = ${quoted(name)}, fromEnvironment = ${quoted(name)})`);
  // The key is part of where an object is stored: with another one its data is not found again.
  const objectLines = objects.map(
    ([, className]) =>
      `(className = ${quoted(className)}, uniqueKey = ${quoted(`postern-${className}`)}, enableSql = true)`,
  );
  const sockets = socketNames(options);
  const services = sockets.map((socket) => socket.replace("http", "gateway"));
  const serviceLines = services.map((name) => `(name = ${quoted(name)}, worker = .${name})`);
  const socketLines = sockets.map((name, at) => {
    const address = `${host.includes(":") ? `[${host}]` : host}:${at ? 0 : (options.port ?? 0)}`;
    return `(name = ${quoted(name)}, address = ${quoted(address)}, http = (), service = ${quoted(services[at])})`;
  });

  const worker = (/** @type {string} */ service) => {
    const first = service === services[0];
    const namespaceLines = objects.map(([name, className]) => {
      const where = first ? quoted(className) : `(className = ${quoted(className)}, serviceName = ${quoted(services[0])})`;
      return `(name = ${quoted(name)}, durableObjectNamespace = ${where})`;
    });
    const own = `
  durableObjectNamespaces = ${list(objectLines)},
  durableObjectStorage = (localDisk = "objects"),`;
    return `
const ${service} :Workerd.Worker = (
  modules = .modules,
  compatibilityDate = ${quoted(date)},
  compatibilityFlags = [${flags.map(quoted).join(", ")}],
  bindings = ${list([...variableLines, ...namespaceLines])},${first ? own : ""}
  globalOutbound = "outside"
);
`;
  };

  const text = `# Written by scripts/workerd.mjs at every start. Values of variables come from the environment.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${serviceLines.join(",\n    ")},
    (name = "objects", disk = (path = ${quoted(objectsDir)}, writable = true)),
    (name = "outside", network = (
      allow = ["public", "private"],
      tlsOptions = (trustBrowserCas = true)
    ))
  ],
  sockets = ${list(socketLines)}
);

const modules :List(Workerd.Worker.Module) = ${list(moduleLines)};
${services.map(worker).join("")}`;
  const file = path.join(configDir, "config.capnp");
  fs.writeFileSync(file, text);
  return file;
}

// --- The lock --------------------------------------------------------------------------------
// Two processes on one data folder would both write without an error. The lock names the workerd
// process, not the script that started it: the script may be killed and leave workerd behind.

/** @param {string} dataDir */
function takeLock(dataDir) {
  const file = path.join(dataDir, "lock");
  for (;;) {
    try {
      fs.writeFileSync(file, identity(process.pid), { flag: "wx" });
      return file;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    }
    const holder = read(file);
    if (holder === undefined) continue;
    const pid = Number(holder.split(" ")[0]);
    if (pid > 0 && identity(pid) === holder) {
      throw new Error(`the data folder ${dataDir} is in use by process ${pid}; stop it first, or choose another folder`);
    }
    // Whoever moves the stale file away goes on; if it was not the one that was read, it goes back.
    const aside = `${file}.${process.pid}`;
    try {
      fs.renameSync(file, aside);
      if (read(aside) !== holder) fs.linkSync(aside, file);
      fs.rmSync(aside);
    } catch {
      // Another process was quicker; the next turn sees what it made.
    }
  }
}

/**
 * @param {string} file
 * @param {number} pid
 */
function passLock(file, pid) {
  fs.writeFileSync(`${file}.next`, identity(pid));
  fs.renameSync(`${file}.next`, file);
}

/** @param {string} file */
function releaseLock(file) {
  fs.rmSync(file, { force: true });
}

/** @param {string} file */
function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * A process number and, where /proc tells it, when that process began: numbers are used again.
 * Empty when there is no such process.
 * @param {number} pid
 */
function identity(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EPERM") return "";
  }
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return `${pid}`;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return "";
  return `${pid} ${fields[19]}`;
}
