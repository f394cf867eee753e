// SPDX-License-Identifier: BSD-2-Clause
// acmectl: sees and steers the certificates of a running nginx.
#include "acmectl/run.h"

int main(int argc, char** argv) { return acmectl::run(argc, argv); }
