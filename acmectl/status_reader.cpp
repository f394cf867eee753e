// SPDX-License-Identifier: BSD-2-Clause
// What is behind a StatusDoor, as data.
#include "acmectl/status_reader.h"

#include <iterator>
#include <optional>
#include <utility>

#include "acme_core/status/status_query.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

// The largest that the endpoint takes.
constexpr unsigned kPageSize = 1000;
// Ten million certificates: whoever sends more pages sends them without end.
constexpr unsigned kMostPages = 10'000;
constexpr unsigned kMostTries = 3;

ExitCode code_for(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return kRefused;
    case 404:
    case 410:
      return kNotFound;
    case 400:
    case 409:
    case 422:
      return kFailed;
    default:
      return kUnreachable;
  }
}

std::string cure_for(int status) {
  switch (status) {
    case 401:
      return "; give user and password by --auth-file";
    case 403:
      return "; see \"allow\" and \"write=on\" of its location";
    case 404:
      return "; is this the location of acme_status?";
    default:
      return {};
  }
}

template <typename Read>
auto read(StatusDoor& door, const std::string& path, Read read_answer,
          const std::stop_token& stop) {
  const Reply reply = door.get(path, stop);
  require_success(door, reply);
  auto answer = read_answer(reply.body);
  if (!answer) {
    refuse_nonsense(door, reply);
  }
  return std::move(*answer);
}

std::string first_page(const CertificateFilter& filter) {
  std::string path = "1/certificates?limit=" + std::to_string(kPageSize);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      path.append("&").append(name).append("=").append(
          acme::percent_encoded(value));
    }
  };
  add("name", filter.name);
  add("state", filter.state);
  add("issuer", filter.issuer);
  add("expires_within", filter.expires_within);
  return path;
}

std::string path_of(const char* kind, std::string_view name,
                    std::string_view below) {
  std::string path =
      std::string("1/") + kind + "/" + acme::percent_encoded(name);
  if (!below.empty()) {
    path.append("/").append(below);
  }
  return path;
}

template <typename T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
}

// nullopt: the last one of a page is gone, and nothing says what comes after
// it.
std::optional<CertificateList> read_pages(StatusDoor& door, std::string path,
                                          const std::stop_token& stop) {
  CertificateList list;
  for (unsigned page = 0; page < kMostPages; ++page) {
    const Reply reply = door.get(path, stop);
    if (page > 0 && reply.status == 400) {
      return std::nullopt;
    }
    require_success(door, reply);
    auto answer = acme::read_certificates_answer(reply.body);
    if (!answer) {
      refuse_nonsense(door, reply);
    }
    list.taken_at = answer->taken_at;
    append(list.certificates, answer->certificates);
    append(list.documents, answer->documents);
    if (answer->next.empty()) {
      return list;
    }
    path = follow_reference(answer->next, reply.url);
    if (path == reply.url) {
      refuse_nonsense(door, reply);
    }
  }
  throw Refusal(kUnreachable, door.place() + " has pages without end");
}

}  // namespace

CertificateList read_certificates(StatusDoor& door,
                                  const CertificateFilter& filter,
                                  const std::stop_token& stop) {
  std::optional<CertificateList> list;
  for (unsigned tries = 0; tries < kMostTries && !list; ++tries) {
    list = read_pages(door, first_page(filter), stop);
  }
  if (!list) {
    throw Refusal(kUnreachable, "the certificates of " + door.place() +
                                    " change while they are read; try again");
  }
  return std::move(*list);
}

acme::CertificateStatus read_certificate(StatusDoor& door,
                                         const std::string& name,
                                         const std::stop_token& stop) {
  return read(door, certificate_path(name), acme::read_certificate_status,
              stop);
}

acme::IssuersAnswer read_issuers(StatusDoor& door,
                                 const std::stop_token& stop) {
  return read(door, "1/issuers", acme::read_issuers_answer, stop);
}

acme::ProcessStatus read_process(StatusDoor& door,
                                 const std::stop_token& stop) {
  return read(door, "1/process", acme::read_process_status, stop);
}

acme::EventsAnswer read_events(StatusDoor& door, std::uint64_t since,
                               const std::stop_token& stop) {
  return read(door, "1/events?since=" + std::to_string(since),
              acme::read_events_answer, stop);
}

std::string read_document(StatusDoor& door, const std::string& path,
                          const std::stop_token& stop) {
  return read(door, path, acme::pretty_json, stop);
}

std::string certificate_path(std::string_view name, std::string_view below) {
  return path_of("certificates", name, below);
}

std::string issuer_path(std::string_view name, std::string_view below) {
  return path_of("issuers", name, below);
}

void require_success(const StatusDoor& door, const Reply& reply) {
  if (reply.status >= 200 && reply.status < 300) {
    return;
  }
  const auto problem = acme::read_problem_answer(reply.body);
  std::string words = door.place() + " answers " + std::to_string(reply.status);
  if (problem) {
    words = problem->detail.empty() ? problem->title : problem->detail;
  } else {
    words += cure_for(reply.status);
  }
  // Without a document of ours, nothing is known of what is not found.
  throw Refusal(
      problem || reply.status != 404 ? code_for(reply.status) : kUnreachable,
      words);
}

void refuse_nonsense(const StatusDoor& door, const Reply& reply) {
  throw Refusal(kUnreachable, "the answer of " + door.place() + " to " +
                                  reply.url +
                                  " makes no sense; is this the location of "
                                  "acme_status?");
}

}  // namespace acmectl
