#include "policy/accounts.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "bounds.h"
#include "codec/json_reader.h"
#include "policy/credentials.h"
#include "policy/models.h"
#include "policy/names.h"

namespace postern::policy {
namespace {

using codec::JsonReader;

constexpr int64_t integer_max = (int64_t{1} << 53) - 1;

// In the order of the enumeration: requests a minute and a day, tokens a minute and a day, requests
// at once, and the two budgets.
constexpr Limits dev = {{60, 2'000, 100'000, std::nullopt, 4, std::nullopt, std::nullopt}};

template <typename One>
using Named = std::map<std::string, One, std::less<>>;

struct Tier {
  Limits limits;
  bool bad = false;
};

struct Draft {
  Account account;
  Limits quotas;
  bool bad = false;
};

// Reads ACCOUNTS. The text has been found to be JSON before, so that all that is left to find are
// values without a meaning. Each read_* consumes one value, whatever it is, and returns whether all
// of it had a meaning.
class AccountsReader {
 public:
  explicit AccountsReader(std::string_view json) : json_(json), in_(json) {}
  Accounts read();

 private:
  bool is_json();
  bool read_top();
  bool read_limits(Limits& limits);
  bool read_account(Draft& draft);
  bool read_members(Account& account);
  bool read_tier_name(std::string& name);
  bool read_scopes(Scopes& scopes);
  bool read_classes(std::vector<KeyClass>& classes);
  bool read_models(std::vector<std::string>& models);
  void use(const std::string& name, Draft& draft);

  // `read_member` is called with each name, consumes its value and returns whether it had a
  // meaning; for a name that it does not know it consumes nothing and returns nothing.
  template <typename ReadMember>
  bool read_object(ReadMember read_member);
  template <typename One, typename ReadOne>
  bool read_named(std::string_view kind, Named<One>& ones, ReadOne read_one);
  template <typename TakeWord>  // returns whether it knows the word
  bool read_words(TakeWord take_word);

  // Names what is wrong with the part being read, and returns false.
  bool fault(std::string_view what);
  void report(std::string sentence);

  std::string_view json_;
  JsonReader in_;
  Accounts accounts_;
  Named<Tier> tiers_;
  Named<Draft> drafts_;
  std::string part_ = "the object";  // what is being read, as a fault names it
  size_t more_faults_ = 0;
};

std::string text_of(const codec::JsonString& string) {
  std::string text;
  codec::append_unescaped(string, text);
  return text;
}

// Only what can be a name is shown: anything else may be long, or a secret in the wrong place.
std::string shown(std::string_view name) {
  return is_account_name(name) ? '`' + std::string(name) + '`' : std::string("(not a name)");
}

Accounts AccountsReader::read() {
  accounts_.configured = !trim_white_space(json_).empty();
  if (accounts_.configured && is_json()) {
    if (read_top()) {
      for (auto& [name, draft] : drafts_) use(name, draft);
    } else {
      report("Because of this no account is used.");
    }
  }
  if (more_faults_ > 0) {
    const std::string count = std::to_string(more_faults_);
    accounts_.faults.push_back("Faults that are not listed: " + count + ".");
  }
  return std::move(accounts_);
}

bool AccountsReader::is_json() {
  JsonReader in(json_);
  if (json_.size() > bounds::accounts_bytes_max) {
    static_assert(bounds::accounts_bytes_max == 64u << 10, "the sentence below says 64 KB");
    report("It is longer than 64 KB; no account is used.");
    return false;
  }
  in.skip();
  if (in.finish()) return true;
  report(std::string("It is not valid JSON (") + in.error().reason + ", at byte " +
         std::to_string(in.error().offset) + "); no account is used.");
  return false;
}

// A member that is not known here may have been a restriction of everybody.
bool AccountsReader::read_top() {
  bool faultless = true;
  const bool readable = read_object([&](std::string_view name) -> std::optional<bool> {
    if (name == "tiers") {
      faultless &= read_named("tier", tiers_, [&](Tier& tier) { return read_limits(tier.limits); });
    } else if (name == "accounts") {
      faultless &=
          read_named("account", drafts_, [&](Draft& draft) { return read_account(draft); });
    } else {
      return std::nullopt;
    }
    return true;
  });
  return readable && faultless;
}

template <typename One, typename ReadOne>
bool AccountsReader::read_named(std::string_view kind, Named<One>& ones, ReadOne read_one) {
  const std::string whole = part_;
  if (!in_.enter_object()) {
    in_.skip();
    return fault("has `" + std::string(kind) + "s` that are not an object");
  }
  while (in_.next_member()) {
    const std::string name = text_of(in_.name());
    if (!is_account_name(name)) {
      in_.skip();
      // Nothing can refer to it, so it harms nobody else.
      fault("has a name of another form among its " + std::string(kind) + "s");
      continue;
    }
    part_ = "the " + std::string(kind) + ' ' + shown(name);
    const auto [at, first] = ones.try_emplace(name);
    if (!read_one(at->second)) at->second.bad = true;
    if (!first) at->second.bad = !fault("stands twice");
    part_ = whole;
  }
  return true;
}

template <typename ReadMember>
bool AccountsReader::read_object(ReadMember read_member) {
  if (!in_.enter_object()) {
    in_.skip();
    return fault("is not an object where it has to be one");
  }
  bool readable = true;
  std::set<std::string, std::less<>> names;
  while (in_.next_member()) {
    const std::string name = text_of(in_.name());
    if (!names.insert(name).second) {
      in_.skip();
      readable = fault("has the member " + shown(name) + " twice");
      continue;
    }
    const std::optional<bool> meant = read_member(name);
    if (!meant) {
      in_.skip();
      readable = fault("has an unknown member " + shown(name));
    } else if (!*meant) {
      readable = false;
    }
  }
  return readable;
}

bool AccountsReader::read_limits(Limits& limits) {
  return read_object([&](std::string_view name) -> std::optional<bool> {
    const std::optional<Limit> limit = limit_named(name);
    if (!limit) return std::nullopt;
    int64_t value = 0;
    const bool integer = in_.read_integer(value);
    if (!integer) in_.skip();
    if (integer && value >= 0 && value <= integer_max) {
      limits[*limit] = value;
      return true;
    }
    return fault("has a " + std::string(name) + " that is not an integer from 0 to 2^53 - 1");
  });
}

bool AccountsReader::read_account(Draft& draft) {
  return read_object([&](std::string_view name) -> std::optional<bool> {
    if (name == "tier") return read_tier_name(draft.account.tier);
    if (name == "quotas") return read_limits(draft.quotas);
    if (name == "members") return read_members(draft.account);
    return std::nullopt;
  });
}

bool AccountsReader::read_tier_name(std::string& name) {
  codec::JsonString string;
  if (!in_.read_string(string)) {
    in_.skip();
    return fault("has a tier that is not a name");
  }
  name = text_of(string);
  return is_account_name(name) || fault("has a tier that is not a name");
}

bool AccountsReader::read_members(Account& account) {
  return read_object([&](std::string_view name) -> std::optional<bool> {
    if (name == "scopes") return read_scopes(account.scopes);
    if (name == "classes") return read_classes(account.classes);
    if (name == "models") return read_models(account.models);
    return std::nullopt;
  });
}

bool AccountsReader::read_scopes(Scopes& scopes) {
  scopes = {};
  return read_words([&](std::string_view word) {
           const std::optional<Scope> scope = scope_named(word);
           if (scope) scopes.add(*scope);
           return scope.has_value();
         }) ||
         fault("has scopes that are not a list of known scopes");
}

bool AccountsReader::read_classes(std::vector<KeyClass>& classes) {
  classes.clear();
  return read_words([&](std::string_view word) {
           const std::optional<KeyClass> one = class_named(word);
           if (one && std::find(classes.begin(), classes.end(), *one) == classes.end())
             classes.push_back(*one);
           return one.has_value();
         }) ||
         fault("has classes that are not a list of live, test and dev");
}

// In a grant no pattern at all means every model, so an empty list must not get there.
bool AccountsReader::read_models(std::vector<std::string>& models) {
  const bool known = read_words([&](std::string_view word) {
    if (!is_model_pattern(word) || models.size() >= bounds::model_patterns_max) return false;
    models.emplace_back(word);
    return true;
  });
  return (known && !models.empty()) || fault("has models that are not a list of 1 to 64 patterns");
}
static_assert(bounds::model_patterns_max == 64, "the sentence above says 64");

template <typename TakeWord>
bool AccountsReader::read_words(TakeWord take_word) {
  if (!in_.enter_array()) {
    in_.skip();
    return false;
  }
  bool known = true;
  while (in_.next_element()) {
    codec::JsonString word;
    if (!in_.read_string(word)) {
      in_.skip();
      known = false;
    } else if (!take_word(text_of(word))) {
      known = false;
    }
  }
  return known;
}

// The account with the limits of its tier, if nothing of either is bad.
void AccountsReader::use(const std::string& name, Draft& draft) {
  Account& account = draft.account;
  part_ = "the account " + shown(name);
  if (!draft.bad && !account.tier.empty()) {
    const auto tier = tiers_.find(account.tier);
    if (tier == tiers_.end()) {
      draft.bad = !fault("has the tier " + shown(account.tier) + ", which is not there");
    } else if (tier->second.bad) {
      draft.bad = !fault("has the tier " + shown(account.tier) + ", which has a fault");
    } else {
      account.limits = tier->second.limits;
    }
  }
  if (draft.bad) return;
  for (size_t i = 0; i < draft.quotas.values.size(); ++i)
    if (draft.quotas.values[i]) account.limits.values[i] = draft.quotas.values[i];
  accounts_.usable.emplace(name, std::move(account));
}

bool AccountsReader::fault(std::string_view what) {
  std::string sentence = part_;
  if (sentence.front() == 't') sentence.front() = 'T';
  sentence += ' ';
  sentence += what;
  report(sentence + (part_.starts_with("the account") ? "; it is not used." : "."));
  return false;
}

void AccountsReader::report(std::string sentence) {
  if (accounts_.faults.size() < bounds::accounts_faults_max) {
    accounts_.faults.push_back(std::move(sentence));
  } else {
    ++more_faults_;
  }
}

}  // namespace

bool is_account_name(std::string_view text) {
  return is_name(text, bounds::account_name_bytes_max);
}

Accounts read_accounts(std::string_view json) { return AccountsReader(json).read(); }

bool inherit(const Accounts& accounts, Grant& grant) {
  if (grant.key_class == KeyClass::kDev) grant.limits = tightest(grant.limits, dev_limits());
  if (!accounts.configured || grant.account.empty()) return true;
  const auto found = accounts.usable.find(grant.account);
  if (found == accounts.usable.end()) return false;
  const Account& account = found->second;
  grant.scopes = grant.scopes.both(account.scopes);
  grant.limits = tightest(grant.limits, account.limits);
  grant.account_models = account.models;
  return std::find(account.classes.begin(), account.classes.end(), grant.key_class) !=
         account.classes.end();
}

const Limits& dev_limits() { return dev; }

}  // namespace postern::policy
