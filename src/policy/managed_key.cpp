#include "policy/managed_key.h"

#include <algorithm>
#include <utility>

#include "bounds.h"
#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "policy/models.h"

namespace postern::policy {
namespace {

constexpr int64_t record_version = 1;

// A time outside of these is a mistake, such as seconds for milliseconds.
constexpr int64_t time_min_ms = 946'684'800'000;    // the year 2000
constexpr int64_t time_end_ms = 4'102'444'800'000;  // the year 2100
constexpr int64_t unreadable_ms = 0;                // long over

// Reads one record. Whatever is not as we write it refuses the whole record, with two exceptions:
// members that are not known may come from a newer version, and a time that cannot be read is one
// that is over.
class RecordReader {
 public:
  explicit RecordReader(std::string_view json) : in_(json) {}

  std::optional<ManagedKey> read();

 private:
  enum Member : unsigned {
    kVersion = 1,
    kLabel = 2,
    kClass = 4,
    kScopes = 8,
    kAccount = 16,
    kModels = 32,
    kLimits = 64,
    kExpires = 128,
    kDisabled = 256,
    kCreatedBy = 512,
    kGenerations = 1024,
  };

  bool member();
  bool first(Member member);
  bool version();
  bool key_class();
  bool scopes();
  bool models();
  bool limits();
  bool generations();
  bool generation(KeyGeneration& generation);
  bool text(std::string& out);
  bool time(std::optional<int64_t>& out);

  codec::JsonReader in_;
  ManagedKey key_;
  unsigned seen_ = 0;
};

std::optional<ManagedKey> RecordReader::read() {
  if (!in_.enter_object()) return std::nullopt;
  while (in_.next_member())
    if (!member()) return std::nullopt;
  if (!in_.finish()) return std::nullopt;

  constexpr unsigned required = kVersion | kClass | kGenerations;
  if ((seen_ & required) != required || key_.grant.scopes.mixes_planes()) return std::nullopt;
  return std::move(key_);
}

bool RecordReader::member() {
  if (in_.name_is("v")) return first(kVersion) && version();
  if (in_.name_is("label")) return first(kLabel) && text(key_.label);
  if (in_.name_is("class")) return first(kClass) && key_class();
  if (in_.name_is("scopes")) return first(kScopes) && scopes();
  // An empty name would mean no account, which is more than any account.
  if (in_.name_is("account"))
    return first(kAccount) && text(key_.grant.account) && !key_.grant.account.empty();
  if (in_.name_is("models")) return first(kModels) && models();
  if (in_.name_is("limits")) return first(kLimits) && limits();
  if (in_.name_is("expires_ms")) return first(kExpires) && time(key_.grant.expires_ms);
  if (in_.name_is("disabled")) return first(kDisabled) && in_.read_bool(key_.disabled);
  if (in_.name_is("created_by")) return first(kCreatedBy) && text(key_.created_by);
  if (in_.name_is("generations")) return first(kGenerations) && generations();
  return in_.skip();
}

// A member that stands twice could be read in two ways.
bool RecordReader::first(Member member) {
  if ((seen_ & member) != 0) return false;
  seen_ |= member;
  return true;
}

bool RecordReader::version() {
  int64_t version = 0;
  return in_.read_integer(version) && version == record_version;
}

bool RecordReader::key_class() {
  std::string name;
  if (!text(name)) return false;
  const std::optional<KeyClass> named = class_named(name);
  if (named) key_.grant.key_class = *named;
  return named.has_value();
}

bool RecordReader::scopes() {
  if (!in_.enter_array()) return false;
  key_.grant.scopes = {};
  while (in_.next_element()) {
    std::string name;
    if (!text(name)) return false;
    if (const std::optional<Scope> scope = scope_named(name)) key_.grant.scopes.add(*scope);
  }
  return true;
}

bool RecordReader::models() {
  if (!in_.enter_array()) return false;
  std::vector<std::string>& models = key_.grant.models;
  while (in_.next_element()) {
    std::string pattern;
    if (!text(pattern) || !is_model_pattern(pattern)) return false;
    if (models.size() == bounds::model_patterns_max) return false;
    models.push_back(std::move(pattern));
  }
  // No list means all models. A list of none must not come to mean the same.
  return !models.empty();
}

bool RecordReader::limits() {
  if (!in_.enter_object()) return false;
  constexpr int64_t largest = (int64_t{1} << 53) - 1;
  while (in_.next_member()) {
    std::string name;
    codec::append_unescaped(in_.name(), name);
    const std::optional<Limit> limit = limit_named(name);
    if (!limit) {
      if (!in_.skip()) return false;
      continue;
    }
    int64_t value = 0;
    if (!in_.read_integer(value) || value < 0 || value > largest) return false;
    if (key_.grant.limits[*limit]) return false;
    key_.grant.limits[*limit] = value;
  }
  return true;
}

bool RecordReader::generations() {
  if (!in_.enter_array()) return false;
  std::vector<KeyGeneration>& all = key_.generations;
  while (in_.next_element()) {
    KeyGeneration next;
    if (all.size() == bounds::key_generations_max || !generation(next)) return false;
    if (next.id.empty() || key_.generation(next.id) != nullptr) return false;
    all.push_back(std::move(next));
  }
  if (all.empty() || all.back().superseded_ms || all.back().grace_ends_ms) return false;

  // What the rules say holds for every record, whoever wrote it: only the last is current, and
  // only the one before it can still be in its grace period.
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (!all[i].superseded_ms) all[i].superseded_ms = unreadable_ms;
    if (!all[i].grace_ends_ms) all[i].grace_ends_ms = unreadable_ms;
  }
  for (size_t i = 0; i + 2 < all.size(); ++i)
    all[i].grace_ends_ms = std::min(*all[i].grace_ends_ms, *all[i + 1].superseded_ms);
  return true;
}

bool RecordReader::generation(KeyGeneration& generation) {
  if (!in_.enter_object()) return false;
  enum : unsigned {
    kId = 1,
    kDisplay = 2,
    kCreated = 4,
    kSuperseded = 8,
    kGrace = 16,
    kRevoked = 32
  };
  unsigned seen = 0;
  const auto once = [&seen](unsigned member) {
    const bool fresh = (seen & member) == 0;
    seen |= member;
    return fresh;
  };
  std::optional<int64_t> created_ms;
  while (in_.next_member()) {
    bool good = true;
    if (in_.name_is("id"))
      good = once(kId) && text(generation.id);
    else if (in_.name_is("display"))
      good = once(kDisplay) && text(generation.display);
    else if (in_.name_is("created_ms"))
      good = once(kCreated) && time(created_ms);
    else if (in_.name_is("superseded_ms"))
      good = once(kSuperseded) && time(generation.superseded_ms);
    else if (in_.name_is("grace_ends_ms"))
      good = once(kGrace) && time(generation.grace_ends_ms);
    else if (in_.name_is("revoked_ms"))
      good = once(kRevoked) && time(generation.revoked_ms);
    else
      good = in_.skip();
    if (!good) return false;
  }
  generation.created_ms = created_ms.value_or(unreadable_ms);
  return true;
}

bool RecordReader::text(std::string& out) {
  codec::JsonString string;
  if (!in_.read_string(string)) return false;
  codec::append_unescaped(string, out);
  return true;
}

bool RecordReader::time(std::optional<int64_t>& out) {
  int64_t ms = 0;
  const bool integer = in_.read_integer(ms);
  out = integer && ms >= time_min_ms && ms < time_end_ms ? ms : unreadable_ms;
  return integer || in_.skip();
}

void write_time(codec::JsonWriter& out, std::string_view name, std::optional<int64_t> ms) {
  if (ms) out.name(name).number(*ms);
}

void write_generation(codec::JsonWriter& out, const KeyGeneration& generation) {
  out.begin_object().name("id").string(generation.id);
  out.name("display").string(generation.display);
  out.name("created_ms").number(generation.created_ms);
  write_time(out, "superseded_ms", generation.superseded_ms);
  write_time(out, "grace_ends_ms", generation.grace_ends_ms);
  write_time(out, "revoked_ms", generation.revoked_ms);
  out.end_object();
}

void write_limits(codec::JsonWriter& out, const Limits& limits) {
  if (limits == Limits()) return;
  out.name("limits").begin_object();
  for (size_t i = 0; i < limits.values.size(); ++i)
    if (limits.values[i]) out.name(limit_name(static_cast<Limit>(i))).number(*limits.values[i]);
  out.end_object();
}

// When a generation that another one has taken the place of is over. No record can make a grace
// period longer than the bound, and only the one before the current has any: by its place, because
// the clock that ended an older one may be ahead of ours.
int64_t grace_end(const ManagedKey& key, const KeyGeneration& generation, int64_t now_ms) {
  const int64_t end_ms = std::min(generation.grace_ends_ms.value_or(unreadable_ms),
                                  *generation.superseded_ms + bounds::grace_ms);
  const size_t count = key.generations.size();
  const bool before_current = count >= 2 && generation.id == key.generations[count - 2].id;
  return before_current ? end_ms : std::min(end_ms, now_ms);
}

bool is_over(const ManagedKey& key, const KeyGeneration& generation, int64_t now_ms) {
  if (key.grant.expires_ms && now_ms >= *key.grant.expires_ms) return true;
  return generation.superseded_ms && now_ms >= grace_end(key, generation, now_ms);
}

KeyGeneration* find_generation(ManagedKey& key, std::string_view id) {
  for (KeyGeneration& generation : key.generations)
    if (generation.id == id) return &generation;
  return nullptr;
}

// The key that the current one took the place of, while both work.
KeyGeneration* generation_in_grace(ManagedKey& key, int64_t now_ms) {
  if (key.generations.size() < 2) return nullptr;
  KeyGeneration& before = key.generations[key.generations.size() - 2];
  return before.revoked_ms || is_over(key, before, now_ms) ? nullptr : &before;
}

// What who holds these scopes may give away.
Scopes givable(Scopes scopes) {
  return scopes.has(Scope::kAdmin) ? scopes.either({Scope::kRead, Scope::kGenerate}) : scopes;
}

// From the widest to the narrowest.
int width(KeyClass key_class) {
  switch (key_class) {
    case KeyClass::kLive:
      return 2;
    case KeyClass::kDev:
      return 1;
    case KeyClass::kTest:
      return 0;
  }
  return 0;
}

}  // namespace

const KeyGeneration* ManagedKey::generation(std::string_view id) const {
  for (const KeyGeneration& generation : generations)
    if (generation.id == id) return &generation;
  return nullptr;
}

std::optional<ManagedKey> read_managed_key(std::string_view json) {
  return RecordReader(json).read();
}

std::string write_managed_key(const ManagedKey& key) {
  std::string text;
  codec::JsonWriter out(text);
  out.begin_object().name("v").number(record_version);
  out.name("label").string(key.label);
  out.name("class").string(class_name(key.grant.key_class));
  out.name("scopes").begin_array();
  for (const std::string_view scope : names_of(key.grant.scopes)) out.string(scope);
  out.end_array();
  if (!key.grant.account.empty()) out.name("account").string(key.grant.account);
  if (!key.grant.models.empty()) {
    out.name("models").begin_array();
    for (const std::string& pattern : key.grant.models) out.string(pattern);
    out.end_array();
  }
  write_limits(out, key.grant.limits);
  write_time(out, "expires_ms", key.grant.expires_ms);
  out.name("disabled").boolean(key.disabled);
  out.name("created_by").string(key.created_by);
  out.name("generations").begin_array();
  for (const KeyGeneration& generation : key.generations) write_generation(out, generation);
  out.end_array().end_object();
  return text;
}

std::string_view state_name(KeyState state) {
  switch (state) {
    case KeyState::kActive:
      return "active";
    case KeyState::kSuperseded:
      return "superseded";
    case KeyState::kExpired:
      return "expired";
    case KeyState::kDisabled:
      return "disabled";
    case KeyState::kRevoked:
      return "revoked";
  }
  return "revoked";
}

KeyState state_of(const ManagedKey& key, const KeyGeneration& generation, int64_t now_ms) {
  // Nothing asks whether these times have come: the clock that wrote them may be ahead of ours.
  if (generation.revoked_ms) return KeyState::kRevoked;
  if (key.disabled) return KeyState::kDisabled;
  if (is_over(key, generation, now_ms)) return KeyState::kExpired;
  return generation.superseded_ms ? KeyState::kSuperseded : KeyState::kActive;
}

std::optional<Grant> grant_of(const ManagedKey& key, const KeyGeneration& generation,
                              int64_t now_ms) {
  if (generation.revoked_ms || key.disabled) return std::nullopt;
  Grant grant = key.grant;
  grant.superseded_ms.reset();
  if (generation.superseded_ms) {
    const int64_t end_ms = grace_end(key, generation, now_ms);
    grant.expires_ms = std::min(grant.expires_ms.value_or(end_ms), end_ms);
    grant.superseded_ms = std::min(*generation.superseded_ms, now_ms);
  }
  return grant;
}

KeyChange supersede(ManagedKey& key, std::string_view id, KeyGeneration successor, int64_t grace_ms,
                    int64_t now_ms) {
  if (key.generations.empty() || key.current().id != id) return KeyChange::kNotCurrent;
  KeyGeneration& old = key.generations.back();
  if (state_of(key, old, now_ms) != KeyState::kActive) return KeyChange::kEnded;

  if (KeyGeneration* older = generation_in_grace(key, now_ms)) older->grace_ends_ms = now_ms;

  const int64_t grace_end_ms = now_ms + std::clamp<int64_t>(grace_ms, 0, bounds::grace_ms);
  old.superseded_ms = now_ms;
  old.grace_ends_ms = std::min(grace_end_ms, key.grant.expires_ms.value_or(grace_end_ms));
  if (grace_ms <= 0) old.revoked_ms = now_ms;

  successor.superseded_ms.reset();
  successor.grace_ends_ms.reset();
  successor.revoked_ms.reset();
  key.generations.push_back(std::move(successor));
  // The first one stays: by its id the lineage is known.
  while (key.generations.size() > bounds::key_generations_max)
    key.generations.erase(key.generations.begin() + 1);
  return KeyChange::kDone;
}

KeyChange revoke(ManagedKey& key, std::string_view id, int64_t now_ms) {
  KeyGeneration* const named = find_generation(key, id);
  if (named == nullptr) return KeyChange::kNotCurrent;
  if (named->revoked_ms) return KeyChange::kNothing;

  if (!is_over(key, *named, now_ms)) {
    if (KeyGeneration* before = generation_in_grace(key, now_ms)) {
      before->revoked_ms = now_ms;
      key.generations.back().revoked_ms = now_ms;
    }
  }
  named->revoked_ms = now_ms;
  return KeyChange::kDone;
}

std::string_view exceeded_member(const Grant& wanted, const Grant& creator) {
  if (!wanted.scopes.within(givable(creator.scopes))) return "scopes";
  if (width(wanted.key_class) > width(creator.key_class)) return "class";

  // A key is held to both of its lists, so one of them within the creator's is enough.
  const auto is_held_to = [&wanted](const std::vector<std::string>& outer) {
    return models_within(wanted.models, outer) || models_within(wanted.account_models, outer);
  };
  if (!is_held_to(creator.models) || !is_held_to(creator.account_models)) return "models";

  if (!creator.account.empty() && wanted.account != creator.account) return "account";
  if (const std::optional<int64_t> end_ms = ends_ms(creator))
    if (!wanted.expires_ms || *wanted.expires_ms > *end_ms) return "expires_at";
  if (!within(wanted.limits, creator.limits)) return "limits";
  return {};
}

}  // namespace postern::policy
