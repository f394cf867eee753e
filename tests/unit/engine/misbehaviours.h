// SPDX-License-Identifier: BSD-2-Clause
// Every way in which a CA can fail a step of an order.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/scripted_ca.h"

namespace acme {

using namespace std::chrono_literals;

// The steps of an order that go to the CA.
struct Step {
  std::string name;
  Resource resource;
};

inline const std::array kSteps{Step{"NewOrder", Resource::kNewOrder},
                               Step{"Authorization", Resource::kAuthorization},
                               Step{"Challenge", Resource::kChallenge},
                               Step{"Order", Resource::kOrder},
                               Step{"Finalize", Resource::kFinalize},
                               Step{"Certificate", Resource::kCertificate}};

// One thing that goes wrong.
struct Misbehaviour {
  std::string name;
  ScriptedCa::Fault fault;
  /// What the flow ends with; nullopt: it gets over it by itself.
  std::optional<ErrorKind> kind;
  /// What the log line must tell.
  std::string message;
  /// When the CA wants to be asked again, after now.
  std::optional<std::chrono::seconds> retry_after = std::nullopt;
};

inline Misbehaviour problem(const std::string& type, ErrorKind kind,
                            int status = 403) {
  return {type, ScriptedCa::problem(status, type, "details of " + type), kind,
          "details of " + type + " (" + type + ")"};
}

// RFC 8555 section 6.7, all of it, and what travels without a problem document.
inline std::vector<Misbehaviour> misbehaviours() {
  using enum ErrorKind;
  std::vector<Misbehaviour> all{
      problem("accountDoesNotExist", kTransient, 400),
      problem("alreadyRevoked", kPermanent, 400),
      problem("badCSR", kPermanent, 400),
      problem("badPublicKey", kPermanent, 400),
      problem("badRevocationReason", kPermanent, 400),
      problem("badSignatureAlgorithm", kPermanent, 400),
      problem("caa", kPermanent),
      problem("compound", kPermanent),
      problem("connection", kTransient, 400),
      problem("dns", kTransient, 400),
      problem("externalAccountRequired", kConfiguration),
      problem("incorrectResponse", kTransient),
      problem("invalidContact", kPermanent, 400),
      problem("malformed", kPermanent, 400),
      problem("orderNotReady", kTransient),
      problem("rateLimited", kRateLimited, 429),
      problem("rejectedIdentifier", kPermanent),
      problem("serverInternal", kTransient, 400),
      problem("tls", kTransient, 400),
      problem("unauthorized", kTransient),
      problem("unsupportedContact", kPermanent, 400),
      problem("unsupportedIdentifier", kPermanent, 400),
      problem("userActionRequired", kConfiguration),
      problem("somethingNew", kPermanent),
  };
  all.push_back({"badNonce", ScriptedCa::problem(400, "badNonce", "old nonce"),
                 std::nullopt, ""});
  all.push_back({"RateLimitedForSeconds",
                 ScriptedCa::problem(429, "rateLimited", "too many", "120"),
                 kRateLimited, "too many", 120s});
  all.push_back({"RateLimitedUntilADate",
                 ScriptedCa::problem(429, "rateLimited", "too many",
                                     "Thu, 01 Jan 2026 05:00:00 GMT"),
                 kRateLimited, "too many", 5h});
  all.push_back(
      {"RateLimitedForACentury",
       ScriptedCa::problem(429, "rateLimited", "too many", "3155760000"),
       kRateLimited, "too many", 24h});
  all.push_back({"RateLimitedUntilThePast",
                 ScriptedCa::problem(429, "rateLimited", "too many",
                                     "Sun, 06 Nov 1994 08:49:37 GMT"),
                 kRateLimited, "too many", 0s});
  all.push_back({"Overloaded",
                 ScriptedCa::problem(503, "rateLimited", "busy", "600"),
                 kUnavailable, "HTTP 503", 600s});
  all.push_back({"TooManyWithoutADocument", ScriptedCa::body(429, ""),
                 kUnavailable, "HTTP 429"});
  all.push_back({"InternalError", ScriptedCa::body(500, "<html>oops</html>"),
                 kUnavailable, "HTTP 500"});
  all.push_back({"NotFound", ScriptedCa::body(404, "<html>no</html>"),
                 kPermanent, "HTTP 404"});
  all.push_back({"NoAnswer", ScriptedCa::no_answer(), kUnavailable,
                 "no answer from https://ca.example"});
  return all;
}

// Bodies of a successful answer that are none. A certificate is another matter.
inline std::vector<Misbehaviour> malformed_bodies() {
  std::vector<Misbehaviour> all;
  const std::map<std::string, std::string> bodies{
      {"Empty", ""},
      {"Html", "<html>Welcome to the hotel</html>"},
      {"CutJson", R"({"status":"valid","identif)"},
      {"Null", "null"},
      {"Array", "[]"},
      {"Number", "1e400"},
      {"EmptyObject", "{}"},
      {"WrongTypes",
       R"({"status":7,"identifiers":"x","authorizations":{},"finalize":[]})"},
      {"WrongStatus",
       R"({"status":"great","identifiers":[],"authorizations":[],)"
       R"("finalize":"https://ca.example/f","challenges":[]})"},
      {"UrlOfAnotherScheme", R"({"status":"pending","identifiers":[],)"
                             R"("authorizations":["file:///etc/passwd"],)"
                             R"("finalize":"http://ca.example/f"})"},
      {"DeeplyNested", std::string(100'000, '[')},
      {"BadUtf8", "{\"status\":\"\xff\xfe\"}"}};
  for (const auto& [name, text] : bodies) {
    all.push_back({"Body" + name,
                   [text = text](const HttpRequest&) {
                     HttpResponse response;
                     response.status = 200;
                     response.body = text;
                     response.headers.emplace("location",
                                              "https://ca.example/order/0");
                     return response;
                   },
                   ErrorKind::kTransient, "the CA's answer from"});
  }
  return all;
}

}  // namespace acme
