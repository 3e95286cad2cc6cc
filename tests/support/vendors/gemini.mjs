// Gemini's generateContent, as the provider of vendors.mjs.

import { signature, tokens } from "./tokens.mjs";

/** @type {import("../vendors.mjs").Vendor} */
export const gemini = {
  path: /:(stream)?generateContent(\?alt=sse)?$/i,

  read(body, path) {
    const parts = body.contents.flatMap((/** @type {any} */ one) => (one.role === "model" ? [] : one.parts));
    const text = (/** @type {any[]} */ list) => list.filter((one) => one.text !== undefined).map((one) => one.text);
    const calling = body.toolConfig?.functionCallingConfig;
    return {
      model: path.match(/models\/([^:]+):/)?.[1] ?? "",
      stream: /streamGenerateContent\?alt=sse/.test(path),
      system: text(body.systemInstruction?.parts ?? []).join("\n"),
      user: text(parts),
      images: parts.filter((/** @type {any} */ one) => one.inlineData).map((/** @type {any} */ one) => ({ type: one.inlineData.mimeType, bytes: Buffer.from(one.inlineData.data, "base64").length })),
      results: parts.filter((/** @type {any} */ one) => one.functionResponse).map((/** @type {any} */ one) => ({ name: one.functionResponse.name, text: JSON.stringify(one.functionResponse.response) })),
      signatures: body.contents.flatMap((/** @type {any} */ one) => one.parts).map((/** @type {any} */ one) => one.thoughtSignature).filter(Boolean),
      tools: (body.tools ?? []).flatMap((/** @type {any} */ one) => one.functionDeclarations ?? []).map((/** @type {any} */ one) => one.name),
      forced: calling?.mode === "ANY" ? (calling.allowedFunctionNames?.[0] ?? body.tools[0].functionDeclarations[0].name) : undefined,
      schema: body.generationConfig?.responseJsonSchema ?? body.generationConfig?.responseSchema,
    };
  },

  whole: ({ model }, answer) => reply(model, [...(answer.text.length ? [{ text: answer.text.join("") }] : []), ...functionCalls(answer)], true),

  events({ model }, answer) {
    const event = (/** @type {object} */ one) => `data: ${JSON.stringify(one)}\r\n\r\n`;
    const parts = [...answer.text.map((text) => ({ text })), ...functionCalls(answer)];
    return [...parts.map((part) => event(reply(model, [part], false))), event(reply(model, [{ text: "" }], true))];
  },

  error: (code, message) => ({ error: { code, message, status: { 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED" }[code] ?? "UNAVAILABLE", details: [] } }),
};

/** Calls have no id there. @param {import("../vendors.mjs").Answer} answer */
const functionCalls = ({ calls }) => calls.map(({ name, args }, at) => ({ functionCall: { name, args }, ...(at ? {} : { thoughtSignature: signature }) }));

/**
 * @param {string} model
 * @param {object[]} parts
 * @param {boolean} last
 */
const reply = (model, parts, last) => ({
  candidates: [{ content: { role: "model", parts }, ...(last ? { finishReason: "STOP" } : {}), index: 0 }],
  usageMetadata: { promptTokenCount: tokens.prompt, cachedContentTokenCount: tokens.cached, candidatesTokenCount: tokens.completion, totalTokenCount: tokens.prompt + tokens.completion },
  modelVersion: model,
  responseId: "r1",
});
