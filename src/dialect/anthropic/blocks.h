// Content blocks of a request, as the client wrote them: what of them has a name is read in one
// pass, because the member that says what they are may come last.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "codec/json_reader.h"

namespace postern::dialect::messages {

struct Block {
  chat::Text type;
  chat::Text text, thinking, signature, data;
  chat::Text id, tool_use_id, name;
  chat::Text title, context;
  chat::Json input, citations, cache_control;
  std::optional<bool> is_error;

  struct Source {
    bool given = false;
    chat::Text type, media_type, data, url, file_id;
    bool content_given = false;
  } source;
  // A search result's is an address.
  chat::Text source_text;

  bool content_given = false;
  // Of a tool's or a search result, or of a document's source. A string is one block of text.
  std::vector<Block> content;

  std::string_view whole;

  std::string_view wrong;     // the first member of the wrong kind
  std::string_view expected;  // what it should have been
};

// Reads one block. What is no object is a block without a type.
void read_block(codec::JsonReader& in, std::string_view document, Block& block);

// Where a block stands, for errors and for Place.
struct BlockPlace {
  uint32_t message = 0;
  uint32_t block = 0;
  std::optional<uint32_t> inner;  // in a tool's result

  chat::Place place() const { return {message, block}; }
  std::string name(std::string_view member) const;
};

// What blocks say, as parts. Nothing of them is copied but text documents and search results.
class PartReader {
 public:
  explicit PartReader(chat::Arena& arena) : arena_(arena) {}

  enum class Speaker : uint8_t { kSystem, kUser, kAssistant, kTool };
  // Appends what the block says, which may be nothing (a text without characters) or several
  // parts (a document with its context). False when the request is refused.
  bool read(const Block& block, Speaker speaker, const BlockPlace& where,
            std::vector<chat::Part>& parts);

  bool refuse(std::string param, std::string_view why);

  std::optional<chat::Refused> refused;

 private:
  bool wrong_kind(const Block& block, const BlockPlace& where);
  bool text(const Block& block, std::vector<chat::Part>& parts);
  bool image(const Block& block, const BlockPlace& where, std::vector<chat::Part>& parts);
  bool document(const Block& block, const BlockPlace& where, std::vector<chat::Part>& parts);
  bool search_result(const Block& block, std::vector<chat::Part>& parts);
  bool thinking(const Block& block, std::vector<chat::Part>& parts);
  bool tool_use(const Block& block, const BlockPlace& where, std::vector<chat::Part>& parts);
  bool tool_result(const Block& block, const BlockPlace& where, std::vector<chat::Part>& parts);

  chat::Arena& arena_;
};

}  // namespace postern::dialect::messages
