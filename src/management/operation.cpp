#include "management/operation.h"

#include "management/access_requests.h"
#include "management/keys.h"
#include "management/sessions.h"

namespace postern::management {

std::unique_ptr<Operation> make_operation(Request request) {
  using policy::RouteId;
  switch (request.route) {
    case RouteId::kCreateKey:
      return create_key(std::move(request));
    case RouteId::kListKeys:
      return list_keys(std::move(request));
    case RouteId::kReadKey:
      return read_key(std::move(request));
    case RouteId::kChangeKey:
      return change_key(std::move(request));
    case RouteId::kRevokeKey:
      return revoke_key(std::move(request));
    case RouteId::kSupersedeKey:
      return supersede_key(std::move(request));
    case RouteId::kCreateSession:
      return create_session(std::move(request));
    case RouteId::kRequestKey:
      return request_key(std::move(request));
    case RouteId::kListRequests:
      return list_requests(std::move(request));
    case RouteId::kApproveRequest:
      return approve_request(std::move(request));
    case RouteId::kDenyRequest:
      return deny_request(std::move(request));
    case RouteId::kClaimKey:
      return claim_key(std::move(request));
    default:
      return nullptr;
  }
}

}  // namespace postern::management
