// SPDX-License-Identifier: BSD-2-Clause
// What is behind a StatusDoor, as data. Every function throws Refusal when the
// answer is a refusal or makes no sense, and as StatusDoor does.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/status/model.h"
#include "acme_core/status/read_answer.h"
#include "acmectl/status_door.h"

namespace acmectl {

/// What the endpoint filters by; empty: everything.
struct CertificateFilter {
  std::string name;            ///< a part of a name, or "*.suffix"
  std::string state;           ///< words with commas between them
  std::string issuer;          ///< by name
  std::string expires_within;  ///< "12h", "30d", "2w", or seconds
};

struct CertificateList {
  acme::TimePoint taken_at;
  std::vector<acme::CertificateStatus> certificates;
  std::vector<std::string> documents;  ///< JSON of each
};

/// All pages.
[[nodiscard]] CertificateList read_certificates(
    StatusDoor& door, const CertificateFilter& filter,
    const std::stop_token& stop = {});

/// By id, or by its first name.
[[nodiscard]] acme::CertificateStatus read_certificate(
    StatusDoor& door, const std::string& name,
    const std::stop_token& stop = {});

[[nodiscard]] acme::IssuersAnswer read_issuers(
    StatusDoor& door, const std::stop_token& stop = {});
[[nodiscard]] acme::ProcessStatus read_process(
    StatusDoor& door, const std::stop_token& stop = {});

/// `since`: only those with a greater number.
[[nodiscard]] acme::EventsAnswer read_events(StatusDoor& door,
                                             std::uint64_t since,
                                             const std::stop_token& stop = {});

/// The document at that path, indented.
[[nodiscard]] std::string read_document(StatusDoor& door,
                                        const std::string& path,
                                        const std::stop_token& stop = {});

/// "1/certificates/NAME" and what is below it; NAME is encoded here.
[[nodiscard]] std::string certificate_path(std::string_view name,
                                           std::string_view below = "");
[[nodiscard]] std::string issuer_path(std::string_view name,
                                      std::string_view below = "");

/// Throws the Refusal that a reply is whose status is none of success.
void require_success(const StatusDoor& door, const Reply& reply);

/// A reply that cannot be read.
[[noreturn]] void refuse_nonsense(const StatusDoor& door, const Reply& reply);

}  // namespace acmectl
