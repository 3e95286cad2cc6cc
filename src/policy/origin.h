// Web origins and the hosts in them, as URL parsers and browsers write them.
#pragma once

#include <string_view>

namespace postern::policy {

// `host`, `host:port`, `[v6]` or `[v6]:port`, lower case. Nothing else: no user, no empty port.
bool is_host_and_port(std::string_view text);

// `scheme://host[:port]` exactly as a browser writes it in `Origin`: lower case, at most
// bounds::origin_bytes_max, and without a port that goes with the scheme anyway, which would never
// be equal to what is sent.
bool is_origin(std::string_view text);

// The hostname of an `Origin` header, or nothing when it is no web origin (`null` is none).
std::string_view origin_hostname(std::string_view origin);

}  // namespace postern::policy
