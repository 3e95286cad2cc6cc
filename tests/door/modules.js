// The built modules, and a core over one of them as the shim makes it, at a clock of our own.

import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, vi } from "vitest";
import { Core } from "../../worker/core.js";

export const root = new URL("../../", import.meta.url);

/** @param {string} path */
const compiled = (path) => {
  const file = new URL(path, root);
  if (!existsSync(file)) throw new Error(`${path} is missing; run npm run build and cmake --build build/emscripten`);
  return new WebAssembly.Module(readFileSync(file));
};

/** Both toolchains' modules, by name. */
export const modules = {
  wasi: compiled("build/wasi/gateway.wasm"),
  emscripten: compiled("build/emscripten/gateway.wasm"),
};
export const testModules = {
  wasi: compiled("build/wasi/gateway-test.wasm"),
  emscripten: compiled("build/emscripten/gateway-test.wasm"),
};

export const clock = { nowMs: 1_750_000_000_000 };

/** The core reads the time from Date.now(): within a file that calls this, from `clock`. */
export function useClock() {
  beforeAll(() => void vi.spyOn(Date, "now").mockImplementation(() => clock.nowMs));
  afterAll(() => vi.restoreAllMocks());
}

/** @param {WebAssembly.Module} module */
export function newCore(module) {
  clock.nowMs = 1_750_000_000_000;
  return new Core(module, () => {});
}

const questions = new Set(["receive", "call", "locate", "limit", "fetch", "run", "collect", "read", "wait"]);

/** @param {string} kind */
export const isQuestion = (kind) => questions.has(kind);

/** 72 bytes, different by `number`, as the native runner makes them. */
export const randomBytes = (number = 0) => Uint8Array.from({ length: 72 }, (_, at) => number * 41 + at);

/** @param {Uint8Array | string} payload */
export const text = (payload) => (typeof payload === "string" ? payload : Buffer.from(payload).toString("utf8"));

/**
 * The body that a `fetch` sends, as the shim puts it together: of the request's own bytes, or what
 * stands behind the head.
 * @param {Uint8Array} fetch
 * @param {Uint8Array} body
 */
export function assembled(fetch, body) {
  const newline = fetch.indexOf(10);
  const { body: pieces } = JSON.parse(text(newline < 0 ? fetch : fetch.subarray(0, newline)));
  if (!pieces) return Buffer.from(fetch.subarray(newline < 0 ? fetch.length : newline + 1));
  return Buffer.concat(
    pieces.map((/** @type {any} */ piece) =>
      typeof piece === "string" ? Buffer.from(piece) : Buffer.from(body).subarray(piece[0], piece[1]),
    ),
  );
}
