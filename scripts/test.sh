#!/usr/bin/env bash
# npm test: builds everything, then runs every test and check. A failure does not hide the ones
# after it; the last lines are each runner's summary and the sum.
set -uo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh test || exit 1
PATH=$PWD/node_modules/.bin:$PATH
export WRANGLER_SEND_METRICS=false WRANGLER_WRITE_LOGS=false NO_COLOR=1
mkdir -p build/logs
broken=()

build() {
  local preset=$1
  shift
  echo "== build: $preset"
  if { [[ -e build/$preset/build.ninja ]] || cmake --preset "$preset" >/dev/null; } &&
    cmake --build "build/$preset" "$@" >"build/logs/build-$preset.log" 2>&1; then
    return
  fi
  cat "build/logs/build-$preset.log"
  broken+=("build of $preset")
}

# The first number before the word $2 in $1, or 0.
count() { grep -oE "[0-9]+ $2" <<<"$1" | head -1 | grep -oE '^[0-9]+' || echo 0; }

bash scripts/build.sh || broken+=("build of the module and pages")
build wasi
build emscripten
build asan
build native

echo "== ctest"
ctest --test-dir build/asan --output-on-failure -j "$(nproc)" >build/logs/ctest.log 2>&1 || broken+=(ctest)
# Passed tests stay in the log; a failed one is shown with all it said.
grep -vE '^ +Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test .* Passed ' build/logs/ctest.log

echo "== vitest"
vitest run 2>&1 | tee build/logs/vitest.log
((PIPESTATUS[0] == 0)) || broken+=(vitest)

echo "== lint"
bash scripts/lint.sh 2>&1 | tee build/logs/lint.log
((PIPESTATUS[0] == 0)) || broken+=(lint)

echo
ctest_line=$(grep -E 'tests? passed, [0-9]+ tests? failed out of' build/logs/ctest.log | tail -1)
ctest_skipped=$(grep -cE '\*\*\*Skipped' build/logs/ctest.log)
vitest_line=$(grep -E '^ +Tests +' build/logs/vitest.log | tail -1)
total=$(grep -oE '[0-9]+$' <<<"$ctest_line" || echo 0)
ctest_failed=$(count "$ctest_line" "tests? failed")
passed=$((total - ctest_failed - ctest_skipped + $(count "$vitest_line" passed)))
failed=$((ctest_failed + $(count "$vitest_line" failed)))
echo "ctest:  ${ctest_line:-did not run}${ctest_skipped:+ ($ctest_skipped skipped)}"
echo "vitest: ${vitest_line:-did not run}"
echo "lint:   $(tail -1 build/logs/lint.log)"
if ((${#broken[@]} > 0)); then
  printf 'failed: %s\n' "${broken[@]}"
  # A build or a lint that failed counts as one each; the runners have counted their own.
  for name in "${broken[@]}"; do [[ $name == ctest && $ctest_failed -gt 0 || $name == vitest && $vitest_line == *failed* ]] || failed=$((failed + 1)); done
fi
echo "$passed passed, $failed failed"
((${#broken[@]} == 0 && failed == 0))
