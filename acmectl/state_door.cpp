// SPDX-License-Identifier: BSD-2-Clause
// State directories as a StatusDoor. Answers are made as the endpoint makes
// them (acme_core/status/answer.h), of another snapshot.
#include "acmectl/state_door.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/error.h"
#include "acme_core/status/answer.h"
#include "acme_core/status/status_query.h"
#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/file_store.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

using acme::CertificateState;
using acme::CertificateStatus;

constexpr std::size_t kLargestChain = std::size_t{1} << 20;

void require_readable(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      access(path.c_str(), R_OK | X_OK) != 0) {
    const int code = errno == 0 ? ENOTDIR : errno;
    throw Refusal(kUnreachable, "cannot read the state directory " + path +
                                    ": " +
                                    std::system_category().message(code) +
                                    (code == EACCES ? "; run as root" : ""));
  }
}

std::string hexadecimal(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text.append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 0xFU]);
  }
  return text;
}

void add_chain(CertificateStatus& status, const acme::FileSystem& files) {
  const acme::ReadResult file = files.read(status.id + ".crt", kLargestChain);
  const auto chain = acme::CertificateChain::from_pem(
      {reinterpret_cast<const char*>(file.data.data()), file.data.size()});
  if (chain) {
    const auto digest = acme::sha256(
        {reinterpret_cast<const char*>(chain->der().front().data()),
         chain->der().front().size()});
    status.fingerprint = hexadecimal({digest.begin(), digest.end()});
    status.pem = chain->to_pem();
  }
}

void add_record(CertificateStatus& status,
                const acme::CertificateRecord& record) {
  if (!record.issuer.empty()) {
    status.issuer = record.issuer;
  }
  for (const auto& [issuer, names] : record.proved_by) {
    status.proved_by.insert(status.proved_by.end(), names.begin(), names.end());
  }
  status.left_out.assign(record.left_out.begin(), record.left_out.end());
  status.window = record.window;
  if (record.window) {
    status.renew_at = record.window->renew_at;
    status.renew_why = "suggested by the CA";
  } else if (record.next_action == "renew") {
    status.renew_at = record.next_action_at;
  }
  for (const auto& [issuer, backoff] : record.backoffs) {
    status.failures = std::max(status.failures, backoff.failures);
    status.next_attempt = std::max(
        status.next_attempt.value_or(backoff.retry_at), backoff.retry_at);
  }
  if (const acme::Attempt* failed = record.last_error()) {
    status.last_error = failed->message;
  }
  status.history = record.history;
}

// As update_state() (acme_core/status/describe.h), but for what is served,
// which nobody knows.
void set_state(CertificateStatus& status, bool is_unused, acme::TimePoint now,
               const std::string& path) {
  const bool is_known = status.not_before && status.not_after;
  if (is_unused) {
    status.state = CertificateState::kOrphan;
    status.reason = "no configuration mentions it";
  } else if (is_known && *status.not_after <= now) {
    status.state = CertificateState::kExpired;
    status.reason = "it is over";
  } else if (is_known && *status.not_after - now <
                             (*status.not_after - *status.not_before) / 6) {
    status.state = CertificateState::kExpiring;
    status.reason = "less than a sixth of its lifetime is left";
  } else if (status.failures > 0) {
    status.state = CertificateState::kFailing;
    status.reason = "the last order failed";
  } else {
    status.state = CertificateState::kValid;
    status.reason = "it is valid";
  }
  status.reason += ", by what is in " + path;
}

// Its files are called by it, with more behind a hyphen where several
// certificates have it; the document has all names in alphabetical order.
std::string first_name(std::string file,
                       const std::vector<std::string>& names) {
  constexpr std::string_view kWildcard = "_wildcard.";
  if (file.starts_with(kWildcard)) {
    file.replace(0, kWildcard.size(), "*.");
  }
  const auto first =
      std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return file == name || file.starts_with(name + "-");
      });
  return first != names.end() ? *first : names.empty() ? file : names.front();
}

CertificateStatus describe(const std::string& name, const StatePath& place,
                           const acme::CertificateDocument& document,
                           const acme::FileSystem& files, acme::TimePoint now) {
  const acme::CertificateFacts& facts = document.facts;
  CertificateStatus status;
  status.id = name;
  status.names = facts.identifiers;
  status.name = first_name(name, facts.identifiers);
  status.issuer = place.issuer;
  status.issuers = {place.issuer};
  status.key = facts.key;
  status.serial = facts.serial;
  status.chain = facts.chain;
  status.not_before = acme::parse_rfc3339(facts.not_before);
  status.not_after = acme::parse_rfc3339(facts.not_after);
  add_chain(status, files);
  add_record(status, document.record);
  set_state(status, document.record.unused_since.has_value(), now, place.path);
  return status;
}

void add_directory(acme::StatusSnapshot& snapshot, const StatePath& place) {
  require_readable(place.path);
  acme::PosixFileSystem files(place.path);
  acme::FileStore store(files, acme::FileStore::Access::kReadOnly);
  const acme::AccountRecord account = store.load_account_record();
  acme::IssuerStatus issuer;
  issuer.name = place.issuer.empty() ? place.path : place.issuer;
  issuer.state_path = place.path;
  issuer.directory_url = account.directory_url;
  issuer.note.account_url = store.load_account_url().value_or("");
  issuer.note.contacts = account.contacts;
  for (const std::string& name : store.certificate_names()) {
    if (const auto document = store.describe_certificate(name)) {
      ++issuer.certificates;
      snapshot.certificates.push_back(describe(name, {issuer.name, place.path},
                                               *document, files,
                                               snapshot.taken_at));
    }
  }
  snapshot.issuers.push_back(std::move(issuer));
}

class StateDoor final : public StatusDoor {
 public:
  StateDoor(std::shared_ptr<const acme::StatusSnapshot> snapshot,
            std::string place)
      : snapshot_(std::move(snapshot)), place_(std::move(place)) {}

  [[nodiscard]] std::string place() const override { return place_; }
  [[nodiscard]] bool is_live() const noexcept override { return false; }

  [[nodiscard]] Reply get(const std::string& path,
                          std::stop_token /*stop*/) override {
    constexpr std::string_view kBase = "http://state/";
    std::string_view target = path;
    if (target.starts_with(kBase)) {
      target.remove_prefix(kBase.size());
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    acme::StatusRequest request{};
    request.method = "GET";
    const std::string_view encoded = target.substr(0, question);
    const std::string decoded =
        acme::decode_query_value(encoded).value_or(std::string(encoded));
    request.path = decoded;
    request.query = target.substr(std::min(question + 1, target.size()));
    request.base = "/";
    acme::StatusAnswer answer = acme::answer(request, snapshot_);
    Reply reply{.status = answer.status,
                .body = {},
                .url = std::string(kBase).append(target),
                .location = {}};
    while (answer.next && answer.next(reply.body)) {
    }
    return reply;
  }

  [[nodiscard]] Reply post(const std::string&, std::stop_token) override {
    throw Refusal(kUnreachable, "only a running nginx can do this");
  }

 private:
  const std::shared_ptr<const acme::StatusSnapshot> snapshot_;
  const std::string place_;
};

}  // namespace

acme::StatusSnapshot read_state(const std::vector<StatePath>& paths,
                                acme::TimePoint now) {
  acme::StatusSnapshot snapshot;
  snapshot.taken_at = now;
  for (const StatePath& each : paths) {
    add_directory(snapshot, each);
  }
  return snapshot;
}

std::unique_ptr<StatusDoor> open_state_door(
    const std::vector<StatePath>& paths) {
  std::string place;
  for (const StatePath& each : paths) {
    place.append(place.empty() ? "" : ", ").append(each.path);
  }
  return std::make_unique<StateDoor>(
      std::make_shared<const acme::StatusSnapshot>(
          read_state(paths, acme::SystemClock().now())),
      place);
}

}  // namespace acmectl
