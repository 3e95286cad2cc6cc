// Times as people write them: RFC 3339 in UTC, `2027-01-01T00:00:00Z`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::codec {

// Milliseconds since 1970 as `YYYY-MM-DDTHH:MM:SSZ`; parts of a second are cut off. For years 1970
// to 9999.
std::string utc_time(int64_t ms);

// Nothing unless the text is exactly `YYYY-MM-DDTHH:MM:SS`, an optional fraction of 1 to 9 digits,
// and `Z`, a day that exists, from the year 2000 to 2099. So a local offset, a bare date, a number
// of seconds or milliseconds, and years that only a mistake makes are refused. Parts of a
// millisecond are cut off.
std::optional<int64_t> read_utc_time(std::string_view text);

}  // namespace postern::codec
