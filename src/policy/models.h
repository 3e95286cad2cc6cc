// Lists of models that a key may use. A pattern is a model's name, or its first segments followed
// by `/*`; segments are what stands between slashes, so `openai/gpt-4` does not match
// `openai/gpt-4o` and `anthropic/*` matches every name of that provider, known to anybody or not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

// 1 to 256 printable ASCII characters without space, comma, `;` and `+`, no empty segment; `*` only
// as the whole of the last segment. `*` alone matches everything.
bool is_model_pattern(std::string_view pattern);

// A name or pattern without a slash belongs to the default provider: `gpt-4o` is `openai/gpt-4o`.
bool matches(std::string_view pattern, std::string_view model);

// Does any pattern match? An empty list allows every model.
bool allows_model(const std::vector<std::string>& patterns, std::string_view model);

// Is everything that `inner` allows allowed by `outer` too? Lists as above; used before a key is
// given rights by another one.
bool models_within(const std::vector<std::string>& inner, const std::vector<std::string>& outer);

}  // namespace postern::policy
