// SPDX-License-Identifier: BSD-2-Clause
// Names that are left out.
#include "acme_core/engine/left_out.h"

#include <algorithm>

namespace acme {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_implied(const CertificateSpec& spec, const std::string& name) {
  return std::any_of(
      spec.implied.begin(), spec.implied.end(),
      [&](const Identifier& implied) { return implied.value == name; });
}

}  // namespace

std::vector<std::string> NameFaults::left_out_names() const {
  std::vector<std::string> names;
  for (const auto& [name, why] : left_out) {
    names.push_back(name);
  }
  return names;
}

LeftOutDecision learn(NameFaults& faults, const CertificateSpec& spec,
                      const NameVerdicts& verdicts) {
  std::map<std::string, std::string> left_out = faults.left_out;
  std::erase_if(left_out, [&](const auto& entry) {
    return verdicts.proved().contains(entry.first);
  });
  bool has_new_fault = false;
  for (const auto& [name, why] : verdicts.at_fault()) {
    if (left_out.contains(name) || is_implied(spec, name) ||
        (spec.partial && contains(faults.at_fault, name))) {
      left_out.insert_or_assign(name, why);
    } else {
      has_new_fault = true;
    }
  }
  std::erase_if(faults.at_fault, [&](const std::string& name) {
    return verdicts.proved().contains(name);
  });
  for (const auto& [name, why] : verdicts.at_fault()) {
    if (!contains(faults.at_fault, name)) {
      faults.at_fault.push_back(name);
    }
  }
  LeftOutDecision decision;
  if (left_out.size() >= spec.identifiers.size()) {
    return decision;
  }
  for (const auto& [name, why] : left_out) {
    if (!faults.left_out.contains(name)) {
      decision.added.push_back(name);
    }
  }
  for (const auto& [name, why] : faults.left_out) {
    if (!left_out.contains(name)) {
      decision.removed.push_back(name);
    }
  }
  decision.may_order_rest = !verdicts.at_fault().empty() && !has_new_fault;
  faults.left_out = std::move(left_out);
  return decision;
}

std::string describe(const std::map<std::string, std::string>& left_out,
                     const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const auto found = left_out.find(name);
    text.append(text.empty() ? "\"" : ", \"").append(name).append("\"");
    if (found != left_out.end() && !found->second.empty()) {
      text.append(" (").append(found->second).append(")");
    }
  }
  return text;
}

}  // namespace acme
