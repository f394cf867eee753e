// SPDX-License-Identifier: BSD-2-Clause
// What every command of acmectl is given: what was said on the command line for
// all of them, and where its words go.
#pragma once

#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace acmectl {

/// Where words go. Standard output has what was asked for and nothing else, so
/// that it can be piped; remarks, progress and errors go to standard error.
struct Screen {
  std::ostream& out = std::cout;
  std::ostream& err = std::cerr;
  bool is_terminal = false;  ///< standard output
  bool has_colours = false;  ///< a terminal, and no NO_COLOR
  bool err_is_terminal = false;
  unsigned width = 80;  ///< columns; 80 where it is no terminal
};

/// Where nginx's status endpoint is, and what is read when there is none. All
/// empty: "nginx -T" says it.
struct EndpointOptions {
  std::string server;     ///< -s URL|unix:PATH[:/prefix], or ACMECTL_ENDPOINT
  std::string auth_file;  ///< "user:password" in its first line
  std::string ca_file;    ///< roots in PEM for an https endpoint
  std::vector<std::string> state_paths;  ///< read when nginx gives no answer
  std::string nginx = "nginx";           ///< the program
  std::string nginx_conf;                ///< nginx -c; empty: its own
  unsigned timeout_seconds = 15;         ///< for each answer
};

struct Context {
  Screen screen;
  /// A person can be asked: standard input and error are terminals.
  bool can_ask = false;
  bool json = false;  ///< --json: documents instead of tables
  EndpointOptions endpoint;
  /// Set by the callback of the subcommand that was named; returns the exit
  /// status and may throw acme::Error or Refusal.
  std::function<int()> action;
};

struct TerminalSize {
  unsigned columns = 80;
  unsigned rows = 24;
};

/// Of the terminal on standard output, now; 80 by 24 where there is none.
[[nodiscard]] TerminalSize terminal_size() noexcept;

/// By what the standard descriptors and the environment are.
[[nodiscard]] Context make_context();

}  // namespace acmectl
