#!/usr/bin/env bash
# Rewrites the sources in the project's format.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
"$llvm/clang-format" -i "${cpp_files[@]}"
eslint --fix .
