// One request to the management plane, once its caller is known and allowed and its body is there:
// a small machine inside the exchange. It asks the store, gets answers, asks again, and ends with
// an answer or a refusal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "management/store.h"
#include "policy/access.h"
#include "policy/config.h"
#include "policy/refusal.h"
#include "policy/routes.h"

namespace postern::management {

struct Request {
  const policy::Config& config;  // outlives the operation
  policy::RouteId route;
  std::string parameter;        // of the path: an id; already checked to be [A-Za-z0-9_-]{1,64}
  std::string query;            // without `?`; empty: none
  std::string body;             // empty: none
  std::string idempotency_key;  // the header; empty: none
  policy::Caller caller;        // not authenticated on routes without a guard
  std::string address;          // group of the client's address (policy/failures.h)
  std::string seed;             // 32 secret random bytes
};

struct Reply {
  int status = 200;
  std::string body;  // JSON
};

struct Refused {
  policy::Reason reason;
  std::string message;  // empty: the reason's own words
  std::string param;
};

// What happens next. Keys whose records an operation has changed are named in `changed`, so that
// the isolate's cache forgets them.
using Step = std::variant<StoreCall, Reply, Refused>;

class Operation {
 public:
  virtual ~Operation() = default;

  // The first step. Time is that of the event.
  virtual Step begin(int64_t now_ms) = 0;

  // The answers to the call of the step before, one a shard. When the store did not answer the
  // exchange refuses the request by itself, and this is not called.
  virtual Step resume(const std::vector<codec::Document>& answers, int64_t now_ms) = 0;

  // Ids of the first generation of every lineage that this operation has changed.
  std::vector<std::string> changed;
};

// Null for a route that is none of the management plane.
std::unique_ptr<Operation> make_operation(Request request);

}  // namespace postern::management
