// SPDX-License-Identifier: BSD-2-Clause
// Times and numbers as the page says them to a person.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "acme_core/status/html_text.h"
#include "acme_core/status/model.h"
#include "acme_core/time_point.h"

namespace acme {

/// "43 days", "5 hours", "1 minute", "moments".
[[nodiscard]] std::string in_words(std::chrono::milliseconds duration);

/// "in 43 days", "5 hours ago".
[[nodiscard]] std::string from_now(TimePoint time, TimePoint now);

/// "31 Jan 2026", and "31 Jan" for axes.
[[nodiscard]] std::string day(TimePoint time);
[[nodiscard]] std::string short_day(TimePoint time);

/// "31 Jan 2026 12:00 UTC".
[[nodiscard]] std::string moment(TimePoint time);

/// "1 certificate", "2 certificates".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one,
                                  std::string_view more);

/// `<time>` with the words of from_now(), exact when pointed at.
void write_from_now(HtmlText& html, TimePoint time, TimePoint now);

/// `<span>` with the state's word and sign.
void write_state(HtmlText& html, CertificateState state);

}  // namespace acme
