// SPDX-License-Identifier: BSD-2-Clause
// What is said about a configuration: collected while it is read, printed once
// it is known as a whole, and ended by a summary.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"

namespace ngx_acme {

/// What a configuration comes to.
struct ConfSummary {
  std::size_t certificates = 0;
  std::size_t names = 0;    ///< each once
  std::size_t issuers = 0;  ///< that are asked first for some certificate
  std::size_t stored = 0;   ///< certificates that will be kept

  /// "2 certificates for 3 names at 1 issuer: 1 stored, 1 to be ordered".
  [[nodiscard]] std::string text() const;
};

/// `stored`: of the certificates, those that will be kept.
[[nodiscard]] ConfSummary summary_of(const acme::Plan& plan,
                                     std::size_t stored);

/// The lines of one configuration, in the order they were said.
class ConfReport {
 public:
  /// Above this number of certificates, notices are left out unless they are
  /// asked for: who has thousands reads the summary and the warnings.
  static constexpr std::size_t kMostCertificatesInDetail = 50;

  void add(ngx_uint_t level, const SourceLine& where,
           const std::string& message);
  /// Counts names that get no certificate, for the summary.
  void leave_out(std::size_t names) { left_out_ += names; }
  /// `acme_check verbose`.
  void be_verbose() { is_verbose_ = true; }

  /// Prints what an operator is to see now: under `nginx -t` everything, with
  /// `-q` warnings alone; for `nginx -s`, which goes on as another process that
  /// says the same, nothing; otherwise what `previous`, the report of the
  /// configuration that runs until now, has not said yet (nullptr: none runs).
  /// `summary`: nullopt when the module is not used.
  void print(ngx_log_t* log, const ConfReport* previous,
             const std::optional<ConfSummary>& summary) const;

 private:
  struct Line {
    ngx_uint_t level;
    std::string message;
    std::string place;  ///< " in FILE:LINE"
  };

  [[nodiscard]] bool has_said(const Line& line) const;
  [[nodiscard]] std::string summary_line(const ConfSummary& summary) const;

  bool is_verbose_ = false;
  std::size_t left_out_ = 0;
  std::size_t warnings_ = 0;
  std::vector<Line> lines_;
  std::set<std::string> messages_;
};

/// Says something about an earlier line of the configuration, in nginx's form
/// "acme: message in FILE:LINE": notices and warnings with the others of the
/// report, what is worse at once.
void remark(ngx_conf_t* cf, ngx_uint_t level, const SourceLine& where,
            const std::string& message);

}  // namespace ngx_acme
