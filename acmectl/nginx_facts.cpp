// SPDX-License-Identifier: BSD-2-Clause
// What the nginx program says of its configuration and of how it was built.
#include "acmectl/nginx_facts.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "acme_core/env/log.h"
#include "acmectl/program_output.h"

namespace acmectl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStatePrefix = ACMECTL_STATE_PREFIX;
constexpr std::string_view kDefaultName = "acme_";

std::vector<std::string> command(const EndpointOptions& options,
                                 const char* what) {
  std::vector<std::string> words{options.nginx, what};
  if (!options.nginx_conf.empty()) {
    words.insert(words.end(), {"-c", options.nginx_conf});
  }
  return words;
}

// nginx ends with the reason.
std::string last_words(std::string_view text) {
  while (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  const std::size_t verdict = text.rfind("nginx: configuration file ");
  if (verdict != std::string_view::npos && verdict > 0) {
    text = text.substr(0, verdict - 1);
  }
  const std::size_t line = text.rfind('\n');
  return acme::printable(
      line == std::string_view::npos ? text : text.substr(line + 1));
}

std::string why_none(const EndpointOptions& options,
                     const ProgramOutput& output) {
  const std::string call = "\"" + options.nginx + " -T\"";
  if (!output.started) {
    return call + " cannot be run";
  }
  if (output.timed_out) {
    return call + " takes too long";
  }
  return call + " fails: " + last_words(output.err);
}

// "--prefix=/etc/nginx" of "nginx -V".
std::string build_option(std::string_view text, std::string_view name) {
  const std::string start = " " + std::string(name) + "=";
  const std::size_t begin = text.find(start);
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = text.substr(begin + start.size());
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

class StatePathFinder {
 public:
  explicit StatePathFinder(const EndpointOptions& options) {
    const ProgramOutput output = read_program({options.nginx, "-V"});
    prefix_ = build_option(output.err, "--prefix");
    const std::string neighbour =
        build_option(output.err, "--http-client-body-temp-path");
    folder_ = !kStatePrefix.empty() ? std::string(kStatePrefix)
              : neighbour.empty()   ? prefix_
                                  : resolved(fs::path(neighbour).parent_path());
  }

  void add_named(const std::vector<ConfDirective>& conf) {
    for (const ConfDirective& each : conf) {
      if (each.name == "http") {
        add_named(each.block);
      } else if (each.name == "acme_issuer" && !each.arguments.empty()) {
        for (const ConfDirective& inner : each.block) {
          if (inner.name == "state_path" && inner.arguments.size() == 1 &&
              inner.arguments.front() != "off") {
            add(each.arguments.front(), resolved(inner.arguments.front()));
          }
        }
      }
    }
  }

  void add_default() {
    std::vector<std::string> names;
    std::error_code failure;
    for (fs::directory_iterator entry(folder_, failure), end;
         !failure && entry != end; entry.increment(failure)) {
      const std::string name = entry->path().filename();
      if (name.starts_with(kDefaultName)) {
        names.push_back(name);
      }
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      add(name.substr(kDefaultName.size()), fs::path(folder_) / name);
    }
  }

  [[nodiscard]] std::vector<StatePath> take() { return std::move(found_); }

 private:
  [[nodiscard]] std::string resolved(const fs::path& path) const {
    const fs::path start =
        kStatePrefix.empty() ? fs::path(prefix_) : fs::path(kStatePrefix);
    return path.is_absolute() ? path : start / path;
  }

  void add(const std::string& issuer, const std::string& path) {
    const bool is_known =
        std::any_of(found_.begin(), found_.end(),
                    [&](const StatePath& each) { return each.path == path; });
    if (!is_known) {
      found_.push_back({issuer, path});
    }
  }

  std::string prefix_;
  std::string folder_;
  std::vector<StatePath> found_;
};

}  // namespace

NginxConf read_nginx_conf(const EndpointOptions& options) {
  const ProgramOutput output = read_program(command(options, "-T"));
  NginxConf conf;
  if (!output.succeeded()) {
    conf.problem = why_none(options, output);
    return conf;
  }
  auto directives = parse_dump(split_dump(output.out));
  if (!directives) {
    conf.problem = "the output of \"" + options.nginx + " -T\" makes no sense";
    return conf;
  }
  conf.directives = std::move(*directives);
  return conf;
}

std::vector<StatePath> find_state_paths(const std::vector<ConfDirective>& conf,
                                        const EndpointOptions& options) {
  StatePathFinder finder(options);
  finder.add_named(conf);
  finder.add_default();
  return finder.take();
}

}  // namespace acmectl
