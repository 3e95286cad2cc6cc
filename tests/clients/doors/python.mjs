// The same doors, as OpenAI's package for Python sees them. What it makes of an answer is read as
// what Node's makes of it is.

import { witness } from "../oracle/shape.mjs";
import { askPython } from "../python/process.mjs";

/**
 * @param {import("./index.mjs").Call} call
 * @param {"chat" | "completions" | "responses"} surface
 * @param {{body: any, assemble?: boolean}} asked  assemble: the package has to put the stream together
 * @param {(pieces: any[]) => import("../oracle/shape.mjs").Seen} read
 */
export function seenByPython({ gateway, key }, surface, { body, assemble = false }, read) {
  return witness(async (take) => {
    const { pieces, error } = await askPython({ gateway, key, on: "replay", do: assemble ? "assemble" : "create", args: { surface, body } });
    pieces.forEach(take);
    if (error) throw Object.assign(new Error(error.message), { status: error.status ?? undefined });
  }, read);
}
