// OpenAI's chat completions, as the provider of vendors.mjs.

import { tokens } from "./tokens.mjs";

/** @type {import("../vendors.mjs").Vendor} */
export const openaiChat = {
  path: /\/chat\/completions$/,

  read(body) {
    const parts = (/** @type {any} */ content) => (typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []));
    const of = (/** @type {string[]} */ roles) => body.messages.filter((/** @type {any} */ one) => roles.includes(one.role));
    const texts = (/** @type {any} */ one) => parts(one.content).filter((/** @type {any} */ part) => part.type === "text").map((/** @type {any} */ part) => part.text);
    return {
      model: body.model,
      stream: body.stream === true,
      system: of(["system", "developer"]).flatMap(texts).join("\n"),
      user: of(["user"]).flatMap(texts),
      images: of(["user"]).flatMap((/** @type {any} */ one) => parts(one.content)).filter((/** @type {any} */ part) => part.type === "image_url").map((/** @type {any} */ part) => dataUrl(part.image_url.url)),
      results: of(["tool"]).map((/** @type {any} */ one) => ({ id: one.tool_call_id, text: texts(one).join("") })),
      signatures: [],
      tools: (body.tools ?? []).map((/** @type {any} */ one) => one.function.name),
      forced: body.tool_choice?.function?.name ?? (/^(required|any)$/.test(body.tool_choice) ? body.tools[0].function.name : undefined),
      schema: body.response_format?.json_schema?.schema,
    };
  },

  whole: ({ model }, { text, calls, finish }) => ({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model,
    choices: [{
      index: 0,
      message: { role: "assistant", content: text.join("") || null, refusal: null, ...(calls.length ? { tool_calls: calls.map(toolCall) } : {}) },
      logprobs: null,
      finish_reason: finish,
    }],
    usage,
  }),

  events({ model }, { text, calls, finish }) {
    const event = (/** @type {object} */ more) => `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model, ...more })}\n\n`;
    const delta = (/** @type {object} */ one, /** @type {string | null} */ reason = null) => event({ choices: [{ index: 0, delta: one, logprobs: null, finish_reason: reason }], usage: null });
    const fragments = calls.map((call, index) => ({ index, whole: toolCall(call) }));
    return [
      delta({ role: "assistant", content: text.length ? "" : null, refusal: null }),
      ...text.map((content) => delta({ content })),
      ...fragments.map(({ index, whole }) => delta({ tool_calls: [{ index, ...whole, function: { ...whole.function, arguments: "" } }] })),
      // Pieces of parallel calls may come in turns.
      ...[0, 1].flatMap((half) => fragments.map(({ index, whole }) => {
        const args = whole.function.arguments;
        return delta({ tool_calls: [{ index, function: { arguments: half ? args.slice(5) : args.slice(0, 5) } }] });
      })),
      delta({}, finish),
      event({ choices: [], usage }),
      "data: [DONE]\n\n",
    ];
  },

  error: (status, message) => ({ error: { message, type: status === 429 ? "requests" : "invalid_request_error", param: null, code: status === 429 ? "rate_limit_exceeded" : null } }),
};

const usage = {
  prompt_tokens: tokens.prompt,
  completion_tokens: tokens.completion,
  total_tokens: tokens.prompt + tokens.completion,
  prompt_tokens_details: { cached_tokens: tokens.cached },
  completion_tokens_details: { reasoning_tokens: 0 },
};

/** @param {import("../vendors.mjs").Call} call */
const toolCall = ({ id, name, args }) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } });

/** @param {string} url */
export function dataUrl(url) {
  const [, type, data] = url.match(/^data:([^;]+);base64,(.*)$/) ?? ["", url, ""];
  return { type, bytes: Buffer.from(data, "base64").length };
}
