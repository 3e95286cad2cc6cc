import fs from "node:fs";
import path from "node:path";
import { count } from "./list.mjs";
import { lastUpload, readManifest } from "./manifest.mjs";
import { Problem } from "./problem.mjs";
import { isIgnoredByGit, projectFindings } from "./project.mjs";
import { findingsOf, membersOf, number, ringBytesMax, ringText } from "./ring.mjs";
import { judge } from "./verify.mjs";

/** @typedef {import("./ring.mjs").Finding} Finding */

/** @type {import("./help.mjs").Command} */
export const doctor = {
  summary: "look for what is wrong with ring and project",
  details: `
Looks at the manifest, at the ring in it, at wrangler.toml, .dev.vars and their examples. With
--try-key it also tests a key, from stdin or a hidden prompt, and names what went wrong with it.
Exit code 0: nothing that must be mended; 1: something.`,
  options: { "try-key": { text: "test a key against the ring, too" } },
  async run({ core, terminal, options, project, file, nowMs }) {
    /** @type {Finding[]} */
    const findings = manifestFindings(file);
    let summary = "no manifest";
    let ring = "";
    try {
      const manifest = readManifest(file);
      ring = ringText(manifest);
      const exists = fs.existsSync(file);
      if (exists) findings.push(...findingsOf(manifest, membersOf(core, manifest, nowMs), core, nowMs, false));
      for (const environment of Object.keys(manifest.uploads))
        if (Number(lastUpload(manifest, environment)?.generation) < manifest.generation)
          findings.push({ severity: "warning", text: `changes are not uploaded${environment ? ` to ${environment}` : ""}; see \`diff\`` });
      if (exists) summary = `${count(manifest.entries.length, "key")}, ${number(Buffer.byteLength(ring))} of ${number(ringBytesMax)} bytes, generation ${manifest.generation}`;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      findings.push({ severity: "error", text: error.message });
    }
    findings.push(...projectFindings(project, core, nowMs));
    const tried = options["try-key"] ? judge(core, ring, await terminal.secret("Key"), nowMs) : undefined;
    if (tried && !tried.works) findings.push({ severity: "error", text: `the key: ${tried.text}` });

    const errors = findings.filter(({ severity }) => severity === "error").length;
    terminal.json({ ok: errors === 0, summary, findings, ...(tried && { key: tried }) });
    for (const { severity, text } of findings) terminal.print(`${severity.padEnd(7)}  ${text.replaceAll("\n", "\n         ")}`);
    if (tried?.works) terminal.print(`ok       the key: ${tried.text}`);
    terminal.print(`${errors ? "" : "ok       "}${summary}; ${count(errors, "error")}, ${count(findings.length - errors, "warning")}`);
    if (!tried) terminal.note("A key that is refused? `doctor --try-key` tests it here and names the usual mistakes.");
    return errors ? 1 : 0;
  },
};

/** The file itself. @param {string} file @returns {Finding[]} */
function manifestFindings(file) {
  if (!fs.existsSync(file)) return [{ severity: "warning", text: `there is no manifest yet (${file}); \`generate\` or \`import\` begins one` }];
  /** @type {Finding[]} */
  const findings = [];
  const { mode } = fs.statSync(file);
  if (process.platform !== "win32" && mode & 0o077)
    findings.push({ severity: "error", text: `others can read the manifest (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path.relative(process.cwd(), file) || file}` });
  if (isIgnoredByGit(file) === false) findings.push({ severity: "error", text: "the manifest is not ignored by git" });
  return findings;
}
