// SPDX-License-Identifier: BSD-2-Clause
// What an operator asks the engine to do while it runs.
#include "acme_core/monitor/command.h"

#include <array>

#include "acme_core/json_text.h"
#include "acme_core/monitor/words.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::array<std::string_view, 7> kVerbs = {
    "renew", "retry", "revoke", "rollover", "deactivate", "pause", "resume"};
constexpr std::array<std::string_view, 4> kStates = {"waiting", "running",
                                                     "done", "failed"};

}  // namespace

std::string_view to_string(CommandVerb verb) noexcept {
  return to_word(kVerbs, verb);
}

std::optional<CommandVerb> command_verb(std::string_view word) noexcept {
  return from_word<CommandVerb>(kVerbs, word);
}

std::string_view to_string(CommandState state) noexcept {
  return to_word(kStates, state);
}

std::string write_command(const Command& command) {
  ordered_json document{{"id", command.id},
                        {"verb", to_string(command.verb)},
                        {"certificate", command.certificate},
                        {"serial", command.serial},
                        {"issuer", command.issuer},
                        {"force", command.force},
                        {"now", command.now},
                        {"reason", command.reason},
                        {"asked_by", printable(command.asked_by)},
                        {"asked_at", rfc3339(command.asked_at)}};
  return ordered_text(document);
}

std::optional<Command> read_command(std::string_view text) {
  const json document = parse_object(text);
  const auto verb = command_verb(text_of(document, "verb"));
  const auto asked_at = time_of(document, "asked_at");
  const json* id = find_member(document, "id");
  if (!verb || !asked_at || id == nullptr || !id->is_number_unsigned()) {
    return std::nullopt;
  }
  return Command{.id = id->get<std::uint64_t>(),
                 .verb = *verb,
                 .certificate = printable_text_of(document, "certificate"),
                 .serial = printable_text_of(document, "serial"),
                 .issuer = printable_text_of(document, "issuer"),
                 .force = flag_of(document, "force"),
                 .now = flag_of(document, "now"),
                 .reason = static_cast<int>(number_of(document, "reason")),
                 .asked_by = printable_text_of(document, "asked_by"),
                 .asked_at = *asked_at};
}

}  // namespace acme
