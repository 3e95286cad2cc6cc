// What clients are told of a provider's error: the same code, status and words whichever provider
// it was, and whichever dialect the client speaks.
#pragma once

#include <string_view>

#include "chat/reply.h"
#include "dialect/envelope.h"

namespace postern::dialect {

// The status under which such an error is answered, where the provider's own does not serve.
int status_of(chat::Error::Kind kind, Envelope envelope);

// Everything that an envelope says of it. What the provider says of the gateway's key is the
// operator's business: the words are ours then. Views into `error`.
ErrorText error_text(const chat::Error& error, Envelope envelope, std::string_view request_id);

}  // namespace postern::dialect
