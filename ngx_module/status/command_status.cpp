// SPDX-License-Identifier: BSD-2-Clause
// A command of shared memory as people are shown it.
#include "ngx_module/status/command_status.h"

#include "acme_core/monitor/command.h"

namespace ngx_acme {

acme::CommandStatus status_of(const CopiedCommand& copied) {
  acme::CommandStatus status;
  status.id = copied.id;
  status.state = acme::to_string(copied.state);
  status.text = copied.result;
  if (const auto command = acme::read_command(copied.text)) {
    status.verb = acme::to_string(command->verb);
    status.certificate = command->certificate;
    status.issuer = command->issuer;
    status.asked_by = command->asked_by;
    status.asked_at = command->asked_at;
  }
  return status;
}

}  // namespace ngx_acme
