// SPDX-License-Identifier: BSD-2-Clause
// Why a request to the status endpoint is refused, as a document (RFC 9457).
#include "acme_core/status/problem_document.h"

#include <utility>

#include "acme_core/status/json_writer.h"

namespace acme {
namespace {

// RFC 9110 section 15; a type of "about:blank" has it as its title (RFC 9457
// section 4.2.1).
std::string_view phrase(int status) noexcept {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 414:
      return "URI Too Long";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

StatusAnswer document(int status, std::string_view title,
                      std::string_view detail,
                      const std::vector<std::string>& certificates) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.member("type", "about:blank");
  json.member("title", title);
  json.member("status", static_cast<unsigned>(status));
  json.if_any("detail", detail);
  json.if_any("certificates", certificates);
  json.end_object();
  body += '\n';
  return whole_answer(status, "application/problem+json", std::move(body));
}

}  // namespace

StatusAnswer whole_answer(int status, std::string_view content_type,
                          std::string body) {
  StatusAnswer answer;
  answer.status = status;
  answer.content_type = content_type;
  answer.headers = {{"Cache-Control", "no-store"},
                    {"X-Content-Type-Options", "nosniff"}};
  answer.next = [body = std::move(body)](std::string& out) {
    out += body;
    return false;
  };
  return answer;
}

StatusAnswer problem(int status, std::string_view detail,
                     const std::vector<std::string>& certificates) {
  return document(status, phrase(status), detail, certificates);
}

StatusAnswer problem_answer(int status, std::string_view title,
                            std::string_view detail) {
  return document(status, title, detail, {});
}

StatusAnswer not_found(std::string_view detail) { return problem(404, detail); }

std::optional<StatusAnswer> why_not_one(
    const std::vector<const CertificateStatus*>& found, std::string_view id) {
  if (found.empty()) {
    return not_found("there is no certificate \"" + std::string(id) + "\"");
  }
  if (found.size() == 1) {
    return std::nullopt;
  }
  std::vector<std::string> ids;
  for (const CertificateStatus* each : found) {
    ids.push_back(each->id);
  }
  return problem(409, "several certificates have this name: say which by ID",
                 ids);
}

StatusAnswer wrong_method(std::string_view method, std::string_view allowed) {
  StatusAnswer answer =
      problem(405, "this path takes " + std::string(allowed) + ", not " +
                       std::string(method.substr(0, 32)));
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

}  // namespace acme
