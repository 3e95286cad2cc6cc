import { grantOf, grantOptions, refuseTakenLabel } from "./generate.mjs";
import { changeEntries } from "./manifest.mjs";
import { Problem, UsageError } from "./problem.mjs";
import { described, faultTexts, idOf, membersOf } from "./ring.mjs";

const hexDigest = /^[0-9a-f]{64}$/i;

/** What `sha256sum` prints, and the notation of other tools. */
const notations = [
  { form: /^([0-9a-f]{64})[ \t]+\*?\S+$/i, remark: "" },
  {
    form: /^sha-?256[:=-]([0-9a-f]{64})$/i,
    remark: "`sha256:` in front of a hash would be its label in a ring; the bare hash was taken",
  },
];

/**
 * @typedef {{text: string, key?: string, class?: string, weak?: string}} Found
 */

/** @type {import("./help.mjs").Command} */
export const importKey = {
  summary: "take in a key, or hashes, that somebody else made",
  details: `
From stdin or a hidden prompt: a key, which is hashed here and forgotten; or a hash, alone, as
sha256sum prints it, or with a label; or a whole ring of such entries. What can be guessed from its
hash is refused: keys are generated, not chosen.

  gateway-key-ring import --label legacy < key.txt
  gateway-key-ring import --label web --as digest < digest.txt
  gateway-key-ring import < ring.txt`,
  options: {
    ...grantOptions,
    class: { value: "CLASS", text: "live, test or dev, for a key that does not say" },
    as: { value: "FORM", text: "key or digest, where 64 hex digits could be either" },
    "allow-weak": { text: "take a key although it can be guessed" },
  },
  async run(context) {
    const { core, terminal, options, file, nowMs } = context;
    if (options.as !== undefined && !["key", "digest"].includes(options.as)) throw new UsageError("--as is key or digest");
    const typed = (await terminal.secret("Key or hash")).replace(/^\uFEFF/, "");
    const found = look(context, typed.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
    const records = found.map(({ text, ...rest }) => record(text, rest));

    changeEntries(file, (manifest) => {
      for (const one of records) {
        const members = membersOf(core, manifest, nowMs);
        const entry = core.read(one.entry, nowMs).entries[0];
        const same = members.find((member) => member.entry?.digest === entry.digest);
        if (same) throw new Problem(`this key is in the ring already, as ${same.entry?.name}`);
        if (entry.superseded_ms === null) refuseTakenLabel(members, entry.label);
        manifest.entries.push(one);
      }
    });

    const members = records.map((one) => ({ record: one, entry: core.read(one.entry, nowMs).entries[0] }));
    terminal.json({ imported: members.map((member) => described(member, core)) });
    for (const { entry, record: one } of members) {
      terminal.note(`${entry.name} (${idOf(entry)}): imported, ${entry.scopes.join(" ")}`);
      if (one.weak) terminal.warn(`${entry.name}: the key ${one.weak}; replace it`);
    }
    terminal.note("`upload` makes it work.");
    return 0;

    /** @param {string} entry @param {{key?: string, class?: string, weak?: string}} rest @returns {import("./manifest.mjs").Record} */
    function record(entry, rest) {
      return { entry, ...rest, source: "imported", created: core.timeText(nowMs) };
    }
  },
};

/**
 * The entries that were meant.
 * @param {import("./help.mjs").Context} context
 * @param {string} text
 * @returns {Found[]}
 */
function look(context, text) {
  const { core, terminal, options, nowMs } = context;
  if (options.as === "key") return [fromKey(context, text)];
  for (const { form, remark } of notations) {
    const match = form.exec(text);
    if (!match) continue;
    if (remark) terminal.warn(remark);
    return [fromDigest(context, match[1])];
  }
  if (hexDigest.test(text)) {
    if (options.as === "digest") return [fromDigest(context, text)];
    throw new UsageError(
      "64 hex digits may be a hash, or a key as `openssl rand -hex 32` makes it. Say --as digest or --as key;\n" +
        "a key that is taken for a hash would stand in the ring for all to read.",
    );
  }
  if (/^\s*[["']/.test(text)) throw new Problem("a ring has no brackets and no quotes: entries stand alone, separated by commas or lines");

  const ring = core.read(text, nowMs);
  const bad = ring.remarks.filter(({ fault }) => !["weak", "unknown_scope", "unreadable_time"].includes(fault));
  const meansRing = ring.entries.length > 0 || /[0-9a-f]{64}/i.test(text);
  if (!meansRing && options.as !== "digest") return [fromKey(context, text)];
  if (bad.length)
    throw new Problem(bad.map(({ fault, line }) => `line ${line} ${faultTexts[fault]}`).join("\n"));
  if (!ring.entries.length) throw new Problem("this holds no hash of 64 hex digits");
  return ring.entries.length === 1 ? [fromEntry(context, ring.entries[0])] : ring.entries.map((entry) => wholeEntry(context, entry));
}

/** @param {import("./help.mjs").Context} context @param {string} key @returns {Found} */
function fromKey(context, key) {
  const { core, terminal, options } = context;
  const told = core.ask({ do: "key", key });
  if (told.unusable) throw new Problem(`no request can carry this key: it ${told.unusable}`);
  if (told.weak) refuseWeak(options, `${told.weak} (at most ${told.bits} bits; 112 are wanted)`);
  if (told.provider) terminal.warn("this looks like a provider's key; whoever holds a gateway key should not hold that too");
  if (!options.label) throw new UsageError("--label wants a name: without one nobody knows whose key it is");
  return {
    text: core.format({ ...grantOf(context), ...statedClass(options, told.class), digest: told.digest }),
    ...(told.display && { key: told.display }),
    ...(told.class && { class: told.class }),
    ...(told.weak && { weak: told.weak }),
  };
}

/** @param {import("./help.mjs").Context} context @param {string} digest @returns {Found} */
function fromDigest(context, digest) {
  if (!context.options.label) throw new UsageError("--label wants a name: without one nobody knows whose key it is");
  const { entries, remarks } = context.core.read(digest, context.nowMs);
  if (!entries.length) throw new Problem(`this ${faultTexts[remarks[0].fault]}`);
  return fromEntry(context, entries[0]);
}

/** The options complete what one entry does not say. @param {import("./help.mjs").Context} context @param {import("./core.mjs").Entry} entry @returns {Found} */
function fromEntry(context, entry) {
  const { core, options } = context;
  const given = grantOf(context);
  const text = core.format({
    ...entry,
    label: given.label || entry.label,
    scopes: given.scopes.length ? given.scopes : entry.scopes,
    models: given.models.length ? given.models : entry.models,
    account: given.account ?? entry.account,
    expires_ms: given.expires_ms ?? entry.expires_ms,
    ...statedClass(options, entry.class_stated ? entry.class : undefined),
  });
  return checked(context, text);
}

/** @param {import("./help.mjs").Context} context @param {import("./core.mjs").Entry} entry @returns {Found} */
function wholeEntry(context, entry) {
  for (const name of ["label", "scope", "models", "account", "expires", "class"])
    if (context.options[name] !== undefined) throw new UsageError(`--${name} cannot be said of several entries`);
  return checked(context, entry.text);
}

/** @param {import("./help.mjs").Context} context @param {string} text @returns {Found} */
function checked({ core, options, nowMs }, text) {
  const weak = core.read(text, nowMs).weak_entries > 0 ? "is a word that everybody tries" : undefined;
  if (weak) refuseWeak(options, weak);
  return { text, ...(weak && { weak }) };
}

/** @param {Record<string, any>} options @param {string} reason */
function refuseWeak(options, reason) {
  if (!options["allow-weak"]) throw new Problem(`the key ${reason}. Generate one instead, or say --allow-weak`);
}

/** @param {Record<string, any>} options @param {string | null | undefined} known  by the key's form or the entry */
function statedClass(options, known) {
  if (options.class === undefined) return {};
  if (known && known !== options.class) throw new UsageError("--class contradicts the class that the key has");
  return known ? {} : { class: options.class, class_stated: true };
}
