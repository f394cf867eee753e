// SPDX-License-Identifier: BSD-2-Clause
// "acmectl show NAME": all that is known of one certificate.
#include <CLI/CLI.hpp>
#include <memory>

#include "acme_core/env/clock.h"
#include "acme_core/listed.h"
#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"
#include "acmectl/facts.h"
#include "acmectl/status_reader.h"
#include "acmectl/words.h"

namespace acmectl {
namespace {

using acme::CertificateStatus;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> places(const CertificateStatus& status) {
  std::vector<std::string> texts;
  for (const acme::ServerPlace& place : status.servers) {
    texts.push_back(place.file + ":" + std::to_string(place.line));
  }
  return texts;
}

std::vector<std::string> joined(const Pairs& pairs, const char* between) {
  std::vector<std::string> texts;
  for (const auto& [name, text] : pairs) {
    texts.push_back(name + between + text);
  }
  return texts;
}

std::vector<std::string> workers(const CertificateStatus& status) {
  std::vector<std::string> texts;
  for (const acme::WorkerGeneration& worker : status.workers) {
    const std::string what = worker.generation == 0 ? "not asked for it yet"
                             : worker.generation == status.generation
                                 ? "shows it"
                                 : "shows the one before (generation " +
                                       std::to_string(worker.generation) + ")";
    texts.push_back("worker " + std::to_string(worker.pid) + ": " + what);
  }
  return texts;
}

std::vector<std::string> history(const CertificateStatus& status) {
  std::vector<std::string> texts;
  for (auto each = status.history.rbegin(); each != status.history.rend();
       ++each) {
    texts.push_back(
        acme::rfc3339(each->at) + "  " + each->issuer + "  " +
        (each->succeeded ? std::string("issued") : "failed: " + each->message));
  }
  return texts;
}

std::string in_words(const CertificateStatus& status) {
  return std::string(to_string(status.state)) +
         (status.is_stand_in ? ", a stand-in" : "") +
         (status.is_served ? ", served" : ", not served");
}

void add_certificate(Facts& facts, const CertificateStatus& status,
                     acme::TimePoint now) {
  facts.section("Certificate");
  facts.add("issuer", status.issuer);
  facts.add("key", status.key);
  facts.add("profile", status.profile);
  facts.add("not before", date_and_when(status.not_before, now));
  facts.add("not after", date_and_when(status.not_after, now));
  facts.add("serial", status.serial);
  facts.add("SHA-256", status.fingerprint);
  facts.add("signed by", status.chain);
  facts.add("file", status.file);
  facts.add("on disk", status.is_saved ? "" : "no: the disk does not take it");
}

void add_renewal(Facts& facts, const CertificateStatus& status,
                 acme::TimePoint now) {
  facts.section("Renewal");
  facts.add("due", date_and_when(status.renew_at, now));
  facts.add("because", status.renew_why);
  if (status.window) {
    facts.add("window", acme::rfc3339(status.window->start) + " to " +
                            acme::rfc3339(status.window->end));
    facts.add("explanation", status.window->explanation_url);
  }
  facts.add("asks", acme::listed(status.issuers));
  facts.add("next attempt", date_and_when(status.next_attempt, now));
  if (status.waiting) {
    facts.add("waits for",
              status.waiting->issuer + ": " + status.waiting->reason);
  }
  facts.add("failures", status.failures == 0
                            ? std::string()
                            : std::to_string(status.failures) + " in a row");
  facts.add("last error", status.last_error);
  if (status.order) {
    facts.add("order", status.order->step + " at " + status.order->issuer +
                           " since " + date_and_when(status.order->since, now));
    facts.add("order URL", status.order->url);
  }
}

void print(const Screen& screen, const CertificateStatus& status,
           acme::TimePoint now) {
  Facts facts;
  facts.section(status.name);
  facts.add("state", in_words(status));
  facts.add("why", status.reason);
  facts.add("cure", status.cure);
  facts.add("names", status.names);
  facts.add("left out", joined(status.left_out, ": "));
  facts.add("servers", places(status));
  facts.add("id", status.id);
  add_certificate(facts, status, now);
  add_renewal(facts, status, now);
  facts.section("Proof and history");
  facts.add("proved by", joined(status.proved_by, ": "));
  facts.add("history", history(status));
  facts.add("workers", workers(status));
  facts.print(screen);
}

int show(const Context& context, const std::string& name) {
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  if (context.json) {
    context.screen.out << read_document(*door, certificate_path(name)) << '\n';
  } else {
    print(context.screen, read_certificate(*door, name),
          acme::SystemClock().now());
  }
  return kOk;
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("show", "Shows all that is known of a certificate");
  command->group(kSee);
  command->footer("Example: acmectl show www.example.com");
  command->add_option("NAME", *name, "Its first name, or its id")->required();
  command->callback([name, &context] {
    context.action = [name, &context] { return show(context, *name); };
  });
}

}  // namespace acmectl
