#!/usr/bin/env bash
# npm run deploy [-- flags of wrangler deploy]. With --dry-run nothing leaves this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh run
bash scripts/build.sh
PATH=$PWD/node_modules/.bin:$PATH
export WRANGLER_SEND_METRICS=false WRANGLER_WRITE_LOGS=false
exec wrangler deploy "$@"
