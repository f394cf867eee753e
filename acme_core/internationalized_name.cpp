// SPDX-License-Identifier: BSD-2-Clause
// Names of domains in other scripts than Latin.
#include "acme_core/internationalized_name.h"

#include <idn2.h>

#include <memory>

namespace acme {

std::optional<std::string> to_ascii(std::string_view name) {
  char* made = nullptr;
  const int result = idn2_to_ascii_8z(std::string(name).c_str(), &made,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> ascii(made, idn2_free);
  return result == IDN2_OK && ascii ? std::optional(std::string(ascii.get()))
                                    : std::nullopt;
}

}  // namespace acme
