#!/usr/bin/env bash
# Builds what the Worker imports, build/wasi/gateway.wasm and build/pages/docs.html, and the module
# of the key ring script. Quick and silent when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH

quietly() {
  local output
  if ! output=$("$@" 2>&1); then
    echo "$output" >&2
    exit 1
  fi
}

module=build/wasi/gateway.wasm
before=$(cksum "$module" 2>/dev/null || true)
if [[ -z $before ]]; then echo "build: compiling the core (the first time takes a minute or two)" >&2; fi
if [[ ! -e build/wasi/build.ninja ]]; then quietly cmake --preset wasi; fi
quietly cmake --build build/wasi --target gateway key_ring
if [[ $before != "$(cksum "$module")" ]]; then
  echo "build: $module $(wc -c <"$module") bytes, $(gzip -9c "$module" | wc -c) gzipped" >&2
fi

page=build/pages/docs.html
for source in docs/openapi.json docs/providers/providers.json scripts/{docs.css,build-docs.mjs,build-provider-docs.mjs}; do
  if [[ ! -e $page || $source -nt $page ]]; then
    mkdir -p build/pages
    node scripts/build-docs.mjs "$page"
    break
  fi
done
