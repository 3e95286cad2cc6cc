// Around the whole run: clears the kept logs before it, and searches them for secrets after it.

import fs from "node:fs";
import { leaks, logFolder, stopForgotten } from "./gateway.mjs";

export function setup() {
  fs.rmSync(logFolder, { recursive: true, force: true });
}

export function teardown() {
  stopForgotten();
  const found = leaks();
  if (found.length) throw new Error(`O6, L9: secrets stand in the logs of this run:\n${found.join("\n")}`);
}
