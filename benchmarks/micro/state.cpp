// SPDX-License-Identifier: BSD-2-Clause
// What a stored certificate costs at a start.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <string>

#include "acme_core/engine/plan.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/test_ca.h"

namespace {

struct StoredPair {
  StoredPair() {
    acme::TestCa ca;
    acme::PrivateKey key = acme::PrivateKey::generate(acme::KeyType::kEcdsa256);
    auto chain = acme::CertificateChain::from_pem(
        ca.issue(acme::identifiers_of({"www.example.com"}), key));
    store.save_certificate(name, {},
                           {std::move(chain).value(), std::move(key)});
  }

  std::string name = "www.example.com-0123456789abcdef";
  acme::MemoryFileSystem files;
  acme::FileStore store{files};
};

// Unchanged since it was found good.
void load_verified_pair(benchmark::State& state) {
  StoredPair pair;
  for (auto _ : state) {
    benchmark::DoNotOptimize(pair.store.load_verified(pair.name));
  }
}
BENCHMARK(load_verified_pair);

// Parsed, and matched with its key.
void load_pair(benchmark::State& state) {
  StoredPair pair;
  for (auto _ : state) {
    benchmark::DoNotOptimize(pair.store.load_certificate(pair.name));
  }
}
BENCHMARK(load_pair);

}  // namespace
