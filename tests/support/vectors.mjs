// Reads the vectors of tests/vectors and expands their placeholders.

import fs from "node:fs";
import path from "node:path";
import { root } from "../../scripts/workerd.mjs";
import { sha256 } from "./gateway.mjs";

/** @param {string} name */
export function readVectors(name) {
  return JSON.parse(fs.readFileSync(path.join(root, "tests/vectors", name), "utf8"));
}

/**
 * @param {string} text
 * @param {Record<string, string>} keys
 * @param {number} [round]
 */
export function expand(text, keys, round = 0) {
  let expanded = text.replace(/\{(\w+)\}/g, (whole, name) => keys[name] ?? (name === "n" ? String(round) : whole));
  for (let before; before !== expanded; ) {
    before = expanded;
    expanded = expanded
      .replace(/\{sha256:([^{}]*)\}/g, (_, inner) => sha256(inner))
      .replace(/\{SHA256:([^{}]*)\}/g, (_, inner) => sha256(inner).toUpperCase())
      .replace(/\{repeat:(\d+):([^{}]*)\}/g, (_, count, inner) => inner.repeat(Number(count)));
  }
  return expanded;
}
