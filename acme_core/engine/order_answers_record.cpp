// SPDX-License-Identifier: BSD-2-Clause
// Writing down what an order has in front of the CA.
#include "acme_core/engine/order_answers_record.h"

namespace acme {
namespace {

// Ends in reverse order: the document first.
struct RecordedAnswers final : PresentedAnswers {
  RecordedAnswers(std::unique_ptr<PresentedAnswers> made,
                  OrderAnswersRecord& into, std::vector<OrderAnswer> answers)
      : presented(std::move(made)),
        record(into),
        entry(into.add(std::move(answers))) {}
  ~RecordedAnswers() override { record.remove(entry); }
  RecordedAnswers(const RecordedAnswers&) = delete;
  RecordedAnswers& operator=(const RecordedAnswers&) = delete;

  std::unique_ptr<PresentedAnswers> presented;
  OrderAnswersRecord& record;
  OrderAnswersRecord::Entry entry;
};

}  // namespace

OrderAnswersRecord::Entry OrderAnswersRecord::add(
    std::vector<OrderAnswer> answers) {
  const Entry entry = entries_.insert(entries_.end(), std::move(answers));
  save();
  return entry;
}

void OrderAnswersRecord::remove(Entry entry) noexcept {
  entries_.erase(entry);
  save();
}

void OrderAnswersRecord::save() noexcept {
  try {
    std::vector<OrderAnswer> all;
    for (const auto& answers : entries_) {
      all.insert(all.end(), answers.begin(), answers.end());
    }
    store_.save_order_answers(name_, all);
  } catch (const std::exception& error) {
    log_.debug(error.what());
  }
}

std::unique_ptr<PresentedAnswers> RecordedSolver::present(
    std::span<const ChallengeTask> tasks, std::stop_token stop) {
  std::unique_ptr<PresentedAnswers> presented =
      solver_.present(tasks, std::move(stop));
  std::vector<OrderAnswer> answers;
  for (const ChallengeTask& task : tasks) {
    answers.push_back({std::string(to_string(type())), task.identifier,
                       task.token, task.key_authorization});
  }
  return std::make_unique<RecordedAnswers>(std::move(presented), record_,
                                           std::move(answers));
}

}  // namespace acme
