// Runs one workerd with this process's own output, which processes.mjs made a file, until the
// bench lets go of it.

import { startWorkerd } from "../workerd.mjs";

process.once("message", async (/** @type {any} */ options) => {
  const worker = await startWorkerd({ ...options, stdio: "inherit" });
  process.once("disconnect", () => worker.stop());
  process.send?.({ pid: worker.pid, port: worker.port });
});
