// Runs the operator's script as its user does, each time in a folder of its own, and stands in for
// the one call that wrangler makes.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import { RingCore } from "../../scripts/key-ring/core.mjs";
import { root } from "../../scripts/workerd.mjs";

export const script = path.join(root, "scripts/gateway-key-ring.mjs");
const modulePath = process.env.POSTERN_RING_MODULE ?? path.join(root, "build/wasi/key-ring.wasm");

export const core = new RingCore(new WebAssembly.Module(fs.readFileSync(modulePath)));

/** @param {string} text */
export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/**
 * @typedef {{code: number | null, stdout: string, stderr: string}} Result
 * @typedef {{name: string, value: string, url: string, body: any, leaks: string[]}} Arrival
 */

/** @type {string[]} */
const folders = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

/** A project with nothing in it but a configuration. */
export class Project {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "postern-ring-"));
  manifest = path.join(this.folder, ".postern/key-ring.json");
  /** Everything that was ever printed, both streams. */
  printed = "";

  constructor() {
    folders.push(this.folder);
    this.write("wrangler.toml", 'name = "ring-test"\ncompatibility_date = "2026-11-17"\n\n[env.staging]\n');
  }

  /** @param {string} name @param {string} text */
  write(name, text) {
    fs.writeFileSync(path.join(this.folder, name), text);
  }

  /** @returns {import("../../scripts/key-ring/manifest.mjs").Manifest} */
  read() {
    return JSON.parse(fs.readFileSync(this.manifest, "utf8"));
  }

  /** @param {(manifest: any) => void} change  as a hand with an editor would make it */
  edit(change) {
    const manifest = this.read();
    change(manifest);
    fs.writeFileSync(this.manifest, JSON.stringify(manifest), { mode: 0o600 });
  }

  /** The entries as the core reads them. @param {number} [nowMs] */
  entries(nowMs = Date.now()) {
    return core.read(this.read().entries.map(({ entry }) => entry).join("\n"), nowMs).entries;
  }

  /**
   * @param {string[]} words
   * @param {{input?: string, env?: Record<string, string>, started?: (pid: number) => void}} [options]
   * @returns {Promise<Result>}
   */
  run(words, { input = "", env = {}, started } = {}) {
    const [command, ...rest] = words;
    const child = spawn(process.execPath, [script, command, "--project", this.folder, "--module", modulePath, ...rest], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    if (child.pid) started?.(child.pid);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes) => (stdout += bytes));
    child.stderr.on("data", (bytes) => (stderr += bytes));
    child.stdin.on("error", () => {}); // it need not read
    child.stdin.end(input);
    return new Promise((resolve) =>
      child.once("close", (code) => {
        this.printed += stdout + stderr;
        resolve({ code, stdout, stderr });
      }),
    );
  }

  /** The same, where only success will do. @param {string[]} words @param {Parameters<Project["run"]>[1]} [options] */
  async done(words, options) {
    const result = await this.run(words, options);
    if (result.code !== 0) throw new Error(`${words[0]}: ${result.code}\n${result.stdout}${result.stderr}`);
    return result;
  }

  /** A new key under a label. @param {string} label @param {string[]} words */
  async generate(label, ...words) {
    return (await this.done(["generate", "--label", label, ...words])).stdout.trim();
  }
}

/**
 * Cloudflare's API, as far as `wrangler secret bulk` knows it.
 * @param {{status?: number, code?: number, message?: string}} [failure]
 */
export async function startApi(failure) {
  /** @type {Arrival[]} */
  const arrivals = [];
  /** @type {string[]} */
  const calls = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    calls.push(`${request.method} ${request.url}`);
    const send = (/** @type {number} */ status, /** @type {object} */ body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method !== "PATCH" || !/\/workers\/scripts\/[^/]+\/secrets-bulk$/.test(request.url ?? ""))
      return send(404, { success: false, errors: [{ code: 7003, message: "no such route" }], messages: [], result: null });
    if (failure)
      return send(failure.status ?? 400, { success: false, errors: [{ code: failure.code ?? 10054, message: failure.message ?? "" }], messages: [], result: null });

    const body = JSON.parse(Buffer.concat(chunks).toString());
    for (const [name, secret] of Object.entries(body.secrets))
      arrivals.push({ name, value: secret.text, url: request.url ?? "", body, leaks: seenByOthers(secret.text) });
    send(200, { success: true, errors: [], messages: [], result: Object.values(body.secrets).map(({ name, type }) => ({ name, type })) });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    arrivals,
    calls,
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: "FAKE-api-token",
      CLOUDFLARE_ACCOUNT_ID: "0".repeat(32),
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/**
 * The processes, at the moment of the upload, whose arguments or variables hold a digest.
 * @param {string} ring
 */
function seenByOthers(ring) {
  const digests = [...ring.matchAll(/[0-9a-f]{64}/g)].map(([digest]) => digest);
  const found = [];
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    for (const place of ["cmdline", "environ"]) {
      try {
        const text = fs.readFileSync(`/proc/${pid}/${place}`, "latin1");
        if (digests.some((digest) => text.includes(digest))) found.push(`${pid}/${place}`);
      } catch {
        // It has ended, or belongs to somebody else.
      }
    }
  return found;
}
