import { randomBytes } from "node:crypto";
import { listed } from "./arguments.mjs";
import { changeEntries } from "./manifest.mjs";
import { Problem, UsageError } from "./problem.mjs";
import { described, membersOf } from "./ring.mjs";
import { expiryMs } from "./times.mjs";

/** What a key may be given; `import` takes the same. @type {Record<string, import("./help.mjs").Option>} */
export const grantOptions = {
  label: { value: "NAME", text: "who holds it: 1 to 32 of A-Z a-z 0-9 . _ -" },
  scope: { value: "SCOPES", many: true, text: "read, generate, admin, webhook:write (default: read+generate)" },
  models: { value: "PATTERNS", many: true, text: "such as openai/*,anthropic/claude-sonnet-5 (default: all)" },
  account: { value: "NAME", text: "the account whose limits it shares" },
  expires: { value: "WHEN", text: "2027-01-01T00:00:00Z, or 90d, 12h (default: never)" },
};

/** @type {import("./help.mjs").Command} */
export const generate = {
  summary: "make a key, print it once, keep its hash",
  details: `
The key goes to stdout, alone on its line; everything else to stderr. It is shown this once: the
manifest keeps its hash. It opens nothing before \`upload\`.

  gateway-key-ring generate --label web --expires 90d
  gateway-key-ring generate --label ci --class test
  gateway-key-ring generate --label ops --scope admin`,
  options: { ...grantOptions, class: { value: "CLASS", text: "live, test (simulator only) or dev (default: live)" } },
  run({ core, terminal, options, file, nowMs, ...rest }) {
    if (!options.label) throw new UsageError("--label wants a name: without one nobody knows whose key it is");
    const keyClass = options.class ?? "live";
    const made = makeKey(core, keyClass);
    const text = core.format({ ...grantOf({ core, terminal, options, file, nowMs, ...rest }), digest: made.digest });
    /** @type {import("./manifest.mjs").Record} */
    const record = { entry: text, key: made.display, class: keyClass, source: "generated", created: core.timeText(nowMs) };
    changeEntries(file, (manifest) => {
      refuseTakenLabel(membersOf(core, manifest, nowMs), options.label);
      manifest.entries.push(record);
    });
    const entry = core.read(text, nowMs).entries[0];
    terminal.print(made.key);
    terminal.json({ ...described({ record, entry }, core), key: made.key, display: made.display });
    terminal.note(`${options.label}: ${keyClass}, ${entry.scopes.join(" ")}. The key is shown this once. \`upload\` makes it work.`);
    return 0;
  },
};

/**
 * The rights that the options name, as the core wants an entry.
 * @param {import("./help.mjs").Context} context
 */
export function grantOf(context) {
  const { label, scope, models, account } = context.options;
  return {
    label: label ?? "",
    scopes: listed(scope),
    models: listed(models),
    account: account ?? null,
    expires_ms: expiryMs(context, context.options.expires),
  };
}

/**
 * @param {import("./core.mjs").RingCore} core
 * @param {string} keyClass
 * @returns {{key: string, digest: string, display: string}}
 */
export const makeKey = (core, keyClass) => core.ask({ do: "make", class: keyClass, random: randomBytes(32).toString("hex") });

/**
 * @param {import("./ring.mjs").Member[]} members
 * @param {string} label
 */
export function refuseTakenLabel(members, label) {
  if (label && members.some(({ entry }) => entry?.label === label && entry.superseded_ms === null))
    throw new Problem("a key with this label is there already: `supersede` puts a new one in its place");
}
