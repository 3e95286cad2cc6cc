// Anthropic's Messages, as the provider of vendors.mjs.

import { signature, tokens } from "./tokens.mjs";

/** @type {import("../vendors.mjs").Vendor} */
export const anthropic = {
  path: /\/messages(\?beta=true)?$/,

  read(body) {
    const blocks = (/** @type {any} */ content) => (typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []));
    const text = (/** @type {any[]} */ list) => list.filter(({ type }) => type === "text").map((one) => one.text);
    const user = body.messages.filter((/** @type {any} */ one) => one.role === "user").flatMap((/** @type {any} */ one) => blocks(one.content));
    return {
      model: body.model,
      stream: body.stream === true,
      system: text(blocks(body.system)).join("\n"),
      user: text(user),
      images: user.filter((/** @type {any} */ one) => one.type === "image").map((/** @type {any} */ one) => ({ type: one.source.media_type, bytes: Buffer.from(one.source.data, "base64").length })),
      results: user.filter((/** @type {any} */ one) => one.type === "tool_result").map((/** @type {any} */ one) => ({ id: one.tool_use_id, text: text(blocks(one.content)).join("") })),
      signatures: body.messages.flatMap((/** @type {any} */ one) => blocks(one.content)).map((/** @type {any} */ one) => one.signature).filter(Boolean),
      tools: (body.tools ?? []).map((/** @type {any} */ one) => one.name),
      forced: body.tool_choice?.name ?? (body.tool_choice?.type === "any" ? body.tools[0].name : undefined),
      schema: (body.output_config?.format ?? body.output_format)?.schema,
    };
  },

  whole: ({ model }, answer) => ({
    id: "msg_01",
    type: "message",
    role: "assistant",
    model,
    content: [
      ...(answer.calls.length ? [{ type: "thinking", thinking: thought, signature }] : []),
      ...(answer.text.length ? [{ type: "text", text: answer.text.join("") }] : []),
      ...answer.calls.map(({ id, name, args }) => ({ type: "tool_use", id, name, input: args })),
    ],
    ...end(answer),
    usage,
  }),

  events({ model }, answer) {
    const event = (/** @type {string} */ type, /** @type {object} */ more) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
    const message = { id: "msg_01", type: "message", role: "assistant", model, content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } };
    const blocks = [
      ...(answer.calls.length ? [{ start: { type: "thinking", thinking: "", signature: "" }, deltas: [{ type: "thinking_delta", thinking: thought }, { type: "signature_delta", signature }] }] : []),
      ...(answer.text.length ? [{ start: { type: "text", text: "" }, deltas: answer.text.map((text) => ({ type: "text_delta", text })) }] : []),
      ...answer.calls.map(({ id, name, args }) => {
        const json = JSON.stringify(args);
        const pieces = ["", json.slice(0, 5), json.slice(5)];
        return { start: { type: "tool_use", id, name, input: {} }, deltas: pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })) };
      }),
    ];
    return [
      event("message_start", { message }),
      ...blocks.flatMap(({ start, deltas }, index) => [
        event("content_block_start", { index, content_block: start }),
        ...(index ? [] : [event("ping", {})]),
        ...deltas.map((delta) => event("content_block_delta", { index, delta })),
        event("content_block_stop", { index }),
      ]),
      event("message_delta", { delta: end(answer), usage: { output_tokens: tokens.completion } }),
      event("message_stop", {}),
    ];
  },

  error: (status, message) => ({
    type: "error",
    error: { type: { 400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error" }[status] ?? "api_error", message },
    request_id: "req_1",
  }),
};

const thought = "Two cities.";
const usage = { input_tokens: tokens.prompt - tokens.cached, cache_read_input_tokens: tokens.cached, cache_creation_input_tokens: 0, output_tokens: tokens.completion };

/** @param {import("../vendors.mjs").Answer} answer */
const end = ({ finish }) => ({ stop_reason: finish === "tool_calls" ? "tool_use" : "end_turn", stop_sequence: null });
