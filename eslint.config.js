import js from "@eslint/js";
import globals from "globals";

const strict = {
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
  "prefer-const": "error",
  "no-var": "error",
  eqeqeq: "error",
  quotes: ["error", "double", { avoidEscape: true, allowTemplateLiterals: true }],
  semi: ["error", "always"],
};

export default [
  { ignores: ["build/", "node_modules/", ".postern/", ".wrangler/", "docs/"] },
  js.configs.recommended,
  { files: ["**/*.{js,mjs}"], rules: strict },
  {
    files: ["worker/**/*.js"],
    languageOptions: {
      globals: { ...globals.serviceworker, WebAssembly: "readonly", IdentityTransformStream: "readonly" },
    },
  },
  {
    files: ["scripts/**/*.mjs", "tests/**/*.{js,mjs}", "*.config.js"],
    languageOptions: { globals: { ...globals.node, WebAssembly: "readonly" } },
  },
  {
    // Tests bring Workers of their own.
    files: ["tests/**/*.{js,mjs}"],
    languageOptions: { globals: { ...globals.serviceworker, IdentityTransformStream: "readonly" } },
  },
];
