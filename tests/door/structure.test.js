// The house rules that a compiler does not check: who may include whom, what a source may hold,
// and that the documents name what the core has.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { variables } from "../../scripts/variables.mjs";
import { modules, newCore, root } from "./modules.js";

// From the ground up; a folder may include itself and every floor below its own.
const floors = [["codec"], ["chat"], ["dialect", "policy", "simulator"], ["provider", "management"], ["exchange"], ["abi"]];
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

test("S8: docs/openapi.json says of every route what the core asks of a caller", () => {
  const { paths } = JSON.parse(read("docs/openapi.json"));
  for (const route of newCore(modules.wasi).tables.routes) {
    const operation = paths[route.path][route.method.toLowerCase()];
    const documented = Object.entries(operation).filter(([member]) => member.startsWith("x-gateway-"));
    const { scope = null, classes, sessions } = route;
    const asked = { "x-gateway-scope": scope, "x-gateway-classes": classes, "x-gateway-sessions": sessions };
    expect(Object.fromEntries(documented), `${route.method} ${route.path}`).toEqual(route.public ? {} : asked);
  }
});

test("S8: docs/authentication.md has the core's table of routes", () => {
  const rows = [...read("docs/authentication.md").matchAll(/^\| `([A-Z]+ \/[^`]*)` \| ([^|]+) \| ([^|]+) \| (yes|no) \|$/gm)];
  const documented = rows.map(([, route, scope, classes, sessions]) => [route, scope, classes, sessions]);
  const asked = newCore(modules.wasi)
    .tables.routes.filter((route) => !route.public)
    .map(({ method, path, scope, classes, sessions }) => [
      `${method} ${path}`,
      scope ?? "any",
      classes.join(", "),
      sessions ? "yes" : "no",
    ]);
  expect(documented).toEqual(asked);
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

/** What a function of error_words.cpp says of each kind of a provider's error. */
function ofKinds(/** @type {string} */ name) {
  const source = read("src/dialect/error_words.cpp");
  const body = source.slice(source.indexOf(` ${name}(Kind kind)`)).split("\n}\n")[0];
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [, cases, value] of body.matchAll(/((?:case Kind::k\w+:\s+)+)return "?(\w+)"?;/g)) {
    for (const [, kind] of cases.matchAll(/Kind::(k\w+)/g)) found.set(kind, value);
  }
  return found;
}

test("docs/openapi.json gives every code the status of the core", () => {
  const { enum: codes, "x-errors": rows } = JSON.parse(read("docs/openapi.json")).components.schemas.ErrorCode;
  const table = [...read("src/policy/refusal.cpp").matchAll(/\{\s*([45]\d\d),\s*"([a-z_]+)"/g)];
  const kindCodes = ofKinds("code_of_kind");
  const ofProviders = [...ofKinds("status_of_kind")].map(([kind, status]) => [kindCodes.get(kind), Number(status)]);
  expect(ofProviders.length).toBe(14);
  const statuses = new Map([...ofProviders, ...table.map(([, status, code]) => [code, Number(status)])]);
  expect(rows.map(({ code }) => code)).toEqual(codes);
  expect([...codes].sort()).toEqual([...statuses.keys()].sort());
  const wrong = rows.filter(({ code, status }) => status !== "stream" && status !== statuses.get(code));
  expect(wrong).toEqual([]);
});

test("docs/openapi.json shows errors with the type that their status has, and with codes of the core", () => {
  const { components } = JSON.parse(read("docs/openapi.json"));
  const rows = new Map(components.schemas.ErrorCode["x-errors"].map((row) => [row.code, row]));
  const wrong = Object.entries(components.examples)
    .map(([name, { value }]) => ({ name, ...value?.error }))
    .filter(({ code, type }) => code && rows.get(code)?.type !== type);
  expect(wrong).toEqual([]);
});

test("scripts/variables.mjs has the variables of the core, but for the dev switch and the binding", () => {
  const wanted = newCore(modules.wasi).tables.variables.filter((name) => !["POSTERN_DEV", "AI"].includes(name));
  expect([...variables].sort()).toEqual([...wanted].sort());
});

test("docs/configuration.md has the variables of the core", () => {
  const text = read("docs/configuration.md");
  const named = (/** @type {string} */ name) => text.includes(`\`${name.replace("*", "<NAME>")}\``);
  expect(newCore(modules.wasi).tables.variables.filter((name) => !named(name))).toEqual([]);
});

test("wrangler.toml limits failed authentications as src/bounds.h does", () => {
  const perMinute = /failures_per_minute_max = (\d+);/.exec(read("src/bounds.h"))?.[1];
  const limits = [...read("wrangler.toml").matchAll(/^simple = \{ limit = (\d+), period = (\d+) \}$/gm)];
  expect(limits.map(([, limit, period]) => [limit, period])).toEqual([[perMinute, "60"]]);
});
