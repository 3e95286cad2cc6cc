// The routes by which clients ask models: in whose words each of them is asked and answered.
#pragma once

#include "dialect/dialects.h"
#include "dialect/envelope.h"
#include "policy/routes.h"
#include "provider/target.h"

namespace postern::exchange {

struct FrontDoor {
  policy::RouteId route;
  provider::Surface surface;
  const dialect::Dialect* dialect;  // for embeddings, which are no conversation: of the errors
  dialect::Envelope envelope = dialect::Envelope::kOpenai;
};

// Null for every other route.
const FrontDoor* front_door(policy::RouteId route);

// Can the provider be asked in the client's own words?
bool serves_untouched(const provider::Target& target, const FrontDoor& door);

}  // namespace postern::exchange
