#include "exchange/translated_stream.h"

#include <gtest/gtest.h>

#include "exchange/recorded_streams.h"

namespace postern::exchange {
namespace {

// Its words stand in headers, where those of an exception are the payload.
TEST(TranslatedStream, an_error_frame_of_aws_keeps_its_words) {
  recorded::Stream stream;
  stream.framing = Framing::kAwsEventStream;
  stream.dialect = &dialect::bedrock;
  const std::string headers = codec::aws_string_header(":message-type", "error") +
                              codec::aws_string_header(":error-code", "InternalError") +
                              codec::aws_string_header(":error-message", "it \"broke\"");
  stream.bytes = codec::aws_frame_of(headers, "");
  const auto machine = recorded::translated(stream, dialect::openai_chat);
  const recorded::Outcome outcome = recorded::play(*machine, stream.bytes, {});
  EXPECT_TRUE(outcome.reported);
  EXPECT_NE(outcome.sent.find(R"(it \"broke\")"), std::string::npos) << outcome.sent;
}

}  // namespace
}  // namespace postern::exchange
