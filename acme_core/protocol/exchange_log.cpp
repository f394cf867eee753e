// SPDX-License-Identifier: BSD-2-Clause
// A line for each exchange with a CA.
#include "acme_core/protocol/exchange_log.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/protocol/json_fields.h"
#include "acme_core/protocol/problem_json.h"

namespace acme {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestLine = 1'900;  // nginx cuts lines at 2,048
constexpr std::size_t kMostAuthorizations = 100;
// Of a SHA-256 in base64url: thumbprints, the values of DNS records, and the
// tokens of most CAs.
constexpr std::size_t kDigestSize = 43;

bool is_of_base64url(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ||
         c == '_';
}

std::string_view leading_word(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_of_base64url);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// CAs quote in their problems what they asked for and what they found: the
// token in a path, a key authorization.
std::string without_tokens(std::string_view text,
                           const std::set<std::string>& tokens) {
  std::string result;
  while (!text.empty()) {
    const std::string_view word = leading_word(text);
    const bool is_secret =
        word.size() == kDigestSize || tokens.contains(std::string(word)) ||
        (result.ends_with("acme-challenge/") && !word.empty());
    result += is_secret ? std::string_view("...") : word;
    text.remove_prefix(word.size());
    if (is_secret && text.starts_with('.')) {
      // What follows is the rest of a key authorization, or nothing.
      const std::size_t rest = leading_word(text.substr(1)).size();
      text.remove_prefix(rest == 0 ? 0 : rest + 1);
    }
    if (!text.empty()) {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

void collect_tokens(const json& challenge, std::set<std::string>& tokens) {
  if (std::string token = text_of(challenge, "token"); !token.empty()) {
    tokens.insert(std::move(token));
  }
}

std::string problem_in(const json& object, const char* member) {
  const json* found = find_member(object, member);
  const auto problem = found == nullptr ? std::nullopt : problem_of(*found);
  return problem ? ": " + problem->describe() : std::string();
}

std::string describe_challenge(const json& challenge) {
  return text_of(challenge, "type") + " " + text_of(challenge, "status") +
         problem_in(challenge, "error");
}

std::string describe_authorization(const json& object, const json& challenges,
                                   std::set<std::string>& tokens) {
  std::string text = "authorization " + text_of(object, "status");
  if (const json* identifier = find_member(object, "identifier")) {
    text += " of \"" + text_of(*identifier, "value") + "\"";
  }
  const char* separator = ": ";
  for (const json& challenge : challenges) {
    collect_tokens(challenge, tokens);
    text += separator + describe_challenge(challenge);
    separator = ", ";
  }
  return text;
}

std::string describe_order(const json& object, const json& identifiers) {
  std::string text = "order " + text_of(object, "status");
  const char* separator = " for ";
  std::size_t count = 0;
  for (const json& identifier : identifiers) {
    if (++count > kMostAuthorizations) {
      break;
    }
    text += separator + text_of(identifier, "value");
    separator = ", ";
  }
  return text + problem_in(object, "error");
}

// nullptr when the member is no array.
const json* array_of(const json& object, const char* name) {
  const json* member = find_member(object, name);
  return member != nullptr && member->is_array() ? member : nullptr;
}

// What the resource is, by its members (RFC 8555 section 7.1).
std::string describe_resource(const json& object,
                              std::set<std::string>& tokens) {
  if (const json* challenges = array_of(object, "challenges")) {
    return describe_authorization(object, *challenges, tokens);
  }
  if (const json* identifiers = array_of(object, "identifiers")) {
    return describe_order(object, *identifiers);
  }
  if (object.contains("token") || object.contains("url")) {
    collect_tokens(object, tokens);
    return "challenge " + describe_challenge(object);
  }
  if (object.contains("newNonce")) {
    return "directory";
  }
  if (object.contains("suggestedWindow")) {
    const json& window = *find_member(object, "suggestedWindow");
    return "renewal window " + text_of(window, "start") + " to " +
           text_of(window, "end");
  }
  if (object.contains("status")) {
    return "account " + text_of(object, "status");
  }
  return {};
}

std::string describe_answer(const HttpResponse& response) {
  const json object = parse_object(response.body);
  std::set<std::string> tokens;
  std::string text;
  if (object.is_null()) {
    text = response.body.empty()
               ? std::string()
               : std::to_string(response.body.size()) + " bytes of " +
                     std::string(response.header("content-type")
                                     .value_or("no content type"));
  } else if (response.status >= 400) {
    const auto problem = problem_of(object);
    text = problem ? problem->describe() : std::string();
  } else {
    text = describe_resource(object, tokens);
  }
  return without_tokens(text, tokens);
}

std::string_view name_of(const HttpRequest& request) {
  switch (request.method) {
    case HttpRequest::Method::kGet:
      return "GET ";
    case HttpRequest::Method::kHead:
      return "HEAD ";
    case HttpRequest::Method::kPost:
      break;
  }
  // RFC 8555 section 6.3.
  return request.body.find(R"("payload":"")") != std::string::npos
             ? "POST-as-GET "
             : "POST ";
}

}  // namespace

ExchangeLog::ExchangeLog(std::unique_ptr<HttpClient> http, const EventLog& log)
    : http_(std::move(http)), log_(log) {}

HttpResponse ExchangeLog::send(const HttpRequest& request,
                               std::stop_token stop) {
  if (!log_.wants(LogLevel::kDebug)) {
    return http_->send(request, std::move(stop));
  }
  try {
    HttpResponse response = http_->send(request, std::move(stop));
    log_.debug(describe_exchange(request, response));
    return response;
  } catch (const Error& error) {
    log_.debug(std::string(name_of(request)) + request.url + ": " +
               error.what());
    throw;
  }
}

std::string describe_exchange(const HttpRequest& request,
                              const HttpResponse& response) {
  std::string line = std::string(name_of(request)) + request.url + ": " +
                     std::to_string(response.status);
  if (const std::string answer = describe_answer(response); !answer.empty()) {
    line += ", " + answer;
  }
  return printable(line, kLongestLine);
}

}  // namespace acme
