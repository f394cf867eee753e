// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the certificates of a plan need.
#include "ngx_module/shared/certificate_zone_size.h"

#include <algorithm>
#include <bit>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/certificate_table.h"

namespace ngx_acme {
namespace {

// What a leaf without its names takes at most, with three timestamps of
// transparency logs, and a P-256 key beside it; and what an RSA key adds to
// both, for each bit of its modulus. The figures of 2026's public CAs, rounded
// up.
constexpr std::size_t kEcdsaPair = 1'400;
constexpr std::size_t kRsaPair = 1'100;
constexpr double kRsaBytesPerBit = 0.8;
// A status response with its signer's certificate.
constexpr std::size_t kStaple = 2'000;
// Slab bookkeeping, the chains behind the leaves, and the largest new pair
// beside the old one.
constexpr std::size_t kBase = 256 * std::size_t{1024};

// Certificates that are larger than expected find room all the same, one in so
// many.
constexpr std::size_t kShareOfRoom = 4;

// What the slab takes for an allocation: powers of two up to half a page, whole
// pages above.
std::size_t slab_size(std::size_t bytes) {
  return bytes <= ngx_pagesize / 2 ? std::bit_ceil(bytes)
                                   : ngx_align(bytes, ngx_pagesize);
}

std::size_t pair_size(const acme::CertificateSpec& spec) {
  std::size_t bytes = kEcdsaPair;
  if (!acme::is_ecdsa(spec.key_type)) {
    bytes = kRsaPair + static_cast<std::size_t>(kRsaBytesPerBit *
                                                acme::key_bits(spec.key_type));
  }
  for (const acme::Identifier& identifier : spec.identifiers) {
    bytes += identifier.value.size() + 2;
  }
  return slab_size(bytes) + (spec.stapling ? slab_size(kStaple) : 0);
}

std::size_t slots_size(const acme::Plan& plan) {
  return CertificateTable::size_for(plan.certificates.size() +
                                    most_spares(plan));
}

}  // namespace

std::size_t pairs_size(const acme::Plan& plan) {
  std::size_t size = 0;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    size += pair_size(spec);
  }
  return size;
}

std::size_t certificate_zone_size(const acme::Plan& plan) {
  return kBase + slots_size(plan) + pairs_size(plan) +
         pairs_size(plan) / kShareOfRoom;
}

std::size_t minimum_zone_size(const acme::Plan& plan) {
  return 8 * ngx_pagesize + slots_size(plan) + pairs_size(plan);
}

// One for each name at most, and no more than anybody needs.
std::size_t most_spares(const acme::Plan& plan) {
  constexpr std::size_t kMost = 1000;
  std::size_t names = 0;
  for (const acme::CertificateSpec& spec : plan.certificates) {
    names += spec.identifiers.size();
  }
  return std::min(names, kMost);
}

}  // namespace ngx_acme
