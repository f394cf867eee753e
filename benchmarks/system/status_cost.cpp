// SPDX-License-Identifier: BSD-2-Clause
// What answers of the status endpoint cost a worker, with 10,000 certificates:
// processor time of whole answers and of their longest slice, in milliseconds,
// as JSON.
#include <time.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/status/answer.h"
#include "acme_core/status/describe.h"
#include "tests/support/status_snapshot.h"

namespace acme {
namespace {

constexpr std::size_t kCertificates = 10'000;
constexpr int kRounds = 21;

double milliseconds_of_processor() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 +
         static_cast<double>(time.tv_nsec) / 1e6;
}

struct Cost {
  double whole = 0;
  double longest_slice = 0;
  std::size_t bytes = 0;
};

Cost cost_of(const StatusRequest& request,
             const std::shared_ptr<const StatusSnapshot>& snapshot) {
  Cost cost;
  double before = milliseconds_of_processor();
  const auto lap = [&] {
    const double now = milliseconds_of_processor();
    cost.whole += now - before;
    cost.longest_slice = std::max(cost.longest_slice, now - before);
    before = now;
  };
  const StatusAnswer given = answer(request, snapshot);
  lap();
  bool has_more = true;
  while (has_more) {
    std::string slice;
    has_more = given.next(slice);
    cost.bytes += slice.size();
    lap();
  }
  return cost;
}

// The median of each: what else the machine does is not measured.
Cost usual_cost(std::string_view path, std::string_view query,
                const std::shared_ptr<const StatusSnapshot>& snapshot) {
  StatusRequest request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  request.base = "/acme/";
  std::vector<double> wholes;
  std::vector<double> slices;
  Cost cost;
  for (int round = 0; round < kRounds; ++round) {
    cost = cost_of(request, snapshot);
    wholes.push_back(cost.whole);
    slices.push_back(cost.longest_slice);
  }
  const auto middle = [](std::vector<double>& values) {
    std::nth_element(values.begin(), values.begin() + kRounds / 2,
                     values.end());
    return values[kRounds / 2];
  };
  return {middle(wholes), middle(slices), cost.bytes};
}

double cost_of_states(StatusSnapshot& snapshot) {
  const double before = milliseconds_of_processor();
  for (CertificateStatus& certificate : snapshot.certificates) {
    update_state(certificate, snapshot.taken_at);
  }
  return milliseconds_of_processor() - before;
}

void print(std::string_view name, const Cost& cost, std::string_view end) {
  std::cout << '"' << name << "_ms\": " << cost.whole << ", \"" << name
            << "_slice_ms\": " << cost.longest_slice << ", \"" << name
            << "_bytes\": " << cost.bytes << end;
}

void run() {
  const auto snapshot = make_snapshot(kCertificates);
  std::cout << "{\"states_ms\": " << cost_of_states(*snapshot) << ", ";
  print("json_page", usual_cost("1/certificates", "limit=100", snapshot), ", ");
  print("json_sorted",
        usual_cost("1/certificates", "name=hosting&sort=-not_after&limit=100",
                   snapshot),
        ", ");
  print("json_1000", usual_cost("1/certificates", "limit=1000", snapshot),
        ", ");
  print("metrics", usual_cost("metrics", "", snapshot), ", ");
  print("page", usual_cost("", "", snapshot), "}\n");
}

}  // namespace
}  // namespace acme

int main() { acme::run(); }
