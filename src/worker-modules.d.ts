/** Modules that wrangler makes of files: compiled WebAssembly, and bytes (see the rules in wrangler.toml). */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*.onnx' {
  const bytes: ArrayBuffer;
  export default bytes;
}

/** What wrangler.toml binds, beside the settings. */
declare namespace Cloudflare {
  interface Env {
    /** The files of the pages (`npm run site`); without them there are none. */
    ASSETS?: Fetcher;
    /** A bucket of models; without it the bundled ones are served. */
    MODELS?: R2Bucket;
    /** The hubs that own the edge's totals; without them every isolate speaks for itself. */
    HUB?: DurableObjectNamespace<import('./metrics/hub.ts').MetricsHub>;
    /** How many predictions an address may ask for; without it as many as it likes. */
    RATE_LIMITER?: RateLimit;
  }
}
