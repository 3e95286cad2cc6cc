// The Python program of this folder: started when it is first asked for something, and again if it
// is asked after its end.

import { spawn } from "node:child_process";
import path from "node:path";
import readline from "node:readline";
import { root } from "../../../scripts/workerd.mjs";

const interpreter = path.join(root, "build/python/bin/python");
const program = path.join(root, "tests/clients/python/openai_client.py");

/** @type {ReturnType<typeof start> | undefined} */
let running;

/**
 * Rejects with the `status` (where there is one) and the message of the package's own error.
 * @param {{gateway: string, key: string, on: "chat" | "responses" | "replay", do: string, scene?: object, args: object}} what
 * @returns {Promise<any>}
 */
export function askPython(what) {
  running ??= start();
  return running.ask(what);
}

export async function endPython() {
  await running?.end();
}

function start() {
  // No compiled copies beside the sources.
  const child = spawn(interpreter, ["-B", program], { stdio: ["pipe", "pipe", "inherit"] });
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  let asked = 0;
  let fault = "it has ended";
  child.once("error", () => (fault = `there is no ${interpreter}: bash scripts/setup.sh test`));
  child.stdin.on("error", () => {}); // its end says more
  const gone = new Promise((resolve) => child.once("close", resolve)).then(() => {
    running = undefined;
    for (const { reject } of waiting.values()) reject(new Error(`the Python client: ${fault}`));
    waiting.clear();
  });
  readline.createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, result, error } = JSON.parse(line);
    const { resolve, reject } = /** @type {NonNullable<ReturnType<typeof waiting.get>>} */ (waiting.get(id));
    waiting.delete(id);
    if (error) reject(Object.assign(new Error(error.message), { status: error.status ?? undefined }));
    else resolve(result);
  });
  return {
    /** @param {Parameters<typeof askPython>[0]} what */
    ask(what) {
      const id = ++asked;
      child.stdin.write(`${JSON.stringify({ scene: {}, ...what, id })}\n`);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    async end() {
      child.stdin.end();
      await gone;
    },
  };
}
