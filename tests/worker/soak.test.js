import { expect, test } from "vitest";
import { soak } from "../support/soak.mjs";

// scripts/soak.mjs plays the same two hundred thousand times.

test("5,000 requests, streams and clients that leave among them, take no more linear memory than 1,000", { timeout: 120_000 }, async () => {
  const { measured, logged } = await soak({ points: [1_000, 2_000, 5_000] });
  const [first, , last] = measured;
  expect(last.memory, JSON.stringify(measured)).toBeLessThanOrEqual(first.memory);
  expect(last.open).toBeLessThan(500);
  expect(logged).toBeGreaterThan(4_000);
});
