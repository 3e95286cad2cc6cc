// The `@anthropic-ai/sdk` package.

import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { png, question, system, tool, toolJson, weatherOf, weatherSchema } from "./scene.mjs";

/** @type {import("./index.mjs").ClientKind} */
export const anthropic = {
  name: "@anthropic-ai/sdk",
  statusOf: (error) => error.status,
  keepsAll: true,
  make(gateway, apiKey) {
    const { messages } = new Anthropic({ baseURL: gateway, apiKey, maxRetries: 0 });
    const asked = /** @type {any} */ ({ max_tokens: 1_000, messages: [{ role: "user", content: question }] });
    const tools = /** @type {any} */ ([{ name: tool.name, description: tool.description, input_schema: toolJson }]);
    const textOf = (/** @type {any} */ reply) => reply.content.filter((/** @type {any} */ one) => one.type === "text").map((/** @type {any} */ one) => one.text).join("");
    const tokens = (/** @type {any} */ usage) => ({ prompt: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0), completion: usage.output_tokens });
    const loop = async (/** @type {(messages: any[]) => Promise<any>} */ ask) => {
      const said = [...asked.messages];
      for (let turn = 0; turn < 3; ++turn) {
        const reply = await ask(said);
        const calls = reply.content.filter((/** @type {any} */ one) => one.type === "tool_use");
        if (!calls.length) return textOf(reply);
        const results = calls.map((/** @type {any} */ call) => ({ type: "tool_result", tool_use_id: call.id, content: JSON.stringify(weatherOf(call.input)) }));
        said.push({ role: "assistant", content: reply.content }, { role: "user", content: results });
      }
      return "";
    };
    return {
      async chat(model) {
        const reply = await messages.create({ ...asked, model, system });
        return { text: textOf(reply), tokens: tokens(reply.usage) };
      },
      async stream(model) {
        let pieces = 0;
        const stream = messages.stream({ ...asked, model }).on("text", () => ++pieces);
        const reply = await stream.finalMessage();
        return { text: textOf(reply), pieces, tokens: tokens(reply.usage) };
      },
      tools: (model) => loop((said) => messages.create({ ...asked, model, tools, messages: said })),
      streamedTools: (model) => loop((said) => messages.stream({ ...asked, model, tools, messages: said }).finalMessage()),
      async structured(model) {
        const reply = await messages.parse({ ...asked, model, output_config: { format: zodOutputFormat(weatherSchema) } });
        return reply.parsed_output;
      },
      async image(model) {
        const source = { type: "base64", media_type: "image/png", data: png.toString("base64") };
        const content = [{ type: "text", text: question }, { type: "image", source }];
        return textOf(await messages.create({ ...asked, model, messages: [{ role: "user", content }] }));
      },
      async abort(model) {
        let pieces = 0;
        for await (const event of /** @type {any} */ (await messages.create({ ...asked, model, stream: true }))) {
          if (event.type === "content_block_delta" && ++pieces === 3) break;
        }
      },
      async fail(model, stream) {
        const reply = await messages.create({ ...asked, model, stream });
        if (stream) for await (const event of /** @type {any} */ (reply)) void event;
      },
    };
  },
};
