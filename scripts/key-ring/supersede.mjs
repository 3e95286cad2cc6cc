import { makeKey } from "./generate.mjs";
import { changeEntries } from "./manifest.mjs";
import { Problem, UsageError } from "./problem.mjs";
import { described, idOf, membersNamed, membersOf } from "./ring.mjs";
import { durationMs, expiryMs, wholeSeconds } from "./times.mjs";

/** For so long the gateway honours a superseded key; a shorter grace is an earlier expiry. */
const graceMsMax = 24 * 3_600_000;

/** @type {import("./help.mjs").Command} */
export const supersede = {
  summary: "put a new key in the place of an old one",
  operand: "label",
  details: `
Prints a new key with the same rights. The old one goes on working for the time of grace, and its
answers say that it was superseded; then it is expired, and nobody has to do anything. Grace begins
now, so upload soon. A key that was superseded before ends at once: two at most work under a label.

  gateway-key-ring supersede web
  gateway-key-ring supersede web --grace 0      # it has leaked
  gateway-key-ring supersede 4f2a9c01           # a key without a label, by its first digits`,
  options: {
    grace: { value: "TIME", text: "how long the old key still works, up to 24h; 0 takes it out (default: 24h)" },
    expires: { value: "WHEN", text: "of the new key (default: as the old one)" },
  },
  run(context) {
    const { core, terminal, options, operands, file, nowMs } = context;
    const graceMs = durationMs(options.grace ?? "24h");
    if (graceMs === undefined || graceMs > graceMsMax) throw new UsageError("--grace wants a time from 0 to 24h, such as 6h");
    const expires = expiryMs(context, options.expires);
    const result = changeEntries(file, (manifest) => {
      const named = membersNamed(membersOf(core, manifest, nowMs), operands[0]);
      const old = currentOf(named);
      const keyClass = old.entry.class_stated ? old.entry.class : (old.record.class ?? "live");
      const made = makeKey(core, keyClass);
      const text = core.format({ ...old.entry, digest: made.digest, expires_ms: expires ?? old.entry.expires_ms });
      /** @type {import("./manifest.mjs").Record} */
      const record = { entry: text, key: made.display, class: keyClass, source: "generated", created: core.timeText(nowMs) };

      const gone = new Set(named.filter(({ entry }) => entry?.label && entry.superseded_ms !== null).map((member) => member.record));
      if (graceMs === 0) gone.add(old.record);
      else old.record.entry = core.format(supersededEntry(old.entry, graceMs, nowMs));
      manifest.entries.splice(manifest.entries.indexOf(old.record) + 1, 0, record);
      manifest.entries = manifest.entries.filter((one) => !gone.has(one));
      return { made, record, old, ended: gone.size - (graceMs === 0 ? 1 : 0) };
    });

    const { made, record, old, ended } = result;
    const entry = core.read(record.entry, nowMs).entries[0];
    const before = core.read(old.record.entry, nowMs).entries[0];
    const graceEnds = graceMs === 0 ? null : core.timeText(/** @type {number} */ (before.ends_ms));
    terminal.print(made.key);
    terminal.json({ ...described({ record, entry }, core), key: made.key, display: made.display, replaces: idOf(old.entry), graceEnds });
    terminal.note(
      `${entry.name}: a new key, shown this once. The old one ${graceEnds ? `works until ${graceEnds}` : "is out of the ring"}` +
        `${ended ? "; one superseded before has ended" : ""}. \`upload\` makes it so.`,
    );
    return 0;
  },
};

/**
 * The grace of a day is the gateway's; it never outlives the expiry.
 * @param {import("./core.mjs").Entry} entry
 * @param {number} graceMs
 * @param {number} nowMs
 */
function supersededEntry(entry, graceMs, nowMs) {
  const now = wholeSeconds(nowMs);
  const end = graceMs === graceMsMax ? Infinity : now + graceMs;
  const expires = Math.min(entry.expires_ms ?? Infinity, end);
  return { ...entry, superseded_ms: now, expires_ms: expires === Infinity ? null : expires };
}

/**
 * @param {import("./ring.mjs").Member[]} named
 * @returns {import("./ring.mjs").Member & {entry: import("./core.mjs").Entry}}
 */
function currentOf(named) {
  const current = named.filter(({ entry }) => entry?.superseded_ms === null);
  if (current.length === 0) throw new Problem("this key was superseded before: only the newest one can be");
  if (current.length > 1) throw new Problem("several keys have this label; give the first digits of one");
  const [old] = current;
  if (old.entry?.standing !== "active") throw new Problem("this key has expired: `revoke` it and `generate` another");
  return /** @type {any} */ (old);
}
