import fs from "node:fs";
import { expect, test } from "vitest";

test("D9 the example of .dev.vars sets nothing and names no switch of dev mode", () => {
  const text = fs.readFileSync(new URL("../../.dev.vars.example", import.meta.url), "utf8");
  const lines = text.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  expect(lines).toEqual([]);
  expect(text).not.toMatch(/POSTERN_DEV/);
});
