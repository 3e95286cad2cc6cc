import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npmStartWithProviders } from "../support/providers.mjs";
import { said, startVendors, weather, words } from "../support/vendors.mjs";
import { signature, tokens } from "../support/vendors/tokens.mjs";
import { endPython } from "./python/process.mjs";
import { clients } from "./sdk/index.mjs";
import { png, question, system, tool } from "./sdk/scene.mjs";

// Clients that applications use, unmodified, against `npm start`, each before each kind of provider:
// one that speaks the client's words, and two for which everything is translated.

/** @type {Awaited<ReturnType<typeof startVendors>>} */ let vendors;
/** @type {Awaited<ReturnType<typeof npmStartWithProviders>>} */ let gateway;

beforeAll(async () => {
  vendors = await startVendors();
  gateway = await npmStartWithProviders(vendors.url);
});
afterAll(async () => {
  await endPython();
  await gateway?.stop();
  await vendors?.close();
});

const providers = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "anthropic/claude-3-haiku", "gemini/gemini-2.5-flash", "mistral/mistral-large"];

/** The requests that a provider got for a model. @param {string} model */
const heardOf = (model) => vendors.heard.filter((one) => model.endsWith(`/${one.model}`));

describe.each(clients)("$name", ({ name, make, statusOf, keepsAll }) => {
  describe.each(providers)("before %s", (provider) => {
    // The client is part of the model's name: what was heard is told apart by it.
    const modelFor = (/** @type {string} */ scene) => `${provider}-${name.replace(/[^a-z]+/g, "")}-${scene}`;
    const client = () => make(gateway.url, gateway.key);
    const errorOf = (/** @type {Promise<unknown>} */ promise) => promise.then(() => expect.unreachable("it did not fail"), (error) => error);

    test("a conversation, with its system message and what it cost", async () => {
      const model = modelFor("words");
      const reply = await client().chat(model);
      expect(reply).toEqual({ text: said, tokens: { prompt: tokens.prompt, completion: tokens.completion } });
      const [heard] = heardOf(model);
      expect(heard).toMatchObject({ system, user: [question], stream: false, vendor: provider.split("/")[0] });
      expect(JSON.stringify(heard.headers)).not.toContain(gateway.key);
    });

    test("a stream, piece by piece, and what it cost", async () => {
      const reply = await client().stream(modelFor("words"));
      expect(reply).toMatchObject({ text: said, tokens: { prompt: tokens.prompt, completion: tokens.completion } });
      expect(reply.pieces).toBe(words.length);
    });

    test.each([["whole", "tools"], ["in streams", "streamedTools"]])("parallel tools whose results go back, %s", async (_, method) => {
      const model = modelFor(`${method}-tools`);
      expect(await client()[/** @type {"tools"} */ (method)](model)).toBe("Paris: 20, Rome: 25");
      const heard = heardOf(model);
      expect(heard.map(({ tools }) => tools)).toEqual([[tool.name], [tool.name]]);
      expect(heard[1].results).toHaveLength(2);
      // What the provider signed comes back to it, through words that have no place for it.
      if (keepsAll && /anthropic|gemini/.test(provider)) expect(heard[1].signatures).toEqual([signature]);
    });

    test("an answer in the form that was asked for", async () => {
      expect(await client().structured(modelFor("json"))).toEqual(weather);
    });

    test("a picture", async () => {
      expect(await client().image(modelFor("image"))).toBe(`image/png, ${png.length} bytes`);
    });

    test("a client that leaves takes the provider's stream with it", async () => {
      const model = modelFor("endless");
      await client().abort(model);
      const [heard] = heardOf(model);
      await heard.gone;
      expect(heard.closed).toBe(true);
    });

    test.each([
      ["limit", 429],
      ["missing", 404],
      ["bad", 400],
      ["busy", 503],
      ["refused", 502], // the gateway's own key: no fault of the client's
    ])("the provider's %s is %d to the client, whole and in a stream", async (scene, status) => {
      for (const stream of [false, true]) {
        const error = await errorOf(client().fail(modelFor(scene), stream));
        // Anthropic's own word for a provider that is too busy is 529.
        const translated = /anthropic/.test(name) && !provider.startsWith("anthropic");
        expect(statusOf(error)).toBe(scene === "busy" && translated ? 529 : status);
      }
    });

    test("a stream that breaks is an error, not a short answer", async () => {
      await errorOf(client().fail(modelFor("broken"), true));
    });
  });

  test("a key that is wrong is refused", async () => {
    const error = await make(gateway.url, "gw_live_wrong").fail("openai/gpt-4o-words", false).catch((thrown) => thrown);
    expect(statusOf(error)).toBe(401);
  });
});
