// Requests for keys by people who have none, and what operators and they do with them: /access.
#pragma once

#include <memory>

#include "management/operation.h"

namespace postern::management {

std::unique_ptr<Operation> request_key(Request request);
std::unique_ptr<Operation> list_requests(Request request);
std::unique_ptr<Operation> approve_request(Request request);
std::unique_ptr<Operation> deny_request(Request request);
std::unique_ptr<Operation> claim_key(Request request);

}  // namespace postern::management
