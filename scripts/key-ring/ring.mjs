// A manifest's entries as a ring: its text, who is in it, and what is wrong with it.

import { Problem } from "./problem.mjs";

/** What a Worker's secret holds. The platform says 5 KB; whether 5,000 or 5,120 bytes, it does not. */
export const ringBytesMax = 5_000;
export const secretName = "GATEWAY_API_KEY_HASHES";

const soonMs = 14 * 86_400_000;

/**
 * @typedef {import("./core.mjs").Entry} Entry
 * @typedef {import("./manifest.mjs").Manifest} Manifest
 *
 * A record of the manifest beside what the core makes of its entry; without `entry` it is bad.
 * @typedef {{record: import("./manifest.mjs").Record, entry?: Entry, fault?: string}} Member
 *
 * @typedef {{severity: "error" | "warning", text: string}} Finding
 */

/** Why an entry is bad, or had better not be used. @type {Record<string, string>} */
export const faultTexts = {
  not_a_digest: "is not a digest of 64 hex digits",
  plain_key: "is a key, not a hash of one: everybody who saw this ring has it; rotate it",
  swapped: "has label and hash swapped: the label comes first",
  bad_label: "has a label that is none: 1 to 32 of A-Z a-z 0-9 . _ -",
  bad_attribute: "has an attribute that is not known, stands twice, or has a value that it cannot have",
  mixed_scopes: "has both admin and generate: a key that manages does not generate",
  accident: "is the digest of an empty or unset variable, or of a newline",
  repeated: "has a digest that stands above",
  too_many: "is one too many",
  weak: "is the digest of a word that everybody tries",
  unknown_scope: "has a scope that is not known",
  unreadable_time: "has a time that cannot be read: the key is expired",
};

/**
 * The text that is uploaded: lines, without one at the end, because one way of uploading trims and
 * another does not. The generation tells people which ring they see.
 * @param {Manifest} manifest
 */
export const ringText = (manifest) =>
  [`# gen ${manifest.generation}`, ...manifest.entries.map(({ entry }) => entry)].join("\n");

/**
 * @param {import("./core.mjs").RingCore} core
 * @param {Manifest} manifest
 * @param {number} nowMs
 * @returns {Member[]}
 */
export function membersOf(core, manifest, nowMs) {
  const seen = new Set();
  return manifest.entries.map((record) => {
    const { entries, remarks } = core.read(record.entry, nowMs);
    const fault = remarks[0]?.fault;
    // Two entries in one record, as a hand may have left them, are none.
    if (entries.length !== 1) return { record, fault: fault ?? "not_a_digest" };
    if (seen.has(entries[0].digest)) return { record, fault: "repeated" };
    seen.add(entries[0].digest);
    return { record, entry: entries[0], fault };
  });
}

/**
 * By label, or by the first digits of the digest (six or more) where there is no such label.
 * @param {Member[]} members
 * @param {string} word
 */
export function membersNamed(members, word) {
  const labelled = members.filter(({ entry }) => entry?.label === word && word !== "");
  if (labelled.length) return labelled;
  if (/^[0-9a-f]{6,64}$/i.test(word)) {
    const found = members.filter(({ entry }) => entry?.digest.startsWith(word.toLowerCase()));
    if (found.length > 1) throw new Problem("several keys begin with these digits; give more of them");
    if (found.length) return found;
  }
  throw new Problem("no key has this label or these first digits; see `gateway-key-ring list`");
}

/** The eight digits that tell keys of one label apart. @param {Entry} entry */
export const idOf = (entry) => entry.digest.slice(0, 8);

/** @param {Member} member @returns {string} */
export const classOf = ({ record, entry }) => (entry?.class_stated ? entry.class : (record.class ?? "as presented"));

/** A key for machines: no digest. @param {Member & {entry: Entry}} member @param {import("./core.mjs").RingCore} core */
export function described(member, core) {
  const { entry, record } = member;
  const time = (/** @type {number | null} */ ms) => (ms === null ? null : core.timeText(ms));
  return {
    label: entry.label || null,
    id: idOf(entry),
    key: record.key ?? null,
    class: classOf(member),
    scopes: entry.scopes,
    state: entry.standing,
    expires: time(entry.expires_ms),
    superseded: time(entry.superseded_ms),
    ends: time(entry.ends_ms),
    account: entry.account,
    models: entry.models,
    source: record.source,
    created: record.created,
    weak: record.weak ?? (member.fault === "weak" ? faultTexts.weak : null),
  };
}

/**
 * Everything that is wrong with the ring itself; what is an error may not be uploaded.
 * @param {Manifest} manifest
 * @param {Member[]} members
 * @param {import("./core.mjs").RingCore} core
 * @param {number} nowMs
 * @param {boolean} allowWeak
 * @returns {Finding[]}
 */
export function findingsOf(manifest, members, core, nowMs, allowWeak) {
  /** @type {Finding[]} */
  const findings = [];
  const error = (/** @type {string} */ text) => findings.push({ severity: "error", text });
  const warning = (/** @type {string} */ text) => findings.push({ severity: "warning", text });

  members.forEach(({ entry, fault, record }, at) => {
    const who = entry ? `${entry.name} (${idOf(entry)})` : `entry ${at + 1} of the manifest`;
    const weak = record.weak ?? (fault === "weak" ? faultTexts.weak : undefined);
    if (weak) (allowWeak ? warning : error)(`${who}: weak, the key ${record.weak ? weak : "is a word that everybody tries"}`);
    else if (fault) error(`${who} ${faultTexts[fault]}`);
    if (!entry) return;
    if (entry.label === "sha256") warning(`${who}: \`sha256\` is its label, not the name of a hash; import the bare digest`);
    if (entry.standing === "expired") warning(`${who}: ${entry.superseded_ms === null ? "expired" : "its grace is over"}; \`revoke ${idOf(entry)}\` takes it out`);
    else if (entry.superseded_ms === null && entry.expires_ms !== null && entry.expires_ms - nowMs < soonMs)
      warning(`${who}: expires ${core.timeText(entry.expires_ms)}; \`supersede\` it in time`);
  });

  for (const [label, count] of currentByLabel(members))
    if (count > 1) error(`${label}: ${count} keys have this label, and none of them is superseded`);
  const usable = members.filter(({ entry }) => entry && entry.standing !== "expired").length;
  if (members.length === 0) error("the ring is empty: it would close the gateway");
  else if (usable === 0) error("no key of the ring works any more: it would close the gateway");

  // Once more as the gateway will see it: all in one text.
  const ring = core.read(ringText(manifest), nowMs);
  const bad = members.filter(({ entry }) => !entry).length;
  if (ring.bad_entries > 0 && bad === 0) error(`the gateway would refuse ${ring.bad_entries} of the entries`);

  const bytes = Buffer.byteLength(ringText(manifest));
  if (bytes > ringBytesMax)
    error(
      `the ring has ${number(bytes)} bytes with ${members.length} keys, and a secret holds ${number(ringBytesMax)}: ` +
        "revoke what is over, shorten labels, or keep keys in the gateway's store (POST /v1/keys)",
    );
  else if (bytes > ringBytesMax * 0.9) warning(`the ring is nearly full: ${number(bytes)} of ${number(ringBytesMax)} bytes`);
  return findings;
}

/** @param {number} value */
export const number = (value) => value.toLocaleString("en-US");

/** @param {Member[]} members @returns {Map<string, number>} */
function currentByLabel(members) {
  const counts = new Map();
  for (const { entry } of members)
    if (entry?.label && entry.superseded_ms === null && entry.standing !== "expired")
      counts.set(entry.label, (counts.get(entry.label) ?? 0) + 1);
  return counts;
}
