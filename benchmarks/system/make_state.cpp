// SPDX-License-Identifier: BSD-2-Clause
// Fills a state directory with certificates for www0.example.com and so on, as
// the module itself would.
//
//   make_state FOLDER COUNT [again [ROOT_FILE]]
//
// With "again" it stays the folder's owner and issues all of them once more for
// each line of its standard input, answering with a line; it ends with its
// input. Who trusts the root in ROOT_FILE trusts them.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

#include "acme_core/engine/plan.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/test_ca.h"

namespace {

using std::chrono::hours;

void fill(acme::FileStore& store, acme::TestCa& ca, int count) {
  const acme::TimePoint now = acme::SystemClock().now();
  acme::CertificateRecord record;
  record.issuer = "ca";
  for (int i = 0; i < count; ++i) {
    const acme::CertificateSpec spec{
        .identifiers =
            acme::identifiers_of({"www" + std::to_string(i) + ".example.com"})};
    acme::PrivateKey key = acme::PrivateKey::generate(spec.key_type);
    auto chain = acme::CertificateChain::from_pem(
        ca.issue(spec.identifiers, key, now - hours(24), now + hours(89 * 24)));
    store.save_certificate(spec.storage_name(), record,
                           {std::move(chain).value(), std::move(key)});
  }
}

void run(const std::string& folder, int count, bool again,
         const char* root_file) {
  acme::PosixFileSystem files(folder);
  acme::FileStore store(files);
  acme::TestCa ca;
  if (root_file != nullptr) {
    std::ofstream(root_file) << ca.root_pem();
  }
  const auto lock = again ? store.try_lease(acme::kStateLease) : nullptr;
  fill(store, ca, count);
  std::cout << std::endl;
  for (std::string line; again && std::getline(std::cin, line);) {
    fill(store, ca, count);
    std::cout << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 5) {
    std::cerr << "usage: make_state FOLDER COUNT [again [ROOT_FILE]]\n";
    return 2;
  }
  try {
    run(argv[1], std::atoi(argv[2]), argc > 3, argc > 4 ? argv[4] : nullptr);
  } catch (const std::exception& error) {
    std::cerr << "make_state: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
