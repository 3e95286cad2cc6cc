#include "provider/settings.h"

#include <algorithm>

#include "policy/names.h"

namespace postern::provider {
namespace {

constexpr size_t place_bytes_max = 64;  // regions, projects and versions have under 40
constexpr size_t name_bytes_max = 32;

// What goes with addresses of Azure's deployments unless another is asked for: the newest that is
// no preview.
constexpr std::string_view azure_api_version_default = "2024-10-21";

class SettingsReader {
 public:
  SettingsReader(const policy::Variables& variables, std::vector<std::string>& warnings)
      : variables_(variables), warnings_(warnings) {}
  Settings read();

 private:
  void read_row(const Row& row);
  void read_compatible();
  void read_compatible_one(std::string_view name);

  // Each returns false when the provider cannot be used, and has said why.
  bool read_credentials(Setting& setting);
  bool read_aws(Setting& setting);
  bool read_address(Setting& setting);
  bool read_given_address(Setting& setting, std::string_view name);
  bool read_region(Setting& setting);
  bool read_azure(Setting& setting);
  bool fill_address(Setting& setting);
  std::optional<std::string> read_key(std::string_view name);
  std::optional<std::string> read_place(std::string_view name);

  bool is_bound() const { return variables_.text(binding_variable) == binding_value; }
  bool is_set(std::string_view name) const { return !variables_.trimmed(name).empty(); }
  bool warn(std::string_view name, std::string_view predicate);

  const policy::Variables& variables_;
  std::vector<std::string>& warnings_;
  Settings settings_;
};

bool is_lower_or_digit(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && is_lower_or_digit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char byte) { return is_lower_or_digit(byte) || byte == '-'; });
}

Settings SettingsReader::read() {
  for (const Row& row : table()) read_row(row);
  read_compatible();
  return std::move(settings_);
}

void SettingsReader::read_row(const Row& row) {
  Setting setting;
  setting.row = &row;
  setting.name = row.prefix;
  const bool addressed = is_set(row.url_variable());
  const bool usable = read_credentials(setting);
  const bool keyed = !setting.key.empty() || setting.aws;
  if (usable && (keyed || addressed) && read_address(setting)) {
    settings_.providers.push_back(std::move(setting));
  } else if (row.auth == Auth::kCloudflare && is_bound()) {
    Setting bound;
    bound.row = &row;
    bound.name = row.prefix;
    bound.via_binding = true;
    settings_.providers.push_back(std::move(bound));
  }
}

// A key that is no key counts as none: an address beside it is used without.
bool SettingsReader::read_credentials(Setting& setting) {
  if (auto key = read_key(setting.row->key_variable())) setting.key = std::move(*key);
  return setting.row->auth != Auth::kAws || !setting.key.empty() || read_aws(setting);
}

bool SettingsReader::read_aws(Setting& setting) {
  constexpr std::string_view id = "AWS_ACCESS_KEY_ID";
  constexpr std::string_view secret = "AWS_SECRET_ACCESS_KEY";
  constexpr std::string_view token = "AWS_SESSION_TOKEN";
  if (!is_set(id) && !is_set(secret)) return true;
  if (!is_set(id)) return warn(id, "is not set, but AWS_SECRET_ACCESS_KEY is; neither is used");
  if (!is_set(secret)) return warn(secret, "is not set, but AWS_ACCESS_KEY_ID is; neither is used");
  AwsKeys keys;
  for (const auto& [name, value] :
       {std::pair(id, &keys.access_key_id), std::pair(secret, &keys.secret_access_key),
        std::pair(token, &keys.session_token)}) {
    auto key = read_key(name);
    if (!key) return false;
    *value = std::move(*key);
  }
  // The id stands between commas and slashes in the header that it goes into.
  if (!policy::is_name(keys.access_key_id, place_bytes_max * 2))
    return warn(id, "is no access key id; Bedrock is not used");
  setting.aws = std::move(keys);
  return true;
}

bool SettingsReader::read_address(Setting& setting) {
  const std::string name = setting.row->url_variable();
  if (setting.row->auth == Auth::kAws && !read_region(setting)) return false;
  if (is_set(name)) {
    if (!read_given_address(setting, name)) return false;
  } else if (setting.row->base_url.empty()) {
    return warn(name, "is not set; without it " + setting.name + " is not used");
  } else if (!fill_address(setting)) {
    return false;
  }
  return setting.row->auth != Auth::kApiKey || read_azure(setting);
}

bool SettingsReader::read_given_address(Setting& setting, std::string_view name) {
  std::string_view url = variables_.trimmed(name);
  while (url.ends_with('/')) url.remove_suffix(1);
  if (!policy::is_base_url(url))
    return warn(name,
                "is not an http or https address with a host and without user, query or "
                "fragment; " +
                    setting.name + " is not used");
  setting.base_url = url;
  return true;
}

// Without it nothing can be signed, and nothing can be addressed.
bool SettingsReader::read_region(Setting& setting) {
  constexpr std::string_view name = "AWS_REGION";
  const bool needed = setting.aws || !is_set(setting.row->url_variable());
  if (!is_set(name)) return !needed || warn(name, "is not set; without it bedrock is not used");
  auto region = read_place(name);
  if (region) setting.region = std::move(*region);
  return region || !needed;
}

bool SettingsReader::read_azure(Setting& setting) {
  const std::string path = policy::lower_case(setting.base_url);
  if (path.ends_with("/openai")) setting.azure_paths = AzurePaths::kDeployments;
  if (path.ends_with("/models")) setting.azure_paths = AzurePaths::kModels;
  constexpr std::string_view name = "AZURE_API_VERSION";
  if (is_set(name)) {
    auto version = read_place(name);
    if (!version) return false;
    setting.api_version = std::move(*version);
  } else if (setting.azure_paths == AzurePaths::kDeployments) {
    setting.api_version = azure_api_version_default;
  }
  return true;
}

// The row's address with its variables in place.
bool SettingsReader::fill_address(Setting& setting) {
  std::string_view rest = setting.row->base_url;
  std::string& url = setting.base_url;
  const bool vertex = rest.find("{VERTEX_PROJECT}") != rest.npos;
  const bool global =
      vertex && (!is_set("VERTEX_LOCATION") || variables_.trimmed("VERTEX_LOCATION") == "global");
  if (vertex && !is_set("VERTEX_PROJECT")) {
    // Express mode knows no locations, and who has named one wants to stay there.
    if (!global)
      return warn("VERTEX_PROJECT",
                  "is not set, but VERTEX_LOCATION is; "
                  "vertex is not used");
    url = "https://aiplatform.googleapis.com/v1/publishers/google";
    return true;
  }
  while (true) {
    const size_t brace = rest.find('{');
    url += rest.substr(0, brace);
    if (brace == rest.npos) return true;
    rest.remove_prefix(brace + 1);
    const std::string_view name = rest.substr(0, rest.find('}'));
    rest.remove_prefix(name.size() + 1);
    if (global && name == "VERTEX_LOCATION") {
      if (rest.starts_with('-')) {
        rest.remove_prefix(1);  // the global host has no location in its name
      } else {
        url += "global";
      }
      continue;
    }
    if (!is_set(name)) return warn(name, "is not set; without it " + setting.name + " is not used");
    const auto place = read_place(name);
    if (!place) return false;
    url += *place;
  }
}

// Empty when unset, nothing when it is no key.
std::optional<std::string> SettingsReader::read_key(std::string_view name) {
  const std::string_view key = variables_.trimmed(name);
  const bool usable =
      std::all_of(key.begin(), key.end(), [](char byte) { return byte >= 0x20 && byte <= 0x7E; }) &&
      key != "undefined" && key != "null";
  if (usable) return std::string(key);
  warn(name, "holds characters that no key has, or no key at all, and is not used");
  return std::nullopt;
}

// A region, a project, an account, a version: one label of a host or one segment of a path.
std::optional<std::string> SettingsReader::read_place(std::string_view name) {
  const std::string_view text = variables_.trimmed(name);
  const bool in_host = name == "AWS_REGION" || name == "VERTEX_LOCATION";
  const bool fits = in_host ? text.size() <= place_bytes_max && is_provider_name(text)
                            : policy::is_name(text, place_bytes_max);
  if (fits) return std::string(text);
  warn(name, "has a form that no such value has; the provider that it belongs to is not used");
  return std::nullopt;
}

void SettingsReader::read_compatible() {
  std::string_view list = variables_.text(compatible_variable);
  size_t bad = 0, taken = 0;
  while (true) {
    const std::string_view name = policy::take_word(list);
    if (name.empty()) break;
    std::vector<std::string>& names = settings_.compatible_names;
    if (!is_provider_name(name)) {
      ++bad;
    } else if (is_reserved(name)) {
      ++taken;
    } else if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.emplace_back(name);
      read_compatible_one(name);
    }
  }
  const auto count = [](size_t words) {
    return "holds " + std::to_string(words) + (words == 1 ? " word" : " words");
  };
  if (bad > 0)
    warn(compatible_variable, count(bad) +
                                  " that can be no name (lower case letters, digits and `-`, at "
                                  "most 32); skipped");
  if (taken > 0)
    warn(compatible_variable, count(taken) + " that the gateway knows in another meaning; skipped");
}

void SettingsReader::read_compatible_one(std::string_view name) {
  const std::string prefix = variable_prefix_of(name);
  const std::string url = prefix + "_BASE_URL";
  Setting setting;
  setting.row = &compatible;
  setting.name = name;
  if (!is_set(url)) {
    warn(url, "is not set; without it " + setting.name + " is not used");
    return;
  }
  if (auto key = read_key(prefix + "_API_KEY")) setting.key = std::move(*key);
  if (read_given_address(setting, url)) settings_.providers.push_back(std::move(setting));
}

bool SettingsReader::warn(std::string_view name, std::string_view predicate) {
  warnings_.push_back(policy::warning_about(name, predicate));
  return false;
}

}  // namespace

const Setting* Settings::find(std::string_view name) const {
  const auto setting = std::find_if(providers.begin(), providers.end(),
                                    [&](const Setting& one) { return one.name == name; });
  return setting == providers.end() ? nullptr : &*setting;
}

Settings read_settings(const policy::Variables& variables, std::vector<std::string>& warnings) {
  return SettingsReader(variables, warnings).read();
}

}  // namespace postern::provider
