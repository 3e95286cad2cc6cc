#include "exchange/head.h"

#include "codec/json_reader.h"

namespace postern::exchange {
namespace {

using codec::JsonReader;
using codec::JsonString;

constexpr std::string_view request_names[] = {
    "authorization",     "x-api-key",      "cf-ray",           "cf-worker",    "origin",
    "sec-fetch-site",    "content-length", "content-encoding", "x-request-id", "traceparent",
    "tracestate",        "accept",         "user-agent",       "openai-beta",  "idempotency-key",
    "anthropic-version", "anthropic-beta"};
constexpr std::string_view reply_names[] = {"content-type", "retry-after", "retry-after-ms",
                                            "x-amzn-errortype", "x-should-retry"};

static_assert(std::size(request_names) == static_cast<size_t>(RequestHeader::kCount));
static_assert(std::size(reply_names) == static_cast<size_t>(ReplyHeader::kCount));

std::string read_text(JsonReader& in) {
  JsonString string;
  std::string text;
  if (in.read_string(string)) {
    codec::append_unescaped(string, text);
  } else {
    in.skip();
  }
  return text;
}

// The shim sends {"name": value} with the names above and leaves absent ones out.
template <typename Values>
void read_headers(JsonReader& in, std::span<const std::string_view> names, Values& values) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    size_t at = 0;
    while (at < names.size() && !in.name_is(names[at])) ++at;
    if (at < names.size()) {
      values[at] = read_text(in);
    } else {
      in.skip();
    }
  }
}

// `url` is what a WHATWG URL parser serialised, so these cuts are exact.
void cut_url(std::string_view url, RequestHead& head) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t authority_end = std::min(url.find_first_of("/?#"), url.size());
  std::string_view host = url.substr(0, authority_end);
  host.remove_prefix(host.find('@') == std::string_view::npos ? 0 : host.rfind('@') + 1);
  const size_t port = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  head.hostname = host.substr(0, port);
  std::string_view path = url.substr(authority_end);
  head.path = path.substr(0, path.find_first_of("?#"));
  const size_t question = path.find('?');
  if (question == std::string_view::npos) return;
  path.remove_prefix(question + 1);
  head.query = path.substr(0, path.find('#'));
}

}  // namespace

std::span<const std::string_view> request_header_names() { return request_names; }
std::span<const std::string_view> reply_header_names() { return reply_names; }

RequestHead read_request_head(std::string_view json) {
  RequestHead head;
  JsonReader in(json);
  if (!in.enter_object()) return head;
  while (in.next_member()) {
    if (in.name_is("method")) {
      head.method = read_text(in);
    } else if (in.name_is("url")) {
      cut_url(read_text(in), head);
    } else if (in.name_is("headers")) {
      read_headers(in, request_names, head.headers);
    } else {
      in.skip();
    }
  }
  return head;
}

ReplyHead read_reply_head(std::string_view json) {
  ReplyHead head;
  JsonReader in(json);
  if (!in.enter_object()) return head;
  while (in.next_member()) {
    int64_t status = 0;
    if (in.name_is("status") && in.read_integer(status)) {
      head.status = static_cast<int>(status);
    } else if (in.name_is("headers")) {
      read_headers(in, reply_names, head.headers);
    } else {
      in.skip();
    }
  }
  return head;
}

}  // namespace postern::exchange
