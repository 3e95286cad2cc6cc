// LangChain's ChatOpenAI.

import { HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { tool as defineTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { pngUrl, question, system, tool, weatherOf, weatherSchema } from "./scene.mjs";

/** @type {import("./index.mjs").ClientKind} */
export const langchain = {
  name: "@langchain/openai",
  statusOf: (error) => error.status,
  make(gateway, apiKey) {
    const modelOf = (/** @type {string} */ model) => new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL: `${gateway}/v1` } });
    const tokens = (/** @type {any} */ reply) => ({ prompt: reply?.usage_metadata?.input_tokens, completion: reply?.usage_metadata?.output_tokens });
    const weatherTool = defineTool(async (/** @type {any} */ input) => JSON.stringify(weatherOf(input)), tool);
    const loop = async (/** @type {(said: any[]) => Promise<any>} */ ask) => {
      const said = /** @type {any[]} */ ([new HumanMessage(question)]);
      for (let turn = 0; turn < 3; ++turn) {
        const reply = await ask(said);
        if (!reply.tool_calls?.length) return reply.text;
        said.push(reply);
        for (const call of reply.tool_calls) said.push(new ToolMessage({ tool_call_id: call.id, content: await weatherTool.invoke(call.args) }));
      }
      return "";
    };
    const joined = async (/** @type {AsyncIterable<any>} */ stream) => {
      let whole;
      let pieces = 0;
      for await (const chunk of stream) {
        whole = whole ? whole.concat(chunk) : chunk;
        pieces += chunk.text ? 1 : 0;
      }
      return { whole, pieces };
    };
    return {
      async chat(model) {
        const reply = await modelOf(model).invoke([new SystemMessage(system), new HumanMessage(question)]);
        return { text: reply.text, tokens: tokens(reply) };
      },
      async stream(model) {
        const { whole, pieces } = await joined(await modelOf(model).stream(question));
        return { text: whole.text, pieces, tokens: tokens(whole) };
      },
      tools: (model) => loop((said) => modelOf(model).bindTools([weatherTool]).invoke(said)),
      streamedTools: (model) => loop(async (said) => (await joined(await modelOf(model).bindTools([weatherTool]).stream(said))).whole),
      structured: (model) => modelOf(model).withStructuredOutput(weatherSchema, { name: "weather" }).invoke(question),
      async image(model) {
        const content = [{ type: "text", text: question }, { type: "image_url", image_url: { url: pngUrl } }];
        return (await modelOf(model).invoke([new HumanMessage({ content })])).text;
      },
      async abort(model) {
        let pieces = 0;
        for await (const chunk of await modelOf(model).stream(question)) if (chunk.text && ++pieces === 3) break;
      },
      async fail(model, stream) {
        if (stream) await joined(await modelOf(model).stream(question));
        else await modelOf(model).invoke(question);
      },
    };
  },
};
