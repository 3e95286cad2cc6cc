import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectModules, startWorkerd } from "../../scripts/workerd.mjs";

const modules = collectModules("tests/worker/records_entry.js");
const start = (/** @type {import("../../scripts/workerd.mjs").Options} */ options = {}) =>
  startWorkerd({ modules, durableObjects: { RECORDS: "Records" }, workers: 2, ...options });

/** @type {import("../../scripts/workerd.mjs").Gateway} */ let gateway;
beforeAll(async () => {
  gateway = await start();
});
afterAll(() => gateway?.stop());

/** @param {number} port @param {string} object @param {string} method @param {object} argument @returns {Promise<any>} */
async function ask(port, object, method, argument) {
  const reply = await fetch(`http://127.0.0.1:${port}/${object}/${method}`, { method: "POST", body: JSON.stringify(argument) });
  return reply.json();
}

let opened = 0;

/** An object of its own, asked through a worker. @param {string} [name] @param {number} [worker] @param {typeof gateway} [of] */
function open(name = `object-${++opened}`, worker = 0, of = gateway) {
  const method = (/** @type {string} */ word) => (/** @type {object} */ argument) => ask(of.ports[worker], name, word, argument);
  const commit = method("commit");
  return {
    name,
    get: (/** @type {string} */ id) => method("get")({ id }),
    find: (/** @type {string} */ as) => method("find")({ name: as }),
    list: (/** @type {object} */ argument) => method("list")({ kinds: ["key"], group: null, before: null, limit: 100, ...argument }),
    rows: () => method("rows")({}),
    commit,
    /** @param {any[]} writes */
    write: (...writes) => commit({ now: Date.now(), writes: writes.map(complete), most: [] }),
    /** @param {any[]} most @param {any[]} writes */
    writeAtMost: (most, ...writes) => commit({ now: Date.now(), writes: writes.map(complete), most }),
  };
}

/** A write with all members. @param {any} write */
const complete = (write) => ({
  version: 0, kind: "key", group: "", sort: 1, forget: null, body: "{}", names: [], drop: [], ...write,
});

const done = { done: true };
const hour = 3_600_000;

describe("versions", () => {
  test("a write makes the version one larger and replaces the body", async () => {
    const records = open();
    expect(await records.get("a")).toBeNull();
    expect(await records.write({ id: "a", body: '{"n":1}' })).toEqual(done);
    expect(await records.get("a")).toEqual({ id: "a", version: 1, body: '{"n":1}' });
    expect(await records.write({ id: "a", version: 1, body: '{"n":2}' })).toEqual(done);
    expect(await records.get("a")).toEqual({ id: "a", version: 2, body: '{"n":2}' });
  });

  test("another version is a conflict and changes nothing", async () => {
    const records = open();
    await records.write({ id: "a", body: "1" });
    for (const version of [0, 2, -1]) {
      expect(await records.write({ id: "a", version, body: "2" })).toEqual({ conflict: "a" });
    }
    expect(await records.write({ id: "b", version: 1 })).toEqual({ conflict: "b" });
    expect(await records.get("a")).toEqual({ id: "a", version: 1, body: "1" });
    expect(await records.get("b")).toBeNull();
  });

  test("several writes of one commit are made one after the other", async () => {
    const records = open();
    expect(await records.write({ id: "a" }, { id: "a", version: 1, body: "2" })).toEqual(done);
    expect(await records.get("a")).toEqual({ id: "a", version: 2, body: "2" });
    expect(await records.write({ id: "b" }, { id: "b" })).toEqual({ conflict: "b" });
    expect(await records.get("b")).toBeNull();
  });

  test("a conflict in the last write leaves nothing of those before it", async () => {
    const records = open();
    await records.write({ id: "taken", names: [["kept", "x"]], forget: Date.now() + hour });
    const before = await records.rows();
    expect(
      await records.write(
        { id: "new", names: [["fresh", "x"]] },
        { id: "taken", version: 1, kind: "other", body: "changed", drop: ["x"] },
        { id: "taken", version: 1 },
      ),
    ).toEqual({ conflict: "taken" });
    expect(await records.get("new")).toBeNull();
    expect(await records.find("fresh")).toBeNull();
    expect(await records.find("kept")).toEqual({ id: "taken", version: 1, as: "x", body: "{}" });
    expect(await records.rows()).toEqual(before);
  });

  test("of 100 parallel commits that read the same version exactly one wins, for each version", async () => {
    const records = open();
    /** @type {number[]} */
    const won = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        // Through both workers, so that nothing in an isolate puts them in order.
        const mine = open(records.name, at % 2);
        for (;;) {
          const version = (await mine.get("a"))?.version ?? 0;
          const answer = await mine.write({ id: "a", version, body: `${at}` });
          if (answer.done) return won.push(version);
          expect(answer).toEqual({ conflict: "a" });
        }
      }),
    );
    expect(won.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect((await records.get("a")).version).toBe(100);

    const same = await Promise.all(Array.from({ length: 100 }, (_, at) => open(records.name, at % 2).write({ id: "a", version: 100 })));
    expect(same.filter((answer) => answer.done)).toHaveLength(1);
  });
});

describe("names", () => {
  test("a record is found by each of its names, with what the name was registered with", async () => {
    const records = open();
    await records.write({ id: "a", body: "1", names: [["x", "first"], ["y", "second"]] });
    await records.write({ id: "a", version: 1, body: "2", names: [["z", "third"]] });
    for (const [name, as] of [["x", "first"], ["y", "second"], ["z", "third"]]) {
      expect(await records.find(name)).toEqual({ id: "a", version: 2, as, body: "2" });
    }
    expect(await records.find("a")).toBeNull(); // an id is no name
    expect(await records.get("x")).toBeNull();
  });

  test("a name that another record has is a conflict, one's own is registered anew", async () => {
    const records = open();
    await records.write({ id: "a", names: [["x", "1"]] });
    expect(await records.write({ id: "b", names: [["y", "1"], ["x", "1"]] })).toEqual({ conflict: "x" });
    expect(await records.get("b")).toBeNull();
    expect(await records.find("y")).toBeNull();
    expect(await records.write({ id: "b", names: [["y", "1"]] }, { id: "c", names: [["y", "1"]] })).toEqual({ conflict: "y" });
    expect(await records.write({ id: "a", version: 1, names: [["x", "2"]] })).toEqual(done);
    expect(await records.find("x")).toMatchObject({ id: "a", as: "2" });
  });

  test("dropped names are free, and only those of the record that drops them", async () => {
    const records = open();
    await records.write({ id: "a", names: [["x", "old"], ["y", "old"], ["z", "new"]] }, { id: "b", names: [["w", "old"]] });
    expect(await records.write({ id: "a", version: 1, drop: ["old", "unknown"] })).toEqual(done);
    expect([await records.find("x"), await records.find("y")]).toEqual([null, null]);
    expect(await records.find("z")).toMatchObject({ id: "a" });
    expect(await records.find("w")).toMatchObject({ id: "b" });
    expect(await records.write({ id: "b", version: 1, names: [["x", "old"]] })).toEqual(done);
    expect(await records.find("x")).toMatchObject({ id: "b" });
  });

  test("what a write drops is gone before it adds its own", async () => {
    const records = open();
    await records.write({ id: "a", names: [["x", "word"]] });
    expect(await records.write({ id: "a", version: 1, names: [["y", "word"]], drop: ["word"] })).toEqual(done);
    expect(await records.find("x")).toBeNull();
    expect(await records.find("y")).toMatchObject({ id: "a" });
  });
});

describe("bounds", () => {
  test("a commit that would leave more than `most` of a kind is refused whole", async () => {
    const records = open();
    const most = [{ kind: "key", group: null, count: 2 }];
    expect(await records.writeAtMost(most, { id: "a" })).toEqual(done);
    expect(await records.writeAtMost(most, { id: "b", group: "g" })).toEqual(done);
    expect(await records.writeAtMost(most, { id: "c" }, { id: "d", kind: "other" })).toEqual({ full: "key" });
    expect([await records.get("c"), await records.get("d")]).toEqual([null, null]);
    expect(await records.writeAtMost(most, { id: "c", kind: "other" })).toEqual(done);
    // What is there already may change.
    expect(await records.writeAtMost(most, { id: "a", version: 1 })).toEqual(done);
    // A record that takes on another kind makes room.
    expect(await records.writeAtMost(most, { id: "a", version: 2, kind: "other" }, { id: "d" })).toEqual(done);
    expect(await records.writeAtMost([{ kind: "none", group: null, count: 0 }], { id: "e", kind: "x" })).toEqual(done);
    expect(await records.writeAtMost([{ kind: "x", group: null, count: 0 }], { id: "f" })).toEqual({ full: "x" });
  });

  test("a group has a bound of its own", async () => {
    const records = open();
    const most = (/** @type {string} */ group) => [
      { kind: "key", group, count: 1 },
      { kind: "key", group: null, count: 3 },
    ];
    expect(await records.writeAtMost(most("g"), { id: "a", group: "g" })).toEqual(done);
    expect(await records.writeAtMost(most("g"), { id: "b", group: "g" })).toEqual({ full: "key" });
    expect(await records.writeAtMost(most("h"), { id: "b", group: "h" })).toEqual(done);
    expect(await records.writeAtMost(most(""), { id: "c" })).toEqual(done);
    expect(await records.writeAtMost(most("i"), { id: "d", group: "i" })).toEqual({ full: "key" });
  });

  test("100 parallel commits do not get past a bound together", async () => {
    const records = open();
    const most = [{ kind: "key", group: null, count: 7 }];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => open(records.name, at % 2).writeAtMost(most, { id: `k${at}` })),
    );
    expect(answers.filter((answer) => answer.done)).toHaveLength(7);
    expect(answers.filter((answer) => answer.full === "key")).toHaveLength(93);
  });

  test("forgotten records do not count", async () => {
    const records = open();
    const most = [{ kind: "key", group: null, count: 1 }];
    const now = Date.now();
    await records.write({ id: "a", forget: now + hour });
    const write = (/** @type {number} */ at) => records.commit({ now: at, writes: [complete({ id: "b" })], most });
    expect(await write(now + hour - 1)).toEqual({ full: "key" });
    expect(await write(now + hour)).toEqual(done);
  });
});

describe("forgetting", () => {
  test("from its time on a record is absent, by id, by name and in lists", async () => {
    const records = open();
    const forget = Date.now() + 700;
    await records.write({ id: "a", forget, names: [["x", "1"]] }, { id: "b", forget: forget + hour, names: [["y", "1"]] });
    expect(await records.get("a")).not.toBeNull();
    expect(await records.find("x")).not.toBeNull();
    expect(await records.list({})).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, forget - Date.now() + 5));
    expect(await records.get("a")).toBeNull();
    expect(await records.find("x")).toBeNull();
    expect((await records.list({})).map((/** @type {any} */ record) => record.id)).toEqual(["b"]);
    expect(await records.find("y")).not.toBeNull();
  });

  test("its id and its names can be had anew, and its version counts no more", async () => {
    const records = open();
    const past = Date.now() - 1;
    // More than one commit deletes, so that some are met undeleted.
    const writes = Array.from({ length: 250 }, (_, at) => ({ id: `k${at}`, forget: past - at, names: [[`n${at}`, "1"]], sort: 5 }));
    expect(await records.commit({ now: past - hour, writes: writes.map(complete) })).toEqual(done);
    expect(await records.rows()).toEqual({ records: 250, names: 250 });
    // The earliest go first; k0 and k1 are still there.
    expect(await records.write({ id: "k0", version: 1 })).toEqual({ conflict: "k0" });
    expect(await records.write({ id: "k0", sort: 7, names: [["n1", "2"]] })).toEqual(done);
    expect(await records.get("k0")).toEqual({ id: "k0", version: 1, body: "{}" });
    expect(await records.find("n0")).toBeNull();
    expect(await records.find("n1")).toEqual({ id: "k0", version: 1, as: "2", body: "{}" });
    expect(await records.list({})).toEqual([{ id: "k0", version: 1, sort: 7, body: "{}" }]);
  });

  test("a commit deletes 100 forgotten records with their names, and no more", async () => {
    const records = open();
    const past = Date.now() - 1;
    const writes = Array.from({ length: 250 }, (_, at) => ({ id: `k${at}`, forget: past, names: [[`n${at}`, "1"], [`m${at}`, "1"]] }));
    await records.commit({ now: past - hour, writes: [...writes, { id: "kept" }].map(complete) });
    for (const left of [150, 50, 0, 0]) {
      expect(await records.write()).toEqual(done);
      expect(await records.rows()).toEqual({ records: left + 1, names: left * 2 });
    }
    expect(await records.get("kept")).not.toBeNull();
  });

  test("a time can be moved and taken away while the record is there", async () => {
    const records = open();
    const now = Date.now();
    await records.write({ id: "a", forget: now + hour });
    await records.write({ id: "a", version: 1, forget: null });
    expect(await records.commit({ now: now + 2 * hour, writes: [complete({ id: "a", version: 2, forget: now - 1 })] })).toEqual(done);
    expect(await records.get("a")).toBeNull();
  });
});

describe("lists", () => {
  test("go by the largest (sort, id), strictly before the cursor, and meet each record once", async () => {
    const records = open();
    /** @type {{id: string, sort: number, kind: string, group: string}[]} */
    const all = [];
    for (let at = 0; at < 200; ++at) {
      const shuffled = (at * 77) % 200;
      all.push({ id: `k${shuffled}`, sort: 1_700_000_000_000 + (shuffled % 9), kind: ["key", "test_key", "other"][shuffled % 3], group: ["", "g"][shuffled % 2] });
    }
    expect(await records.write(...all)).toEqual(done);
    /** @param {typeof all[0]} a @param {typeof all[0]} b */
    const order = (a, b) => b.sort - a.sort || (a.id < b.id ? 1 : -1);
    for (const kinds of [["key"], ["key", "test_key"], ["other", "key", "test_key", "key"], ["none"], []]) {
      for (const group of [null, "", "g", "none"]) {
        const wanted = all.filter((one) => kinds.includes(one.kind) && (group === null || one.group === group)).sort(order);
        for (const limit of [1, 7, 200]) {
          const seen = [];
          for (let before = null; ; ) {
            const page = await records.list({ kinds, group, before, limit });
            seen.push(...page);
            if (page.length < limit) break;
            before = [page.at(-1).sort, page.at(-1).id];
          }
          expect(seen).toEqual(wanted.map(({ id, sort }) => ({ id, version: 1, sort, body: "{}" })));
        }
      }
    }
  });

  test("keep the place that the first write gave, and follow kind and group", async () => {
    const records = open();
    await records.write({ id: "a", sort: 1 }, { id: "b", sort: 2 });
    await records.write({ id: "a", version: 1, sort: 9, kind: "key", group: "g" });
    const ids = async (/** @type {object} */ argument) => (await records.list(argument)).map((/** @type {any} */ one) => one.id);
    expect(await ids({})).toEqual(["b", "a"]);
    expect(await ids({ group: "g" })).toEqual(["a"]);
    await records.write({ id: "a", version: 2, kind: "other" });
    expect(await ids({})).toEqual(["b"]);
    expect(await records.list({ kinds: ["other"] })).toEqual([{ id: "a", version: 3, sort: 1, body: "{}" }]);
  });
});

test("no text is more than a text", async () => {
  const records = open();
  const texts = [
    "", " ", "'", '"', "`", "\\", "%", "_", "?", "\0", "a\0b", "a\0c", "\u202e", "\u{1f511}", "\u{10ffff}", "null", "1", "1.0", "01", "1e0",
    "__proto__", "constructor", "toString", "hasOwnProperty", "then", "'; DROP TABLE records; --", '" OR 1=1 --', "x') ON CONFLICT DO NOTHING --",
    "\r\n", "{}", "[]", "e\u0301", "\u00e9", "A", "a", "k".repeat(100_000), `${"k".repeat(100_000)}l`,
  ];
  for (const text of texts) {
    const id = `id ${text}`;
    expect(await records.write({ id, kind: text, group: text, body: text, names: [[text, text]] })).toEqual(done);
  }
  for (const text of texts) {
    const id = `id ${text}`;
    expect(await records.get(id)).toEqual({ id, version: 1, body: text });
    expect(await records.find(text)).toEqual({ id, version: 1, as: text, body: text });
    expect(await records.list({ kinds: [text], group: text })).toEqual([{ id, version: 1, sort: 1, body: text }]);
    expect(await records.write({ id: "other", names: [[text, ""]] })).toEqual({ conflict: text });
  }
  expect(await records.rows()).toEqual({ records: texts.length, names: texts.length });
  for (const text of texts) expect(await records.write({ id: `id ${text}`, version: 1, drop: [text] })).toEqual(done);
  expect(await records.rows()).toEqual({ records: texts.length, names: 0 });
});

test("what cannot be read or kept changes nothing, and the object goes on", async () => {
  const records = open();
  await records.write({ id: "a" });
  const now = Date.now();
  for (const argument of [
    null,
    { now, writes: [complete({ id: "b" }), complete({ id: null })] },
    { now, writes: [complete({ id: "b" }), { id: "c", version: 0 }] },
    { now, writes: [complete({ id: "b" }), complete({ id: "c", group: null })] },
    { now, writes: [complete({ id: "b" })], most: [null] },
  ]) {
    expect(await records.commit(/** @type {any} */ (argument))).toHaveProperty("error");
  }
  expect(await records.get("b")).toBeNull();
  expect(await records.rows()).toEqual({ records: 1, names: 0 });
});

test("two workers of one process are isolates of their own with the same objects", async () => {
  const [one, two] = [open("shared", 0), open("shared", 1)];
  const asked = async (/** @type {number} */ worker) => (await fetch(`http://127.0.0.1:${gateway.ports[worker]}/asked`)).json();
  expect([await asked(0), await asked(0), await asked(1), await asked(0), await asked(1)]).toEqual([1, 2, 1, 3, 2]);
  expect(await one.write({ id: "a", body: "from one", names: [["x", "1"]] })).toEqual(done);
  expect(await two.find("x")).toEqual({ id: "a", version: 1, as: "1", body: "from one" });
  expect(await two.write({ id: "a", version: 1, body: "from two" })).toEqual(done);
  expect(await one.write({ id: "a", version: 1, body: "late" })).toEqual({ conflict: "a" });
  expect(await one.get("a")).toEqual({ id: "a", version: 2, body: "from two" });
  expect(await open("alone", 1).get("a")).toBeNull();
});

test("everything is there after the process was killed and started again", async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "postern-"));
  try {
    let process = await start({ dataDir });
    const before = open("kept", 0, process);
    await before.write({ id: "a", body: "1", sort: 3, names: [["x", "1"]] }, { id: "b", forget: Date.now() + 50 });
    await before.write({ id: "a", version: 1, body: "2" });
    await process.stop("SIGKILL");
    process = await start({ dataDir });
    try {
      const after = open("kept", 1, process);
      expect(await after.find("x")).toEqual({ id: "a", version: 2, as: "1", body: "2" });
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await after.list({})).toEqual([{ id: "a", version: 2, sort: 3, body: "2" }]);
      expect(await after.write({ id: "a", version: 1 })).toEqual({ conflict: "a" });
      expect(await after.write({ id: "a", version: 2 })).toEqual(done);
    } finally {
      await process.stop();
    }
  } finally {
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
});
