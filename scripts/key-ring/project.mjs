// What the files around a deployment do to its keys. Values are looked at, never repeated.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { isSecret } from "../variables.mjs";
import { faultTexts, secretName } from "./ring.mjs";

/** @typedef {import("./ring.mjs").Finding} Finding */

const devSwitch = "POSTERN_DEV";

/**
 * @param {string} project
 * @param {import("./core.mjs").RingCore} core
 * @param {number} nowMs
 * @returns {Finding[]}
 */
export function projectFindings(project, core, nowMs) {
  /** @type {Finding[]} */
  const findings = [];
  for (const name of fs.readdirSync(project).sort()) {
    const file = path.join(project, name);
    const kind = kindOf(name);
    if (!kind || !fs.statSync(file).isFile()) continue;
    const text = fs.readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    findings.push(...checks[kind](name, text, core, nowMs));
    if (kind === "values" && isIgnoredByGit(file) === false)
      findings.push({ severity: "error", text: `${name} is not ignored by git; it holds secrets` });
  }
  return findings;
}

/** @param {string} file @returns {boolean | undefined} undefined outside of a repository */
export function isIgnoredByGit(file) {
  const { status } = spawnSync("git", ["check-ignore", "-q", file], { cwd: path.dirname(file), stdio: "ignore" });
  return status === 0 ? true : status === 1 ? false : undefined;
}

// --- One kind of file each -----------------------------------------------------------------

/** @param {string} name @returns {"config" | "example" | "values" | undefined} */
function kindOf(name) {
  if (/^wrangler\.(toml|json|jsonc)$/.test(name)) return "config";
  if (/^\.(dev\.vars|env)\b.*\.example$/.test(name)) return "example";
  return /^\.(dev\.vars|env)(\..+)?$/.test(name) ? "values" : undefined;
}

/** @type {Record<string, (name: string, text: string, core: import("./core.mjs").RingCore, nowMs: number) => Finding[]>} */
const checks = { config: configFindings, example: exampleFindings, values: valueFindings };

/** Variables of the configuration are in the repository and in the dashboard. @param {string} name @param {string} text */
function configFindings(name, text) {
  /** @type {Finding[]} */
  const findings = [];
  const variables = name.endsWith(".toml") ? tomlVariables(text) : jsonVariables(text);
  for (const { variable, where } of variables) {
    if (isSecret(variable))
      findings.push({ severity: "error", text: `${name}${where}: ${variable} is a plain variable here, for all to read; remove it and rotate what it held` });
    if (variable === devSwitch)
      findings.push({ severity: "error", text: `${name}${where}: ${devSwitch} closes every deployment; \`npm start\` alone sets it` });
  }
  if (/^\s*"?ip"?\s*[=:]\s*"(0\.0\.0\.0|::|\*)"/m.test(text))
    findings.push({ severity: "warning", text: `${name}: \`wrangler dev\` would listen on every network of this machine` });
  return findings;
}

/** Deploy buttons make production secrets of an example's lines. @param {string} name @param {string} text */
function exampleFindings(name, text) {
  /** @type {Finding[]} */
  const findings = [];
  if (text.includes(devSwitch)) findings.push({ severity: "error", text: `${name} names ${devSwitch}; a deploy button could set it in production` });
  for (const { variable, value, line } of assignments(text))
    findings.push({
      severity: value ? "error" : "warning",
      text: `${name} line ${line}: ${variable} is no comment; a deploy button would make a production secret of it`,
    });
  return findings;
}

/** @param {string} name @param {string} text @param {import("./core.mjs").RingCore} core @param {number} nowMs */
function valueFindings(name, text, core, nowMs) {
  /** @type {Finding[]} */
  const findings = [];
  const error = (/** @type {string} */ sentence) => findings.push({ severity: "error", text: `${name} ${sentence}` });
  for (const { variable, value, line, quote, after } of assignments(text)) {
    if (variable === devSwitch && value) error(`line ${line}: ${devSwitch} is set by \`npm start\` alone`);
    if (variable !== secretName || !value) continue;
    const where = `line ${line}: the ring`;
    if (!quote && core.read(after, nowMs).entries.length + core.read(after, nowMs).bad_entries > 0)
      error(`${where} goes on in the next line, which is not loaded; write commas, on one line (\`gateway-key-ring export\`)`);
    if (/^[["'{]/.test(value.trim())) {
      error(`${where} stands in brackets or quotes of its own; entries stand alone, separated by commas`);
      continue;
    }
    if (value.includes("$")) error(`${where} holds a \`$\`, which is replaced by a variable when the file is read`);
    for (const { fault, entry } of core.read(value, nowMs).remarks) error(`line ${line}: entry ${entry} ${faultTexts[fault]}`);
  }
  return findings;
}

// --- Reading ---------------------------------------------------------------------------------

/**
 * Assignments as dotenv reads them. `after` is the line that follows, unless it is an assignment
 * or a comment.
 * @param {string} text
 */
function assignments(text) {
  const found = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const match = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*(.*)$/.exec(lines[at]);
    if (!match) continue;
    const line = at + 1;
    const variable = match[1];
    let value = match[2];
    const quote = /^["'`]/.exec(value)?.[0] ?? "";
    if (quote) {
      while (value.indexOf(quote, 1) < 0 && at + 1 < lines.length) value += `\n${lines[++at]}`;
      const end = value.indexOf(quote, 1);
      value = value.slice(1, end < 0 ? undefined : end);
    } else {
      value = value.replace(/#.*$/, "").trim();
    }
    const next = (lines[at + 1] ?? "").trim();
    found.push({ variable, value, line, quote, after: /^#|=.*$/.test(next) && !/^[^=]*:[0-9a-f]{64}/i.test(next) ? "" : next });
  }
  return found;
}

/** @param {string} text */
function tomlVariables(text) {
  /** @type {{variable: string, where: string}[]} */
  const found = [];
  let section = "";
  text.split(/\r?\n/).forEach((raw, at) => {
    const line = raw.trim();
    const header = /^\[+\s*([^\]]+?)\s*\]+/.exec(line);
    if (header) {
      section = header[1].replace(/["'\s]/g, "");
      return;
    }
    const match = /^([\w."'-]+)\s*=\s*(.*)$/.exec(line);
    if (!match) return;
    const name = [section, match[1].replace(/["']/g, "")].filter(Boolean).join(".");
    const where = ` line ${at + 1}`;
    const variable = /^(?:env\.[^.]+\.)?vars\.(.+)$/.exec(name)?.[1];
    if (variable) found.push({ variable, where });
    if (/^(?:env\.[^.]+\.)?vars$/.test(name))
      for (const [, inner] of match[2].matchAll(/([\w-]+)["']?\s*=/g)) found.push({ variable: inner, where });
  });
  return found;
}

/** @param {string} text */
function jsonVariables(text) {
  let document;
  try {
    document = JSON.parse(withoutComments(text));
  } catch {
    return [];
  }
  const scopes = [document, ...Object.values(document?.env ?? {})];
  return scopes.flatMap((scope) => Object.keys(scope?.vars ?? {}).map((variable) => ({ variable, where: "" })));
}

/** JSON with comments and commas at the end. @param {string} text */
const withoutComments = (text) =>
  text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string) => string ?? "");
