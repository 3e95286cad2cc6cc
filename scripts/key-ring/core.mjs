// The core, which alone knows what a ring, a key and a time look like.

import fs from "node:fs";
import { Problem } from "./problem.mjs";

/**
 * An entry of a ring as the core tells it (src/abi/ring_tool.h).
 * @typedef {object} Entry
 * @property {string} label
 * @property {string} name
 * @property {string} digest
 * @property {string[]} scopes
 * @property {string} class
 * @property {boolean} class_stated
 * @property {number | null} expires_ms
 * @property {number | null} superseded_ms
 * @property {number | null} ends_ms
 * @property {string | null} account
 * @property {string[]} models
 * @property {string} text
 * @property {"active" | "superseded" | "expired"} standing
 *
 * @typedef {{fault: string, line: number, entry: number}} Remark
 *
 * @typedef {object} Ring
 * @property {Entry[]} entries
 * @property {number} bad_entries
 * @property {number} weak_entries
 * @property {number} unknown_scopes
 * @property {number} unreadable_times
 * @property {Remark[]} remarks
 */

export class RingCore {
  /** @type {any} */ #wasm;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#wasm = new WebAssembly.Instance(module).exports;
    this.#wasm._initialize();
  }

  /**
   * The core's answer; what it refuses is a Problem with its reason.
   * @param {{do: string, [member: string]: unknown}} question
   * @returns {any}
   */
  ask(question) {
    const text = new TextEncoder().encode(JSON.stringify(question));
    const at = this.#wasm.ring_inbox(text.length); // may grow memory, so the view comes afterwards
    new Uint8Array(this.#wasm.memory.buffer, at, text.length).set(text);
    const record = this.#wasm.ring_answer(text.length);
    const { buffer } = this.#wasm.memory;
    const size = new DataView(buffer).getUint32(record, true);
    const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, record + 4, size)));
    if (answer.error) throw new Problem(answer.error);
    return answer;
  }

  /** @param {string} ring @param {number} nowMs @returns {Ring} */
  read(ring, nowMs) {
    return this.ask({ do: "read", ring, now_ms: nowMs });
  }

  /** @param {Partial<Entry>} entry @returns {string} */
  format(entry) {
    return this.ask({ do: "format", entry }).text;
  }

  /** @param {number} ms */
  timeText(ms) {
    return this.ask({ do: "time", ms }).text;
  }
}

/** @param {string} file */
export function loadCore(file) {
  let bytes;
  try {
    bytes = fs.readFileSync(file);
  } catch {
    throw new Problem(`the core is not built: ${file} is missing (npm run build)`);
  }
  try {
    return new RingCore(new WebAssembly.Module(bytes));
  } catch (error) {
    throw new Problem(`${file} is not the core: ${/** @type {Error} */ (error).message}`);
  }
}
