/** Modules that wrangler makes of files: compiled WebAssembly, and bytes (see the rules in wrangler.toml). */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*.onnx' {
  const bytes: ArrayBuffer;
  export default bytes;
}
