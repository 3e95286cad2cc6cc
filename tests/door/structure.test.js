// The house rules that a compiler does not check: who may include whom, what a source may hold,
// and that the documents name what the core has.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modules, newCore, root } from "./modules.js";

// From the ground up; a folder may include itself and every floor below its own.
const floors = [["codec", "chat"], ["dialect", "policy", "simulator"], ["exchange"], ["abi"]];
const belowAll = ["bounds.h", "version.h"];
const columnsMax = 100;

/** @param {string} folder @param {string} [ending] @returns {string[]} */
const filesUnder = (folder, ending = "") =>
  readdirSync(new URL(folder, root), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(ending));

/** @param {string} path */
const read = (path) => readFileSync(new URL(path, root), "utf8");

const sources = filesUnder("src/").filter((name) => /\.(h|cpp)$/.test(name));
/** @param {string} path */
const floorOf = (path) => floors.findIndex((folders) => folders.includes(path.split("/")[0]));

test("every source stands in a folder that has a floor", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter((path) => floorOf(path) < 0)).toEqual(belowAll);
});

test("sources include their own folder and the floors below it, nothing above or beside", () => {
  const wrong = [];
  for (const path of sources)
    for (const [, included] of read(`src/${path}`).matchAll(/^\s*#\s*include\s*"([^"]+)"/gm)) {
      if (belowAll.includes(included)) continue;
      const known = sources.includes(included);
      const same = path.split("/")[0] === included.split("/")[0];
      if (!known || belowAll.includes(path) || !(same || floorOf(included) < floorOf(path)))
        wrong.push(`${path} includes ${included}`);
    }
  expect(wrong).toEqual([]);
});

test("every source file includes its own header first", () => {
  const wrong = sources
    .filter((path) => path.endsWith(".cpp") && sources.includes(path.replace(/cpp$/, "h")))
    .filter((path) => /#include\s*["<]([^">]+)/.exec(read(`src/${path}`))?.[1] !== path.replace(/cpp$/, "h"));
  expect(wrong).toEqual([]);
});

test("sources are ASCII and at most 100 columns wide", () => {
  const wrong = [];
  for (const path of sources)
    read(`src/${path}`).split("\n").forEach((line, at) => {
      if (line.length > columnsMax || /[^\x20-\x7e]/.test(line)) wrong.push(`${path}:${at + 1}`);
    });
  expect(wrong).toEqual([]);
});

test("docs/openapi.json has exactly the routes of the core", () => {
  const { paths } = JSON.parse(read("docs/openapi.json"));
  const methods = ["get", "post", "put", "patch", "delete"];
  const documented = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).filter((member) => methods.includes(member)).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = newCore(modules.wasi).tables.routes.map(({ method, path }) => `${method} ${path}`);
  expect(documented.sort()).toEqual(routes.sort());
});

test("docs/openapi.json asks for a key on protected routes and on no others", () => {
  const document = JSON.parse(read("docs/openapi.json"));
  for (const { method, path, public: open } of newCore(modules.wasi).tables.routes) {
    const security = document.paths[path][method.toLowerCase()].security ?? document.security ?? [];
    expect(security.length === 0, `${method} ${path}`).toBe(open);
  }
});

test("every error code of the core is documented", () => {
  const table = [...read("src/policy/refusal.cpp").matchAll(/\{\s*[45]\d\d,\s*"([a-z_]+)"/g)].map(([, code]) => code);
  expect(table.length).toBeGreaterThan(20);
  const documents = read("docs/openapi.json") + read("docs/authentication.md");
  expect(table.filter((code) => !new RegExp(`["\`]${code}["\`]`).test(documents))).toEqual([]);
});

test("docs/openapi.json lists every code that the core may answer", () => {
  const table = [...read("src/policy/refusal.cpp").matchAll(/\{\s*[45]\d\d,\s*"([a-z_]+)"/g)].map(([, code]) => code);
  const text = read("docs/openapi.json");
  expect(table.filter((code) => !text.includes(`\`${code}\``) && !text.includes(`"${code}"`))).toEqual([]);
});
