// Exchanges that a client rightly sees otherwise than the provider's own SDK does, each with the
// reason. One that no longer differs fails its test, so that this list stays true.

/** @type {{file: string, doors?: string[], reason: string}[]} */
export const exceptions = [
  {
    file: "anthropic/messages/141-spliced-message-start.resp.payloads.jsonl",
    doors: ["/v1/chat/completions", "/v1/responses"],
    reason:
      "another answer begins in the middle of a tool call. The SDK's events go on; the gateway does not join two answers to one and ends the stream with an error.",
  },
];

/**
 * @param {string} file
 * @param {string} door
 */
export function exceptionFor(file, door) {
  return exceptions.find((one) => one.file === file && (!one.doors || one.doors.includes(door)));
}
