#include "dialect/envelope.h"

#include "codec/json_writer.h"

namespace postern::dialect {
namespace {

using codec::JsonWriter;

void write_param(JsonWriter& json, std::string_view param) {
  json.name("param");
  if (param.empty()) {
    json.null();
  } else {
    json.string(param);
  }
}

void write_openai(const ErrorText& error, std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("error").begin_object();
  json.name("message").string(error.message);
  json.name("type").string(openai_error_type(error.status));
  write_param(json, error.param);
  json.name("code").string(error.code).end_object().end_object();
}

// `code` and `param` are members that Anthropic does not have; its clients pass them over.
void write_anthropic(const ErrorText& error, std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("type").string("error").name("error").begin_object();
  json.name("type").string(anthropic_error_type(error.status));
  json.name("message").string(error.message).name("code").string(error.code);
  if (!error.param.empty()) json.name("param").string(error.param);
  json.end_object().name("request_id").string(error.request_id).end_object();
}

}  // namespace

void write_error(Envelope envelope, const ErrorText& error, std::string& out) {
  if (envelope == Envelope::kAnthropic) return write_anthropic(error, out);
  write_openai(error, out);
}

void write_error_event(Envelope envelope, const ErrorText& error, int64_t sequence_number,
                       std::string& out) {
  if (envelope == Envelope::kResponses) {
    out += "event: error\ndata: ";
    JsonWriter json(out);
    json.begin_object().name("type").string("error");
    json.name("sequence_number").number(sequence_number);
    json.name("code").string(error.code).name("message").string(error.message);
    write_param(json, error.param);
    json.end_object();
  } else {
    out += envelope == Envelope::kAnthropic ? "event: error\ndata: " : "data: ";
    write_error(envelope, error, out);
  }
  out += "\n\n";
}

std::string_view openai_error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string_view anthropic_error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

}  // namespace postern::dialect
