// The management of keys: /v1/keys. The rules of a key's life are in policy/managed_key.h; here a
// request becomes questions to the store and one commit. Who loses a race reads again and decides
// again.
#pragma once

#include <memory>

#include "management/operation.h"

namespace postern::management {

std::unique_ptr<Operation> list_keys(Request request);
std::unique_ptr<Operation> read_key(Request request);
std::unique_ptr<Operation> create_key(Request request);
std::unique_ptr<Operation> supersede_key(Request request);
std::unique_ptr<Operation> change_key(Request request);
std::unique_ptr<Operation> revoke_key(Request request);

}  // namespace postern::management
