#!/usr/bin/env bash
# Every check that reads the sources without running them. All of them run; any finding fails.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/tools.sh
failed=()

check() {
  local name=$1
  shift
  echo "lint: $name"
  "$@" || failed+=("$name")
}

# clang-tidy takes seconds a file, so a file that was clean, with the same headers, settings and
# compiler flags, is not read again.
tidy_one() {
  local file=$1 common=$2 llvm=$3 key output
  key=build/tidy/$(cat "$file" <(echo "$file $common") | sha256sum | cut -c1-32)
  [[ -e $key ]] && return 0
  if output=$("$llvm/clang-tidy" --quiet -p build/native "$file" 2>&1); then
    touch "$key"
  else
    grep -v 'warnings generated\|Suppressed\|Use -header-filter' <<<"$output"
    return 1
  fi
}
export -f tidy_one

tidy() {
  cmake --preset native >/dev/null || return 1
  # The commands that clang-tidy repeats include the precompiled header.
  ninja -C build/native CMakeFiles/postern.dir/cmake_pch.hxx.pch >/dev/null || return 1
  mkdir -p build/tidy
  local common
  common=$(cat $(find src -name '*.h' | sort) .clang-tidy CMakeLists.txt CMakePresets.json | sha256sum | cut -c1-32)
  find src -name '*.cpp' ! -path 'src/abi/freestanding.cpp' ! -path 'src/abi/door.cpp' -print0 |
    xargs -0 -r -P "$(nproc)" -I{} bash -c 'tidy_one "$@"' _ {} "$common" "$llvm"
}

check clang-format "$llvm/clang-format" --dry-run -Werror "${cpp_files[@]}"
check clang-tidy tidy
check eslint eslint --max-warnings 0 .
check tsc tsc --noEmit -p tsconfig.json
check redocly env REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true CI=true \
  redocly lint docs/openapi.json

if ((${#failed[@]} > 0)); then
  echo "lint: failed: ${failed[*]}"
  exit 1
fi
echo "lint: clean"
