// The `openai` package for Python: chat completions, and responses. What it does is in ../python.

import { askPython } from "../python/process.mjs";
import { degrees, pngUrl, question, system, tool } from "./scene.mjs";

const scene = { system, question, degrees, pngUrl, tool: { name: tool.name, description: tool.description } };

/**
 * @param {string} name
 * @param {"chat" | "responses"} on
 * @returns {import("./index.mjs").ClientKind}
 */
const kind = (name, on) => ({
  name,
  statusOf: (error) => error.status,
  keepsAll: true,
  make(gateway, key) {
    const doing = (/** @type {string} */ does) => (/** @type {string} */ model) => askPython({ gateway, key, on, do: does, scene, args: { model } });
    return {
      chat: doing("chat"),
      stream: doing("stream"),
      tools: doing("tools"),
      streamedTools: doing("streamed_tools"),
      structured: doing("structured"),
      image: doing("image"),
      abort: doing("abort"),
      fail: (model, stream) => askPython({ gateway, key, on, do: "fail", scene, args: { model, stream } }),
    };
  },
});

export const openaiPythonChat = kind("openai (Python), chat completions", "chat");
export const openaiPythonResponses = kind("openai (Python), responses", "responses");
