// The `openai` package: chat completions, and responses.

import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { pngUrl, question, system, tool, toolJson, weatherOf, weatherSchema } from "./scene.mjs";

const statusOf = (/** @type {any} */ error) => error.status;

/** @type {import("./index.mjs").ClientKind} */
export const openaiChat = {
  name: "openai, chat completions",
  statusOf,
  keepsAll: false, // its runner of tools sends back only the members that it knows
  make(gateway, apiKey) {
    const { chat } = new OpenAI({ baseURL: `${gateway}/v1`, apiKey, maxRetries: 0 });
    const user = { role: /** @type {const} */ ("user"), content: question };
    const tokens = (/** @type {any} */ usage) => ({ prompt: usage?.prompt_tokens, completion: usage?.completion_tokens });
    const runner = (/** @type {string} */ model) => ({
      model,
      messages: [user],
      tools: [{ type: /** @type {const} */ ("function"), function: { name: tool.name, description: tool.description, parameters: toolJson, parse: JSON.parse, function: weatherOf } }],
    });
    return {
      async chat(model) {
        const reply = await chat.completions.create({ model, messages: [{ role: "system", content: system }, user] });
        return { text: reply.choices[0].message.content ?? "", tokens: tokens(reply.usage) };
      },
      async stream(model) {
        let pieces = 0;
        const stream = chat.completions.stream({ model, messages: [user], stream_options: { include_usage: true } });
        stream.on("content", () => ++pieces);
        const text = await stream.finalContent();
        return { text: text ?? "", pieces, tokens: tokens(await stream.totalUsage()) };
      },
      tools: async (model) => (await chat.completions.runTools(/** @type {any} */ (runner(model))).finalContent()) ?? "",
      streamedTools: async (model) => (await chat.completions.runTools(/** @type {any} */ ({ ...runner(model), stream: true })).finalContent()) ?? "",
      async structured(model) {
        const reply = await chat.completions.parse({ model, messages: [user], response_format: zodResponseFormat(weatherSchema, "weather") });
        return reply.choices[0].message.parsed;
      },
      async image(model) {
        const content = /** @type {any} */ ([{ type: "text", text: question }, { type: "image_url", image_url: { url: pngUrl } }]);
        const reply = await chat.completions.create({ model, messages: [{ role: "user", content }] });
        return reply.choices[0].message.content ?? "";
      },
      async abort(model) {
        let pieces = 0;
        for await (const chunk of await chat.completions.create({ model, messages: [user], stream: true })) {
          if (chunk.choices[0]?.delta.content && ++pieces === 3) break;
        }
      },
      async fail(model, stream) {
        const reply = await chat.completions.create({ model, messages: [user], stream });
        if (stream) for await (const chunk of /** @type {any} */ (reply)) void chunk;
      },
    };
  },
};

/** @type {import("./index.mjs").ClientKind} */
export const openaiResponses = {
  name: "openai, responses",
  statusOf,
  keepsAll: true,
  make(gateway, apiKey) {
    const { responses } = new OpenAI({ baseURL: `${gateway}/v1`, apiKey, maxRetries: 0 });
    const tools = /** @type {any} */ ([{ type: "function", name: tool.name, description: tool.description, parameters: toolJson, strict: true }]);
    const tokens = (/** @type {any} */ usage) => ({ prompt: usage?.input_tokens, completion: usage?.output_tokens });
    const loop = async (/** @type {(input: any[]) => Promise<any>} */ ask) => {
      const input = /** @type {any[]} */ ([{ role: "user", content: question }]);
      for (let turn = 0; turn < 3; ++turn) {
        const reply = await ask(input);
        const calls = reply.output.filter((/** @type {any} */ item) => item.type === "function_call");
        if (!calls.length) return reply.output_text;
        input.push(...reply.output);
        for (const call of calls) input.push({ type: "function_call_output", call_id: call.call_id, output: JSON.stringify(weatherOf(JSON.parse(call.arguments))) });
      }
      return "";
    };
    return {
      async chat(model) {
        const reply = await responses.create({ model, instructions: system, input: question });
        return { text: reply.output_text, tokens: tokens(reply.usage) };
      },
      async stream(model) {
        let pieces = 0;
        const stream = responses.stream({ model, input: question });
        for await (const event of stream) if (event.type === "response.output_text.delta") ++pieces;
        const reply = await stream.finalResponse();
        return { text: reply.output_text, pieces, tokens: tokens(reply.usage) };
      },
      tools: (model) => loop((input) => responses.create({ model, input, tools })),
      streamedTools: (model) => loop((input) => responses.stream({ model, input, tools }).finalResponse()),
      async structured(model) {
        const reply = await responses.parse({ model, input: question, text: { format: zodTextFormat(weatherSchema, "weather") } });
        return reply.output_parsed;
      },
      async image(model) {
        const content = /** @type {any} */ ([{ type: "input_text", text: question }, { type: "input_image", image_url: pngUrl, detail: "auto" }]);
        return (await responses.create({ model, input: [{ role: "user", content }] })).output_text;
      },
      async abort(model) {
        let pieces = 0;
        for await (const event of await responses.create({ model, input: question, stream: true })) {
          if (event.type === "response.output_text.delta" && ++pieces === 3) break;
        }
      },
      async fail(model, stream) {
        const reply = await responses.create({ model, input: question, stream });
        if (stream) for await (const event of /** @type {any} */ (reply)) void event;
      },
    };
  },
};
