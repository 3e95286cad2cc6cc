import fs from "node:fs";
import { readManifest } from "./manifest.mjs";
import { Problem } from "./problem.mjs";
import { ringText } from "./ring.mjs";

/** What a digest was made of when it was not made of the key alone. */
const mistakes = [
  { tail: "\n", name: "a newline", cause: "`echo` without -n adds one" },
  { tail: "\r\n", name: "a Windows line end", cause: "the key came out of a file with CRLF" },
  { tail: " ", name: "a space", cause: "" },
  { tail: "\r", name: "a carriage return", cause: "the key came out of a file with CRLF" },
];

/** @type {import("./help.mjs").Command} */
export const verify = {
  summary: "ask, offline, whether a key would be let in",
  details: `
The key comes from stdin or a hidden prompt and is compared to the manifest, or to the text of a
ring. When the ring holds the hash of the key and a newline, as \`echo\` makes it, that is named.
Exit code 0: it works; 1: it does not.

  gateway-key-ring verify < key.txt
  gateway-key-ring verify --ring-file ring.txt`,
  options: { "ring-file": { value: "PATH", text: "a ring's text instead of the manifest" } },
  async run({ core, terminal, options, file, nowMs }) {
    const ring = options["ring-file"] === undefined ? ringText(readManifest(file)) : readRing(options["ring-file"]);
    const result = judge(core, ring, await terminal.secret("Key"), nowMs);
    terminal.json(result);
    terminal.print(result.text);
    return result.works ? 0 : 1;
  },
};

/**
 * @param {import("./core.mjs").RingCore} core
 * @param {string} ring
 * @param {string} typed
 * @param {number} nowMs
 */
export function judge(core, ring, typed, nowMs) {
  const key = typed.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""); // as the gateway trims a header
  const { form, unusable, provider } = core.ask({ do: "key", key });
  const find = (/** @type {string} */ tried) => {
    const { entry, standing, class: keyClass } = core.ask({ do: "match", ring, key: tried, now_ms: nowMs });
    return entry === null ? undefined : { ...core.read(ring, nowMs).entries[entry], standing, class: keyClass };
  };

  const entry = find(key);
  if (entry && !unusable) {
    const works = entry.standing !== "expired";
    const ends = entry.ends_ms === null ? "" : works ? `, until ${core.timeText(entry.ends_ms)}` : `, since ${core.timeText(entry.ends_ms)}`;
    return {
      works,
      label: entry.label || null,
      id: entry.digest.slice(0, 8),
      state: entry.standing,
      class: entry.class,
      scopes: entry.scopes,
      mistake: null,
      text: `${works ? "yes" : "no"}: ${entry.name}, ${entry.standing}${ends}; ${entry.class}, ${entry.scopes.join(" ")}`,
    };
  }
  const no = (/** @type {string | null} */ mistake, /** @type {string} */ text) => ({ works: false, label: null, id: null, state: null, class: null, scopes: [], mistake, text: `no: ${text}` });
  for (const { tail, name, cause } of mistakes) {
    const found = find(key + tail);
    if (found)
      return no(
        name,
        `${found.name} holds the hash of this key and ${name}${cause ? ` (${cause})` : ""}. No request can match it.\n` +
          "Revoke that entry and `import` the key: it is hashed without what follows it.",
      );
  }
  if (/^[0-9a-f]{64}$/i.test(key) && core.read(ring, nowMs).entries.some(({ digest }) => digest === key.toLowerCase()))
    return no("a digest", "this is the hash that stands in the ring, not the key; a hash opens nothing");
  if (form === "mistyped") return no("mistyped", "the key has the form of ours and a wrong checksum: it was mistyped or cut");
  if (/^bearer\s/i.test(key)) return no("a scheme", "`Bearer` is not a part of the key");
  if (unusable) return no("unusable", `no request can carry this: it ${unusable}`);
  return no(null, `no entry of the ring has this key${provider ? "; it looks like a provider's key, not one of the gateway" : ""}`);
}

/** @param {string} file */
function readRing(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    throw new Problem("the ring's file cannot be read");
  }
}
