// Vercel's `ai` with its providers for OpenAI (chat and responses) and Anthropic.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount, Output, streamText, tool as defineTool } from "ai";
import { png, question, system, tool, weatherOf, weatherSchema } from "./scene.mjs";

/**
 * @param {string} name
 * @param {(gateway: string, key: string) => (model: string) => any} models
 * @param {object} [settings]  of every request
 * @returns {import("./index.mjs").ClientKind}
 */
const kind = (name, models, settings = {}) => ({
  name,
  statusOf: (error) => error.statusCode,
  make(gateway, key) {
    const modelOf = models(gateway, key);
    const ask = (/** @type {string} */ model) => ({ model: modelOf(model), prompt: question, maxRetries: 0, ...settings });
    const tokens = (/** @type {any} */ usage) => ({ prompt: usage.inputTokens, completion: usage.outputTokens });
    const tools = { [tool.name]: defineTool({ description: tool.description, inputSchema: tool.schema, execute: async (input) => weatherOf(input) }) };
    // What a stream fails with comes as one of its parts, and to this.
    const quiet = { onError() {} };
    return {
      async chat(model) {
        const { text, usage } = await generateText({ ...ask(model), instructions: system });
        return { text, tokens: tokens(usage) };
      },
      async stream(model) {
        let pieces = 0;
        const stream = streamText({ ...ask(model), ...quiet });
        for await (const piece of stream.textStream) pieces += piece ? 1 : 0;
        return { text: await stream.text, pieces, tokens: tokens(await stream.usage) };
      },
      tools: async (model) => (await generateText({ ...ask(model), tools, stopWhen: isStepCount(3) })).text,
      streamedTools: async (model) => streamText({ ...ask(model), ...quiet, tools, stopWhen: isStepCount(3) }).text,
      structured: async (model) => (await generateText({ ...ask(model), output: Output.object({ schema: weatherSchema }) })).output,
      async image(model) {
        const content = /** @type {any} */ ([{ type: "text", text: question }, { type: "file", mediaType: "image/png", data: png }]);
        return (await generateText({ model: modelOf(model), maxRetries: 0, messages: [{ role: "user", content }] })).text;
      },
      async abort(model) {
        const leaving = new AbortController();
        let pieces = 0;
        const stream = streamText({ ...ask(model), ...quiet, abortSignal: leaving.signal });
        for await (const piece of stream.textStream) if (piece && ++pieces === 3) leaving.abort();
      },
      async fail(model, stream) {
        if (!stream) return void (await generateText(ask(model)));
        for await (const part of streamText({ ...ask(model), ...quiet }).stream) if (part.type === "error") throw part.error;
      },
    };
  },
});

export const aiOpenAIChat = kind("ai with @ai-sdk/openai, chat", (gateway, apiKey) => {
  const openai = createOpenAI({ baseURL: `${gateway}/v1`, apiKey });
  return (model) => openai.chat(model);
});

export const aiOpenAIResponses = kind("ai with @ai-sdk/openai, responses", (gateway, apiKey) => {
  const openai = createOpenAI({ baseURL: `${gateway}/v1`, apiKey });
  return (model) => openai.responses(model);
  // Without this it refers to items by their ids, which means a memory at the server.
}, { providerOptions: { openai: { store: false } } });

export const aiAnthropic = kind("ai with @ai-sdk/anthropic", (gateway, apiKey) => {
  const anthropic = createAnthropic({ baseURL: `${gateway}/v1`, apiKey });
  return (model) => anthropic(model);
});
