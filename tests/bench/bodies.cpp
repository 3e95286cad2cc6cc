#include "bodies.h"

namespace postern::bench {

std::string one_string_body() {
  return R"({"model":"gpt-4o","messages":[{"role":"user","content":")" +
         std::string(body_bytes, 'x') + R"("}],"stream":true})";
}

std::string chat_body(size_t bytes, std::string_view first, std::string_view second) {
  std::string body = R"({"model":"gpt-4o","messages":[)";
  while (body.size() < bytes) {
    if (body.back() == '}') body += ',';
    body += R"({"role":"user","content":")";
    body += first;
    body += R"("},{"role":"assistant","content":")";
    body += second;
    body += R"("})";
  }
  return body + R"(],"stream":true})";
}

std::string escaped_chat_body(size_t bytes) {
  return chat_body(bytes, R"(What does \"capital\" mean?\nAnd where is it, in France?)",
                   R"(It is the seat of \"government\":\n\n- Paris\n- since 987\n\nIn C:\\maps)");
}

std::string indented_body() {
  std::string body = "{\n  \"model\": \"gpt-4o\",\n  \"messages\": [";
  while (body.size() < body_bytes) {
    if (body.back() == '}') body += ',';
    body += "\n    {\n      \"role\": \"user\",\n      \"content\": \"What is it?\"\n    }";
  }
  return body + "\n  ]\n}\n";
}

std::string number_body() {
  std::string body = R"({"input":[)";
  while (body.size() < body_bytes) {
    if (body.back() != '[') body += ',';
    body += "15339,1917,-0.0184218";
  }
  return body + "]}";
}

std::string event_stream(StreamUsage usage) {
  const bool reported = usage == StreamUsage::kReported;
  std::string stream;
  const auto add = [&](std::string_view choices, std::string_view end) {
    stream +=
        R"(data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk",)"
        R"("created":1750000000,"model":"gpt-4o-2024-08-06","service_tier":"default",)"
        R"("system_fingerprint":"fp_0123456789","choices":[)";
    stream += choices;
    stream += ']';
    stream += end;
    stream += "}\n\n";
  };
  const std::string_view null_usage = reported ? R"(,"usage":null)" : "";
  for (int index = 0; index < 200; ++index) {
    const std::string choice = R"({"index":0,"delta":{"content":" token)" + std::to_string(index) +
                               R"("},"logprobs":null,"finish_reason":null})";
    add(choice, null_usage);
  }
  if (reported) {
    add("", R"(,"usage":{"prompt_tokens":812,"completion_tokens":200,"total_tokens":1012})");
  }
  return stream + "data: [DONE]\n\n";
}

}  // namespace postern::bench
