// SPDX-License-Identifier: BSD-2-Clause
// What is said about a configuration.
#include "ngx_module/config/report.h"

#include "acme_core/env/log.h"
#include "ngx_module/config/main_conf.h"

namespace ngx_acme {
namespace {

// Names and what was found on disk may be anything.
constexpr std::size_t kLongestMessage = 4096;

// 4012 -> "4,012".
std::string with_commas(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) {
    digits.insert(end - 3, 1, ',');
  }
  return digits;
}

std::string counted(std::size_t number, const std::string& what) {
  return with_commas(number) + " " + what + (number == 1 ? "" : "s");
}

void write(ngx_log_t* log, ngx_uint_t level, const std::string& text) {
  ngx_log_error(level, log, 0, "acme: %s", text.c_str());
}

}  // namespace

ConfSummary summary_of(const acme::Plan& plan, std::size_t stored) {
  ConfSummary summary;
  std::set<acme::Identifier> names;
  std::set<std::size_t> issuers;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    names.insert(spec.identifiers.begin(), spec.identifiers.end());
    issuers.insert(spec.issuer());
  }
  summary.certificates = plan.certificates.size();
  summary.names = names.size();
  summary.issuers = issuers.size();
  summary.stored = stored;
  return summary;
}

std::string ConfSummary::text() const {
  if (certificates == 0) {
    return "no certificate is managed";
  }
  return counted(certificates, "certificate") + " for " +
         counted(names, "name") + " at " + counted(issuers, "issuer") + ": " +
         with_commas(stored) + " stored, " +
         with_commas(certificates - stored) + " to be ordered";
}

void ConfReport::add(ngx_uint_t level, const SourceLine& where,
                     const std::string& message) {
  warnings_ += level == NGX_LOG_WARN ? 1 : 0;
  lines_.push_back(
      {level, message, " in " + where.file + ":" + std::to_string(where.line)});
  messages_.insert(message);
}

// By its words: its place moves when lines are added above it.
bool ConfReport::has_said(const Line& line) const {
  return messages_.contains(line.message);
}

std::string ConfReport::summary_line(const ConfSummary& summary) const {
  std::string line = summary.text();
  if (left_out_ != 0) {
    line += "; " + counted(left_out_, "name") + " left out";
  }
  if (warnings_ != 0) {
    line += "; " + counted(warnings_, "warning");
  }
  return line;
}

void ConfReport::print(ngx_log_t* log, const ConfReport* previous,
                       const std::optional<ConfSummary>& summary) const {
  if (ngx_process == NGX_PROCESS_SIGNALLER) {
    return;
  }
  const bool quiet = ngx_test_config && ngx_quiet_mode;
  const bool has_details = is_verbose_ || !summary ||
                           summary->certificates <= kMostCertificatesInDetail;
  for (const Line& line : lines_) {
    const bool is_warning = line.level == NGX_LOG_WARN;
    if ((is_warning || (has_details && !quiet)) &&
        (previous == nullptr || !previous->has_said(line))) {
      write(log, line.level, line.message + line.place);
    }
  }
  if (ngx_test_config && !quiet && summary) {
    write(log, NGX_LOG_NOTICE, summary_line(*summary));
  }
}

void remark(ngx_conf_t* cf, ngx_uint_t level, const SourceLine& where,
            const std::string& message) {
  const std::string text = acme::printable(message, kLongestMessage);
  if (level != NGX_LOG_NOTICE && level != NGX_LOG_WARN) {
    ngx_log_error(level, cf->log, 0, "acme: %s in %s:%ui", text.c_str(),
                  where.file.c_str(), where.line);
    return;
  }
  main_conf(cf).report.add(level, where, text);
}

}  // namespace ngx_acme
