// What the bundler makes of the imports that are no JavaScript.

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.html" {
  const text: string;
  export default text;
}

declare module "*/openapi.json" {
  const text: string;
  export default text;
}
