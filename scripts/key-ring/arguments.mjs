// Reads a command's arguments. What was given is never repeated: it might be a key.

import { commonOptions } from "./help.mjs";
import { UsageError } from "./problem.mjs";

/**
 * @param {string[]} words
 * @param {import("./help.mjs").Command} command
 * @returns {{options: Record<string, any>, operands: string[]}}
 */
export function parse(words, command) {
  const known = { ...commonOptions, ...command.options };
  /** @type {Record<string, any>} */
  const options = {};
  const operands = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] === "-y" ? "--yes" : words[at];
    if (word === "--") {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = (equals < 0 ? word : word.slice(0, equals)).replace(/^--/, "");
    if (["key", "token", "secret", "password"].includes(name))
      throw new UsageError("a key is never an argument: it is read from stdin or from a hidden prompt");
    if (!Object.hasOwn(known, name))
      throw new UsageError(/^[a-z-]{1,20}$/.test(name) ? `there is no option --${name}` : "there is no such option");
    const option = known[name];
    if (!option.value) {
      if (equals >= 0) throw new UsageError(`--${name} takes no value`);
      options[name] = true;
      continue;
    }
    const value = equals >= 0 ? word.slice(equals + 1) : words[++at];
    if (value === undefined) throw new UsageError(`--${name} wants ${option.value}`);
    if (option.many) (options[name] ??= []).push(value);
    else if (Object.hasOwn(options, name)) throw new UsageError(`--${name} is given twice`);
    else options[name] = value;
  }
  if (!command.operand && operands.length)
    throw new UsageError("this command takes options only; a key is read from stdin or from a hidden prompt");
  if (command.operand && operands.length !== 1) throw new UsageError(`exactly one <${command.operand}> is wanted`);
  return { options, operands };
}

/**
 * The parts of lists such as `read+generate` or `a,b`, given once or several times.
 * @param {string[] | undefined} values
 */
export const listed = (values) =>
  (values ?? []).flatMap((value) => value.split(/[,+]/)).map((part) => part.trim()).filter(Boolean);
