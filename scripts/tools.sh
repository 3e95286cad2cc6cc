# Sourced by the scripts that use LLVM's tools: sets `llvm` to the newest release's bin folder.
PATH=$PWD/node_modules/.bin:$PATH
llvm=
for tool in $(printf '%s\n' /usr/lib/llvm-*/bin/clang-tidy | sort -V); do
  if [[ -x $tool && -x $(dirname "$tool")/clang-format ]]; then llvm=$(dirname "$tool"); fi
done
if [[ -z $llvm ]]; then
  echo "clang-format and clang-tidy are missing: bash scripts/setup.sh test" >&2
  exit 1
fi
mapfile -t cpp_files < <(find src tests \( -name '*.h' -o -name '*.cpp' \) -type f 2>/dev/null | sort)
