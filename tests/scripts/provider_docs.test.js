// The pages of docs/providers are what the core's table says.

import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { folder, readProviders, renderPages } from "../../scripts/build-provider-docs.mjs";

const pages = renderPages(readProviders());

test("docs/providers has the generated pages and no others", () => {
  const stored = fs.readdirSync(folder).filter((name) => name.endsWith(".md"));
  expect(stored.sort()).toEqual([...pages.keys()].sort());
});

test.each([...pages])("docs/providers/%s is what node scripts/build-provider-docs.mjs writes", (name, text) => {
  expect(fs.readFileSync(path.join(folder, name), "utf8")).toBe(text);
});

test("no page has a hole", () => {
  for (const [name, text] of pages) {
    expect(text, name).not.toMatch(/undefined|null|\[object/);
    expect(text, name).toMatch(/^[\x20-\x7e\n]*$/);
  }
});
