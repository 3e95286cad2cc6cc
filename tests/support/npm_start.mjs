// `npm start` as a user runs it, on a port and with data of its own.

import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { root } from "../../scripts/workerd.mjs";
import { keep } from "./gateway.mjs";

/**
 * Runs `npm start` and resolves when it has printed its curl line.
 * @param {Record<string, string>} vars
 * @param {string[]} [flags]
 */
export async function npmStart(vars, flags = []) {
  const port = await freePort();
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "postern-"));
  const args = ["start", "--", "--port", String(port), "--persist-to", dataDir, "--inspector-port", String(await freePort()), ...flags];
  for (const [name, value] of Object.entries(vars)) args.push("--var", `${name}:${value}`);
  const child = spawn("npm", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const kill = (/** @type {NodeJS.Signals} */ signal) => {
    try {
      process.kill(-(/** @type {number} */ (child.pid)), signal);
    } catch {
      // It has gone.
    }
  };
  const killAtExit = () => kill("SIGKILL");
  process.once("exit", killAtExit);
  let output = "";
  const ready = new Promise((resolve, reject) => {
    const look = (/** @type {Buffer} */ bytes) => {
      output += bytes.toString();
      if (/^ *curl http/m.test(output)) resolve(undefined);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("exit", () => reject(new Error(`npm start ended\n${output}`)));
  });
  const gone = new Promise((resolve) => child.on("close", resolve));
  await ready;
  return {
    port,
    url: `http://127.0.0.1:${port}/v1`,
    output: () => output,
    curl: () => output.match(/^ *(curl http.*)$/m)?.[1] ?? "",
    async stop() {
      kill("SIGINT");
      await gone;
      process.off("exit", killAtExit);
      fs.rmSync(dataDir, { recursive: true, force: true });
      // npm prints its own command line, and with it whatever --var was given; those lines are not ours.
      keep(output.split("\n").filter((line) => !/^> .*--var/.test(line)).join("\n"), vars);
    },
  };
}

async function freePort() {
  const probe = net.createServer();
  const port = await new Promise((resolve) => probe.listen(0, "127.0.0.1", () => resolve(/** @type {net.AddressInfo} */ (probe.address()).port)));
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
