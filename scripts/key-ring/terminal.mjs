// What people and machines read and write. Results go to stdout, remarks to stderr; with --json
// stdout carries one JSON document and nothing else.

import fs from "node:fs";
import readline from "node:readline/promises";
import { Problem, UsageError } from "./problem.mjs";

const secretBytesMax = 1 << 20;

export class Terminal {
  #json;

  /** @param {boolean} json */
  constructor(json) {
    this.#json = json;
    // A reader that has left (`| head`) is no accident.
    process.stdout.on("error", () => process.exit(1));
  }

  /** A result for people. @param {string} text */
  print(text) {
    if (!this.#json) process.stdout.write(`${text}\n`);
  }

  /** The result for machines. @param {unknown} value */
  json(value) {
    if (this.#json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** @param {string} text */
  note(text) {
    process.stderr.write(`${text}\n`);
  }

  /** @param {string} text */
  warn(text) {
    this.note(`warning: ${text}`);
  }

  /** @param {string} text */
  fail(text) {
    this.json({ error: text });
    this.note(`error: ${text}`);
  }

  /**
   * Returns only after a yes.
   * @param {string} question
   * @param {boolean | undefined} yes  was said beforehand
   */
  async confirm(question, yes) {
    if (yes) return;
    if (!process.stdin.isTTY) throw new UsageError("nobody is here to be asked: say --yes");
    const asked = readline.createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    const answer = await asked.question(`${question} [y/N] `);
    asked.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw new Problem("nothing was changed");
  }

  /**
   * What is piped in, or typed unseen.
   * @param {string} question
   */
  async secret(question) {
    const text = process.stdin.isTTY ? await this.#hidden(question) : readStdin();
    if (!text.trim()) throw new UsageError("nothing came on stdin: pipe the key in, or type it at the prompt");
    return text;
  }

  /** @param {string} question @returns {Promise<string>} */
  #hidden(question) {
    process.stdin.setRawMode(true); // before anybody is invited to type
    process.stderr.write(`${question} (not shown): `);
    process.stdin.setEncoding("utf8");
    process.stdin.resume();
    return new Promise((resolve, reject) => {
      let typed = "";
      const end = () => {
        process.stdin.setRawMode(false);
        process.stdin.pause();
        process.stdin.off("data", take);
        process.stderr.write("\n");
      };
      const take = (/** @type {string} */ text) => {
        for (const character of text) {
          if (character === "\r" || character === "\n" || character === "\x04") {
            end();
            resolve(typed);
            return;
          }
          if (character === "\x03") {
            end();
            reject(new Problem("nothing was changed"));
            return;
          }
          typed = character === "\x7f" || character === "\b" ? typed.slice(0, -1) : typed + character;
        }
      };
      process.stdin.on("data", take);
    });
  }
}

function readStdin() {
  const chunks = [];
  for (let size = 0; ; ) {
    const chunk = Buffer.alloc(65_536);
    let read = 0;
    try {
      read = fs.readSync(0, chunk);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === "EAGAIN") {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        continue;
      }
      if (code !== "EOF") throw error;
    }
    if (read === 0) break;
    size += read;
    if (size > secretBytesMax) throw new Problem("too much came on stdin");
    chunks.push(chunk.subarray(0, read));
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Columns under their heads.
 * @param {string[]} heads
 * @param {string[][]} rows
 */
export function table(heads, rows) {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()).join("\n");
}
