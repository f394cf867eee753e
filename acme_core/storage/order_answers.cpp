// SPDX-License-Identifier: BSD-2-Clause
// What other processes are told of orders in flight.
#include "acme_core/storage/order_answers.h"

#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

}  // namespace

std::string write_order_answers(const std::vector<OrderAnswer>& answers) {
  ordered_json list = ordered_json::array();
  for (const OrderAnswer& answer : answers) {
    list.push_back({{"type", answer.type},
                    {"identifier", answer.identifier.value},
                    {"token", answer.token},
                    {"key_authorization", answer.key_authorization}});
  }
  return to_file_text({{"answers", std::move(list)}});
}

std::vector<OrderAnswer> read_order_answers(std::string_view text) {
  std::vector<OrderAnswer> answers;
  const json document = parse_object(text);
  for (const json& member : array_of(document, "answers")) {
    auto identifier = parse_identifier(text_of(member, "identifier"));
    OrderAnswer answer{text_of(member, "type"),
                       {},
                       text_of(member, "token"),
                       text_of(member, "key_authorization")};
    if (identifier && is_token(answer.token) &&
        answer.key_authorization.starts_with(answer.token + ".")) {
      answer.identifier = std::move(*identifier);
      answers.push_back(std::move(answer));
    }
  }
  return answers;
}

std::string write_holder(const std::vector<std::string>& certificates) {
  return to_file_text({{"certificates", certificates}});
}

std::vector<std::string> read_holder(std::string_view text) {
  return texts_of(parse_object(text), "certificates");
}

}  // namespace acme
