// npm run soak [-- --requests 200000 --measure-at 10000]: plays many requests of all kinds, streams
// and clients that leave among them, and fails when linear memory has grown after the first ones.

import { parseArgs } from "node:util";
import { soak } from "../tests/support/soak.mjs";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "200000" },
    "measure-at": { type: "string", default: "10000" },
    parallel: { type: "string", default: "32" },
  },
});
const step = Number(values["measure-at"]);
const points = Array.from({ length: Math.ceil(Number(values.requests) / step) }, (_, at) => (at + 1) * step);
const startedAt = Date.now();

const { measured, logged } = await soak({
  points,
  parallel: Number(values.parallel),
  progress: (point, { memory, open }) => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    console.log(`after ${point} requests (${seconds} s): ${memory} bytes of linear memory, ${open} exchanges open`);
  },
});
const growth = measured[measured.length - 1].memory - measured[0].memory;
console.log(`${logged} lines in the log; linear memory has grown by ${growth} bytes since the first ${step} requests`);
if (growth > 0) process.exit(1);
