#include "chat/dropped.h"

#include <gtest/gtest.h>

#include "bounds.h"

namespace postern::chat {
namespace {

TEST(Dropped, names_are_kept_once_and_in_order) {
  Dropped dropped;
  for (const char* name : {"seed", "user", "seed", "n", "user"}) dropped.add(name);
  EXPECT_EQ(dropped, (Dropped{"seed", "user", "n"}));
  EXPECT_FALSE(dropped.cut());
}

TEST(Dropped, what_the_header_cannot_hold_is_only_counted_as_cut) {
  Dropped dropped;
  size_t bytes = 0;
  for (int at = 0; at < 100000; ++at) dropped.add("x" + std::to_string(at));
  for (const std::string& name : dropped) bytes += name.size() + 2;
  EXPECT_LE(bytes, bounds::dropped_header_bytes_max);
  EXPECT_GT(bytes, bounds::dropped_header_bytes_max - 10);
  EXPECT_TRUE(dropped.cut());
}

TEST(Dropped, a_name_that_is_too_long_by_itself_is_left_out) {
  Dropped dropped;
  dropped.add(std::string(bounds::dropped_header_bytes_max, 'x'));
  EXPECT_TRUE(dropped.empty());
  EXPECT_TRUE(dropped.cut());
}

}  // namespace
}  // namespace postern::chat
