// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint answers.
#include "acme_core/status/answer.h"
