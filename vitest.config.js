import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.{js,mjs}"],
    passWithNoTests: true,
    globalSetup: "tests/support/logs.mjs",
    // Tests start real gateways and measure gaps between events: one file at a time.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
