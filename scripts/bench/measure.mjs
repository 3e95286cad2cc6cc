// One case against several workers: interleaved runs, in an order that rotates from round to round.

import { cpuTime, residentBytes } from "./processes.mjs";
import { median, quantile } from "./statistics.mjs";

/**
 * @typedef {object} Worker
 * @property {string} name
 * @property {number} pid
 * @property {import("./client.mjs").Clients} clients
 *
 * @typedef {object} Figures
 * @property {number[]} cpu        us a request, one of every run
 * @property {number[]} latencies  ms, of all runs
 * @property {number[]} firsts
 * @property {number[]} largestGaps
 * @property {number} failures
 * @property {number} residentBytes  after the last run
 */

/**
 * @param {import("./cases.mjs").Case} one
 * @param {Worker[]} workers  the same worker may be there twice: that is how noise is seen
 * @param {number} rounds
 * @returns {Promise<Figures[]>}  in the order of `workers`
 */
export async function measure(one, workers, rounds) {
  const figures = workers.map(() => ({
    cpu: /** @type {number[]} */ ([]),
    latencies: /** @type {number[]} */ ([]),
    firsts: /** @type {number[]} */ ([]),
    largestGaps: /** @type {number[]} */ ([]),
    failures: 0,
    residentBytes: 0,
  }));
  // One run that does not count: code is compiled, connections are opened, memory is taken.
  for (const worker of new Set(workers)) await worker.clients.run(one);
  for (let round = 0; round < rounds; ++round) {
    for (let turn = 0; turn < workers.length; ++turn) {
      const at = (round + turn) % workers.length;
      const { pid, clients } = workers[at];
      const before = cpuTime(pid);
      const outcome = await clients.run(one);
      // What a worker does after its answers belongs to them: logs, timers, ends of streams.
      await new Promise((resolve) => setTimeout(resolve, 30));
      const figure = figures[at];
      figure.cpu.push((cpuTime(pid) - before) / 1000 / one.requests);
      figure.latencies.push(...outcome.latencies);
      figure.firsts.push(...outcome.firsts);
      figure.largestGaps.push(...outcome.largestGaps);
      figure.failures += outcome.failures;
      figure.residentBytes = residentBytes(pid);
    }
  }
  return figures;
}

/**
 * The median of the rounds' own ratios: what disturbs the machine disturbs a whole round.
 * @param {number[]} above
 * @param {number[]} below
 */
export function ratio(above, below) {
  return median(above.map((value, round) => value / below[round]));
}

/** @param {number[]} left @param {number[]} right  the rounds' means of two runs */
export function means(left, right) {
  return left.map((value, round) => (value + right[round]) / 2);
}

/** @param {number[]} values */
export function middleAndTail(values) {
  return { p50: median(values), p99: quantile(values, 0.99) };
}
