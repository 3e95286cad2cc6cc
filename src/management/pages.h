// Lists over all shards, newest first, page by page. A cursor says behind which record a page
// begins, so pages neither repeat nor skip what was there all the time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/document.h"
#include "management/operation.h"

namespace postern::management {

class Listing : public Operation {
 public:
  explicit Listing(Request request) : request_(std::move(request)) {}

  Step begin(int64_t now_ms) override;
  Step resume(const std::vector<codec::Document>& answers, int64_t now_ms) override;

 protected:
  struct Wanted {
    std::vector<std::string_view> kinds;
    std::optional<std::string> group;  // nothing: every group
    std::optional<Refused> fault;
  };
  // The parameters that the list takes beside `limit` and `cursor` are read here.
  virtual Wanted wanted(std::optional<std::string_view> status) = 0;
  virtual bool takes_status() const = 0;
  // Nothing for a record that is not to be shown: its place on the page stays empty.
  virtual std::optional<codec::Document> show(const StoredRecord& record, int64_t now_ms) = 0;

  const Request request_;

 private:
  using Place = std::pair<int64_t, std::string>;  // sort and id of a record

  int limit_ = 0;
  std::optional<Place> before_;
};

}  // namespace postern::management
