// Session tokens for browsers: POST /v1/sessions. Nothing is stored.
#pragma once

#include <memory>

#include "management/operation.h"

namespace postern::management {

std::unique_ptr<Operation> create_session(Request request);

}  // namespace postern::management
