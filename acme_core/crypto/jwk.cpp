// SPDX-License-Identifier: BSD-2-Clause
// Private keys out of JSON Web Keys, by OpenSSL.
#include "acme_core/crypto/jwk.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/openssl.h"
#include "acme_core/json_text.h"
#include "acme_core/secret.h"

namespace acme {
namespace {

using ParamBuilderPtr =
    std::unique_ptr<OSSL_PARAM_BLD, OpensslDeleter<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OpensslDeleter<OSSL_PARAM_free>>;

// 4096 bits and some.
constexpr std::size_t kLongestNumber = 1024;

std::string text_of(const nlohmann::json& key, const char* member) {
  const auto found = key.find(member);
  return found != key.end() && found->is_string() ? found->get<std::string>()
                                                  : std::string();
}

// The bytes of a member; empty when it is missing or malformed.
SecretBytes bytes_of(const nlohmann::json& key, const char* member) {
  std::string text = text_of(key, member);
  auto bytes = base64url_decode(text);
  wipe(text.data(), text.size());
  SecretBytes number;
  if (bytes && bytes->size() <= kLongestNumber) {
    number.assign(bytes->begin(), bytes->end());
  }
  if (bytes) {
    wipe(bytes->data(), bytes->size());
  }
  return number;
}

// Collects numbers, which have to outlive what is built of them.
class KeyParts {
 public:
  KeyParts() : builder_(OSSL_PARAM_BLD_new()) {}

  [[nodiscard]] bool add_number(const nlohmann::json& key, const char* member,
                                const char* name) {
    const SecretBytes bytes = bytes_of(key, member);
    BignumPtr number(BN_secure_new());
    if (bytes.empty() || !number ||
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), number.get()) ==
            nullptr) {
      return false;
    }
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    numbers_.push_back(std::move(number));
    return OSSL_PARAM_BLD_push_BN(builder_.get(), name,
                                  numbers_.back().get()) == 1;
  }

  [[nodiscard]] bool add_text(const char* name, const char* text) {
    return OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text, 0) == 1;
  }

  [[nodiscard]] bool add_bytes(const char* name,
                               const std::vector<std::uint8_t>& bytes) {
    return OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, bytes.data(),
                                            bytes.size()) == 1;
  }

  [[nodiscard]] EvpPkeyPtr build(const char* algorithm) const {
    const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder_.get()));
    const EvpPkeyCtxPtr context(
        EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
    EVP_PKEY* key = nullptr;
    if (params && context && EVP_PKEY_fromdata_init(context.get()) == 1) {
      static_cast<void>(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR,
                                          params.get()));
    }
    return EvpPkeyPtr(key);
  }

 private:
  ParamBuilderPtr builder_;
  std::vector<BignumPtr> numbers_;
};

// Its public part is that of its private part: clients compute with either.
bool is_consistent(const EvpPkeyPtr& key) {
  const EvpPkeyCtxPtr context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return context && EVP_PKEY_pairwise_check(context.get()) == 1;
}

EvpPkeyPtr rsa_key(const nlohmann::json& jwk) {
  KeyParts parts;
  constexpr std::array<std::pair<const char*, const char*>, 8> kNumbers{{
      {"n", OSSL_PKEY_PARAM_RSA_N},
      {"e", OSSL_PKEY_PARAM_RSA_E},
      {"d", OSSL_PKEY_PARAM_RSA_D},
      {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
      {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
      {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
      {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
      {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
  }};
  const bool is_whole =
      std::all_of(kNumbers.begin(), kNumbers.end(), [&](const auto& number) {
        return parts.add_number(jwk, number.first, number.second);
      });
  return is_whole ? parts.build("RSA") : EvpPkeyPtr();
}

EvpPkeyPtr ec_key(const nlohmann::json& jwk) {
  struct Curve {
    const char* jose;
    const char* openssl;
    std::size_t width;  // in bytes, of a coordinate
  };
  constexpr std::array<Curve, 3> kCurves{{{"P-256", "prime256v1", 32},
                                          {"P-384", "secp384r1", 48},
                                          {"P-521", "secp521r1", 66}}};
  const std::string name = text_of(jwk, "crv");
  const auto curve =
      std::find_if(kCurves.begin(), kCurves.end(),
                   [&](const Curve& known) { return name == known.jose; });
  const SecretBytes x = bytes_of(jwk, "x");
  const SecretBytes y = bytes_of(jwk, "y");
  if (curve == kCurves.end() || x.size() != curve->width ||
      y.size() != curve->width) {
    return {};
  }
  std::vector<std::uint8_t> point{POINT_CONVERSION_UNCOMPRESSED};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  KeyParts parts;
  return parts.add_text(OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl) &&
                 parts.add_bytes(OSSL_PKEY_PARAM_PUB_KEY, point) &&
                 parts.add_number(jwk, "d", OSSL_PKEY_PARAM_PRIV_KEY)
             ? parts.build("EC")
             : EvpPkeyPtr();
}

// A key of ours: by way of its DER, which PrivateKey looks at closely.
std::optional<PrivateKey> adopt(const EvpPkeyPtr& key) {
  if (!key || !is_consistent(key)) {
    return std::nullopt;
  }
  const Pkcs8Ptr pkcs8(EVP_PKEY2PKCS8(key.get()));
  const int length = pkcs8 ? i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), nullptr) : -1;
  if (length <= 0) {
    return std::nullopt;
  }
  SecretBytes der(static_cast<std::size_t>(length));
  unsigned char* position = der.data();
  static_cast<void>(i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), &position));
  return PrivateKey::from_der(der);
}

}  // namespace

std::optional<PrivateKey> private_key_from_jwk(std::string_view json) {
  const OpensslErrorScope errors;
  const auto jwk = parse_json(json);
  if (!jwk.is_object()) {
    return std::nullopt;
  }
  const std::string type = text_of(jwk, "kty");
  return type == "RSA"  ? adopt(rsa_key(jwk))
         : type == "EC" ? adopt(ec_key(jwk))
                        : std::nullopt;
}

}  // namespace acme
