#include "provider/sigv4.h"

#include <algorithm>
#include <map>
#include <utility>

#include "codec/hmac.h"
#include "codec/utc_time.h"

namespace postern::provider {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string_view bytes_of(const codec::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// `YYYYMMDDTHHMMSSZ`: the same moment as RFC 3339 has it, without its separators.
std::string basic_time(int64_t ms) {
  std::string time = codec::utc_time(ms);
  std::erase_if(time, [](char byte) { return byte == '-' || byte == ':'; });
  return time;
}

bool is_unreserved(char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

// The path with each segment encoded once more, so that `%3A` is signed as `%253A`.
std::string canonical_path(std::string_view path) {
  constexpr char digits[] = "0123456789ABCDEF";
  if (path.empty()) return "/";
  std::string canonical;
  for (const char byte : path) {
    if (is_unreserved(byte) || byte == '/') {
      canonical += byte;
      continue;
    }
    canonical += '%';
    canonical += digits[byte >> 4 & 0xF];
    canonical += digits[byte & 0xF];
  }
  return canonical;
}

// The parameters in the order of their names, then of their values. One without a value has an
// empty one.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (!parameter.empty()) parameters.emplace_back(parameter.substr(0, equals), value);
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical += name;
    canonical += '=';
    canonical += value;
  }
  return canonical;
}

std::string lower(std::string_view name) {
  std::string result(name);
  for (char& byte : result)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return result;
}

// Without white space at its ends, and with one space for each run of it.
std::string canonical_value(std::string_view value) {
  std::string canonical;
  for (const char byte : value) {
    const bool white = byte == ' ' || byte == '\t';
    if (white && (canonical.empty() || canonical.back() == ' ')) continue;
    canonical += white ? ' ' : byte;
  }
  if (canonical.ends_with(' ')) canonical.pop_back();
  return canonical;
}

struct CanonicalHeaders {
  std::string lines;
  std::string names;  // joined by semicolons
};

CanonicalHeaders canonical_headers(const AwsRequest& request,
                                   const std::vector<SignedHeader>& made) {
  // Headers of one name keep their order: their values are joined.
  std::multimap<std::string, std::string> headers;
  for (const SignedHeader& header : made) headers.emplace(header.name, header.value);
  headers.emplace("host", canonical_value(request.host));
  for (const AwsHeader& header : request.headers)
    headers.emplace(lower(header.name), canonical_value(header.value));
  CanonicalHeaders canonical;
  const std::string* last = nullptr;
  for (const auto& [name, value] : headers) {
    if (last && *last == name) {
      canonical.lines.back() = ',';
    } else {
      if (last) canonical.names += ';';
      canonical.names += name;
      canonical.lines += name + ":";
    }
    canonical.lines += value + "\n";
    last = &name;
  }
  return canonical;
}

// The secret never signs anything but a date; what it gives is good for one day, region and
// service.
codec::Digest signing_key(std::string_view secret, std::string_view date, const AwsScope& scope) {
  codec::Digest key = codec::hmac_sha256("AWS4" + std::string(secret), date);
  for (const std::string_view part :
       {scope.region, scope.service, std::string_view("aws4_request")})
    key = codec::hmac_sha256(bytes_of(key), part);
  return key;
}

}  // namespace

std::vector<SignedHeader> sign_aws_request(const AwsRequest& request, const AwsScope& scope,
                                           const AwsCredentials& credentials, int64_t now_ms,
                                           BodyDigestHeader digest_header) {
  const std::string time = basic_time(now_ms);
  const std::string_view date = std::string_view(time).substr(0, 8);
  const std::string body_digest =
      codec::to_hex(request.body_digest ? *request.body_digest : codec::sha256(request.body));

  std::vector<SignedHeader> made = {{"x-amz-date", time}};
  if (!credentials.session_token.empty())
    made.push_back({"x-amz-security-token", std::string(credentials.session_token)});
  if (digest_header == BodyDigestHeader::kSent)
    made.push_back({"x-amz-content-sha256", body_digest});

  const CanonicalHeaders headers = canonical_headers(request, made);
  std::string canonical(request.method);
  for (const std::string& line : {canonical_path(request.path), canonical_query(request.query),
                                  headers.lines, headers.names, body_digest}) {
    canonical += '\n';
    canonical += line;
  }

  std::string scope_text(date);
  for (const std::string_view part :
       {scope.region, scope.service, std::string_view("aws4_request")})
    scope_text.append("/").append(part);
  std::string to_sign(algorithm);
  for (const std::string& line : {time, scope_text, codec::to_hex(codec::sha256(canonical))}) {
    to_sign += '\n';
    to_sign += line;
  }
  const codec::Digest key = signing_key(credentials.secret_access_key, date, scope);
  const codec::Digest signature = codec::hmac_sha256(bytes_of(key), to_sign);

  std::string authorization(algorithm);
  authorization.append(" Credential=").append(credentials.access_key_id);
  authorization.append("/").append(scope_text);
  authorization.append(", SignedHeaders=").append(headers.names);
  authorization.append(", Signature=").append(codec::to_hex(signature));
  made.push_back({"authorization", std::move(authorization)});
  return made;
}

}  // namespace postern::provider
