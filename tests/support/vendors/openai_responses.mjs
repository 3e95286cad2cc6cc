// OpenAI's Responses, as the provider of vendors.mjs.

import { tokens } from "./tokens.mjs";
import { dataUrl } from "./openai_chat.mjs";

/** @type {import("../vendors.mjs").Vendor} */
export const openaiResponses = {
  path: /\/responses$/,

  read(body) {
    const input = typeof body.input === "string" ? [{ role: "user", content: body.input }] : body.input;
    const parts = (/** @type {any} */ content) => (typeof content === "string" ? [{ type: "input_text", text: content }] : (content ?? []));
    const user = input.filter((/** @type {any} */ one) => one.role === "user").flatMap((/** @type {any} */ one) => parts(one.content));
    return {
      model: body.model,
      stream: body.stream === true,
      system: [body.instructions, ...input.filter((/** @type {any} */ one) => /system|developer/.test(one.role)).flatMap((/** @type {any} */ one) => parts(one.content).map((/** @type {any} */ part) => part.text))].filter(Boolean).join("\n"),
      user: user.filter((/** @type {any} */ part) => part.type === "input_text").map((/** @type {any} */ part) => part.text),
      images: user.filter((/** @type {any} */ part) => part.type === "input_image").map((/** @type {any} */ part) => dataUrl(part.image_url)),
      results: input.filter((/** @type {any} */ one) => one.type === "function_call_output").map((/** @type {any} */ one) => ({ id: one.call_id, text: parts(one.output).map((/** @type {any} */ part) => part.text).join("") })),
      signatures: [],
      tools: (body.tools ?? []).map((/** @type {any} */ one) => one.name),
      forced: body.tool_choice?.name ?? (body.tool_choice === "required" ? body.tools[0].name : undefined),
      schema: body.text?.format?.schema,
    };
  },

  whole: ({ model }, answer) => response(model, "completed", items(answer)),

  events({ model }, answer) {
    let sequence = 0;
    const event = (/** @type {string} */ type, /** @type {object} */ more) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...more })}\n\n`;
    const all = items(answer);
    const bodies = all.flatMap((item, output_index) => {
      const at = { item_id: item.id, output_index };
      const part = { type: "output_text", text: "", annotations: [], logprobs: [] };
      const inside = item.type === "message"
        ? [
            event("response.content_part.added", { ...at, content_index: 0, part }),
            ...answer.text.map((delta) => event("response.output_text.delta", { ...at, content_index: 0, delta, logprobs: [] })),
            event("response.output_text.done", { ...at, content_index: 0, text: answer.text.join(""), logprobs: [] }),
            event("response.content_part.done", { ...at, content_index: 0, part: { ...part, text: answer.text.join("") } }),
          ]
        : [
            event("response.function_call_arguments.delta", { ...at, delta: item.arguments }),
            event("response.function_call_arguments.done", { ...at, arguments: item.arguments }),
          ];
      const begun = item.type === "message" ? { ...item, status: "in_progress", content: [] } : { ...item, status: "in_progress", arguments: "" };
      return [event("response.output_item.added", { output_index, item: begun }), ...inside, event("response.output_item.done", { output_index, item })];
    });
    return [
      event("response.created", { response: response(model, "in_progress", []) }),
      event("response.in_progress", { response: response(model, "in_progress", []) }),
      ...bodies,
      event("response.completed", { response: response(model, "completed", all) }),
    ];
  },

  error: (status, message) => ({ error: { message, type: status === 429 ? "requests" : "invalid_request_error", param: null, code: status === 429 ? "rate_limit_exceeded" : null } }),
};

/**
 * @param {import("../vendors.mjs").Answer} answer
 * @returns {any[]}
 */
function items({ text, calls }) {
  const message = { id: "msg_1", type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: text.join(""), annotations: [], logprobs: [] }] };
  return [
    ...(text.length ? [message] : []),
    ...calls.map(({ id, name, args }, at) => ({ id: `fc_${at}`, type: "function_call", status: "completed", call_id: id, name, arguments: JSON.stringify(args) })),
  ];
}

/**
 * @param {string} model
 * @param {string} status
 * @param {any[]} output
 */
function response(model, status, output) {
  const usage = {
    input_tokens: tokens.prompt,
    input_tokens_details: { cached_tokens: tokens.cached },
    output_tokens: tokens.completion,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: tokens.prompt + tokens.completion,
  };
  return {
    id: "resp_1", object: "response", created_at: 1_700_000_000, status, error: null, incomplete_details: null, instructions: null,
    max_output_tokens: null, model, output, parallel_tool_calls: true, previous_response_id: null, reasoning: { effort: null, summary: null },
    store: false, temperature: 1, text: { format: { type: "text" } }, tool_choice: "auto", tools: [], top_p: 1, truncation: "disabled",
    usage: status === "completed" ? usage : null, metadata: {},
  };
}
