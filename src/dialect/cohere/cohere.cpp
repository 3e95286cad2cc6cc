#include "dialect/cohere/cohere.h"

namespace postern::dialect {

const Dialect cohere = {
    .name = "cohere",
    .read_request = nullptr,
    .write_reply = nullptr,
    .stream_writer = nullptr,
    .write_error = nullptr,
    .field_name = nullptr,
    .write_request = cohere_wire::write_request,
    .read_reply = cohere_wire::read_reply,
    .stream_reader = cohere_wire::stream_reader,
    .read_error = cohere_wire::read_error,
};

}  // namespace postern::dialect
