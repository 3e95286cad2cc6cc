// npm run key-life: plays the life of a key against a running gateway, from its making to its end,
// and prints each step.
//
//   npm run key-life                         on a gateway of its own, with an operator key just made
//   npm run key-life -- --url URL            on yours; GATEWAY_API_KEY holds a key with scope admin
//                                            (none is needed in dev mode)
//
// Exits with 1 at the first answer that is not what docs/authentication.md promises.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const revocationBoundMs = 10_000;

let steps = 0;

const { values } = parseArgs({ options: { url: { type: "string" } } });
const own = values.url ? undefined : await startGateway();
const url = (values.url ?? own?.url ?? "").replace(/\/+$/, "");
const operatorKey = own?.key ?? process.env.GATEWAY_API_KEY;

try {
  await playLife();
} catch (error) {
  console.error(`\n${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
} finally {
  await own?.stop();
}

async function playLife() {
  const made = await manage("POST", "/v1/keys", { label: "life", expires_at: inDays(30) }, 201);
  step("generate", `${made.id}, label ${made.label}, class ${made.class}, ${made.scopes.join(" and ")}, until ${made.expires_at}; the key is shown this once: ${masked(made.key)}`);

  const who = await whoami(made.key, 200);
  step("use", `whoami: ${who.json.label}, ${who.json.status}, ${who.json.key_id}`);
  const list = await ask("GET", "/v1/keys", undefined, made.key);
  expect(list, 403, "missing_scope");
  step("scope", `the same key may not manage keys: ${told(list)}`);
  const wider = await manage("POST", "/v1/keys", { label: "wide", scopes: ["admin", "generate"] });
  step("planes", `a key that manages and generates cannot be made: ${told(wider)}`);

  const next = await manage("POST", `/v1/keys/${made.id}/supersede`, {}, 201);
  step("supersede", `${next.id} takes its place: ${masked(next.key)}`);
  const old = await whoami(made.key, 200);
  step("grace", `the old key works, and is told: X-Gateway-Key-Status: ${old.headers.get("x-gateway-key-status")}, until ${old.headers.get("x-gateway-key-grace-ends")}`);
  step("rotated", `the new key works: ${(await whoami(next.key, 200)).json.status}`);
  const again = await manage("POST", `/v1/keys/${made.id}/supersede`, {}, 409);
  step("once", `the old one cannot be superseded again: ${told(again)}`);

  const third = await manage("POST", `/v1/keys/${next.id}/supersede`, { grace_seconds: 0 }, 201);
  await untilRefused(next.key, "superseded with no grace");
  step("leak", `superseded with no grace the one before ends at once; ${masked(third.key)} is current`);
  await untilRefused(made.key, "two generations old");

  const revoked = await manage("DELETE", `/v1/keys/${third.id}`, undefined, 200);
  const ms = await untilRefused(third.key, "revoked");
  step("revoke", `${revoked.id} is ${revoked.status}; refused after ${ms} ms (everywhere within ${revocationBoundMs / 1000} s)`);
  const dead = await manage("POST", `/v1/keys/${third.id}/supersede`, {}, 409);
  step("end", `what has ended never begins again: ${told(dead)}`);
}

// --- Steps -----------------------------------------------------------------------------------

/** @param {string} name @param {string} text */
function step(name, text) {
  console.log(`${String(++steps).padStart(2)}. ${name.padEnd(10)} ${text}`);
}

/** @param {string} method @param {string} target @param {object | undefined} body @param {number} [status] */
async function manage(method, target, body, status) {
  const reply = await ask(method, target, body, operatorKey);
  if (status === undefined || status >= 400) expect(reply, status ?? 400);
  else expect(reply, status);
  return status !== undefined && status < 400 ? reply.json : reply;
}

/** @param {string} key @param {number} status */
async function whoami(key, status) {
  const reply = await ask("GET", "/v1/whoami", undefined, key);
  expect(reply, status);
  return reply;
}

/** How long a key that has ended is still accepted, in ms. @param {string} key @param {string} why */
async function untilRefused(key, why) {
  const from = Date.now();
  for (;;) {
    const reply = await ask("GET", "/v1/whoami", undefined, key);
    if (reply.status === 401) return Date.now() - from;
    if (Date.now() - from > revocationBoundMs) throw new Error(`still accepted after the bound, though ${why}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @param {string} method @param {string} target @param {object | undefined} body @param {string | undefined} key */
async function ask(method, target, body, key) {
  /** @type {Record<string, string>} */
  const headers = body ? { "content-type": "application/json" } : {};
  if (key) headers.authorization = `Bearer ${key}`;
  const reply = await fetch(url + target, { method, headers, body: body && JSON.stringify(body) });
  /** @type {any} */
  const json = await reply.json();
  return { status: reply.status, headers: reply.headers, json, what: `${method} ${target}` };
}

/** @param {Awaited<ReturnType<typeof ask>>} reply @param {number} status @param {string} [code] */
function expect(reply, status, code) {
  if (reply.status === status && (!code || reply.json.error?.code === code)) return;
  throw new Error(`${reply.what} answered ${told(reply)}, expected ${status} ${code ?? ""}`);
}

/** @param {Awaited<ReturnType<typeof ask>>} reply */
function told(reply) {
  return `${reply.status} ${reply.json.error?.code ?? ""}`;
}

/** @param {string} key */
function masked(key) {
  return `${key.slice(0, key.lastIndexOf("_") + 1)}...${key.slice(-4)}`;
}

/** @param {number} days */
function inDays(days) {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+/, "");
}

// --- A gateway of its own ----------------------------------------------------------------------

async function startGateway() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "postern-key-life-"));
  run("scripts/setup.sh", "run");
  run("scripts/build.sh");
  const ring = (/** @type {string[]} */ ...args) =>
    output(process.execPath, [path.join(root, "scripts/gateway-key-ring.mjs"), ...args, "--file", path.join(folder, "ring.json")]);
  const key = ring("generate", "--label", "ops", "--scope", "admin+read").trim();
  step("ring", `gateway-key-ring generate --label ops --scope admin+read: ${masked(key)}`);

  const { collectModules, startWorkerd } = await import("./workerd.mjs");
  const gateway = await startWorkerd({
    modules: collectModules("worker/index.js", {}),
    env: { GATEWAY_API_KEY_HASHES: ring("export", "--format", "text") },
  });
  const stop = async () => {
    await gateway.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { url: gateway.url, key, stop };
}

/** @param {string} script @param {string[]} args */
function run(script, ...args) {
  const result = spawnSync("bash", [path.join(root, script), ...args], { stdio: ["ignore", "inherit", "inherit"] });
  if (result.status !== 0) throw new Error(`${script} failed`);
}

/** @param {string} command @param {string[]} args */
function output(command, args) {
  const result = spawnSync(command, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout;
}
