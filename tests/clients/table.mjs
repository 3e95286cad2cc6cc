// The table of docs/recordings.md.

import { doorsOf } from "./doors/index.mjs";
import { exceptionFor, exceptions } from "./exceptions.mjs";

/** @typedef {import("../support/recordings.mjs").Exchange} Exchange */
/** @typedef {import("./doors/index.mjs").Outcome} Outcome */

/**
 * @param {Exchange[]} exchanges
 * @param {Map<string, Outcome>} outcomes  by file and door
 */
export function tableOf(exchanges, outcomes) {
  const word = (/** @type {Exchange} */ { file }, /** @type {string} */ door) => {
    const { kind, as } = /** @type {Outcome} */ (outcomes.get(`${file} ${door}`));
    const exception = exceptionFor(file, door);
    if (exception && kind === "differs") return `exception ${exceptions.indexOf(exception) + 1}`;
    return { equal: as ? `equal, as ${as}` : "equal", differs: "**differs**", elsewhere: "elsewhere", unserved: "**not served**" }[kind];
  };
  const lines = [
    "# Recorded exchanges, replayed",
    "",
    "Every recorded exchange with a real provider is replayed by a local server as that provider, through the real",
    "Worker, into the official SDKs of each front door (`openai` for Node and for Python, for `/v1/chat/completions`,",
    "`/v1/responses`, `/v1/completions` and `/v1/embeddings`; `@anthropic-ai/sdk` for `/v1/messages`). What each SDK",
    "saw is compared with what the provider's own official SDK makes of the same bytes: text, reasoning, refusal, the",
    "names of tools and their arguments as JSON values, the finish reason, the tokens of each class, and the class of an",
    "error.",
    "`UPDATE_RECORDINGS=1` before `vitest run tests/clients/recordings.test.js` writes this page anew; the test fails",
    "when it is not what was found.",
    "",
    "- **equal**: all saw the same. **as X**: the provider has this door's surface itself and is asked there, so the",
    "  recorded chat was replayed under the name of a provider that has not.",
    "- **elsewhere**: this door asks the provider at another surface than the recorded one.",
    "- **exception N**: they differ for the reason given below.",
    "",
    ...summary(exchanges, word),
    "## Exceptions",
    "",
    ...(exceptions.length ? exceptions.map(({ file, doors, reason }, at) => `${at + 1}. \`${file}\`${doors ? ` through ${doors.join(", ")}` : ""}: ${reason}`) : ["None."]),
    "",
  ];
  for (const [title, members] of groups(exchanges)) {
    const doors = doorsOf(members[0]);
    lines.push(`## ${title}`, "", `| exchange | ${doors.join(" | ")} |`, `| --- | ${doors.map(() => "---").join(" | ")} |`);
    for (const one of members) lines.push(`| ${one.file.split("/").at(-1)} | ${doors.map((door) => word(one, door)).join(" | ")} |`);
    lines.push("");
  }
  return lines.join("\n");
}

/**
 * @param {Exchange[]} exchanges
 * @param {(exchange: Exchange, door: string) => string} word
 */
function summary(exchanges, word) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const one of exchanges) {
    for (const door of doorsOf(one)) {
      const kind = word(one, door).replace(/,? as .*| \d+$/g, "");
      sums.set(kind, (sums.get(kind) ?? 0) + 1);
    }
  }
  const total = [...sums.values()].reduce((sum, one) => sum + one, 0);
  const parts = [...sums].sort(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => `${count} ${kind}`);
  return [`${exchanges.length} exchanges, ${total} replays: ${parts.join(", ")}.`, ""];
}

/** By provider and surface, in the order in which they come. @param {Exchange[]} exchanges */
function groups(exchanges) {
  /** @type {Map<string, Exchange[]>} */
  const found = new Map();
  for (const one of exchanges) {
    const title = `${one.provider}, ${one.surface}`;
    found.set(title, [...(found.get(title) ?? []), one]);
  }
  return found;
}
