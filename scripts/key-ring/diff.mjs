import { lastUpload, readManifest } from "./manifest.mjs";
import { idOf, membersOf } from "./ring.mjs";
import { relative } from "./times.mjs";

/**
 * @typedef {import("./core.mjs").Entry} Entry
 * @typedef {{label: string | null, id: string}} Name
 * @typedef {{added: Name[], removed: Name[], changed: (Name & {what: string[]})[]}} Difference
 */

/** @type {import("./help.mjs").Command} */
export const diff = {
  summary: "what the next upload would change",
  details: `
The manifest against what was last uploaded from it, labels only. Exit code 0: nothing; 1: something.`,
  options: { env: { value: "NAME", text: "the environment of wrangler.toml" } },
  run({ core, terminal, options, file, nowMs }) {
    const manifest = readManifest(file);
    const environment = options.env ?? "";
    const last = lastUpload(manifest, environment);
    const difference = differenceOf(core, manifest, environment, nowMs);
    terminal.json({ environment: environment || null, generation: manifest.generation, uploadedGeneration: last?.generation ?? null, ...difference });
    terminal.print(isEmpty(difference) ? "nothing to upload" : linesOf(difference).join("\n"));
    terminal.note(
      last
        ? `generation ${manifest.generation}; ${last.generation} was uploaded ${relative(Date.parse(last.at), nowMs)}`
        : `generation ${manifest.generation}; never uploaded from here, so whatever ring is there now would be replaced`,
    );
    return isEmpty(difference) ? 0 : 1;
  },
};

/**
 * @param {import("./core.mjs").RingCore} core
 * @param {import("./manifest.mjs").Manifest} manifest
 * @param {string} environment
 * @param {number} nowMs
 * @returns {Difference}
 */
export function differenceOf(core, manifest, environment, nowMs) {
  const before = byDigest(core.read((lastUpload(manifest, environment)?.entries ?? []).join("\n"), nowMs).entries);
  const after = byDigest(membersOf(core, manifest, nowMs).flatMap(({ entry }) => entry ?? []));
  return {
    added: [...after].filter(([digest]) => !before.has(digest)).map(([, entry]) => nameOf(entry)),
    removed: [...before].filter(([digest]) => !after.has(digest)).map(([, entry]) => nameOf(entry)),
    changed: [...after].flatMap(([digest, entry]) => {
      const old = before.get(digest);
      return old && old.text !== entry.text ? [{ ...nameOf(entry), what: changesOf(old, entry) }] : [];
    }),
  };
}

/** @param {Difference} difference */
export const isEmpty = ({ added, removed, changed }) => added.length + removed.length + changed.length === 0;

/** @param {Difference} difference */
export function linesOf({ added, removed, changed }) {
  const line = (/** @type {string} */ mark, /** @type {Name} */ { label, id }, rest = "") => `${mark} ${label ?? "-"} (${id})${rest}`;
  return [
    ...added.map((name) => line("+", name)),
    ...changed.map(({ what, ...name }) => line("~", name, `: ${what.join(", ")}`)),
    ...removed.map((name) => line("-", name)),
  ];
}

/** @param {Entry[]} entries */
const byDigest = (entries) => new Map(entries.map((entry) => [entry.digest, entry]));

/** @param {Entry} entry @returns {Name} */
const nameOf = (entry) => ({ label: entry.label || null, id: idOf(entry) });

/** @param {Entry} before @param {Entry} after */
function changesOf(before, after) {
  const members = /** @type {const} */ ({
    label: "label",
    scopes: "scopes",
    class: "class",
    superseded_ms: "superseded",
    expires_ms: "expiry",
    account: "account",
    models: "models",
  });
  const changed = Object.entries(members).filter(([member]) => JSON.stringify(/** @type {any} */ (before)[member]) !== JSON.stringify(/** @type {any} */ (after)[member]));
  return changed.map(([, word]) => word);
}
