// SPDX-License-Identifier: BSD-2-Clause
// "acmectl list": every certificate in a table.
#include <CLI/CLI.hpp>
#include <memory>

#include "acmectl/certificate_table.h"
#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"
#include "acmectl/filter_options.h"
#include "acmectl/status_reader.h"

namespace acmectl {
namespace {

struct ListOptions {
  CertificateFilter filter;
  bool wide = false;
  bool only_names = false;
};

void print_names(const Context& context, const CertificateList& list) {
  for (const acme::CertificateStatus& each : list.certificates) {
    context.screen.out << each.name << '\n';
  }
}

void print_table(const Context& context, const CertificateList& list,
                 bool is_wide) {
  const Screen& screen = context.screen;
  const TableStyle style{.width = screen.width,
                         .has_colours = screen.has_colours,
                         .is_wide = is_wide};
  for (const std::string& line :
       certificate_lines(list.certificates, list.taken_at, style)) {
    screen.out << line << '\n';
  }
  if (!screen.is_terminal) {
    return;
  }
  for (const std::string& line : attention_lines(list.certificates, style)) {
    screen.out << line << '\n';
  }
}

int list_certificates(const Context& context, const ListOptions& options) {
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  const CertificateList list = read_certificates(*door, options.filter);
  if (context.json) {
    context.screen.out << acme::certificates_document(list.taken_at,
                                                      list.documents)
                       << '\n';
  } else if (options.only_names) {
    print_names(context, list);
  } else if (list.certificates.empty()) {
    context.screen.err << "acmectl: there is no such certificate\n";
  } else {
    print_table(context, list, options.wide);
  }
  return kOk;
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App* command =
      app.add_subcommand("list", "Shows all certificates in a table");
  command->group(kSee);
  command->footer("Example: acmectl list --state failing,expired");
  add_filter_options(*command, options->filter);
  command->add_flag("-w,--wide", options->wide,
                    "All names, dates and serial numbers, however wide");
  command->add_flag("--names", options->only_names,
                    "Only the first name of each, one a line");
  command->callback([options, &context] {
    context.action = [options, &context] {
      return list_certificates(context, *options);
    };
  });
}

}  // namespace acmectl
