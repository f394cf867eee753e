// SPDX-License-Identifier: BSD-2-Clause
// What the status says as JSON. docs/openapi.yaml describes the documents.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "acme_core/status/answer.h"
#include "acme_core/status/json_writer.h"
#include "acme_core/status/model.h"
#include "acme_core/status/status_query.h"

namespace acme {

using SnapshotPointer = std::shared_ptr<const StatusSnapshot>;

void write(JsonWriter& json, const CertificateStatus& certificate);
void write(JsonWriter& json, const IssuerStatus& issuer);
void write(JsonWriter& json, const ProcessStatus& process);
void write(JsonWriter& json, const CommandStatus& command);

/// `1/certificates`: a page of those the query is about.
[[nodiscard]] StatusAnswer certificates_answer(const SnapshotPointer& snapshot,
                                               const CertificateQuery& query);

/// `1/issuers`.
[[nodiscard]] StatusAnswer issuers_answer(const StatusSnapshot& snapshot);

/// `1/events`: those whose number is larger than `since`.
[[nodiscard]] StatusAnswer events_answer(const SnapshotPointer& snapshot,
                                         std::uint64_t since);

/// One object by itself.
template <typename Object>
[[nodiscard]] std::string json_text(const Object& object) {
  std::string text;
  JsonWriter json(text);
  write(json, object);
  text += '\n';
  return text;
}

}  // namespace acme
