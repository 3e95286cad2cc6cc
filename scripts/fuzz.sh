#!/usr/bin/env bash
# fuzz.sh [seconds] [name ...]: runs the fuzz targets one after the other, 60 s each by default.
# Corpora grow in build/fuzz, from the recorded exchanges where there are any, and are not part of
# the repository.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
bash scripts/setup.sh test
[[ -e build/asan/build.ninja ]] || cmake --preset asan >/dev/null
node_modules/.bin/node tests/fuzz/seeds.mjs build/fuzz
names=("$@")
if ((${#names[@]} == 0)); then
  for file in tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$file" _fuzz.cpp)"); done
fi
for name in "${names[@]}"; do
  cmake --build build/asan --target "fuzz_$name" >/dev/null
  mkdir -p "build/fuzz/$name"
  echo "fuzz: $name for $seconds s"
  "build/asan/fuzz_$name" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/$name-" "build/fuzz/$name"
done
