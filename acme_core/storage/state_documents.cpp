// SPDX-License-Identifier: BSD-2-Clause
// The JSON files of a state directory, but for those of certificates.
#include "acme_core/storage/state_documents.h"

#include <utility>

#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// More than anybody has; a file with more is not ours.
constexpr std::size_t kMostTexts = 100;

std::string_view type_name(Identifier::Type type) {
  return type == Identifier::Type::kDns ? "dns" : "ip";
}

}  // namespace

std::string write_order(const std::string& order_url,
                        const std::vector<Identifier>& identifiers) {
  ordered_json names = ordered_json::array();
  for (const Identifier& identifier : identifiers) {
    names.push_back(ordered_json::object(
        {{"type", type_name(identifier.type)}, {"value", identifier.value}}));
  }
  return to_file_text(
      {{"order_url", order_url}, {"identifiers", std::move(names)}});
}

std::optional<OrderDocument> read_order(std::string_view text) {
  const json document = parse_object(text);
  const auto url = document.find("order_url");
  const json& names = array_of(document, "identifiers");
  if (url == document.end() || !url->is_string() || names.empty()) {
    return std::nullopt;
  }
  OrderDocument order{url->get<std::string>(), {}};
  for (const json& member : names) {
    auto identifier = parse_identifier(text_of(member, "value"));
    if (!identifier || text_of(member, "type") != type_name(identifier->type)) {
      return std::nullopt;
    }
    order.identifiers.push_back(std::move(*identifier));
  }
  return order;
}

std::string write_account(const AccountRecord& record) {
  ordered_json document{{"contacts", record.contacts}};
  if (!record.external_account_kid.empty()) {
    document["external_account_kid"] = record.external_account_kid;
  }
  if (!record.issuer_domain_names.empty()) {
    document["issuer_domain_names"] = record.issuer_domain_names;
  }
  if (!record.account_hash_prefix.empty()) {
    document["account_hash_prefix"] = record.account_hash_prefix;
  }
  if (!record.key_thumbprint.empty()) {
    document["key_thumbprint"] = record.key_thumbprint;
  }
  if (!record.paused_by.empty()) {
    document["paused_by"] = record.paused_by;
  }
  if (!record.directory_url.empty()) {
    document["directory"] = record.directory_url;
  }
  if (!record.configured_key.empty()) {
    document["configured_key"] = record.configured_key;
  }
  return to_file_text(document);
}

AccountRecord read_account(std::string_view text) {
  const json document = parse_object(text);
  return {
      .contacts = printable_texts_of(document, "contacts", kMostTexts),
      .external_account_kid =
          printable_text_of(document, "external_account_kid"),
      .issuer_domain_names =
          printable_texts_of(document, "issuer_domain_names", kMostTexts),
      .directory_url = printable_text_of(document, "directory"),
      .configured_key = printable_text_of(document, "configured_key"),
      .account_hash_prefix = printable_text_of(document, "account_hash_prefix"),
      .key_thumbprint = printable_text_of(document, "key_thumbprint"),
      .paused_by = printable_text_of(document, "paused_by")};
}

std::string write_budget(const BudgetRecord& record) {
  ordered_json document = ordered_json::object();
  for (const auto& [subject, times] : record) {
    ordered_json list = ordered_json::array();
    for (const TimePoint time : times) {
      list.push_back(rfc3339(std::chrono::ceil<std::chrono::seconds>(time)));
    }
    document[subject] = std::move(list);
  }
  return to_file_text(document);
}

BudgetRecord read_budget(std::string_view text) {
  BudgetRecord record;
  const json document = parse_object(text);
  for (const auto& [subject, list] : document.items()) {
    if (!list.is_array()) {
      continue;
    }
    for (const json& member : list) {
      const auto time =
          member.is_string()
              ? parse_rfc3339(member.get_ref<const std::string&>())
              : std::nullopt;
      if (time) {
        record[subject].push_back(*time);
      }
    }
  }
  return record;
}

std::string write_followed(const FollowedRecord& record) {
  return to_file_text(
      {{"at", rfc3339(record.at)}, {"certificates", record.certificates}});
}

std::optional<FollowedRecord> read_followed(std::string_view text) {
  const json document = parse_object(text);
  const auto at = time_of(document, "at");
  if (!at) {
    return std::nullopt;
  }
  return FollowedRecord{.at = *at,
                        .certificates = texts_of(document, "certificates")};
}

std::string write_dns_records(const std::vector<DnsRecord>& records) {
  ordered_json list = ordered_json::array();
  for (const DnsRecord& record : records) {
    list.push_back({{"domain", record.domain},
                    {"fqdn", record.fqdn},
                    {"value", record.value}});
  }
  return to_file_text({{"records", std::move(list)}});
}

std::vector<DnsRecord> read_dns_records(std::string_view text) {
  std::vector<DnsRecord> records;
  const json document = parse_object(text);
  for (const json& member : array_of(document, "records")) {
    DnsRecord record{printable_text_of(member, "domain"),
                     printable_text_of(member, "fqdn"),
                     printable_text_of(member, "value")};
    if (!record.domain.empty() && record.fqdn.ends_with('.') &&
        !record.value.empty()) {
      records.push_back(std::move(record));
    }
  }
  return records;
}

}  // namespace acme
