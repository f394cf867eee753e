// SPDX-License-Identifier: BSD-2-Clause
// acmectl export: pairs out of a state directory, for other programs.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/crypto/pkcs12.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acmectl/commands.h"
#include "acmectl/export/choice.h"
#include "acmectl/export/export_json.h"
#include "acmectl/export/file_access.h"
#include "acmectl/export/pair_folder.h"
#include "acmectl/issuer_places.h"
#include "acmectl/password.h"
#include "acmectl/refusal.h"
#include "acmectl/signals.h"
#include "acmectl/state_access.h"
#include "acmectl/step_line.h"

namespace acmectl {
namespace {

struct ExportOptions {
  std::string name;
  bool all = false;
  std::string folder;
  std::string pkcs12;
  std::string password_file;
  std::string owner;
  std::string mode;
  std::vector<std::string> state_keys;
};

// The files of one certificate, and the store that has them.
struct Source {
  acme::FileStore* store;
  ExportChoice choice;
};

class Export {
 public:
  Export(const Context& context, const ExportOptions& options)
      : context_(context), options_(options) {}

  int run() {
    check_options();
    if (!options_.owner.empty()) {
      set_owner(access_, options_.owner);
    }
    if (!options_.mode.empty()) {
      set_mode(access_, options_.mode);
    }
    const auto keys = read_state_keys(options_.state_keys);
    for (const IssuerPlace& place : issuer_places(context_)) {
      stores_.push_back(open_state(place.state_path, keys));
      add_sources(*stores_.back());
    }
    if (sources_.empty()) {
      throw Refusal(kNotFound, options_.all ? "there is no certificate in use"
                                            : "there is no certificate \"" +
                                                  options_.name + "\"");
    }
    return options_.pkcs12.empty() ? write_folders() : write_pkcs12();
  }

 private:
  void check_options() const {
    if (options_.all == !options_.name.empty()) {
      throw Refusal(kUsage, "name one certificate, or say --all");
    }
    if (options_.folder.empty() == options_.pkcs12.empty()) {
      throw Refusal(kUsage, "say --dir D, or --pkcs12 FILE");
    }
    if (options_.all && !options_.pkcs12.empty()) {
      throw Refusal(kUsage, "a PKCS #12 file has one certificate");
    }
  }

  void add_sources(acme::FileStore& store) {
    const auto choices =
        options_.all ? choose_all(store) : choose_named(store, options_.name);
    for (const ExportChoice& choice : choices) {
      sources_.push_back({&store, choice});
    }
  }

  [[nodiscard]] static acme::StoredCertificate load(const Source& source) {
    auto pair = source.store->reader().load_certificate(source.choice.id);
    if (!pair.value) {
      throw acme::Error(acme::ErrorKind::kOurs,
                        pair.problem.empty()
                            ? "\"" + source.choice.id + "\" is gone"
                            : pair.problem);
    }
    return std::move(*pair.value);
  }

  int write_folders() {
    const Signals signals;
    StepLine progress(context_.screen);
    std::vector<ExportLine> lines;
    bool has_failed = false;
    for (const Source& source : sources_) {
      if (signals.stop().stop_requested()) {
        break;
      }
      if (context_.screen.err_is_terminal) {
        progress.show("exporting " + std::to_string(lines.size() + 1) + "/" +
                      std::to_string(sources_.size()));
      }
      lines.push_back(write_folder(source));
      has_failed = has_failed || lines.back().result == "failed";
      if (!context_.json) {
        progress.end();
        tell(lines.back());
      }
    }
    progress.end();
    if (context_.json) {
      context_.screen.out << export_json(lines);
    }
    return lines.size() < sources_.size() ? kInterrupted
           : has_failed                   ? kFailed
                                          : kOk;
  }

  [[nodiscard]] ExportLine write_folder(const Source& source) const {
    const std::string path = options_.folder + "/" + source.choice.folder;
    try {
      const Exported result = write_pair_folder(
          options_.folder, source.choice.folder, load(source), access_);
      return {.certificate = source.choice.id,
              .path = path,
              .result = result == Exported::kWritten ? "written" : "there",
              .text = {}};
    } catch (const acme::Error& error) {
      return {.certificate = source.choice.id,
              .path = path,
              .result = "failed",
              .text = error.what()};
    }
  }

  void tell(const ExportLine& line) const {
    constexpr std::size_t kWidth = 8;
    std::string result = line.result;
    result.resize(kWidth, ' ');
    context_.screen.out << result << acme::printable(line.path) << ": "
                        << acme::printable(
                               line.text.empty() ? line.certificate : line.text,
                               4096)
                        << '\n';
  }

  int write_pkcs12() {
    if (sources_.size() > 1) {
      std::string ids;
      for (const Source& source : sources_) {
        ids += "\n  " + source.choice.id + "  " + source.choice.key;
      }
      throw Refusal(
          kUsage, "\"" + options_.name + "\" has several; name one of:" + ids);
    }
    const acme::StoredCertificate pair = load(sources_.front());
    const acme::SecretBytes password =
        options_.password_file.empty()
            ? ask_password(context_)
            : password_from_file(options_.password_file);
    write_exported_file(options_.pkcs12,
                        acme::to_pkcs12(pair.chain, pair.key, password,
                                        sources_.front().choice.folder),
                        access_);
    const ExportLine line{.certificate = sources_.front().choice.id,
                          .path = options_.pkcs12,
                          .result = "written",
                          .text = {}};
    if (context_.json) {
      context_.screen.out << export_json({line});
    } else {
      tell(line);
    }
    return kOk;
  }

  const Context& context_;
  const ExportOptions& options_;
  FileAccess access_;
  std::vector<std::unique_ptr<acme::FileStore>> stores_;
  std::vector<Source> sources_;
};

}  // namespace

void add_export(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand(
      "export", "Write a certificate and its key for other programs");
  command->group(kFiles);
  command->add_option("name", options->name,
                      "A name that it is for, or of its state files");
  command->add_flag("--all", options->all, "All that are in use");
  command
      ->add_option("--dir", options->folder,
                   "Write fullchain.pem, privkey.pem, chain.pem and cert.pem "
                   "into DIR/NAME/")
      ->type_name("DIR");
  command->add_option("--pkcs12", options->pkcs12, "Write one PKCS #12 file")
      ->type_name("FILE");
  command
      ->add_option("--password-file", options->password_file,
                   "Its first line is the password of the PKCS #12 file; else "
                   "you are asked")
      ->type_name("FILE");
  command->add_option("--owner", options->owner, "Whose the files are")
      ->type_name("USER[:GROUP]");
  command->add_option("--mode", options->mode, "Their mode; 0600")
      ->type_name("MODE");
  command
      ->add_option("--state-key", options->state_keys,
                   "File of acme_state_key; may be repeated")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->footer(
      "Example: acmectl export mail.example.com --dir /etc/ssl/acme "
      "--owner :ssl-cert --mode 0640");
  command->callback([&context, options] {
    context.action = [&context, options] {
      return Export(context, *options).run();
    };
  });
}

}  // namespace acmectl
