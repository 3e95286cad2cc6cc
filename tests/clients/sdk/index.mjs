// Clients that applications use, as they come, each with the same few things to do.

import { aiAnthropic, aiOpenAIChat, aiOpenAIResponses } from "./ai.mjs";
import { anthropic } from "./anthropic.mjs";
import { langchain } from "./langchain.mjs";
import { openaiChat, openaiResponses } from "./openai.mjs";
import { openaiPythonChat, openaiPythonResponses } from "./openai_python.mjs";

/**
 * @typedef {{prompt?: number, completion?: number}} Tokens
 *
 * What a client can do, over and over, for any model.
 * @typedef {object} Client
 * @property {(model: string) => Promise<{text: string, tokens: Tokens}>} chat  with a system message
 * @property {(model: string) => Promise<{text: string, pieces: number, tokens: Tokens}>} stream
 * @property {(model: string) => Promise<string>} tools  calls both, sends the results back, gives the last text
 * @property {(model: string) => Promise<string>} streamedTools  the same in streams
 * @property {(model: string) => Promise<unknown>} structured  an object of `weatherSchema`
 * @property {(model: string) => Promise<string>} image
 * @property {(model: string) => Promise<void>} abort  leaves a stream after a few pieces
 * @property {(model: string, stream: boolean) => Promise<void>} fail  rejects with the client's own error
 *
 * @typedef {object} ClientKind
 * @property {string} name
 * @property {(gateway: string, key: string) => Client} make
 * @property {(error: any) => number | undefined} statusOf  of an error that the client threw
 * @property {boolean} [keepsAll]  what the model said goes back as it came, unknown members included
 */

/** @type {ClientKind[]} */
export const clients = [openaiChat, openaiResponses, openaiPythonChat, openaiPythonResponses, anthropic, aiOpenAIChat, aiOpenAIResponses, aiAnthropic, langchain];
