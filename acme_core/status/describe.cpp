// SPDX-License-Identifier: BSD-2-Clause
// From what is wished, served and noted to what a person is shown.
#include "acme_core/status/describe.h"
