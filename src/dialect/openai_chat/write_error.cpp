#include "dialect/error_words.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect::chat_completions {

void write_error(const chat::Error& error, std::string_view request_id, std::string& out) {
  dialect::write_error(Envelope::kOpenai, error_text(error, Envelope::kOpenai, request_id), out);
}

}  // namespace postern::dialect::chat_completions
