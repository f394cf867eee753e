// SPDX-License-Identifier: BSD-2-Clause
// The JSON files of a state directory.
#include "acme_core/storage/state_documents.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string_view type_name(Identifier::Type type) {
  return type == Identifier::Type::kDns ? "dns" : "ip";
}

// Indented: people read these files. dump() would throw on malformed UTF-8.
std::string to_text(const ordered_json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// Malformed text becomes a document without members.
json parse(std::string_view text) {
  json document = json::parse(text, nullptr, false);
  return document.is_object() ? document : json::object();
}

// Empty when the member is missing or no string.
std::string string_member(const json& document, const char* name) {
  if (!document.is_object()) {
    return {};
  }
  const auto member = document.find(name);
  return member != document.end() && member->is_string()
             ? member->get<std::string>()
             : std::string();
}

}  // namespace

std::string write_metadata(const std::string& issuer,
                           const CertificateChain& chain, KeyType key_type) {
  ordered_json names = ordered_json::array();
  for (const Identifier& identifier : chain.identifiers()) {
    names.push_back(identifier.value);
  }
  return to_text({{"issuer", issuer},
                  {"identifiers", std::move(names)},
                  {"key", to_string(key_type)},
                  {"serial", chain.serial()},
                  {"not_before", rfc3339(chain.not_before())},
                  {"not_after", rfc3339(chain.not_after())}});
}

CertificateMetadata read_metadata(std::string_view text) {
  const json document = parse(text);
  return {string_member(document, "issuer"), string_member(document, "serial")};
}

std::string write_order(const std::string& order_url,
                        const std::vector<Identifier>& identifiers) {
  ordered_json names = ordered_json::array();
  for (const Identifier& identifier : identifiers) {
    names.push_back(ordered_json::object(
        {{"type", type_name(identifier.type)}, {"value", identifier.value}}));
  }
  return to_text({{"order_url", order_url}, {"identifiers", std::move(names)}});
}

std::optional<OrderDocument> read_order(std::string_view text) {
  const json document = parse(text);
  OrderDocument order{string_member(document, "order_url"), {}};
  const auto names = document.find("identifiers");
  if (order.order_url.empty() || names == document.end() ||
      !names->is_array() || names->empty()) {
    return std::nullopt;
  }
  for (const json& member : *names) {
    auto identifier = parse_identifier(string_member(member, "value"));
    if (!identifier ||
        string_member(member, "type") != type_name(identifier->type)) {
      return std::nullopt;
    }
    order.identifiers.push_back(std::move(*identifier));
  }
  return order;
}

}  // namespace acme
