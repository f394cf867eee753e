// SPDX-License-Identifier: BSD-2-Clause
// Reading orders, and what is sent for them.
#include "acme_core/protocol/order.h"

#include <algorithm>
#include <array>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/protocol/json_fields.h"
#include "acme_core/protocol/problem_json.h"

namespace acme {
namespace {

using Status = Order::Status;

constexpr std::array<std::pair<std::string_view, Status>, 5> kStatuses{
    {{"pending", Status::kPending},
     {"ready", Status::kReady},
     {"processing", Status::kProcessing},
     {"valid", Status::kValid},
     {"invalid", Status::kInvalid}}};

std::optional<Status> status_of(const nlohmann::json& object) {
  const std::string text = text_of(object, "status");
  const auto found =
      std::find_if(kStatuses.begin(), kStatuses.end(),
                   [&](const auto& entry) { return entry.first == text; });
  if (found == kStatuses.end()) {
    return std::nullopt;
  }
  return found->second;
}

// Every entry must be readable: an order with a name we cannot read is not
// the order we asked for.
bool read_identifiers(const nlohmann::json& object, Order& order) {
  const nlohmann::json* list = find_member(object, "identifiers");
  if (list == nullptr || !list->is_array()) {
    return false;
  }
  for (const nlohmann::json& entry : *list) {
    auto identifier = identifier_of(entry);
    if (!identifier) {
      return false;
    }
    order.identifiers.push_back(std::move(*identifier));
  }
  return true;
}

bool read_authorizations(const nlohmann::json& object, Order& order) {
  const nlohmann::json* list = find_member(object, "authorizations");
  // CAs that authorize an account beforehand leave it out.
  if (list == nullptr || list->is_null()) {
    return true;
  }
  if (!list->is_array()) {
    return false;
  }
  for (const nlohmann::json& entry : *list) {
    if (!entry.is_string() ||
        !entry.get_ref<const std::string&>().starts_with("https://")) {
      return false;
    }
    order.authorizations.push_back(entry.get<std::string>());
  }
  return true;
}

}  // namespace

std::optional<Order> parse_order(std::string_view json) {
  const nlohmann::json object = parse_object(json);
  const std::optional<Status> status = status_of(object);
  Order order;
  order.finalize = url_of(object, "finalize");
  if (!status || order.finalize.empty() || !read_identifiers(object, order) ||
      !read_authorizations(object, order)) {
    return std::nullopt;
  }
  order.status = *status;
  order.certificate = url_of(object, "certificate");
  order.profile = text_of(object, "profile");
  order.expires = time_of(object, "expires");
  order.not_before = time_of(object, "notBefore");
  order.not_after = time_of(object, "notAfter");
  if (const nlohmann::json* error = find_member(object, "error")) {
    order.error = problem_of(*error);
  }
  return order;
}

std::string new_order_payload(const OrderRequest& request) {
  nlohmann::json payload{{"identifiers", nlohmann::json::array()}};
  for (const Identifier& identifier : request.identifiers) {
    payload["identifiers"].push_back(identifier_json(identifier));
  }
  if (!request.profile.empty()) {
    payload["profile"] = request.profile;
  }
  if (!request.replaces.empty()) {
    payload["replaces"] = request.replaces;
  }
  if (request.not_before) {
    payload["notBefore"] = rfc3339(*request.not_before);
  }
  if (request.not_after) {
    payload["notAfter"] = rfc3339(*request.not_after);
  }
  return to_text(payload);
}

std::string new_authorization_payload(const Identifier& identifier) {
  return to_text({{"identifier", identifier_json(identifier)}});
}

std::string finalize_payload(const std::vector<std::uint8_t>& csr) {
  return to_text({{"csr", base64url_encode(csr)}});
}

}  // namespace acme
