import { changeEntries, readManifest } from "./manifest.mjs";
import { idOf, membersNamed, membersOf } from "./ring.mjs";

/** @type {import("./help.mjs").Command} */
export const revoke = {
  summary: "take a key out of the ring",
  operand: "label|digits",
  details: `
By its label with every key that has it, the superseded one too; by the first digits of its hash
(six or more) that key alone. It is refused once the ring has been uploaded.`,
  options: { yes: { text: "do not ask" } },
  async run({ core, terminal, options, operands, file, nowMs }) {
    const named = membersNamed(membersOf(core, readManifest(file), nowMs), operands[0]);
    const names = named.map(({ entry }) => (entry ? `${entry.name} (${idOf(entry)})` : ""));
    await terminal.confirm(`Revoke ${names.join(", ")}?`, options.yes);
    const entries = new Set(named.map(({ record }) => record.entry));
    changeEntries(file, (manifest) => {
      manifest.entries = manifest.entries.filter(({ entry }) => !entries.has(entry));
    });
    terminal.json({ revoked: named.map(({ entry }) => ({ label: entry?.label || null, id: entry && idOf(entry) })) });
    terminal.note(`Revoked ${names.join(", ")}. Until \`upload\` the gateway goes on accepting it.`);
    return 0;
  },
};
