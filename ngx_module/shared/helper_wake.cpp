// SPDX-License-Identifier: BSD-2-Clause
// What wakes a helper when a worker has something for it.
#include "ngx_module/shared/helper_wake.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "acme_core/env/descriptor.h"
#include "acme_core/error.h"

namespace ngx_acme {
namespace {

acme::Descriptor& descriptor() noexcept {
  static acme::Descriptor made;
  return made;
}

}  // namespace

void open_helper_wake() {
  if (descriptor()) {
    return;
  }
  descriptor() = acme::Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!descriptor()) {
    throw acme::Error(acme::ErrorKind::kConfiguration,
                      "no descriptor for \"acme_status\": " +
                          std::generic_category().message(errno));
  }
}

int helper_wake() noexcept { return descriptor().get(); }

void wake_helpers() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(helper_wake(), &one, sizeof(one));
}

}  // namespace ngx_acme
