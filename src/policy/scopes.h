// What a key may be for: its class, and the scopes that it holds. The words are part of the
// contract (docs/authentication.md).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace postern::policy {

enum class Scope : uint8_t {
  kRead = 1,          // `read`: reports of its own
  kGenerate = 2,      // `generate`: models
  kAdmin = 4,         // `admin`: other people's keys. Never together with `generate`.
  kWebhookWrite = 8,  // `webhook:write`
};

// A set of scopes.
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) add(scope);
  }

  constexpr void add(Scope scope) { bits_ |= static_cast<uint8_t>(scope); }
  constexpr bool has(Scope scope) const { return (bits_ & static_cast<uint8_t>(scope)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool within(Scopes other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr Scopes both(Scopes other) const { return from_bits(bits_ & other.bits_); }
  constexpr Scopes either(Scopes other) const { return from_bits(bits_ | other.bits_); }
  constexpr bool operator==(const Scopes&) const = default;

  // A key that manages does not generate: the two planes stay apart.
  constexpr bool mixes_planes() const { return has(Scope::kAdmin) && has(Scope::kGenerate); }

 private:
  static constexpr Scopes from_bits(int bits) {
    Scopes scopes;
    scopes.bits_ = static_cast<uint8_t>(bits);
    return scopes;
  }
  uint8_t bits_ = 0;
};

// What a key holds that does not say: never everything.
inline constexpr Scopes default_scopes = {Scope::kRead, Scope::kGenerate};

std::string_view scope_name(Scope scope);
std::optional<Scope> scope_named(std::string_view name);
// In the order of the enumeration, for lists in answers.
std::vector<std::string_view> names_of(Scopes scopes);

enum class KeyClass : uint8_t {
  kLive,
  kTest,  // reaches the simulator only, costs nothing
  kDev,   // as live, with harder limits; only on a developer's machine, unless allowed
};

std::string_view class_name(KeyClass key_class);
std::optional<KeyClass> class_named(std::string_view name);

}  // namespace postern::policy
