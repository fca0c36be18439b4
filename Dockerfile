# Kilat on Node, with the models that come with it.
#
#   docker build -t kilat .
#   docker run --rm -p 127.0.0.1:8000:8000 --read-only --cap-drop ALL kilat
#
# For other models mount a repository (docs/models.md) and name it:
#
#   docker run ... -v /srv/models:/models:ro -e MODEL_REPOSITORY=/models kilat

# The same Node as the one that tests run on (package.json, decision 7).
FROM node:24.21.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# What scripts of packages would do is not needed to run. ONNX Runtime's builds for GPUs and its source maps are 90 MB
# that nothing here loads.
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm node_modules/onnxruntime-web/dist/*.map \
    node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm \
    node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.jsep.wasm \
    node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm

# The pages at / and /docs, of which only what browsers load gets on.
FROM node:24.21.0-slim AS site
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --ignore-scripts --no-audit --no-fund
COPY src ./src
RUN node src/cli/site.ts

FROM node:24.21.0-slim
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=8000
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=site /app/dist/site ./dist/site
COPY package.json ./
COPY src ./src
RUN rm -r src/cli src/site/browser
COPY model ./model

# Nothing is written: the root file system may be read-only.
USER node
EXPOSE 8000
# Alive, not ready: a model that cannot be loaded is no reason to take the others away (GET /readyz tells).
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node drains: it finishes what it has accepted within SHUTDOWN_SECONDS, 30 by default. Give it that long
# (docker stop --time 45).
STOPSIGNAL SIGTERM
CMD ["node", "src/node.ts"]
