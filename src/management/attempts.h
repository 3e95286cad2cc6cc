// What becomes of a commit. Who lost a race reads again and decides again, a bounded number of
// times.
#pragma once

#include <vector>

#include "bounds.h"
#include "codec/document.h"
#include "management/operation.h"
#include "management/store.h"

namespace postern::management {

class Attempts {
 public:
  int number() const { return number_; }

  // `full` is what a store says that has no room; `refused` is filled with kRefuse only.
  enum class Next { kDone, kAgain, kRefuse };
  Next after(const std::vector<codec::Document>& answers, policy::Reason full, Refused& refused) {
    const CommitOutcome outcome =
        answers.size() == 1 ? read_outcome(answers[0]) : CommitOutcome::kUnreadable;
    if (outcome == CommitOutcome::kDone) return Next::kDone;
    const bool lost = outcome == CommitOutcome::kConflict;
    if (lost && ++number_ < bounds::commit_attempts_max) return Next::kAgain;
    refused.reason = outcome == CommitOutcome::kFull ? full : policy::Reason::kKeyStoreUnavailable;
    return Next::kRefuse;
  }

 private:
  int number_ = 0;
};

// The one answer of a question to one shard; null when there is none.
inline codec::Document only(const std::vector<codec::Document>& answers) {
  return answers.size() == 1 ? answers[0] : codec::Document(nullptr);
}

}  // namespace postern::management
