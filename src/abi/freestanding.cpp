// What keeps the module free of imports. The C++ runtime prints a message before it aborts, and
// printing drags the host's file descriptors in; here it traps instead, and the shim replaces the
// instance. This file is linked into the Wasm modules only.
#include <cstddef>
#include <version>

// The name differs by release of libc++abi.
extern "C" [[noreturn]] void abort_message(const char*, ...) { __builtin_trap(); }
extern "C" [[noreturn]] void __abort_message(const char*, ...) { __builtin_trap(); }

// Some 128-bit arithmetic of the libraries is compiled with stack protectors.
extern "C" {
extern const std::size_t __stack_chk_guard;
const std::size_t __stack_chk_guard = 0x9e3779b9;
[[noreturn]] void __stack_chk_fail() { __builtin_trap(); }
}

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION >= 15000
// The inline namespace and its attributes come with these macros; a definition that spells out
// std::__1 is ignored by the linker.
_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
#endif

#ifdef __EMSCRIPTEN__
// Called after linear memory grew; the shim looks at the buffer by itself.
extern "C" void emscripten_notify_memory_growth(std::size_t) {}
extern "C" [[noreturn]] void _Exit(int) { __builtin_trap(); }
#endif
