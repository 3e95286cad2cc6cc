// The processes of the bench, and what /proc says about them.

import { fork } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = path.dirname(fileURLToPath(import.meta.url));

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {number} port
 * @property {() => Promise<void>} stop
 */

/**
 * A workerd whose output goes straight into a file, as a service's would.
 * @param {import("../workerd.mjs").Options} options
 * @param {string} logFile
 * @returns {Promise<Running>}
 */
export function startWorker(options, logFile) {
  const log = fs.openSync(logFile, "w");
  const child = fork(path.join(folder, "launch.mjs"), { stdio: ["ignore", log, log, "ipc"] });
  fs.closeSync(log);
  child.send(options);
  return ready(child, () => fs.readFileSync(logFile, "utf8"));
}

/** @returns {Promise<Running>} */
export function startUpstream() {
  const child = fork(path.join(folder, "upstream.mjs"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return ready(child, () => "");
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {() => string} printed
 * @returns {Promise<Running>}
 */
function ready(child, printed) {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    if (child.connected) child.disconnect();
    await gone;
  };
  return new Promise((resolve, reject) => {
    child.once("message", (/** @type {any} */ { pid, port }) => resolve({ pid: pid ?? child.pid, port, stop }));
    gone.then(() => reject(new Error(`a process of the bench did not start\n${printed()}`)));
  });
}

/** The time that all threads of a process have run, in ns. */
export function cpuTime(/** @type {number} */ pid) {
  let sum = 0;
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
    } catch {
      // a thread that has just ended
    }
  }
  return sum;
}

/** Resident bytes. */
export function residentBytes(/** @type {number} */ pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
