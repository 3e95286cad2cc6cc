// One wire format, spoken in both directions: towards clients (read a request, write a reply) and
// towards providers (write a request, read a reply), whole and in a stream. Every dialect is a row
// of the visible list in dialects.cpp; adding one is adding a file and a row.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "chat/request.h"
#include "dialect/quirks.h"

namespace postern::dialect {

// What a writer of replies has to know beside the reply.
struct ReplyContext {
  std::string_view request_id;  // 32 hex digits: ids that a provider does not give are made of it
  std::string_view model;       // for a reply that names none: what the client asked for
  int64_t now_s = 0;
  bool include_usage = false;  // the client asked for usage in its stream
};

// Reads the events of a provider's stream.
class StreamReader {
 public:
  virtual ~StreamReader() = default;

  // One event, its type and data as the framing gave them. Appends what it says to `out`. Data
  // that is not to be understood is a kError of kind kBadResponse.
  virtual void read(std::string_view type, std::string_view data,
                    std::vector<chat::Delta>& out) = 0;

  enum class Progress : uint8_t {
    kOpen,    // an end of input here is a truncation
    kWhole,   // all that the format requires was seen; more (usage) may come
    kClosed,  // nothing more will come: reading can stop
  };
  virtual Progress progress() const = 0;
};

// Writes the events of a stream that a client reads: whole events only, so that between two calls
// the stream can be interrupted.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  virtual void write(const chat::Delta& delta, std::string& out) = 0;  // every kind but kError
  // The regular end: what was held back, the usage, the terminal event.
  virtual void end(std::string& out) = 0;
  // The end after an error; nothing may follow.
  virtual void fail(const chat::Error& error, std::string& out) = 0;
  virtual void keep_alive(std::string& out) const = 0;
};

// A provider's answer that is no success, as far as its head tells.
struct ErrorHead {
  int status = 0;
  std::string_view retry_after, retry_after_ms;  // headers, as they came
  std::string_view error_type;                   // x-amzn-errortype
  std::string_view should_retry;                 // x-should-retry
};

struct Dialect {
  std::string_view name;

  // --- Towards clients ------------------------------------------------------------------------
  // Null where nobody speaks this dialect to us.
  std::optional<chat::Refused> (*read_request)(std::string_view body, chat::Request& request);
  void (*write_reply)(const chat::Reply& reply, const ReplyContext& context, std::string& out);
  std::unique_ptr<StreamWriter> (*stream_writer)(const ReplyContext& context);
  // The whole envelope. `request_id` is the gateway's.
  void (*write_error)(const chat::Error& error, std::string_view request_id, std::string& out);
  // What the client calls it: "stop", "messages[2].content[1].image_url.detail".
  std::string (*field_name)(chat::Field field, chat::Place place);

  // --- Towards providers ----------------------------------------------------------------------
  // `front` is the client's dialect, for the names in refusals and in `dropped`. Appends the body.
  std::optional<chat::Refused> (*write_request)(const chat::Request& request, const Dialect& front,
                                                const Quirks& quirks, chat::Dropped& dropped,
                                                std::string& out);
  // False when it is no reply of this dialect. An error inside a success is one too: read_error.
  bool (*read_reply)(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                     chat::Reply& reply);
  std::unique_ptr<StreamReader> (*stream_reader)(const Quirks& quirks, const ReplyContext& context);
  // Never fails: what it does not understand is told by the status alone.
  chat::Error (*read_error)(const ErrorHead& head, std::string_view body);
};

}  // namespace postern::dialect
