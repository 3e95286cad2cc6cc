import { readManifest } from "./manifest.mjs";
import { classOf, described, faultTexts, idOf, membersOf, number, ringBytesMax, ringText } from "./ring.mjs";
import { table } from "./terminal.mjs";
import { relative } from "./times.mjs";

/** @type {import("./help.mjs").Command} */
export const list = {
  summary: "show who holds a key",
  details: "Labels, states and rights; no hash but its first eight digits.",
  options: {},
  run({ core, terminal, file, nowMs }) {
    const manifest = readManifest(file);
    const members = membersOf(core, manifest, nowMs);
    const bytes = Buffer.byteLength(ringText(manifest));
    const uploads = Object.entries(manifest.uploads).map(([environment, { generation, at }]) => ({ environment: environment || null, generation, at }));
    const good = /** @type {any[]} */ (members.filter(({ entry }) => entry));
    terminal.json({
      generation: manifest.generation,
      bytes,
      keys: good.map((member) => described(member, core)),
      bad: members.flatMap(({ entry, fault }, at) => (entry ? [] : [{ record: at + 1, fault }])),
      uploads,
    });

    if (members.length) terminal.print(table(["LABEL", "ID", "CLASS", "SCOPES", "STATE", "ENDS", "ACCOUNT", "MODELS"], members.map(row)));
    terminal.note(
      `${count(members.length, "key")}, ${number(bytes)} of ${number(ringBytesMax)} bytes, generation ${manifest.generation}; ` +
        (uploads.map(({ environment, generation }) => `${generation} is uploaded${environment ? ` to ${environment}` : ""}`).join(", ") || "never uploaded"),
    );
    return 0;

    /** @param {import("./ring.mjs").Member} member */
    function row(member) {
      const { entry, fault } = member;
      if (!entry) return ["-", "-", "-", "-", "bad", `${faultTexts[fault ?? ""]}`, "", ""];
      const ends = entry.ends_ms === null ? "never" : `${core.timeText(entry.ends_ms)} (${relative(entry.ends_ms, nowMs)})`;
      return [entry.label || "-", idOf(entry), classOf(member), entry.scopes.join(" "), entry.standing, ends, entry.account ?? "-", entry.models.join(" ") || "all"];
    }
  },
};

/** @param {number} many @param {string} word */
export const count = (many, word) => `${number(many)} ${word}${many === 1 ? "" : "s"}`;
