#!/usr/bin/env node
// The operator's key ring: makes, keeps, rotates, checks and uploads the keys of a deployment.
// docs/key-ring.md tells how; `--help` tells what.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "./key-ring/arguments.mjs";
import { loadCore } from "./key-ring/core.mjs";
import { diff } from "./key-ring/diff.mjs";
import { doctor } from "./key-ring/doctor.mjs";
import { exportRing } from "./key-ring/export.mjs";
import { generate } from "./key-ring/generate.mjs";
import { helpOf, helpOfAll } from "./key-ring/help.mjs";
import { importKey } from "./key-ring/import.mjs";
import { list } from "./key-ring/list.mjs";
import { Problem, UsageError } from "./key-ring/problem.mjs";
import { revoke } from "./key-ring/revoke.mjs";
import { supersede } from "./key-ring/supersede.mjs";
import { Terminal } from "./key-ring/terminal.mjs";
import { upload } from "./key-ring/upload.mjs";
import { verify } from "./key-ring/verify.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** @type {Record<string, import("./key-ring/help.mjs").Command>} */
const commands = {
  generate,
  import: importKey,
  list,
  supersede,
  revoke,
  verify,
  doctor,
  diff,
  upload,
  export: exportRing,
};

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} words */
async function main(words) {
  const terminal = new Terminal(words.includes("--json"));
  try {
    const [name, ...rest] = words;
    if (name === undefined) {
      process.stderr.write(helpOfAll(commands));
      return 2;
    }
    if (["help", "--help", "-h"].includes(name)) {
      const one = Object.hasOwn(commands, rest[0] ?? "") ? rest[0] : undefined;
      process.stdout.write(one ? helpOf(one, commands[one]) : helpOfAll(commands));
      return 0;
    }
    // The name is not repeated: it might be a key.
    if (!Object.hasOwn(commands, name)) throw new UsageError("there is no such command; see --help");
    const command = commands[name];
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(helpOf(name, command));
      return 0;
    }

    const { options, operands } = parse(rest, command);
    const project = path.resolve(options.project ?? root);
    const core = loadCore(path.resolve(options.module ?? path.join(root, "build/wasi/key-ring.wasm")));
    refuseKeys(core, rest);
    return await command.run({
      core,
      terminal,
      options,
      operands,
      root,
      project,
      file: path.resolve(options.file ?? path.join(project, ".postern/key-ring.json")),
      nowMs: Date.now(),
    });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    terminal.fail(error.message);
    return error.exitCode;
  }
}

/**
 * Arguments are seen by every process of the machine, and kept by the shell.
 * @param {import("./key-ring/core.mjs").RingCore} core
 * @param {string[]} words
 */
function refuseKeys(core, words) {
  for (const word of words)
    for (const part of [word, word.slice(word.indexOf("=") + 1)]) {
      const { form, provider } = core.ask({ do: "key", key: part });
      if (form !== "foreign" || provider)
        throw new UsageError(
          "a key stands among the arguments, where other processes and the shell's history see it.\n" +
            "Count it as leaked: replace it. Keys are read from stdin or from a hidden prompt.",
        );
    }
}
