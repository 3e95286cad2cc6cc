#!/usr/bin/env bash
# Installs what is missing: `setup.sh run` for npm start, `setup.sh test` for npm test too.
# Runs before anything else is there, so it needs bash and nothing more. When nothing is missing
# it looks at a few files and is silent.
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:-run}
shopt -s nullglob

say() { echo "setup: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
any() { (($# > 0)); }

# True when release folder $1 of LLVM can build the module.
builds_wasm() {
  [[ -x $1/bin/clang++ && -x $1/bin/wasm-ld && -e $1/lib/wasm32-wasi/libc++.a ]] &&
    any "$1"/lib/clang/*/lib/*/libclang_rt.builtins*wasm32*.a "$1"/lib/clang/*/lib/wasm32*/libclang_rt.builtins.a
}

wasm_release() {
  local folder best=
  for folder in /usr/lib/llvm-*; do
    if builds_wasm "$folder" && ((${folder##*-} > ${best:-0})); then best=${folder##*-}; fi
  done
  echo "$best"
}

header() {
  local folder
  for folder in /usr/include /usr/local/include /opt/homebrew/include; do
    [[ -e $folder/$1 ]] && return 0
  done
  return 1
}

# The packages for LLVM release $1 (empty: not known yet) that are missing at this level.
missing() {
  local release=$1 folder=/usr/lib/llvm-$1 packages=()
  if [[ -z $release ]] || ! builds_wasm "$folder"; then
    packages+=("clang-$release" "lld-$release" "libc++-$release-dev-wasm32"
      "libc++abi-$release-dev-wasm32" "libclang-rt-$release-dev-wasm32")
  fi
  [[ -e /usr/lib/wasm32-wasi/libc.a ]] || packages+=(wasi-libc)
  header nlohmann/json.hpp || packages+=(nlohmann-json3-dev)
  has cmake || packages+=(cmake)
  has ninja || packages+=(ninja-build)
  if [[ $level == test ]]; then
    has em++ && has wasm-metadce || packages+=(emscripten)
    header gtest/gtest.h || packages+=(libgtest-dev)
    any "$folder"/lib/clang/*/lib/*/libclang_rt.fuzzer* || packages+=("libclang-rt-$release-dev")
    [[ -x $folder/bin/clang-format ]] || packages+=("clang-format-$release")
    [[ -x $folder/bin/clang-tidy ]] || packages+=("clang-tidy-$release")
    has python3 || packages+=(python3)
    # Debian has the part that makes environments in a package of its own.
    [[ -x build/python/bin/python ]] || python3 -c "import ensurepip" 2>/dev/null || packages+=(python3-venv)
  fi
  echo "${packages[*]-}"
}

# The newest release that the package lists offer for both the compiler and the module's library.
newest_offered() {
  local release
  for release in $(apt-cache search --names-only '^libc\+\+-[0-9]+-dev-wasm32$' |
    sed -E 's/^libc\+\+-([0-9]+)-.*/\1/' | sort -rn); do
    if [[ -n $(apt-cache search --names-only "^lld-$release\$") ]]; then
      echo "$release"
      return
    fi
  done
}

install_packages() {
  local packages=$1 as_root=()
  if ! has apt-get; then
    say "this system has no apt; please install what these Debian packages hold, then try again:"
    say "  $(sed -E 's/-( |$)/-N\1/g; s/--/-N-/g' <<<"$packages")"
    say "  (N: the newest release of LLVM that you have; libc++ for wasm32-wasi is looked for in /usr/lib/llvm-N)"
    exit 1
  fi
  if ((EUID != 0)); then
    if ! has sudo; then
      say "these packages are missing, and there is no sudo to install them with: $packages"
      exit 1
    fi
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o DPkg::Lock::Timeout=600)
  say "reading the package lists"
  "${apt[@]}" update >&2 || say "could not read all package lists; trying with those that are there"
  if [[ $packages == *--* || $packages == *-\ * || $packages == *- ]]; then
    local release
    release=$(newest_offered)
    if [[ -z $release ]]; then
      say "the package lists offer no libc++-N-dev-wasm32; a newer Debian or Ubuntu does"
      exit 1
    fi
    packages=$(missing "$release")
  fi
  say "installing $packages"
  "${apt[@]}" install -y --no-install-recommends $packages >/dev/null
}

install_node_modules() {
  local stamp=node_modules/.package-lock.json
  if [[ -e $stamp && ! package-lock.json -nt $stamp ]]; then return; fi
  say "installing the packages of package-lock.json (npm install)"
  # Both from npm's own environment when npm runs us.
  local npm=${npm_execpath:-} node=${npm_node_execpath:-}
  if [[ -z $npm || -z $node ]]; then
    if ! has npm || ! has node; then
      say "node or npm is missing; please install Node (any release from 18 on) with npm"
      exit 1
    fi
    npm=$(readlink -f "$(command -v npm)")
    node=$(command -v node)
  fi
  local install=("$npm" install --no-save --loglevel=error) own=node_modules/.bin/node
  "$node" "${install[@]}" >&2
  # An older Node leaves out native parts that are optional to npm and not to us; the one that has
  # just come does not.
  if [[ $("$node" -v) != $("$own" -v) ]]; then "$own" "${install[@]}" >&2; fi
  touch "$stamp"
}

# An environment of its own for the client in Python of tests/clients.
install_python_packages() {
  local wanted=tests/clients/python/requirements.txt folder=build/python
  if [[ -x $folder/bin/python ]] && cmp -s "$wanted" "$folder/requirements.txt"; then return; fi
  say "installing the packages of $wanted (pip)"
  python3 -m venv --clear "$folder" >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted" >&2
  cp "$wanted" "$folder/requirements.txt"
}

case $level in
  run | test) ;;
  *)
    echo "usage: setup.sh [run|test]" >&2
    exit 2
    ;;
esac

packages=$(missing "$(wasm_release)")
if [[ -n $packages ]]; then install_packages "$packages"; fi
install_node_modules
if [[ $level == test ]]; then install_python_packages; fi
