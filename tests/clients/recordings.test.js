import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/workerd.mjs";
import { startWithProviders } from "../support/providers.mjs";
import { folder, loadExchanges } from "../support/recordings.mjs";
import { startReplay } from "../support/replay.mjs";
import { doorsOf, replayed, witnessed } from "./doors/index.mjs";
import { exceptionFor } from "./exceptions.mjs";
import { endPython } from "./python/process.mjs";
import { tableOf } from "./table.mjs";

// Every recorded exchange, replayed by a local server as its provider, through the real Worker, into
// the official SDKs of each front door, and compared with what the provider's own official SDK (or,
// where there is none, a small reader) makes of the same bytes.

const table = path.join(root, "docs/recordings.md");
const exchanges = loadExchanges();
const runs = exchanges.flatMap((exchange) => doorsOf(exchange).map((door) => ({ exchange, door, file: exchange.file })));

/** @typedef {import("./doors/index.mjs").Outcome} Outcome */

describe.skipIf(!folder)(folder ? "recordings" : "recordings: skipped, there are none beside this checkout", () => {
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();

  beforeAll(async () => {
    const replay = await startReplay(exchanges);
    const gateway = await startWithProviders(replay.url);
    const places = { gateway: gateway.url, key: gateway.key, replay };
    const witnesses = new Map();
    const replayOne = async (/** @type {typeof runs[number]} */ { exchange, door, file }) => {
      if (!witnesses.has(file)) witnesses.set(file, witnessed(exchange, replay.witnessUrl(exchange)));
      outcomes.set(`${file} ${door}`, await replayed(places, exchange, door, await witnesses.get(file)));
    };
    await atOnce(8, runs, replayOne);
    await endPython();
    await gateway.stop();
    await replay.close();
  }, 180_000);

  test.each(runs)("$file through $door", ({ file, door }) => {
    const { kind, note, client, expected, actual } = /** @type {Outcome} */ (outcomes.get(`${file} ${door}`));
    const exception = exceptionFor(file, door);
    if (kind === "unserved") expect.fail(`the provider was not asked as it should be (${client}): ${note}`);
    if (exception) expect(kind, `this is no exception any more: ${exception.reason}`).toBe("differs");
    else if (kind === "differs") expect(actual, note ? `${client}: ${note}` : client).toEqual(expected);
  });

  test("docs/recordings.md says what was found", () => {
    const found = tableOf(exchanges, outcomes);
    if (process.env.UPDATE_RECORDINGS === "1") fs.writeFileSync(table, found);
    expect(fs.existsSync(table) ? fs.readFileSync(table, "utf8") : "", "run this test with UPDATE_RECORDINGS=1 to write it").toBe(found);
  });
});

/**
 * @template T
 * @param {number} lanes
 * @param {T[]} work
 * @param {(one: T) => Promise<void>} perform
 */
async function atOnce(lanes, work, perform) {
  let next = 0;
  await Promise.all(Array.from({ length: lanes }, async () => {
    while (next < work.length) await perform(work[next++]);
  }));
}
