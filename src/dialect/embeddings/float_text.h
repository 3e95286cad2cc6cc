// Numbers of vectors between decimal text and float32. The library's conversions would do, but
// bring tables for doubles of any length along; vectors need one precision and little code.
#pragma once

#include <string>
#include <string_view>

namespace postern::dialect {

// The float that is nearest to a JSON number, ties to even; infinite where that is too large.
// Exact for every text. What is no JSON number yields some float.
float nearest_float(std::string_view number);

// Appends a finite float in as few digits as needed, six at least, to be read back exactly. False,
// and nothing appended, when it is not finite.
bool append_float(float value, std::string& out);

}  // namespace postern::dialect
