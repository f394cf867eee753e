// SPDX-License-Identifier: BSD-2-Clause
// "acmectl watch": the table, live.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acmectl/certificate_table.h"
#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"
#include "acmectl/filter_options.h"
#include "acmectl/patience.h"
#include "acmectl/refusal.h"
#include "acmectl/signals.h"
#include "acmectl/status_reader.h"
#include "acmectl/table.h"
#include "acmectl/text_width.h"
#include "acmectl/words.h"

namespace acmectl {
namespace {

struct WatchOptions {
  CertificateFilter filter;
  unsigned interval = 2;
};

// The terminal's second screen, without a cursor; the first one is as it was
// when this ends.
class SecondScreen {
 public:
  explicit SecondScreen(std::ostream& out) : out_(out) {
    out_ << "\033[?1049h\033[?25l" << std::flush;
  }
  ~SecondScreen() { out_ << "\033[?25h\033[?1049l" << std::flush; }
  SecondScreen(const SecondScreen&) = delete;
  SecondScreen& operator=(const SecondScreen&) = delete;

  // Without a blank screen in between, which would flicker.
  void draw(const std::vector<std::string>& lines) {
    out_ << "\033[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      out_ << (i == 0 ? "" : "\n") << lines[i] << "\033[K";
    }
    out_ << "\033[J" << std::flush;
  }

 private:
  std::ostream& out_;
};

// What needs a person on top; among the same by what ends first.
void sort_by_need(std::vector<acme::CertificateStatus>& certificates) {
  using acme::CertificateState;
  const auto need = [](const acme::CertificateStatus& status) {
    constexpr int kNone = static_cast<int>(CertificateState::kFallback) + 1;
    const int state = static_cast<int>(status.state);
    // The operator's own and those that nobody uses come last.
    return state < kNone ? kNone - state : state;
  };
  std::stable_sort(certificates.begin(), certificates.end(),
                   [&](const auto& a, const auto& b) {
                     return need(a) != need(b) ? need(a) < need(b)
                                               : a.not_after < b.not_after;
                   });
}

class Watch {
 public:
  Watch(const Context& context, StatusDoor& door, const WatchOptions& options)
      : context_(context), door_(door), options_(options) {}

  int run() {
    Signals signals;
    SecondScreen screen(context_.screen.out);
    do {
      try {
        refresh(signals.stop());
      } catch (const acme::Error&) {
        break;  // Ctrl-C while nginx was asked
      }
      screen.draw(lines());
    } while (signals.wait_for(std::chrono::seconds(options_.interval)));
    return kOk;
  }

 private:
  // What was there stays in sight while nginx does not answer.
  void refresh(const std::stop_token& stop) {
    problem_ = why_no_answer([&] {
      list_ = read_certificates(door_, options_.filter, stop);
      sort_by_need(list_.certificates);
    });
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    const TerminalSize size = terminal_size();
    const TableStyle style{.width = size.columns,
                           .has_colours = context_.screen.has_colours};
    const std::string time = acme::rfc3339(acme::SystemClock().now());
    std::vector<std::string> lines{
        fitted(summary(list_.certificates), size.columns),
        fitted(problem_.empty()
                   ? time + "  every " + std::to_string(options_.interval) +
                         " s  Ctrl-C ends"
                   : "no answer: " + acme::printable(problem_),
               size.columns),
        ""};
    std::vector<std::string> table =
        certificate_lines(list_.certificates, list_.taken_at, style);
    const std::size_t room =
        std::max<std::size_t>(size.rows, lines.size() + 2) - lines.size();
    const std::size_t hidden =
        table.size() > room ? table.size() - room + 1 : 0;
    table.resize(table.size() - hidden);
    if (hidden > 0) {
      table.push_back("and " + std::to_string(hidden) + " more");
    } else {
      add_attention(table, room, style);
    }
    lines.insert(lines.end(), table.begin(), table.end());
    return lines;
  }

  // As far as there is room.
  void add_attention(std::vector<std::string>& table, std::size_t room,
                     const TableStyle& style) const {
    std::vector<std::string> words = attention_lines(list_.certificates, style);
    if (!words.empty() && table.size() + 2 < room) {
      table.emplace_back();
      words.resize(std::min(words.size(), room - table.size()));
      table.insert(table.end(), words.begin(), words.end());
    }
  }

  const Context& context_;
  StatusDoor& door_;
  const WatchOptions& options_;
  CertificateList list_;
  std::string problem_;
};

int watch(const Context& context, const WatchOptions& options) {
  if (!context.screen.is_terminal) {
    throw Refusal(
        kUsage,
        "watch needs a terminal; elsewhere there are \"acmectl list\" "
        "and \"acmectl events --follow\"");
  }
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  // What is refused is said before the screen changes.
  static_cast<void>(read_certificates(*door, options.filter));
  return Watch(context, *door, options).run();
}

}  // namespace

void add_watch(CLI::App& app, Context& context) {
  const auto options = std::make_shared<WatchOptions>();
  CLI::App* command = app.add_subcommand(
      "watch", "Shows the table live, what needs a person on top");
  command->group(kSee);
  command->footer("Example: acmectl watch --interval 5");
  add_filter_options(*command, options->filter);
  command
      ->add_option("-n,--interval", options->interval,
                   "Between two looks, 2 by default")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 3600U));
  command->callback([options, &context] {
    context.action = [options, &context] { return watch(context, *options); };
  });
}

}  // namespace acmectl
