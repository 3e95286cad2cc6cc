// What `--help` prints, from the commands' own descriptions.

/**
 * @typedef {{value?: string, many?: boolean, text: string}} Option  `value` names what it takes;
 *   without it the option is a flag.
 *
 * @typedef {object} Context
 * @property {import("./core.mjs").RingCore} core
 * @property {import("./terminal.mjs").Terminal} terminal
 * @property {Record<string, any>} options
 * @property {string[]} operands
 * @property {string} root     the repository
 * @property {string} project  where wrangler.toml and .dev.vars are
 * @property {string} file     the manifest
 * @property {number} nowMs
 *
 * @typedef {object} Command
 * @property {string} summary
 * @property {string} [operand]  the name of the one operand, when it takes one
 * @property {string} details
 * @property {Record<string, Option>} options
 * @property {(context: Context) => number | Promise<number>} run  its answer is the exit code
 */

/** @type {Record<string, Option>} */
export const commonOptions = {
  file: { value: "PATH", text: "the manifest (default: .postern/key-ring.json)" },
  project: { value: "DIR", text: "where wrangler.toml and .dev.vars are (default: this repository)" },
  module: { value: "PATH", text: "the core (default: build/wasi/key-ring.wasm)" },
  json: { text: "one JSON document on stdout" },
  help: { text: "this text" },
};

/** @param {Record<string, Option>} options */
function optionLines(options) {
  const rows = Object.entries(options).map(([name, { value, text }]) => [`--${name}${value ? ` ${value}` : ""}`, text]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join("\n");
}

/** @param {string} name @param {Command} command */
export function helpOf(name, command) {
  const operand = command.operand ? ` <${command.operand}>` : "";
  const own = Object.keys(command.options).length ? `Options:\n${optionLines(command.options)}\n\n` : "";
  return `${command.summary[0].toUpperCase()}${command.summary.slice(1)}.\n\nUsage: gateway-key-ring ${name}${operand} [options]\n\n${command.details.trim()}\n\n${own}Common options:\n${optionLines(commonOptions)}\n`;
}

/** @param {Record<string, Command>} commands */
export function helpOfAll(commands) {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `The keys of a deployment, from birth to revocation.

Usage: gateway-key-ring <command> [options]

${lines.join("\n")}

Common options:
${optionLines(commonOptions)}

\`gateway-key-ring <command> --help\` tells the rest. Keys come from stdin or a hidden prompt, never
from an argument. Exit codes: 0 done or yes; 1 no, or a problem; 2 wrong usage.
`;
}
