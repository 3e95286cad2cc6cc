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

# The tests run with sanitizers; the streams that are cut at every byte take a build for speed.
: >build/logs/ctest.log
for preset in asan native; do
  echo "== ctest: $preset"
  ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" >build/logs/ctest-$preset.log 2>&1 || broken+=("ctest of $preset")
  # Passed tests stay in the log; a failed one is shown with all it said.
  grep -vE '^ +Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test .* Passed ' build/logs/ctest-$preset.log
  # All that the tests said, passed ones too.
  cat "build/$preset/Testing/Temporary/LastTest.log" >>build/logs/ctest.log
done

echo "== vitest"
vitest run 2>&1 | tee build/logs/vitest.log
((PIPESTATUS[0] == 0)) || broken+=(vitest)

echo "== lint"
bash scripts/lint.sh 2>&1 | tee build/logs/lint.log
((PIPESTATUS[0] == 0)) || broken+=(lint)

echo
# ctest counts programs, GoogleTest the tests in them.
sum() {
  local total=0 number
  while read -r number; do total=$((total + number)); done < <(grep -oE "$1" build/logs/ctest.log | grep -oE '[0-9]+')
  echo "$total"
}
native_passed=$(sum '\[  PASSED  \] [0-9]+')
native_failed=$(grep -cE '^\[  FAILED  \] .* \([0-9]+ ms\)$' build/logs/ctest.log)
native_skipped=$(sum '\[  SKIPPED \] [0-9]+')
vitest_line=$(grep -E '^ +Tests +' build/logs/vitest.log | tail -1)
passed=$((native_passed + $(count "$vitest_line" passed)))
failed=$((native_failed + $(count "$vitest_line" failed)))
for preset in asan native; do
  echo "ctest:  $preset: $(grep -E 'tests? passed, [0-9]+ tests? failed out of' build/logs/ctest-$preset.log | tail -1)"
done
echo "gtest:  $native_passed passed, $native_failed failed, $native_skipped skipped"
echo "vitest: ${vitest_line:-did not run}"
echo "lint:   $(tail -1 build/logs/lint.log)"
if ((${#broken[@]} > 0)); then
  printf 'failed: %s\n' "${broken[@]}"
  # A build or a lint that failed counts as one each; the runners have counted their own.
  for name in "${broken[@]}"; do [[ $name == "ctest of asan" && $native_failed -gt 0 || $name == vitest && $vitest_line == *failed* ]] || failed=$((failed + 1)); done
fi
echo "$passed passed, $failed failed"
((${#broken[@]} == 0 && failed == 0))
