// The one call of wrangler: `secret bulk`, which sets the named secret and leaves all others.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Problem } from "./problem.mjs";

/**
 * Sets a secret. The value goes through a pipe: it is in no argument, no variable and no file.
 * @param {{root: string, project: string}} places
 * @param {string} environment
 * @param {string} name
 * @param {string} value
 */
export function setSecret({ root, project }, environment, name, value) {
  const script = path.join(root, "node_modules/wrangler/bin/wrangler.js");
  if (!fs.existsSync(script)) throw new Problem("wrangler is not installed (npm run build)");
  // wrangler wants a newer Node than the one that may run this.
  const own = path.join(root, "node_modules/.bin/node");
  const result = spawnSync(fs.existsSync(own) ? own : process.execPath, [script, "secret", "bulk", `--env=${environment}`], {
    cwd: project,
    input: JSON.stringify({ [name]: value }),
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      PATH: `${path.dirname(own)}${path.delimiter}${process.env.PATH}`,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_WRITE_LOGS: "false",
      WRANGLER_LOG: "log",
      WRANGLER_LOG_SANITIZE: "true",
      WRANGLER_HIDE_BANNER: "true",
    },
  });
  if (result.error) throw new Problem(`wrangler did not start: ${result.error.message}`);
  const said = `${result.stdout}${result.stderr}`.trim();
  if (result.status !== 0) {
    const hint = /versions secret/.test(said) ? "\nThe newest version of the Worker is not deployed: deploy it, then upload again." : "";
    throw new Problem(`wrangler could not upload the ring:\n${indented(said)}${hint}`);
  }
  return said;
}

/** @param {string} text */
const indented = (text) => text.replace(/^/gm, "  ");
