import fs from "node:fs";
import { differenceOf, isEmpty, linesOf } from "./diff.mjs";
import { count } from "./list.mjs";
import { lastUpload, readManifest, withLock, writeManifest } from "./manifest.mjs";
import { Problem, UsageError } from "./problem.mjs";
import { findingsOf, membersOf, number, ringBytesMax, ringText, secretName } from "./ring.mjs";
import { setSecret } from "./wrangler.mjs";

/** @type {import("./help.mjs").Command} */
export const upload = {
  summary: "put the whole ring into the deployment",
  details: `
Shows what changes, labels only, asks, and hands the ring to \`wrangler secret bulk\` through a pipe.
A secret is live at once: wrangler makes a new version of the Worker and deploys it. Other secrets
stay as they are. Refused: a ring with bad, weak or doubtful entries, one that no secret can hold,
one that would close the gateway, and one older than the last upload.

  gateway-key-ring upload --dry-run
  gateway-key-ring upload --env staging`,
  options: {
    env: { value: "NAME", text: "an environment of wrangler.toml (default: the one without a name)" },
    "dry-run": { text: "show what would change, and stop" },
    "allow-weak": { text: "upload weak keys too" },
    again: { text: "upload although nothing has changed" },
    yes: { text: "do not ask" },
  },
  async run({ core, terminal, options, root, project, file, nowMs }) {
    const environment = options.env ?? "";
    if (!/^([A-Za-z][\w-]*)?$/.test(environment)) throw new UsageError("--env wants the name of an environment");
    const manifest = readManifest(file);
    refuseOlder(manifest, file, environment);
    const members = membersOf(core, manifest, nowMs);
    const findings = findingsOf(manifest, members, core, nowMs, Boolean(options["allow-weak"]));
    for (const { text } of findings.filter(({ severity }) => severity === "warning")) terminal.warn(text);
    const errors = findings.filter(({ severity }) => severity === "error").map(({ text }) => text);
    if (errors.length) throw new Problem(`this ring is not uploaded:\n${errors.map((text) => `  ${text}`).join("\n")}`);

    const difference = differenceOf(core, manifest, environment, nowMs);
    const bytes = Buffer.byteLength(ringText(manifest));
    const report = { environment: environment || null, generation: manifest.generation, bytes, keys: members.length, ...difference };
    const nothing = isEmpty(difference) && lastUpload(manifest, environment) !== undefined;
    terminal.print(nothing ? "nothing has changed since the last upload" : linesOf(difference).join("\n"));
    if (!lastUpload(manifest, environment))
      terminal.warn("nothing was uploaded from this manifest before: it takes the place of whatever ring is there now");
    terminal.note(`${count(members.length, "key")}, ${number(bytes)} of ${number(ringBytesMax)} bytes, generation ${manifest.generation}${environment ? `, to ${environment}` : ""}`);
    if (options["dry-run"] || (nothing && !options.again)) {
      terminal.json({ uploaded: false, dryRun: Boolean(options["dry-run"]), ...report });
      return 0;
    }

    await terminal.confirm("Upload, and deploy at once?", options.yes);
    // What is uploaded is what was shown, and no other command changes it meanwhile.
    withLock(file, () => {
      const now = readManifest(file);
      if (ringText(now) !== ringText(manifest)) throw new Problem("the ring was changed while you were asked; look again");
      refuseOlder(now, file, environment);
      setSecret({ root, project }, environment, secretName, ringText(now));
      now.uploads[environment] = { generation: now.generation, at: core.timeText(Date.now()), entries: now.entries.map(({ entry }) => entry) };
      writeManifest(file, now);
      rememberMark(file, environment, now.generation);
    });
    terminal.json({ uploaded: true, dryRun: false, ...report });
    terminal.note("Uploaded. The gateway takes the ring with its next version, within seconds; isolates that are running turn over with it.");
    return 0;
  },
};

/**
 * The last generation uploaded is remembered twice, in the manifest and beside it: a manifest that
 * comes back from a backup brings its own memory along.
 * @param {import("./manifest.mjs").Manifest} manifest
 * @param {string} file
 * @param {string} environment
 */
function refuseOlder(manifest, file, environment) {
  const uploaded = Math.max(lastUpload(manifest, environment)?.generation ?? 0, readMarks(file)[environment] ?? 0);
  if (manifest.generation < uploaded)
    throw new Problem(
      `this manifest is older than the ring that was uploaded: generation ${manifest.generation}, and ${uploaded} is there. ` +
        "Keys revoked since would work again. Find the newer manifest.",
    );
}

/** @param {string} file */
const markFile = (file) => `${file}.uploaded`;

/** @param {string} file @returns {{[environment: string]: number}} */
function readMarks(file) {
  try {
    return JSON.parse(fs.readFileSync(markFile(file), "utf8")) ?? {};
  } catch {
    return {};
  }
}

/** @param {string} file @param {string} environment @param {number} generation */
function rememberMark(file, environment, generation) {
  fs.writeFileSync(markFile(file), `${JSON.stringify({ ...readMarks(file), [environment]: generation })}\n`, { mode: 0o600 });
}
