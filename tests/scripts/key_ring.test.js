// scripts/gateway-key-ring.mjs, as an operator uses it: one process a command.

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { core, Project, script, sha256, startApi } from "./key_ring.js";

const ours = /^gw_(live|test|dev)_[0-9A-Za-z]{38}$/;
const strong = "legacy-Q7rk2LmW9xZt5VbN3hYcPd8s";
const dayMs = 86_400_000;

/** @type {Project} */
let project;
beforeEach(() => {
  project = new Project();
});

/** @param {string} key @param {string[]} words */
const imported = (key, ...words) => project.run(["import", ...words], { input: key });

/** Does the ring that the manifest would upload let this key in? @param {string} ring @param {string} key */
const opens = (ring, key) => core.ask({ do: "match", ring, key, now_ms: Date.now() }).standing !== null;

const text = (/** @type {string[]} */ ...words) => project.done(["export", "--format", "text", ...words]).then(({ stdout }) => stdout);

describe("generate", () => {
  test("prints the key alone on stdout, once, and keeps its hash and nothing of it", async () => {
    const { stdout, stderr } = await project.done(["generate", "--label", "web"]);
    const key = stdout.trim();
    expect(stdout).toBe(`${key}\n`);
    expect(key).toMatch(ours);
    expect(stderr).not.toContain(key);
    expect(project.entries()[0]).toMatchObject({ label: "web", digest: sha256(key), scopes: ["read", "generate"], expires_ms: null });
    expect(fs.readFileSync(project.manifest, "utf8")).not.toContain(key.slice(0, 16));
    expect(opens(await text(), key)).toBe(true);
  });

  test("takes class, scopes, models, account and expiry, and they come back from the ring", async () => {
    const options = ["--class", "test", "--scope", "read+webhook:write", "--models", "openai/*,anthropic/x", "--account", "acme"];
    const key = await project.generate("ci", ...options, "--expires", "90d");
    expect(key).toMatch(/^gw_test_/);
    const [entry] = project.entries();
    expect(entry).toMatchObject({ scopes: ["read", "webhook:write"], models: ["openai/*", "anthropic/x"], account: "acme" });
    expect(Math.abs(Number(entry.expires_ms) - Date.now() - 90 * dayMs)).toBeLessThan(60_000);
    expect(core.format(entry)).toBe(project.read().entries[0].entry);
    expect(core.ask({ do: "match", ring: entry.text, key, now_ms: Date.now() }).class).toBe("test");
  });

  test("gives admin only when it is asked for, and never with generate", async () => {
    await project.generate("ops", "--scope", "admin");
    expect(project.entries()[0].scopes).toEqual(["admin"]);
    const both = await project.run(["generate", "--label", "all", "--scope", "admin+generate"]);
    expect(both.code).toBe(1);
    expect(project.entries()).toHaveLength(1);
  });

  test("E3 wants an expiry in UTC and in the future", async () => {
    for (const expires of ["2027-01-01T00:00:00+02:00", "2020-01-01T00:00:00Z", "2027-01-01", "1798761600", "soon", "0"])
      expect((await project.run(["generate", "--label", "a", "--expires", expires])).code, expires).toBeGreaterThan(0);
    expect(fs.existsSync(project.manifest)).toBe(false);
    await project.generate("a", "--expires", "2031-01-01T00:00:00Z");
    expect(project.entries()[0].expires_ms).toBe(Date.parse("2031-01-01T00:00:00Z"));
  });

  test("R15 refuses a label that is taken", async () => {
    await project.generate("web");
    const { code, stderr } = await project.run(["generate", "--label", "web"]);
    expect([code, project.entries().length]).toEqual([1, 1]);
    expect(stderr).toContain("supersede");
  });
});

describe("import", () => {
  test("R19 hashes a key without the line end that came with it", async () => {
    for (const [label, end] of Object.entries({ a: "", b: "\n", c: "\r\n" })) {
      const key = `${strong}${label}`;
      expect((await imported(key + end, "--label", label)).code).toBe(0);
      expect(project.entries().at(-1)?.digest).toBe(sha256(key));
    }
  });

  test("takes a hash as sha256sum prints it, with a label, or a whole ring", async () => {
    await imported(`${sha256("1")}  -\n`, "--label", "a");
    await imported(`b:${sha256("2")};scope=read`);
    await imported(`# an old ring\nc:${sha256("3")},${sha256("4")}\r\nd:${sha256("5")}\n`);
    expect(project.entries().map(({ label, digest }) => [label, digest])).toEqual(
      [["a", "1"], ["b", "2"], ["c", "3"], ["", "4"], ["d", "5"]].map(([label, word]) => [label, sha256(word)]),
    );
    expect(project.entries()[1].scopes).toEqual(["read"]);
  });

  test("does not guess whether 64 hex digits are a key or a hash", async () => {
    const key = sha256("a key made by openssl rand -hex 32");
    const { code, stderr } = await imported(key, "--label", "a");
    expect(code).toBe(2);
    expect(stderr).toContain("--as");
    expect(stderr).not.toContain(key);
    expect((await imported(key, "--label", "a", "--as", "key")).code).toBe(0);
    expect((await imported(key, "--label", "b", "--as", "digest")).code).toBe(0);
    expect(project.entries().map(({ digest }) => digest)).toEqual([sha256(key), key]);
  });

  test("R10 takes the bare hash behind `sha256:`, and says so", async () => {
    const { stderr } = await imported(`sha256:${sha256("1")}`, "--label", "web");
    expect(stderr).toContain("label");
    expect(project.entries()[0]).toMatchObject({ label: "web", digest: sha256("1") });
  });

  test("R11 R12 R14 name what is wrong with an entry, and keep none of it", async () => {
    for (const [entry, word] of [
      [`${sha256("1")}:web`, "swapped"],
      [`a:b:${sha256("1")}`, "label"],
      [`a b:${sha256("1")}`, "label"],
      [`web:${sha256("1")};colour=red`, "attribute"],
      [`good:${sha256("1")},bad label:${sha256("2")}`, "label"],
    ]) {
      const { code, stderr } = await imported(entry);
      expect([code, stderr.includes(word)], `${entry} ${stderr}`).toEqual([1, true]);
    }
    expect(fs.existsSync(project.manifest)).toBe(false);
  });

  test("R18 refuses what remains of an unset variable, as key and as hash", async () => {
    for (const word of ["undefined", "null"]) expect((await imported(word, "--label", "a")).code, word).toBe(1);
    for (const word of ["", "\n", " ", "undefined", "null"])
      expect((await imported(`a:${sha256(word)}`)).code, JSON.stringify(word)).toBe(1);
    expect((await imported("\n", "--label", "a")).code).toBe(2);
    expect(fs.existsSync(project.manifest)).toBe(false);
  });

  test("R18 L3 takes what can be guessed with --allow-weak only, and remembers that", async () => {
    for (const [input, ...words] of [["test", "--label", "a"], ["hunter2hunter2", "--label", "b"], [`c:${sha256("changeme")}`]]) {
      const refused = await imported(input, ...words);
      expect([refused.code, refused.stderr.includes("--allow-weak")], input).toEqual([1, true]);
      expect((await imported(input, ...words, "--allow-weak")).code).toBe(0);
    }
    expect(project.read().entries.every(({ weak }) => weak)).toBe(true);
  });

  test("R16 refuses a key that is there already, and L5 one that no header can carry", async () => {
    await imported(strong, "--label", "a");
    expect((await imported(strong, "--label", "b")).code).toBe(1);
    for (const key of [`${strong},x`, `${strong} x`, `"${strong}"`, `${strong}\u00e9`])
      expect((await imported(key, "--label", "c")).code, key).toBe(1);
    expect(project.entries()).toHaveLength(1);
  });

  test("T15 refuses a mistyped key of ours, and T19 warns of a provider's", async () => {
    const key = await project.generate("web");
    const typo = await imported(key.slice(0, -1) + (key.endsWith("a") ? "b" : "a"), "--label", "typo");
    expect([typo.code, typo.stderr.includes("mistyped")]).toEqual([1, true]);
    const provider = await imported("sk-proj-Q7rk2LmW9xZt5VbN3hYcPd8s", "--label", "p");
    expect([provider.code, provider.stderr.includes("provider")]).toEqual([0, true]);
  });
});

describe("supersede", () => {
  test("E5 E6 puts a key of the same rights in place, and the old one works for a day", async () => {
    const old = await project.generate("web", "--account", "acme", "--scope", "read", "--models", "openai/*");
    const key = (await project.done(["supersede", "web"])).stdout.trim();
    const [before, after] = project.entries();
    expect(before).toMatchObject({ digest: sha256(old), standing: "superseded", expires_ms: null });
    expect(after).toMatchObject({ digest: sha256(key), standing: "active", account: "acme", scopes: ["read"], models: ["openai/*"] });
    const graceEnds = Number(before.ends_ms);
    expect(Math.abs(graceEnds - Date.now() - dayMs)).toBeLessThan(60_000);
    expect(project.entries(graceEnds - 1)[0].standing).toBe("superseded");
    expect(project.entries(graceEnds)[0].standing).toBe("expired");
  });

  test("a shorter grace is kept, and E8 none outlives the expiry", async () => {
    await project.generate("a", "--expires", "2h");
    await project.generate("b");
    const expires = project.entries()[0].expires_ms;
    await project.done(["supersede", "a"]);
    await project.done(["supersede", "b", "--grace", "30m"]);
    const [oldA, newA, oldB, newB] = project.entries();
    expect([oldA.ends_ms, newA.ends_ms]).toEqual([expires, expires]);
    expect(Math.abs(Number(oldB.ends_ms) - Date.now() - 1_800_000)).toBeLessThan(60_000);
    expect(newB.ends_ms).toBeNull();
    expect((await project.run(["supersede", "b", "--grace", "25h"])).code).toBe(2);
  });

  test("E9 superseding twice ends the oldest at once", async () => {
    const first = await project.generate("web");
    const second = (await project.done(["supersede", "web"])).stdout.trim();
    const third = (await project.done(["supersede", "web"])).stdout.trim();
    const ring = await text();
    expect([first, second, third].map((key) => opens(ring, key))).toEqual([false, true, true]);
    expect(project.entries().map(({ standing }) => standing)).toEqual(["superseded", "active"]);
  });

  test("E11 a grace of zero takes the old key out", async () => {
    const old = await project.generate("web");
    const key = (await project.done(["supersede", "web", "--grace", "0"])).stdout.trim();
    const ring = await text();
    expect([opens(ring, old), opens(ring, key), project.entries().length]).toEqual([false, true, 1]);
  });

  test("E10 E14 neither an expired key nor a superseded one can be superseded", async () => {
    await imported(`old:${sha256("1")};expires=2026-01-01T00:00:00Z`);
    await imported(`gone:${sha256("2")};superseded=2026-11-01T00:00:00Z`);
    for (const label of ["old", "gone", "nobody"]) expect((await project.run(["supersede", label])).code, label).toBe(1);
    expect(project.read().generation).toBe(2);
  });
});

describe("revoke", () => {
  test("E13 by its label takes out a lineage, by first digits one key", async () => {
    await project.generate("web");
    await project.done(["supersede", "web"]);
    await project.generate("ci");
    const [old] = project.entries();
    expect((await project.run(["revoke", old.digest.slice(0, 8)])).code).toBe(2); // nobody to ask
    await project.done(["revoke", old.digest.slice(0, 8), "--yes"]);
    expect(project.entries().map(({ label }) => label)).toEqual(["web", "ci"]);
    await project.done(["supersede", "web"]);
    await project.done(["revoke", "web", "-y"]);
    expect(project.entries().map(({ label }) => label)).toEqual(["ci"]);
    expect((await project.run(["revoke", "web", "-y"])).code).toBe(1);
  });
});

describe("verify", () => {
  const verify = (/** @type {string} */ key, /** @type {string[]} */ ...words) => project.run(["verify", "--json", ...words], { input: key });

  test("says whose key it is, and what state it is in", async () => {
    const old = await project.generate("web");
    const key = (await project.done(["supersede", "web"])).stdout.trim();
    for (const [tried, state] of [[old, "superseded"], [`${key}\n`, "active"]]) {
      const { code, stdout } = await verify(tried);
      expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ works: true, label: "web", state, class: "live" })]);
    }
    await imported(`old:${sha256(strong)};expires=2026-01-01T00:00:00Z`);
    const { code, stdout } = await verify(strong);
    expect([code, JSON.parse(stdout).state]).toEqual([1, "expired"]);
  });

  test("R19 names the newline, the Windows line end and the space that went into a hash", async () => {
    const ring = path.join(project.folder, "ring.txt");
    for (const [tail, mistake] of [["\n", "a newline"], ["\r\n", "a Windows line end"], [" ", "a space"]]) {
      fs.writeFileSync(ring, `web:${sha256(strong + tail)}`);
      const { code, stdout } = await verify(strong, "--ring-file", ring);
      expect([code, JSON.parse(stdout).mistake]).toEqual([1, mistake]);
    }
  });

  test("T1 T15 tells a hash and a mistyped key from a stranger's", async () => {
    const key = await project.generate("web");
    for (const [tried, mistake] of [
      [sha256(key), "a digest"],
      [key.replace(/_(.)/, "_x$1").slice(0, 46), null],
      [`${key.slice(0, 20)}${key[20] === "a" ? "b" : "a"}${key.slice(21)}`, "mistyped"],
      [`Bearer ${key}`, "a scheme"],
      [strong, null],
    ]) {
      const { code, stdout } = await verify(String(tried));
      expect([code, JSON.parse(stdout).mistake]).toEqual([1, mistake]);
    }
  });
});

describe("doctor", () => {
  /** @param {string[]} words @returns {Promise<{code: number | null, findings: string}>} */
  const doctor = async (...words) => {
    const { code, stdout } = await project.run(["doctor", "--json", ...words]);
    return { code, findings: JSON.parse(stdout).findings.map((/** @type {any} */ { severity, text }) => `${severity}: ${text}`).join("\n") };
  };

  test("finds nothing in a good project", async () => {
    await project.generate("web");
    project.write(".dev.vars.example", '# GATEWAY_API_KEY_HASHES="..."\n');
    project.write(".dev.vars", (await project.done(["export"])).stdout);
    expect(await doctor()).toEqual({ code: 0, findings: "" });
  });

  test("finds a manifest that others can read, and one that is broken", async () => {
    await project.generate("web");
    fs.chmodSync(project.manifest, 0o644);
    expect(await doctor()).toMatchObject({ code: 1, findings: expect.stringContaining("chmod 600") });
    fs.writeFileSync(project.manifest, "{", { mode: 0o600 });
    expect((await doctor()).findings).toContain("not JSON");
  });

  test("E16 finds keys that are over, or soon will be, and R18 weak ones", async () => {
    await imported(`dead:${sha256("1")};superseded=2026-01-01T00:00:00Z`);
    await imported(`weak:${sha256("test")}`, "--allow-weak");
    await project.generate("soon", "--expires", "3d");
    await project.generate("later", "--expires", "90d");
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    expect(findings).toMatch(/warning: dead .*grace is over/);
    expect(findings).toMatch(/error: weak .*weak/);
    expect(findings).toMatch(/warning: soon .*expires/);
    expect(findings).not.toMatch(/later/);
  });

  test("R10 R15 R16 R20 finds what a hand has put into the manifest", async () => {
    const key = await project.generate("a");
    const entry = (/** @type {string} */ ring) => ({ entry: ring, created: "", source: "imported" });
    project.edit(({ entries }) => entries.push(entry(`a:${sha256("1")}`), entry(`b:${sha256("1")}`), entry(key), entry(`sha256:${sha256("2")}`)));
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    expect(findings).toMatch(/error: a: 2 keys have this label/);
    expect(findings).toMatch(/error: entry 3 .*stands above/);
    expect(findings).toMatch(/error: entry 4 .*is a key, not a hash/);
    expect(findings).toMatch(/warning: sha256 /);
    expect(findings).not.toContain(key);
  });

  test("L8 finds secrets among the variables of wrangler's configuration", async () => {
    project.write("wrangler.toml", 'name = "x"\n[vars]\nSIMULATOR = "on"\nGATEWAY_API_KEY = "FAKE"\n[env.staging.vars]\nOPENAI_API_KEY = "FAKE"\n[env.b]\nvars = { GATEWAY_API_KEY_HASHES = "FAKE" }\n');
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    expect(findings).toMatch(/line 4: GATEWAY_API_KEY .*\n.*line 6: OPENAI_API_KEY .*\n.*line 8: GATEWAY_API_KEY_HASHES /);
    expect(findings).not.toMatch(/FAKE|SIMULATOR/);
    project.write("wrangler.toml", "");
    project.write("wrangler.jsonc", '{ // "vars"\n "vars": { "A": "http://x//y", },\n "env": { "p": { "vars": { "GATEWAY_SESSION_SECRET": "FAKE" } } } }');
    expect((await doctor()).findings).toMatch(/wrangler.jsonc: GATEWAY_SESSION_SECRET/);
  });

  test("D9 finds an example that a deploy button would deploy", async () => {
    project.write(".dev.vars.example", "# fine\nOPENAI_API_KEY=\nGATEWAY_API_KEY=FAKE\n# POSTERN_DEV=1\n");
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    expect(findings).toMatch(/warning: .dev.vars.example line 2/);
    expect(findings).toMatch(/error: .dev.vars.example line 3/);
    expect(findings).toMatch(/error: .dev.vars.example names POSTERN_DEV/);
  });

  test.each([
    ["R31 a ring of lines without quotes", `GATEWAY_API_KEY_HASHES=a:${sha256("1")}\nb:${sha256("2")}\n`, /next line/],
    ["R29 a ring as JSON", `GATEWAY_API_KEY_HASHES=["a:${sha256("1")}"]\n`, /brackets or quotes/],
    ["R29 a ring in quotes of its own", `GATEWAY_API_KEY_HASHES='"a:${sha256("1")}"'\n`, /brackets or quotes/],
    ["R30 a dollar sign", `GATEWAY_API_KEY_HASHES="$me:${sha256("1")}"\n`, /\$/],
    ["R20 a key", "GATEWAY_API_KEY_HASHES=gw_live_000000000000000000000000000000001tVawj\n", /is a key, not a hash/],
    ["D12 the switch of dev mode", "POSTERN_DEV=yes\n", /npm start/],
  ])("finds in .dev.vars: %s", async (_, content, finding) => {
    project.write(".dev.vars", content);
    const { code, findings } = await doctor();
    expect([code, findings]).toEqual([1, expect.stringMatching(finding)]);
    expect(findings).not.toContain("gw_live_0000");
  });

  test("R31 finds no fault in lines within double quotes, nor in the variable that follows", async () => {
    project.write(".dev.vars", `GATEWAY_API_KEY_HASHES="a:${sha256("1")}\nb:${sha256("2")}"\nOPENAI_BASE_URL=http://127.0.0.1/v1\n`);
    project.write(".env", `GATEWAY_API_KEY_HASHES=a:${sha256("1")}\nOPENAI_BASE_URL=http://127.0.0.1/v1\n`);
    expect((await doctor()).code).toBe(0);
  });

  test("R19 tests a key that is refused", async () => {
    await imported(`web:${sha256(`${strong}\n`)}`);
    const { code, stdout } = await project.run(["doctor", "--try-key"], { input: strong });
    expect([code, stdout.includes("a newline")]).toEqual([1, true]);
  });
});

describe("upload", () => {
  /** @type {Awaited<ReturnType<typeof startApi>> | undefined} */
  let api;
  afterEach(async () => {
    await api?.stop();
    api = undefined;
  });
  const upload = async (/** @type {string[]} */ ...words) => project.run(["upload", ...words], { env: (api ??= await startApi()).env });

  test("R32 hands the whole ring to the real wrangler, and what arrives opens a gateway", async () => {
    const key = await project.generate("web", "--models", "openai/*", "--expires", "90d");
    const old = await project.generate("ci");
    const fresh = (await project.done(["supersede", "ci"])).stdout.trim();
    const { code, stdout, stderr } = await upload("--yes");
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^\+ web \([0-9a-f]{8}\)\n/);

    const [{ name, value, url, body, leaks }] = /** @type {any} */ (api).arrivals;
    expect(url).toBe(`/client/v4/accounts/${"0".repeat(32)}/workers/scripts/ring-test/secrets-bulk`);
    expect(Object.keys(body.secrets)).toEqual(["GATEWAY_API_KEY_HASHES"]);
    expect(name).toBe("GATEWAY_API_KEY_HASHES");
    expect(value).toBe(value.trim());
    expect(`${value}\n`).toBe(await text());
    expect(leaks).toEqual([]);
    const ring = core.read(value, Date.now());
    expect([ring.entries.length, ring.bad_entries]).toEqual([3, 0]);
    for (const one of [key, old, fresh]) {
      expect(opens(value, one)).toBe(true);
      expect(stdout + stderr).not.toContain(one);
      expect(stdout + stderr).not.toContain(sha256(one));
    }
    const folder = fs.readdirSync(project.folder, { recursive: true }).map(String).map((file) => path.join(project.folder, file));
    const files = folder.filter((file) => fs.statSync(file).isFile()).map((file) => fs.readFileSync(file, "latin1")).join("");
    for (const one of [key, old, fresh]) expect(files).not.toContain(one.slice(8));
  });

  test("shows what changes before it acts, and nothing goes anywhere in a dry run", async () => {
    await project.generate("web");
    await project.generate("batch");
    const dry = await upload("--dry-run");
    expect([dry.code, api?.calls]).toEqual([0, []]);
    expect(dry.stdout).toMatch(/^\+ web .*\n\+ batch /);
    expect((await upload()).code).toBe(2); // nobody to ask
    expect(api?.calls).toEqual([]);

    expect((await upload("-y")).code).toBe(0);
    expect((await project.run(["diff"])).code).toBe(0);
    expect((await upload("-y")).stdout).toContain("nothing has changed");
    expect(api?.arrivals).toHaveLength(1);

    await project.done(["supersede", "web"]);
    await project.done(["revoke", "batch", "-y"]);
    const { code, stdout } = await project.run(["diff", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ added: [{ label: "web" }], removed: [{ label: "batch" }], changed: [{ label: "web", what: ["superseded"] }] });
    expect((await upload("-y")).stdout).toMatch(/^\+ web .*\n~ web .*: superseded\n- batch /);
    expect(api?.arrivals).toHaveLength(2);
  });

  test("goes to a named environment, which remembers its own upload", async () => {
    await project.generate("web");
    expect((await upload("-y", "--env", "staging")).code).toBe(0);
    expect(api?.arrivals[0].url).toContain("/scripts/ring-test-staging/");
    expect((await project.run(["diff", "--env", "staging"])).code).toBe(0);
    expect((await project.run(["diff"])).code).toBe(1);
  });

  test("refuses a manifest older than the last upload, even one from a backup", async () => {
    await project.generate("web");
    const backup = fs.readFileSync(project.manifest);
    await project.generate("ci");
    expect((await upload("-y")).code).toBe(0);
    fs.writeFileSync(project.manifest, backup);
    const { code, stderr } = await upload("-y");
    expect([code, stderr.includes("older")]).toEqual([1, true]);
    project.edit((manifest) => Object.assign(manifest, { uploads: { "": { generation: 9, at: "", entries: [] } } }));
    expect((await upload("-y")).code).toBe(1);
    expect(api?.arrivals).toHaveLength(1);
  });

  test("R15 R16 R18 R20 R28 refuses bad, doubtful and weak rings, and an empty one", async () => {
    expect((await upload("-y")).stderr).toContain("empty");
    const key = await project.generate("web");
    const good = project.read().entries[0];
    const other = (/** @type {string} */ entry) => ({ ...good, entry });
    for (const [entries, word] of /** @type {[any[], string][]} */ ([
      [[good, other(key)], "is a key, not a hash"],
      [[good, good], "stands above"],
      [[good, other(`web:${sha256("1")}`)], "none of them is superseded"],
      [[good, other(`x:${sha256("undefined")}`)], "unset variable"],
      [[good, other(`x:${sha256("1")};colour=red`)], "attribute"],
      [[other(`x:${sha256("1")};expires=2026-01-01T00:00:00Z`)], "no key of the ring works"],
      [[good, other(`x:${sha256("test")}`)], "weak"],
    ])) {
      project.edit((manifest) => Object.assign(manifest, { entries }));
      const { code, stderr } = await upload("-y");
      expect([code, stderr.includes(word)], stderr).toEqual([1, true]);
      expect(stderr).not.toContain(key);
    }
    expect(api?.calls).toEqual([]);
    expect((await upload("-y", "--allow-weak")).code).toBe(0);
  });

  test("R22 accepts 5,000 bytes and refuses 5,001, naming the limit and the number of keys", async () => {
    const ring = Array.from({ length: 76 }, (_, at) => sha256(`key ${at}`));
    ring[0] = `${"a".repeat(32)}:${ring[0]}`;
    ring[1] = `${"b".repeat(19)}:${ring[1]}`;
    expect((await imported(ring.join(","))).code).toBe(0);
    expect(Buffer.byteLength((await text()).trimEnd())).toBe(5_000);
    expect((await upload("-y")).code).toBe(0);
    expect(core.read(/** @type {any} */ (api).arrivals[0].value, Date.now()).entries).toHaveLength(76);

    project.edit(({ entries }) => (entries[1].entry = `b${entries[1].entry}`));
    const { code, stderr } = await upload("-y", "--again");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/5,001 bytes with 76 keys.*5,000/)]);
  });

  test("a refusal of the platform is told, and is no upload", async () => {
    await project.generate("web");
    api = await startApi({ status: 400, code: 10_054, message: "Secret text is too long" });
    const { code, stderr } = await upload("-y");
    expect([code, stderr]).toEqual([1, expect.stringContaining("10054")]);
    expect(project.read().uploads).toEqual({});
    expect((await project.run(["diff"])).code).toBe(1);
  });
});

describe("export", () => {
  test("R31 R32 the line for .dev.vars has commas and no newline, and reads back whole", async () => {
    await project.generate("a");
    await project.generate("b", "--models", "openai/*");
    const { stdout } = await project.done(["export"]);
    const value = /^GATEWAY_API_KEY_HASHES="([^"\n]*)"\n$/.exec(stdout)?.[1] ?? "";
    expect(core.read(value, Date.now()).entries.map(({ text: entry }) => entry)).toEqual(project.entries().map(({ text: entry }) => entry));
    await project.generate("c", "--models", "x/$HOME");
    expect((await project.run(["export"])).code).toBe(1); // R30
  });
});

describe("the manifest", () => {
  test("is for its owner alone, also when it was not before", async () => {
    const mode = () => fs.statSync(project.manifest).mode & 0o777;
    await project.generate("a");
    expect(mode()).toBe(0o600);
    expect(fs.statSync(path.dirname(project.manifest)).mode & 0o777).toBe(0o700);
    fs.chmodSync(project.manifest, 0o644);
    await project.generate("b");
    expect(mode()).toBe(0o600);
  });

  test("counts its generation with each change, and with nothing else", async () => {
    const generation = () => project.read().generation;
    await project.generate("a");
    await project.done(["supersede", "a"]);
    await project.done(["list"]);
    await project.run(["generate", "--label", "a"]);
    await project.run(["revoke", "nobody", "-y"]);
    expect(generation()).toBe(2);
    await project.done(["revoke", "a", "-y"]);
    expect(generation()).toBe(3);
  });

  test("loses nothing when eight commands change it at once", async () => {
    const labels = Array.from({ length: 8 }, (_, at) => `key-${at}`);
    const keys = await Promise.all(labels.map((label) => project.generate(label)));
    expect(project.entries().map(({ digest }) => digest).sort()).toEqual(keys.map(sha256).sort());
    expect(project.read().generation).toBe(8);
    expect(fs.readdirSync(path.dirname(project.manifest))).toEqual(["key-ring.json"]);
  });

  test("is the old one or the new one when a command is killed, and never stays locked", async () => {
    await project.generate("web");
    let killed = 0;
    for (let at = 0; at < 24; ++at) {
      const before = project.read().generation;
      /** @type {Promise<unknown>} */
      let kill = Promise.resolve();
      const result = await project.run(["supersede", "web"], {
        started: (pid) => (kill = new Promise((resolve) => setTimeout(() => resolve(killQuietly(pid)), 40 + at * 6))),
      });
      await kill;
      killed += result.code === null ? 1 : 0;
      const { generation, entries } = project.read();
      expect([before, before + 1]).toContain(generation);
      expect(entries.length).toBeGreaterThan(0);
      expect(core.read(entries.map(({ entry }) => entry).join("\n"), Date.now()).bad_entries).toBe(0);
    }
    expect(killed).toBeGreaterThan(2);
    fs.writeFileSync(`${project.manifest}.lock`, "999999999");
    fs.writeFileSync(`${project.manifest}.123.tmp`, "half of a fi");
    await project.generate("after");
    expect(fs.readdirSync(path.dirname(project.manifest)).filter((name) => !/^key-ring\.json(\.lock\.\w+)?$/.test(name))).toEqual([]);
  });
});

describe("the command line", () => {
  test("helps with everything and with each command", async () => {
    const all = (await project.done(["--help"])).stdout;
    const names = [...all.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
    expect(names).toEqual(["generate", "import", "list", "supersede", "revoke", "verify", "doctor", "diff", "upload", "export"]);
    for (const name of names) {
      const { stdout } = await project.done([name, "--help"]);
      expect(stdout).toContain(`Usage: gateway-key-ring ${name}`);
    }
  });

  test("refuses a key among the arguments, in any place, and does not repeat it", async () => {
    const key = core.ask({ do: "make", class: "live", random: sha256("seed") }).key;
    for (const words of [
      ["verify", key],
      ["import", "--label", key],
      ["import", "sk-proj-FAKE0000000000000000000000000"],
      ["revoke", key],
      ["generate", `--label=${key}`],
      ["verify", "--key", key],
      ["verify", `--key=${key}`],
      ["verify", `--${key}`],
      [key],
      ["generate", "--label", `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`],
    ]) {
      const { code, stdout, stderr } = await project.run(words);
      expect(code, words.join(" ")).toBe(2);
      expect(stdout + stderr).not.toMatch(/gw_live_\w{8}|sk-proj/);
    }
    expect(fs.existsSync(project.manifest)).toBe(false);
  });

  test("tells wrong usage by exit code 2 and says what is wanted", async () => {
    for (const words of [["nonsense"], ["generate"], ["generate", "--colour"], ["revoke"], ["generate", "--label"], ["list", "x"], ["list", "--json=1"]])
      expect((await project.run(words)).code, words.join(" ")).toBe(2);
  });

  test("with --json prints one document and no hash, for people no hash either", async () => {
    await project.generate("web");
    await project.done(["supersede", "web"]);
    for (const command of ["list", "doctor", "diff"]) {
      const { stdout } = await project.run([command, "--json"]);
      expect(typeof JSON.parse(stdout)).toBe("object");
      await project.run([command]);
    }
    const made = JSON.parse((await project.done(["generate", "--label", "ci", "--json"])).stdout);
    expect(made).toMatchObject({ label: "ci", class: "live", scopes: ["read", "generate"], key: expect.stringMatching(ours) });
    expect(JSON.parse((await project.run(["revoke", "nobody", "-y", "--json"])).stdout).error).toContain("no key");
    for (const { digest } of project.entries()) expect(project.printed).not.toContain(digest);
    expect(JSON.parse((await project.done(["list", "--json"])).stdout).keys.map((/** @type {any} */ { state }) => state)).toEqual(["superseded", "active", "active"]);
  });

  test("a prompt on a terminal does not show what is typed", async () => {
    const key = await project.generate("web");
    const { code, seen } = await onTerminal(["verify", "--project", project.folder], `${key.slice(0, 10)}x\x7f${key.slice(10)}\r`);
    expect([code, seen]).toEqual([0, expect.stringMatching(/Key \(not shown\): \s*yes: web/)]);
    expect(seen).not.toContain(key.slice(8, 20));
    const asked = await onTerminal(["revoke", "web", "--project", project.folder], "n\r");
    expect([asked.code, project.entries().length]).toEqual([1, 1]);
    expect((await onTerminal(["revoke", "web", "--project", project.folder], "y\r")).code).toBe(0);
    expect(project.entries()).toHaveLength(0);
  });
});

/** @param {number} pid */
function killQuietly(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/**
 * Runs the script on a terminal of its own and types when it asks.
 * @param {string[]} words
 * @param {string} typed
 * @returns {Promise<{code: number | null, seen: string}>}
 */
function onTerminal(words, typed) {
  const module = process.env.POSTERN_RING_MODULE ? ["--module", process.env.POSTERN_RING_MODULE] : [];
  const line = [process.execPath, script, ...words, ...module].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", line, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  let seen = "";
  let answered = false;
  child.stdout.on("data", (bytes) => {
    seen += bytes;
    if (!answered && /: $|\] $/.test(seen)) {
      answered = true;
      child.stdin.write(typed);
    }
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, seen })));
}
