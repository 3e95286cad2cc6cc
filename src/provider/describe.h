// The table of providers in words, for the documentation: no module needs it.
#pragma once

#include <string>

namespace postern::provider {

// A JSON array of the table's rows, and of the row of the operator's own servers at its end:
//   {prefix, title, base_url, auth, needs, variables: [{name, meaning, secret}],
//    surfaces: [{asked, dialect, path, translated}], facts: [..], notes: [..]}
// What is asked for and the provider has no answer to is left out of `surfaces`. Facts are the
// row's quirks, each as a sentence.
void describe_providers(std::string& out);

}  // namespace postern::provider
