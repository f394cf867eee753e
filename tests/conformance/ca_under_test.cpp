// SPDX-License-Identifier: BSD-2-Clause
// The CA that the environment names, and what it is known to have.
#include "tests/conformance/ca_under_test.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "acme_core/crypto/base64url.h"

namespace acme {
namespace {

std::string setting(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string required(const char* name) {
  std::string value = setting(name);
  if (value.empty()) {
    throw std::runtime_error(std::string(name) +
                             " is not set: see ca_under_test.h");
  }
  return value;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error(path + " cannot be read");
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned long number(const char* name) {
  const std::string text = setting(name);
  return text.empty() ? 0 : std::stoul(text);
}

std::optional<ExternalAccount> external_account_setting() {
  if (setting("ACME_EAB_KID").empty()) {
    return std::nullopt;
  }
  const auto key = base64url_decode(required("ACME_EAB_KEY"));
  if (!key) {
    throw std::runtime_error("ACME_EAB_KEY is not base64url");
  }
  return ExternalAccount{setting("ACME_EAB_KID"), {key->begin(), key->end()}};
}

}  // namespace

CaUnderTest CaUnderTest::from_environment() {
  CaUnderTest ca;
  ca.directory = required("ACME_DIRECTORY");
  ca.roots = contents(required("ACME_ROOTS"));
  const std::string address = required("ACME_HTTP_ADDRESS");
  const std::size_t colon = address.rfind(':');
  ca.http_host = address.substr(0, colon);
  if (colon != std::string::npos) {
    ca.http_port =
        static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)));
  }
  ca.name_suffix = required("ACME_NAME_SUFFIX");
  ca.external_account = external_account_setting();
  ca.profile = setting("ACME_PROFILE");
  ca.profile_lifetime = std::chrono::seconds(number("ACME_PROFILE_LIFETIME"));
  ca.alternates = number("ACME_ALTERNATES");
  ca.management = setting("ACME_MANAGEMENT");
  std::istringstream features(setting("ACME_FEATURES"));
  for (std::string feature; std::getline(features, feature, ',');) {
    ca.features.insert(feature);
  }
  return ca;
}

}  // namespace acme
