// CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320): finds typing errors, secures nothing.
// Check value: "123456789" gives 0xCBF43926.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::codec {

uint32_t crc32(std::string_view bytes);

}  // namespace postern::codec
