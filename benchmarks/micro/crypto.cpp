// SPDX-License-Identifier: BSD-2-Clause
// What an order costs the helper: keys, signatures, requests, certificates.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/csr.h"
#include "acme_core/crypto/jws.h"
#include "acme_core/crypto/private_key.h"
#include "tests/support/test_ca.h"

namespace {

void generate_key(benchmark::State& state, acme::KeyType type) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(acme::PrivateKey::generate(type));
  }
}
BENCHMARK_CAPTURE(generate_key, ecdsa_256, acme::KeyType::kEcdsa256);
BENCHMARK_CAPTURE(generate_key, ecdsa_384, acme::KeyType::kEcdsa384);
BENCHMARK_CAPTURE(generate_key, rsa_2048, acme::KeyType::kRsa2048);

void sign_request(benchmark::State& state, acme::KeyType type) {
  const acme::PrivateKey key = acme::PrivateKey::generate(type);
  const acme::JwsHeader header{.nonce = "bm9uY2U",
                               .url = "https://ca.example/order/1",
                               .kid = "https://ca.example/acct/1"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(acme::sign_jws(key, header, "{}"));
  }
}
BENCHMARK_CAPTURE(sign_request, ecdsa_256, acme::KeyType::kEcdsa256);
BENCHMARK_CAPTURE(sign_request, rsa_2048, acme::KeyType::kRsa2048);

void build_csr(benchmark::State& state) {
  const acme::PrivateKey key =
      acme::PrivateKey::generate(acme::KeyType::kEcdsa256);
  const auto names = acme::identifiers_of({"www.example.com", "example.com"});
  for (auto _ : state) {
    benchmark::DoNotOptimize(acme::make_csr(key, names));
  }
}
BENCHMARK(build_csr);

void parse_chain(benchmark::State& state) {
  acme::TestCa ca;
  const acme::PrivateKey key =
      acme::PrivateKey::generate(acme::KeyType::kEcdsa256);
  const std::string chain =
      ca.issue(acme::identifiers_of({"www.example.com"}), key);
  for (auto _ : state) {
    benchmark::DoNotOptimize(acme::CertificateChain::from_pem(chain));
  }
}
BENCHMARK(parse_chain);

}  // namespace
