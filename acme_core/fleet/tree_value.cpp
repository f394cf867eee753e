// SPDX-License-Identifier: BSD-2-Clause
// What a value in a fleet's tree looks like.
#include "acme_core/fleet/tree_value.h"

#include <charconv>
#include <utility>

namespace acme {
namespace {

constexpr std::string_view kTreeMark = "ngx-acme-fleet";
constexpr std::string_view kTreeVersion = "1";

std::string_view next_token(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view token = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return token;
}

std::string sealed_name(std::string_view path, std::uint64_t sequence) {
  return std::string(path).append(" ").append(std::to_string(sequence));
}

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TreeValueResult no_value(std::string fault) {
  return {std::nullopt, std::move(fault)};
}

TreeValueResult open_value(const SealingKeys& keys, std::string_view path,
                           std::uint64_t sequence, std::string_view body) {
  UnsealResult opened =
      unseal(keys, as_bytes(body), sealed_name(path, sequence));
  if (!opened.value) {
    return no_value(
        opened.needs_key
            ? "is encrypted with a key that \"acme_storage\" does not name: "
              "name its file with \"key=\", too"
            : "is damaged, or was written for another name or another time");
  }
  return {TreeValue{sequence, std::move(opened.value->serial),
                    std::move(opened.value->secret)},
          {}};
}

}  // namespace

std::string write_tree_value(const SealingKeys& keys, std::string_view path,
                             std::uint64_t sequence,
                             std::span<const std::uint8_t> data,
                             std::string_view serial) {
  std::string value(kTreeMark);
  value.append(" ").append(kTreeVersion).append(" ");
  value.append(std::to_string(sequence));
  if (keys.seals()) {
    const SecretBytes sealed =
        seal(keys.keys.front(), data,
             {sealed_name(path, sequence), std::string(serial)});
    return value.append(" sealed\n").append(sealed.begin(), sealed.end());
  }
  return value.append(" plain ")
      .append(serial.empty() ? "-" : serial)
      .append("\n")
      .append(data.begin(), data.end());
}

TreeValueResult read_tree_value(const SealingKeys& keys, std::string_view path,
                                std::string_view value) {
  const std::size_t end = value.find('\n');
  std::string_view head = value.substr(0, end);
  if (end == std::string_view::npos || next_token(head) != kTreeMark) {
    return no_value("is not a value of ours, or is cut off");
  }
  if (next_token(head) != kTreeVersion) {
    return no_value(
        "is in a form that this version does not know: a later one has written "
        "it");
  }
  const std::string_view number = next_token(head);
  std::uint64_t sequence = 0;
  const auto [rest, error] =
      std::from_chars(number.data(), number.data() + number.size(), sequence);
  if (error != std::errc() || rest != number.data() + number.size()) {
    return no_value("is damaged");
  }
  const std::string_view body = value.substr(end + 1);
  const std::string_view form = next_token(head);
  if (form == "sealed" && head.empty()) {
    return open_value(keys, path, sequence, body);
  }
  if (form != "plain" || head.empty()) {
    return no_value("is damaged");
  }
  if (keys.seals()) {
    return no_value(
        "is not encrypted, although \"acme_storage\" has a \"key=\": a node "
        "with \"plain\" has written it, or somebody else");
  }
  return {TreeValue{sequence, head == "-" ? std::string() : std::string(head),
                    SecretBytes(body.begin(), body.end())},
          {}};
}

}  // namespace acme
