#include "provider/call.h"

#include "provider/sigv4.h"

namespace postern::provider {
namespace {

constexpr std::string_view anthropic_version_default = "2023-06-01";

bool is_unreserved(char byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

// `method` with the colon before it.
void append_gemini(std::string_view model, std::string_view method, std::string& url) {
  url += "/models/";
  append_segment(model, url);
  url += method;
}

void append_chat(const Target& target, Delivery delivery, std::string& url) {
  const dialect::Dialect* dialect = target.row().chat;
  const bool stream = delivery == Delivery::kStream;
  if (dialect == &dialect::anthropic) {
    url += "/messages";
  } else if (dialect == &dialect::gemini) {
    append_gemini(target.model, stream ? ":streamGenerateContent?alt=sse" : ":generateContent",
                  url);
  } else if (dialect == &dialect::bedrock) {
    url += "/model/";
    append_segment(target.model, url);
    url += stream ? "/converse-stream" : "/converse";
  } else if (dialect == &dialect::cohere) {
    url += "/chat";
  } else {
    url += "/chat/completions";
  }
}

void append_embeddings(const Target& target, std::string& url) {
  using Format = dialect::EmbeddingFormat;
  const Format format = target.embeddings();
  if (format == Format::kGemini || format == Format::kVertex) {
    append_gemini(target.model, dialect::embedding_method(format, target.model), url);
  } else if (format == Format::kCohere) {
    url += "/embed";
  } else if (format == Format::kPerplexity) {
    url += "/v1/embeddings";  // its chat has no version in its path
  } else {
    url += "/embeddings";
  }
}

// Deployments have everything but responses below them, which came later.
void append_deployment(const Target& target, Surface surface, std::string& url) {
  if (target.setting->azure_paths != AzurePaths::kDeployments) return;
  if (surface == Surface::kResponses) return;
  url += "/deployments/";
  append_segment(target.model, url);
}

std::string url_of(const Target& target, Surface surface, Delivery delivery) {
  std::string url = target.setting->base_url;
  append_deployment(target, surface, url);
  switch (surface) {
    case Surface::kChat:
    case Surface::kMessages:
      append_chat(target, delivery, url);
      break;
    case Surface::kResponses:
      url += "/responses";
      break;
    case Surface::kCountTokens:
      url += "/messages/count_tokens";
      break;
    case Surface::kCompletions:
      url += "/completions";
      break;
    case Surface::kEmbeddings:
      append_embeddings(target, url);
      break;
  }
  if (!target.setting->api_version.empty()) url += "?api-version=" + target.setting->api_version;
  return url;
}

std::string_view accepted(const Target& target, Delivery delivery) {
  if (delivery == Delivery::kWhole) return "application/json";
  if (target.row().chat == &dialect::bedrock) return "application/vnd.amazon.eventstream";
  return "text/event-stream";
}

// --- Signatures -------------------------------------------------------------------------------

struct UrlParts {
  std::string host;  // as it will stand in the Host header
  std::string_view path, query;
};

// Of an address of ours: is_base_url, and then what was appended above.
UrlParts parts_of(std::string_view url) {
  const bool secure = url.size() > 5 && (url[4] == 's' || url[4] == 'S');
  url.remove_prefix(url.find("://") + 3);
  const std::string_view host = url.substr(0, url.find('/'));
  UrlParts parts{policy::lower_case(host), url.substr(host.size()), {}};
  const std::string_view default_port = secure ? ":443" : ":80";
  if (parts.host.ends_with(default_port))
    parts.host.resize(parts.host.size() - default_port.size());
  if (const size_t mark = parts.path.find('?'); mark != parts.path.npos) {
    parts.query = parts.path.substr(mark + 1);
    parts.path = parts.path.substr(0, mark);
  }
  return parts;
}

std::string_view header_name(std::string_view name) {
  for (const std::string_view known :
       {std::string_view("x-amz-date"), std::string_view("x-amz-security-token"),
        std::string_view("x-amz-content-sha256")})
    if (name == known) return known;
  return "authorization";
}

void sign(const Target& target, const Ask& ask, Call& call) {
  const Setting& setting = *target.setting;
  const UrlParts url = parts_of(call.url);
  AwsRequest request;
  request.method = "POST";
  request.host = url.host;
  request.path = url.path;
  request.query = url.query;
  request.body = ask.body;
  const AwsCredentials credentials = {setting.aws->access_key_id, setting.aws->secret_access_key,
                                      setting.aws->session_token};
  for (SignedHeader& header :
       sign_aws_request(request, {setting.region, "bedrock"}, credentials, ask.now_ms))
    call.headers.push_back({header_name(header.name), std::move(header.value)});
}

void authorize(const Target& target, const Ask& ask, Call& call) {
  const Setting& setting = *target.setting;
  if (setting.aws) return sign(target, ask, call);
  if (setting.key.empty()) return;
  switch (target.row().auth) {
    case Auth::kBearer:
    case Auth::kCloudflare:
    case Auth::kAws:
      call.headers.push_back({"authorization", "Bearer " + setting.key});
      return;
    case Auth::kXApiKey:
      call.headers.push_back({"x-api-key", setting.key});
      return;
    case Auth::kXGoogApiKey:
      call.headers.push_back({"x-goog-api-key", setting.key});
      return;
    case Auth::kApiKey:
      call.headers.push_back({"api-key", setting.key});
      return;
  }
}

}  // namespace

Call build_call(const Target& target, const Ask& ask) {
  Call call;
  const auto surface = target.answering(ask.surface);
  if (!surface || target.via_binding()) return call;
  call.url = url_of(target, *surface, ask.delivery);
  call.headers.push_back({"content-type", "application/json"});
  call.headers.push_back({"accept", std::string(accepted(target, ask.delivery))});
  if (target.row().chat == &dialect::anthropic) {
    call.headers.push_back(
        {"anthropic-version", std::string(ask.anthropic_version.empty() ? anthropic_version_default
                                                                        : ask.anthropic_version)});
    if (!ask.anthropic_beta.empty())
      call.headers.push_back({"anthropic-beta", std::string(ask.anthropic_beta)});
  }
  authorize(target, ask, call);
  return call;
}

void append_segment(std::string_view text, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  // URL parsers take `..` for a step up, and `%2E%2E` as well; nobody takes `%252E%252E` for one.
  if (text == "." || text == "..") {
    for (size_t i = 0; i < text.size(); ++i) out += "%252E";
    return;
  }
  for (const char byte : text) {
    if (is_unreserved(byte)) {
      out += byte;
      continue;
    }
    const auto value = static_cast<unsigned char>(byte);
    out += '%';
    out += digits[value >> 4];
    out += digits[value & 15];
  }
}

}  // namespace postern::provider
