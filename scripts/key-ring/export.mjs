import { readManifest } from "./manifest.mjs";
import { Problem, UsageError } from "./problem.mjs";
import { membersOf, ringText, secretName } from "./ring.mjs";

/** @type {import("./help.mjs").Command} */
export const exportRing = {
  summary: "print the ring, for .dev.vars or another gateway",
  details: `
With \`dev-vars\` one line for .dev.vars or .env, its entries separated by commas: of several lines
only the first would be loaded there. With \`text\` the ring as \`upload\` sends it.

  gateway-key-ring export >> .dev.vars`,
  options: { format: { value: "FORM", text: "dev-vars or text (default: dev-vars)" } },
  run({ core, terminal, options, file, nowMs }) {
    const form = options.format ?? "dev-vars";
    if (!["dev-vars", "text"].includes(form)) throw new UsageError("--format is dev-vars or text");
    const manifest = readManifest(file);
    if (membersOf(core, manifest, nowMs).some(({ entry }) => !entry)) throw new Problem("the ring has bad entries; see `doctor`");
    const entries = manifest.entries.map(({ entry }) => entry).join(",");
    if (form === "dev-vars" && /["'`$\\]/.test(entries))
      throw new Problem("the ring holds a quote, a `$` or a backslash (in the name of a model), which such files change");
    const text = form === "text" ? ringText(manifest) : `${secretName}="${entries}"`;
    terminal.print(text);
    terminal.json({ text });
    return 0;
  },
};
