#include "policy/origin.h"

#include <algorithm>

#include "bounds.h"

namespace postern::policy {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_lower_letter(char byte) { return byte >= 'a' && byte <= 'z'; }

// `host` with the brackets of a v6 address, without the port.
std::string_view without_port(std::string_view host_and_port) {
  return host_and_port.substr(
      0, host_and_port.find(':', host_and_port.starts_with('[') ? host_and_port.find(']') : 0));
}

bool is_written_port(std::string_view port, std::string_view scheme) {
  const bool implied = (scheme == "http" && port == "80") || (scheme == "https" && port == "443");
  return !port.starts_with('0') && !implied;
}

}  // namespace

bool is_host_and_port(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t bracket = text.find(']');
  if (bracketed && bracket == text.npos) return false;
  const size_t host_end = bracketed ? bracket + 1 : std::min(text.find(':'), text.size());

  const std::string_view host = text.substr(0, host_end);
  if (host.empty() || host == "[]" || host.front() == '.') return false;
  for (const char byte : bracketed ? host.substr(1, host.size() - 2) : host) {
    const bool in_name =
        is_lower_letter(byte) || is_digit(byte) || byte == '.' || byte == '-' || byte == '_';
    const bool in_address =
        is_digit(byte) || (byte >= 'a' && byte <= 'f') || byte == ':' || byte == '.';
    if (bracketed ? !in_address : !in_name) return false;
  }
  if (host_end == text.size()) return true;

  const std::string_view port = text.substr(host_end + 1);
  if (text[host_end] != ':' || port.empty() || port.size() > 5) return false;
  unsigned number = 0;
  for (const char byte : port) {
    if (!is_digit(byte)) return false;
    number = number * 10 + static_cast<unsigned>(byte - '0');
  }
  return number >= 1 && number <= 65'535;
}

bool is_origin(std::string_view text) {
  const size_t scheme_end = text.find("://");
  if (text.size() > bounds::origin_bytes_max || scheme_end == text.npos) return false;
  const std::string_view scheme = text.substr(0, scheme_end), rest = text.substr(scheme_end + 3);
  if (scheme.empty() || !is_lower_letter(scheme[0])) return false;
  for (const char byte : scheme)
    if (!is_lower_letter(byte) && !is_digit(byte) && byte != '+' && byte != '-' && byte != '.')
      return false;
  if (!is_host_and_port(rest)) return false;
  const std::string_view host = without_port(rest);
  return host.size() == rest.size() || is_written_port(rest.substr(host.size() + 1), scheme);
}

std::string_view origin_hostname(std::string_view origin) {
  const size_t scheme_end = origin.find("://");
  if (scheme_end == origin.npos) return {};
  const std::string_view scheme = origin.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return {};

  const std::string_view host = origin.substr(scheme_end + 3);
  const size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (colon == host.npos) return host;
  const std::string_view port = host.substr(colon + 1);
  if (port.empty() || port.find_first_not_of("0123456789") != port.npos) return {};
  return host.substr(0, colon);
}

}  // namespace postern::policy
