// SPDX-License-Identifier: BSD-2-Clause
// Which certificates of a state directory an export takes.
#include "acmectl/export/choice.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "acme_core/storage/certificate_document.h"

namespace acmectl {
namespace {

struct Known {
  std::string id;
  std::vector<std::string> names;
  std::string key;
  std::string not_after;  // RFC 3339: texts compare as times do
  bool is_unused;

  [[nodiscard]] bool is_rsa() const { return key.starts_with("rsa"); }
  // Of "www.example.com-90897f3092e888f0"; with another name, all of it.
  [[nodiscard]] std::string base() const { return id.substr(0, id.rfind('-')); }
  [[nodiscard]] auto rank() const {
    return std::tuple(!is_unused, not_after, id);
  }
};

// The kind of key of another program's pair is not in its notes.
std::string key_of(acme::Store& store, const std::string& id) {
  const auto pair = store.reader().load_certificate(id);
  return pair.value ? std::string(to_string(pair.value->key.type())) : "";
}

std::vector<Known> known_in(acme::Store& store) {
  std::vector<Known> known;
  for (const std::string& id : store.certificate_names()) {
    auto document = store.describe_certificate(id);
    if (!document) {
      continue;
    }
    acme::CertificateFacts& facts = document->facts;
    if (facts.key.empty()) {
      facts.key = key_of(store, id);
    }
    known.push_back({.id = id,
                     .names = std::move(facts.identifiers),
                     .key = std::move(facts.key),
                     .not_after = std::move(facts.not_after),
                     .is_unused = document->record.unused_since.has_value()});
  }
  return known;
}

std::vector<ExportChoice> with_folders(const std::vector<Known>& known) {
  // By name, then by kind of key.
  std::map<std::string, std::map<bool, const Known*>> best;
  for (const Known& one : known) {
    const Known*& place = best[one.base()][one.is_rsa()];
    if (place == nullptr || place->rank() < one.rank()) {
      place = &one;
    }
  }
  std::vector<ExportChoice> choices;
  for (const auto& [base, kinds] : best) {
    for (const auto& [is_rsa, one] : kinds) {
      choices.push_back(
          {.id = one->id,
           .folder = is_rsa && kinds.size() > 1 ? base + ".rsa" : base,
           .key = one->key});
    }
  }
  return choices;
}

}  // namespace

std::vector<ExportChoice> choose_all(acme::Store& store) {
  std::vector<Known> known = known_in(store);
  std::erase_if(known, [](const Known& one) { return one.is_unused; });
  return with_folders(known);
}

std::vector<ExportChoice> choose_named(acme::Store& store,
                                       const std::string& name) {
  const std::vector<Known> known = known_in(store);
  for (const Known& one : known) {
    if (one.id == name) {
      return {{.id = one.id, .folder = one.base(), .key = one.key}};
    }
  }
  std::vector<ExportChoice> choices = with_folders(known);
  std::vector<ExportChoice> by_folder;
  std::copy_if(choices.begin(), choices.end(), std::back_inserter(by_folder),
               [&](const ExportChoice& choice) {
                 return choice.folder == name || choice.folder == name + ".rsa";
               });
  if (!by_folder.empty()) {
    return by_folder;
  }
  std::erase_if(choices, [&](const ExportChoice& choice) {
    const auto one =
        std::find_if(known.begin(), known.end(),
                     [&](const Known& other) { return other.id == choice.id; });
    return std::find(one->names.begin(), one->names.end(), name) ==
           one->names.end();
  });
  return choices;
}

}  // namespace acmectl
