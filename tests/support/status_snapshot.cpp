// SPDX-License-Identifier: BSD-2-Clause
// A snapshot as an nginx with certificates in all states would have it.
#include "tests/support/status_snapshot.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "acme_core/monitor/event.h"
#include "acme_core/monitor/monitor.h"
#include "acme_core/status/describe.h"

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kNow = kSnapshotTime;

constexpr std::array<std::string_view, 12> kSites = {
    "www.example.com",      "shop.example.com",   "api.example.net",
    "blog.example.org",     "mail.example.com",   "static.example.net",
    "wiki.example.org",     "*.apps.example.com", "old.example.net",
    "intranet.example.org", "media.example.com",  "status.example.net"};

std::string name_of(std::size_t index) {
  return index < kSites.size()
             ? std::string(kSites[index])
             : "site" + std::to_string(index) + ".hosting.example";
}

void fail(CertificateStatus& certificate, unsigned times, std::string error) {
  certificate.failures = times;
  certificate.last_error = std::move(error);
  certificate.next_attempt = kNow + minutes(42);
  for (unsigned i = std::min(times, 10U); i > 0; --i) {
    certificate.history.push_back({.at = kNow - hours(2 * i),
                                   .issuer = "letsencrypt",
                                   .succeeded = false,
                                   .message = certificate.last_error});
  }
}

void unserve(CertificateStatus& certificate) {
  certificate.is_served = false;
  certificate.issuer.clear();
  certificate.serial.clear();
  certificate.fingerprint.clear();
  certificate.chain.clear();
  certificate.pem.clear();
  certificate.not_before.reset();
  certificate.not_after.reset();
  certificate.renew_at.reset();
  certificate.renew_why.clear();
  certificate.window.reset();
  certificate.generation = 0;
}

void set_life(CertificateStatus& certificate, days from, days to) {
  certificate.not_before = kNow - from;
  certificate.not_after = kNow + to;
}

// What sets the first ones apart.
void shape(CertificateStatus& certificate, std::size_t index) {
  switch (index) {
    case 1:
      set_life(certificate, days(61), days(29));
      certificate.renew_at = kNow - hours(1);
      certificate.order = {.issuer = "letsencrypt",
                           .url = "https://ca.example/acme/order/12/34",
                           .step = "authorizing",
                           .since = kNow - minutes(2)};
      break;
    case 2:
      set_life(certificate, days(64), days(26));
      certificate.renew_at = kNow - days(4);
      fail(certificate, 4,
           "203.0.113.7: Fetching http://api.example.net/.well-"
           "known/acme-challenge/Kq: Connection refused (connection)");
      break;
    case 3:
      set_life(certificate, days(82), days(8));
      certificate.renew_at = kNow - days(22);
      fail(certificate, 9,
           "DNS problem: SERVFAIL looking up A for "
           "blog.example.org - the domain's nameservers may be malfunctioning "
           "(dns)");
      break;
    case 4:
      unserve(certificate);
      fail(certificate, 2,
           "CAA record for mail.example.com prevents issuance "
           "(caa)");
      break;
    case 5:
      certificate.id = "static:1";
      certificate.state = CertificateState::kStatic;
      certificate.issuer = "Example Corporate CA";
      certificate.issuers.clear();
      certificate.key.clear();
      certificate.file = "/etc/ssl/static.example.net.pem";
      certificate.renew_at.reset();
      certificate.renew_why.clear();
      certificate.window.reset();
      certificate.chain = {"Example Corporate CA"};
      set_life(certificate, days(330), days(35));
      break;
    case 6:
      set_life(certificate, days(63), days(27));
      certificate.renew_at = kNow - hours(3);
      certificate.waiting = Waiting{"letsencrypt", "it gives no answer"};
      break;
    case 7:
      certificate.names = {"*.apps.example.com", "apps.example.com"};
      certificate.proved_by = {{"*.apps.example.com", "dns-01"},
                               {"apps.example.com", "dns-01"}};
      certificate.key = "rsa:2048";
      break;
    case 8:
      set_life(certificate, days(97), days(-7));
      certificate.renew_at = kNow - days(37);
      fail(certificate, 24,
           "198.51.100.4: Invalid response from "
           "http://old.example.net/.well-known/acme-challenge/x: 404 "
           "(unauthorized)");
      break;
    case 9:
      certificate.state = CertificateState::kOrphan;
      certificate.reason =
          "No configuration mentions it since 2026-01-04T00:00:00Z; nothing "
          "serves or renews it.";
      certificate.is_served = false;
      certificate.servers.clear();
      certificate.renew_at.reset();
      certificate.renew_why.clear();
      certificate.pem.clear();
      certificate.generation = 0;
      break;
    case 10:
      certificate.left_out = {
          {"cdn.example.com", "NXDOMAIN looking up A (dns)"}};
      certificate.names.emplace_back("cdn.example.com");
      break;
    default:
      break;
  }
}

std::vector<IssuerStatus> issuers(std::size_t count) {
  IssuerStatus first;
  first.name = "letsencrypt";
  first.directory_url = "https://acme-v02.api.letsencrypt.org/directory";
  first.state_path = "/var/lib/nginx/acme/letsencrypt";
  first.certificates = static_cast<unsigned>(count);
  first.note.account_url = "https://acme-v02.api.letsencrypt.org/acme/acct/42";
  first.note.contacts = {"mailto:ops@example.com"};
  first.note.terms_of_service = "https://letsencrypt.org/documents/LE-SA.pdf";
  first.note.last_answer_at = kNow - minutes(2);
  first.note.limits = {
      {.name = "new orders", .limit = 300, .used = 12, .period_seconds = 10800},
      {.name = "certificates for example.com",
       .limit = 50,
       .used = 41,
       .period_seconds = 604'800}};
  IssuerStatus second;
  second.name = "zerossl";
  second.directory_url = "https://acme.zerossl.com/v2/DV90";
  second.state_path = "/var/lib/nginx/acme/zerossl";
  second.note.account_url = "https://acme.zerossl.com/v2/DV90/account/abc";
  second.note.paused_until = kNow + minutes(8);
  second.note.paused_why = "it answered 503 three times";
  second.note.last_answer_at = kNow - hours(5);
  return {first, second};
}

std::vector<Counter> counters() {
  std::vector<Counter> list = {
      {"orders", {"letsencrypt", "issued", ""}, 214},
      {"orders", {"letsencrypt", "failed", "connection"}, 4},
      {"challenges", {"http-01", "valid"}, 230},
      {"challenges", {"http-01", "invalid"}, 9},
      {"requests", {"letsencrypt", "200"}, 1900},
      {"requests", {"letsencrypt", "429"}, 1},
      {"requests", {"zerossl", "none"}, 3},
      {"request_microseconds", {"letsencrypt"}, 301'250'000},
      {"swaps", {}, 852}};
  for (const std::string_view bucket : kRequestBuckets) {
    list.push_back(
        {"request_seconds", {"letsencrypt", std::string(bucket)}, 100});
  }
  return list;
}

std::vector<std::pair<std::uint64_t, std::string>> events() {
  std::vector<std::pair<std::uint64_t, std::string>> list;
  for (std::uint64_t number = 7; number < 12; ++number) {
    Event event;
    event.kind = number == 11 ? EventKind::kFailed : EventKind::kRenewed;
    event.at = kNow - minutes(12 - number);
    event.issuer = "letsencrypt";
    event.certificate = "www.example.com";
    event.text = "the certificate was renewed";
    list.emplace_back(number, write_event(event));
  }
  return list;
}

std::vector<CommandStatus> commands() {
  CommandStatus done;
  done.id = 3;
  done.verb = "renew";
  done.certificate = "www.example.com-0000000000000001";
  done.state = "done";
  done.text = "renewed, serial 04a2";
  done.asked_by = "127.0.0.1";
  done.asked_at = kNow - minutes(5);
  CommandStatus running = done;
  running.id = 4;
  running.state = "running";
  running.text = "authorizing";
  return {done, running};
}

}  // namespace

CertificateStatus valid_certificate(const std::string& name) {
  CertificateStatus certificate;
  certificate.id = name + "-0000000000000001";
  certificate.name = name;
  certificate.names = {name, "m." + name};
  certificate.servers = {{"/etc/nginx/sites-enabled/" + name + ".conf", 12}};
  certificate.issuer = "letsencrypt";
  certificate.issuers = {"letsencrypt", "zerossl"};
  certificate.key = "ecdsa:256";
  certificate.is_served = true;
  certificate.serial = "04a2b7c8d9e0f1a2b3c4d5e6f708192a3b4c";
  certificate.fingerprint =
      "5f2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809";
  certificate.chain = {"E7", "ISRG Root X1"};
  certificate.pem =
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  set_life(certificate, days(20), days(70));
  certificate.renew_at = kNow + days(40);
  certificate.renew_why = "suggested by the CA";
  certificate.window = RenewalWindow{.start = kNow + days(39),
                                     .end = kNow + days(41),
                                     .renew_at = kNow + days(40),
                                     .explanation_url = {}};
  certificate.history = {{.at = kNow - days(20),
                          .issuer = "letsencrypt",
                          .succeeded = true,
                          .message = "issued, serial 04a2b7c8d9e0f1a2b3c4"}};
  certificate.generation = 3;
  certificate.workers = {{1201, 3}, {1202, 3}};
  return certificate;
}

std::shared_ptr<StatusSnapshot> make_snapshot(std::size_t count, bool is_calm) {
  auto snapshot = std::make_shared<StatusSnapshot>();
  snapshot->taken_at = kNow;
  snapshot->revision = 17;
  for (std::size_t i = 0; i < count; ++i) {
    CertificateStatus certificate = valid_certificate(name_of(i));
    // They were not made on one day.
    const days shift(static_cast<int>(i * 7 % 59) - 20);
    certificate.not_before = *certificate.not_before - days(19) + shift;
    certificate.not_after = *certificate.not_before + days(90);
    certificate.renew_at = *certificate.not_before + days(60);
    certificate.window.reset();
    if (!is_calm) {
      shape(certificate, i);
      if (i > 12 && i % 100 == 0) {
        fail(certificate, 3, "Timeout during connect (connection)");
      }
    }
    update_state(certificate, kNow);
    snapshot->certificates.push_back(std::move(certificate));
  }
  snapshot->issuers = issuers(count);
  ProcessStatus& process = snapshot->process;
  process.version = "0.1.0";
  process.nginx_version = "1.22.1";
  process.openssl_version = "OpenSSL 3.0.17 1 Jul 2025";
  process.is_helper_alive = true;
  process.helper = {
      .started_at = kNow - days(6), .pid = 1200, .clock_skew_seconds = 0};
  process.worker_pid = 1201;
  process.zone_size = 1U << 20;
  process.zone_free = 700U << 10;
  snapshot->counters = counters();
  snapshot->events = events();
  snapshot->commands = commands();
  return snapshot;
}

}  // namespace acme
