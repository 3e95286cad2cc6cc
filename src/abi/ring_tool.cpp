#include "abi/ring_tool.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "bounds.h"
#include "codec/document.h"
#include "codec/random.h"
#include "codec/sha256.h"
#include "codec/utc_time.h"
#include "policy/accounts.h"
#include "policy/credentials.h"
#include "policy/grant.h"
#include "policy/key_form.h"
#include "policy/models.h"
#include "policy/ring.h"
#include "policy/scopes.h"

namespace postern::abi {
namespace {

using codec::Digest;
using codec::Document;
using policy::RingEntry;
using policy::RingFault;

// Below this a key can be guessed from its digest (NIST SP 800-63B).
constexpr int key_bits_min = 112;

constexpr char not_an_entry[] = "not an entry";

Document failure(std::string_view sentence) { return {{"error", sentence}}; }

// --- Members of a question ---------------------------------------------------------------------

const Document* member(const Document& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string_view> text_of(const Document& object, const char* name) {
  const Document* value = member(object, name);
  const std::string* text = value != nullptr ? value->get_ptr<const std::string*>() : nullptr;
  return text != nullptr ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<int64_t> integer_of(const Document& object, const char* name) {
  const Document* value = member(object, name);
  const int64_t* number = value != nullptr ? value->get_ptr<const int64_t*>() : nullptr;
  return number != nullptr ? std::optional<int64_t>(*number) : std::nullopt;
}

// Nothing when it is not a list of texts; what is absent is an empty one.
std::optional<std::vector<std::string>> texts_of(const Document& object, const char* name) {
  std::vector<std::string> texts;
  const Document* value = member(object, name);
  if (value == nullptr) return texts;
  if (!value->is_array()) return std::nullopt;
  for (const Document& element : *value) {
    const std::string* text = element.get_ptr<const std::string*>();
    if (text == nullptr) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

// --- Words of an answer ------------------------------------------------------------------------

std::string_view fault_name(RingFault fault) {
  switch (fault) {
    case RingFault::kNotADigest:
      return "not_a_digest";
    case RingFault::kPlainKey:
      return "plain_key";
    case RingFault::kSwapped:
      return "swapped";
    case RingFault::kBadLabel:
      return "bad_label";
    case RingFault::kBadAttribute:
      return "bad_attribute";
    case RingFault::kMixedScopes:
      return "mixed_scopes";
    case RingFault::kAccident:
      return "accident";
    case RingFault::kRepeated:
      return "repeated";
    case RingFault::kTooMany:
      return "too_many";
    case RingFault::kWeak:
      return "weak";
    case RingFault::kUnknownScope:
      return "unknown_scope";
    case RingFault::kUnreadableTime:
      return "unreadable_time";
  }
  return "";
}

std::string_view standing_name(policy::Standing standing) {
  switch (standing) {
    case policy::Standing::kActive:
      return "active";
    case policy::Standing::kSuperseded:
      return "superseded";
    case policy::Standing::kExpired:
      return "expired";
  }
  return "";
}

std::string_view form_name(policy::KeyForm form) {
  switch (form) {
    case policy::KeyForm::kForeign:
      return "foreign";
    case policy::KeyForm::kMistyped:
      return "mistyped";
    case policy::KeyForm::kWellFormed:
      return "well_formed";
  }
  return "";
}

Document or_null(const std::optional<int64_t>& number) {
  return number ? Document(*number) : Document(nullptr);
}

Document or_null(std::string_view text) {
  return text.empty() ? Document(nullptr) : Document(text);
}

Document entry_document(const RingEntry& entry, const std::optional<int64_t>& now_ms) {
  const policy::Grant& grant = entry.grant;
  Document document = {
      {"label", entry.label},
      {"name", policy::display_name(entry)},
      {"digest", codec::to_hex(entry.digest)},
      {"scopes", policy::names_of(grant.scopes)},
      {"class", policy::class_name(grant.key_class)},
      {"class_stated", entry.class_stated},
      {"expires_ms", or_null(grant.expires_ms)},
      {"superseded_ms", or_null(grant.superseded_ms)},
      {"ends_ms", or_null(policy::ends_ms(grant))},
      {"account", or_null(grant.account)},
      {"models", grant.models},
      {"text", policy::format_entry(entry)},
  };
  if (now_ms) document["standing"] = standing_name(policy::standing(grant, *now_ms));
  return document;
}

// --- The strength of a key that somebody else made ---------------------------------------------

struct Alphabet {
  bool digits = false;
  bool lower = false;
  bool upper = false;
  bool above_hex = false;  // a letter after f
  bool marks = false;      // what no generator of ours uses, separators aside

  void note(char byte) {
    const bool is_lower = byte >= 'a' && byte <= 'z';
    const bool is_upper = byte >= 'A' && byte <= 'Z';
    digits |= byte >= '0' && byte <= '9';
    lower |= is_lower;
    upper |= is_upper;
    above_hex |= (is_lower && byte > 'f') || (is_upper && byte > 'F');
    marks |= !is_lower && !is_upper && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_';
  }

  // Thousandths of a bit in one character. Letters of one case alone are words, and words are
  // predictable.
  int millibits() const {
    if (!digits && !marks && lower != upper) return 2'000;
    if (digits && !lower && !upper && !marks) return 3'322;
    if (!above_hex && !marks && !(lower && upper)) return 4'000;
    int size = (digits ? 10 : 0) + (lower ? 26 : 0) + (upper ? 26 : 0);
    if (marks) return size > 36 ? 6'500 : 5'500;
    return size > 36 ? 5'900 : 5'100;
  }
};

// At most so many bits, as far as looking at one key can tell. What goes on with a run (aaa, 123)
// counts nothing.
int bits_at_most(std::string_view key) {
  Alphabet alphabet;
  int characters = 0;
  int step = INT32_MAX;
  for (size_t i = 0; i < key.size(); ++i) {
    alphabet.note(key[i]);
    const int last_step = std::exchange(step, i > 0 ? key[i] - key[i - 1] : INT32_MAX);
    const bool run = step >= -1 && step <= 1 && step == last_step;
    if (!run && key[i] != '-' && key[i] != '_') ++characters;
  }
  return static_cast<int>(int64_t{characters} * alphabet.millibits() / 1'000);
}

// Why no request could present it, or nobody means to; empty when one can.
std::string_view unusable_reason(std::string_view key, policy::KeyForm form) {
  if (key.empty()) return "is empty";
  if (key.size() > bounds::token_bytes_max) return "is longer than 512 characters";
  if (form == policy::KeyForm::kMistyped) return "has a wrong checksum: it was mistyped";
  if (key.find(',') != key.npos) return "holds a comma";
  const std::string header = "Bearer " + std::string(key);
  const policy::Credentials read = policy::read_credentials(header, std::nullopt);
  if (read.hint == policy::TokenHint::kQuotes) return "stands in quotes or brackets";
  if (read.presented == policy::Presented::kToken && read.token == key) return {};
  return "holds white space, or characters outside printable ASCII";
}

// Why its digest should open nothing; empty when it may.
std::string_view weak_reason(const Digest& digest, int bits) {
  const policy::Ring ring = policy::parse_ring(codec::to_hex(digest));
  if (ring.entries.empty()) return "is what remains of an unset variable";
  if (ring.weak_entries != 0) return "is a word that everybody tries";
  if (bits < key_bits_min) return "can be guessed from its digest";
  return {};
}

// --- The questions -----------------------------------------------------------------------------

Document read(const Document& question) {
  const auto text = text_of(question, "ring");
  if (!text) return failure("no ring");
  const policy::Ring ring = policy::parse_ring(*text);
  const auto now_ms = integer_of(question, "now_ms");
  Document entries = Document::array();
  for (const RingEntry& entry : ring.entries) entries.push_back(entry_document(entry, now_ms));
  Document remarks = Document::array();
  for (const policy::RingRemark& remark : ring.remarks)
    remarks.push_back(
        {{"fault", fault_name(remark.fault)}, {"line", remark.line}, {"entry", remark.entry}});
  return {{"entries", std::move(entries)},
          {"bad_entries", ring.bad_entries},
          {"weak_entries", ring.weak_entries},
          {"unknown_scopes", ring.unknown_scopes},
          {"unreadable_times", ring.unreadable_times},
          {"remarks", std::move(remarks)}};
}

// What is wrong with an entry; empty when nothing is, and `out` holds it.
std::string_view read_entry(const Document& document, RingEntry& out) {
  const auto digest = codec::digest_from_hex(text_of(document, "digest").value_or(""));
  if (!digest) return "the digest is not 64 hex digits";
  out.digest = *digest;

  out.label = text_of(document, "label").value_or("");
  if (!out.label.empty() && !policy::is_label(out.label))
    return "a label is 1 to 32 of A-Z, a-z, 0-9, `.`, `_` and `-`, and begins with a letter or "
           "digit";

  policy::Grant& grant = out.grant;
  const auto scopes = texts_of(document, "scopes");
  if (!scopes) return not_an_entry;
  if (!scopes->empty()) grant.scopes = {};
  for (const std::string& name : *scopes) {
    const auto scope = policy::scope_named(name);
    if (!scope) return "scopes are read, generate, admin and webhook:write";
    grant.scopes.add(*scope);
  }
  if (grant.scopes.mixes_planes()) return "a key that has admin cannot have generate";

  if (const auto name = text_of(document, "class")) {
    const auto key_class = policy::class_named(*name);
    if (!key_class) return "classes are live, test and dev";
    grant.key_class = *key_class;
  }
  const Document* stated = member(document, "class_stated");
  out.class_stated = stated != nullptr && *stated == Document(true);

  grant.expires_ms = integer_of(document, "expires_ms");
  grant.superseded_ms = integer_of(document, "superseded_ms");
  grant.account = text_of(document, "account").value_or("");
  if (!grant.account.empty() && !policy::is_account_name(grant.account))
    return "an account is 1 to 64 of A-Z, a-z, 0-9, `.`, `_` and `-`, and begins with a letter or "
           "digit";

  auto models = texts_of(document, "models");
  if (!models) return not_an_entry;
  if (models->size() > bounds::model_patterns_max) return "an entry names at most 64 models";
  for (const std::string& pattern : *models)
    if (!policy::is_model_pattern(pattern))
      return "a model is a name such as openai/gpt-4o, or a provider such as openai/*";
  grant.models = std::move(*models);
  return {};
}

Document format(const Document& question) {
  const Document* document = member(question, "entry");
  RingEntry entry;
  const std::string_view fault = document != nullptr ? read_entry(*document, entry) : not_an_entry;
  if (!fault.empty()) return failure(fault);
  const std::string text = policy::format_entry(entry);
  // The promise of format_entry, kept whatever was asked: what is written reads back.
  const policy::Ring ring = policy::parse_ring(text);
  if (ring.entries.size() != 1 || ring.bad_entries != 0)
    return failure("such an entry could not be read back");
  return {{"text", text}};
}

Document key(const Document& question) {
  const auto text = text_of(question, "key");
  if (!text) return failure("no key");
  const policy::KeyShape shape = policy::shape_of(*text);
  const bool foreign = shape.form == policy::KeyForm::kForeign;
  const bool ours = shape.form == policy::KeyForm::kWellFormed;
  const Digest digest = codec::sha256(*text);
  const int bits = ours ? 190 : bits_at_most(*text);
  const std::string_view unusable = unusable_reason(*text, shape.form);
  const std::string_view weak = ours ? std::string_view() : weak_reason(digest, bits);
  return {{"form", form_name(shape.form)},
          {"class", foreign ? Document(nullptr) : Document(policy::class_name(shape.key_class))},
          {"digest", codec::to_hex(digest)},
          {"display", ours ? Document(policy::masked_key(*text)) : Document(nullptr)},
          {"bits", bits},
          {"unusable", or_null(unusable)},
          {"weak", or_null(weak)},
          {"provider", policy::looks_like_provider_key(*text)}};
}

Document make(const Document& question) {
  const auto key_class = policy::class_named(text_of(question, "class").value_or(""));
  if (!key_class) return failure("classes are live, test and dev");
  const auto seed = codec::digest_from_hex(text_of(question, "random").value_or(""));
  if (!seed) return failure("random is 64 hex digits");
  codec::RandomBytes random({reinterpret_cast<const char*>(seed->data()), seed->size()},
                            "ring key");
  const std::string made = policy::make_key(*key_class, random);
  return {{"key", made},
          {"digest", codec::to_hex(codec::sha256(made))},
          {"display", policy::masked_key(made)}};
}

Document match(const Document& question) {
  const auto text = text_of(question, "ring");
  const auto presented = text_of(question, "key");
  const auto now_ms = integer_of(question, "now_ms");
  if (!text || !presented || !now_ms) return failure("a ring, a key and now_ms are needed");
  const policy::Ring ring = policy::parse_ring(*text);
  const RingEntry* entry = policy::match(ring, codec::sha256(*presented)).entry;
  if (entry == nullptr) return {{"entry", nullptr}, {"standing", nullptr}, {"class", nullptr}};
  const policy::KeyShape shape = policy::shape_of(*presented);
  const bool by_form = !entry->class_stated && shape.form == policy::KeyForm::kWellFormed;
  return {{"entry", entry - ring.entries.data()},
          {"standing", standing_name(policy::standing(entry->grant, *now_ms))},
          {"class", policy::class_name(by_form ? shape.key_class : entry->grant.key_class)}};
}

Document time(const Document& question) {
  std::optional<int64_t> ms = integer_of(question, "ms");
  if (const auto text = text_of(question, "text")) ms = codec::read_utc_time(*text);
  if (!ms || *ms < 0) return failure("a time is written as 2027-01-01T00:00:00Z, in UTC");
  return {{"ms", *ms}, {"text", codec::utc_time(*ms)}};
}

constexpr struct {
  std::string_view name;
  Document (*answer)(const Document& question);
} questions[] = {{"read", read}, {"format", format}, {"key", key},
                 {"make", make}, {"match", match},   {"time", time}};

}  // namespace

std::string ring_tool(std::string_view request) {
  const Document question = Document::parse(request, nullptr, false);
  const auto name = text_of(question, "do");
  for (const auto& known : questions)
    if (name == known.name) return codec::dump_text(known.answer(question));
  return codec::dump_text(failure("not a question that is known"));
}

}  // namespace postern::abi
