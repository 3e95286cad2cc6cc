#include "policy/failures.h"

#include <algorithm>
#include <array>

#include "bounds.h"
#include "codec/sha256.h"

namespace postern::policy {
namespace {

constexpr int64_t ms_per_minute = 60'000;
constexpr size_t ways = 4;
constexpr size_t sets = bounds::failing_addresses_max / ways;
static_assert(sets * ways == bounds::failing_addresses_max);

constexpr std::string_view unknown_group = "unknown";

using Ipv4 = std::array<uint8_t, 4>;
using Ipv6 = std::array<uint16_t, 8>;

// Four decimal numbers, without leading zeros: some read those as octal.
std::optional<Ipv4> read_ipv4(std::string_view text) {
  Ipv4 address{};
  for (size_t part = 0; part < address.size(); ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    size_t digits = 0;
    unsigned value = 0;
    while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9') {
      value = value * 10 + static_cast<unsigned>(text[digits] - '0');
      ++digits;
    }
    if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return std::nullopt;
    address[part] = static_cast<uint8_t>(value);
    text.remove_prefix(digits);
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::optional<uint16_t> read_hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  int value = 0;
  for (const char digit : text) {
    if (hex_value(digit) < 0) return std::nullopt;
    value = value << 4 | hex_value(digit);
  }
  return static_cast<uint16_t>(value);
}

// Groups between colons, the last of which may be an IPv4 address when it ends the whole address.
struct Groups {
  Ipv6 values{};
  size_t count = 0;
};

enum class Tail { kHexOnly, kMayBeIpv4 };

std::optional<Groups> read_groups(std::string_view text, Tail tail) {
  Groups groups;
  if (text.empty()) return groups;
  for (;;) {
    const size_t colon = text.find(':');
    const std::string_view piece = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    const std::optional<Ipv4> ipv4 =
        last && tail == Tail::kMayBeIpv4 ? read_ipv4(piece) : std::nullopt;
    const std::optional<uint16_t> group = read_hex_group(piece);
    if (!ipv4 && !group) return std::nullopt;
    if (groups.count + (ipv4 ? 2 : 1) > groups.values.size()) return std::nullopt;
    if (ipv4) {
      groups.values[groups.count++] = static_cast<uint16_t>((*ipv4)[0] << 8 | (*ipv4)[1]);
      groups.values[groups.count++] = static_cast<uint16_t>((*ipv4)[2] << 8 | (*ipv4)[3]);
    } else {
      groups.values[groups.count++] = *group;
    }
    if (last) return groups;
    text.remove_prefix(colon + 1);
  }
}

// RFC 4291, section 2.2.
std::optional<Ipv6> read_ipv6(std::string_view text) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const std::optional<Groups> all = read_groups(text, Tail::kMayBeIpv4);
    if (!all || all->count != all->values.size()) return std::nullopt;
    return all->values;
  }
  const std::optional<Groups> front = read_groups(text.substr(0, gap), Tail::kHexOnly);
  const std::optional<Groups> back = read_groups(text.substr(gap + 2), Tail::kMayBeIpv4);
  if (!front || !back || front->count + back->count >= front->values.size()) return std::nullopt;
  Ipv6 address = front->values;
  std::copy_n(back->values.begin(), back->count,
              address.end() - static_cast<std::ptrdiff_t>(back->count));
  return address;
}

// Without the brackets of a URL and the zone of a link.
std::string_view bare_ipv6(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  const size_t zone = text.find('%');
  if (zone != std::string_view::npos && zone + 1 < text.size()) text = text.substr(0, zone);
  return text;
}

std::string ipv4_text(const Ipv4& address) {
  std::string text;
  for (const uint8_t part : address) {
    if (!text.empty()) text += '.';
    text += std::to_string(part);
  }
  return text;
}

std::string network_text(const Ipv6& address) {
  std::string text;
  for (size_t index = 0; index < 4; ++index) {
    const char bytes[] = {static_cast<char>(address[index] >> 8),
                          static_cast<char>(address[index] & 0xFF)};
    text += codec::to_hex({bytes, sizeof bytes});
    text += ':';
  }
  return text + ":/64";
}

// ::ffff:a.b.c.d
std::optional<Ipv4> mapped_ipv4(const Ipv6& address) {
  if (!std::all_of(address.begin(), address.begin() + 5, [](uint16_t part) { return part == 0; }) ||
      address[5] != 0xFFFF) {
    return std::nullopt;
  }
  return Ipv4{static_cast<uint8_t>(address[6] >> 8), static_cast<uint8_t>(address[6] & 0xFF),
              static_cast<uint8_t>(address[7] >> 8), static_cast<uint8_t>(address[7] & 0xFF)};
}

// Addresses that collide would be counted as one, and must be hard to find.
uint64_t hash_of(std::string_view group) {
  const codec::Digest digest = codec::sha256(group);
  uint64_t hash = 0;
  for (size_t index = 0; index < sizeof hash; ++index) hash = hash << 8 | digest[index];
  return hash;
}

// Requests wait for other things between their arrival and their count, so a failure may come a
// little before the one that began the minute. A clock that was set back by more begins anew.
bool is_running(int64_t begun_ms, int64_t now_ms) {
  const int64_t age_ms = now_ms - begun_ms;
  return age_ms < ms_per_minute && age_ms > -ms_per_minute;
}

// Likewise where minutes are those of the clock: those of a minute that come a little after the
// first of the next one count there.
int64_t counted_minute(int64_t minute, int64_t latest) {
  return minute == latest - 1 ? latest : minute;
}

}  // namespace

std::string address_group(std::string_view address) {
  if (const std::optional<Ipv4> ipv4 = read_ipv4(address)) return ipv4_text(*ipv4);
  const std::optional<Ipv6> ipv6 = read_ipv6(bare_ipv6(address));
  if (!ipv6) return std::string(unknown_group);
  if (const std::optional<Ipv4> ipv4 = mapped_ipv4(*ipv6)) return ipv4_text(*ipv4);
  return network_text(*ipv6);
}

// A newcomer takes the place of a group whose minute is over, or else of the one with the fewest
// failures: a flood of addresses cannot push out one that is near its limit.
uint32_t Failures::count(std::string_view group, int64_t now_ms) {
  if (places_.empty()) places_.resize(bounds::failing_addresses_max);
  const uint64_t hash = hash_of(group);
  Place* const set = places_.data() + hash % sets * ways;
  const auto worth = [now_ms](const Place& place) {
    return is_running(place.begun_ms, now_ms) ? place.failures : 0;
  };

  Place* place =
      std::find_if(set, set + ways, [hash](const Place& one) { return one.group == hash; });
  if (place == set + ways) {
    place = std::min_element(set, set + ways, [&](const Place& left, const Place& right) {
      return worth(left) < worth(right);
    });
    *place = {};
  }
  if (worth(*place) == 0) *place = {hash, now_ms, 0};
  if (place->failures <= bounds::failures_per_minute_max) ++place->failures;
  if (place->failures <= bounds::failures_per_minute_max) return 0;
  const int64_t left_ms = place->begun_ms + ms_per_minute - now_ms;
  return static_cast<uint32_t>((left_ms + 999) / 1000);
}

std::optional<SpikeAlarm::Spike> SpikeAlarm::count(int64_t now_ms) {
  const int64_t minute = counted_minute(now_ms / ms_per_minute, minute_);
  if (minute != minute_) {
    before_ = minute == minute_ + 1 ? count_ : 0;
    count_ = 0;
    minute_ = minute;
  }
  ++count_;
  if (count_ != bounds::invalid_key_spike) return std::nullopt;
  return Spike{count_, before_};
}

}  // namespace postern::policy
