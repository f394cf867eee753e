// SPDX-License-Identifier: BSD-2-Clause
// Which tree a configuration asks for.
#include "acme_core/fleet/storage_spec.h"

#include "acme_core/error.h"
#include "acme_core/fleet/etcd_tree.h"
#ifdef ACME_REDIS
#include "acme_core/fleet/redis_tree.h"
#endif

namespace acme {
namespace {

// What both kinds want to know.
template <typename Options>
Options options_of(const StorageSpec& storage) {
  Options options;
  options.urls = storage.urls;
  options.prefix = storage.prefix;
  options.user = storage.user;
  options.password = storage.password;
  options.trusted_certificates = storage.trusted_certificates;
  options.client_certificate = storage.client_certificate;
  options.client_key = storage.client_key;
  return options;
}

std::unique_ptr<SharedTree> open_etcd(const StorageSpec& storage) {
  return std::make_unique<EtcdTree>(options_of<EtcdOptions>(storage));
}

std::unique_ptr<SharedTree> open_redis(const StorageSpec& storage) {
#ifdef ACME_REDIS
  auto options = options_of<RedisOptions>(storage);
  options.sentinel_master = storage.sentinel_master;
  options.sentinel_password = storage.sentinel_password;
  return std::make_unique<RedisTree>(std::move(options));
#else
  static_cast<void>(storage);
  throw Error(ErrorKind::kConfiguration,
              "this build of the module cannot use redis: build it with "
              "hiredis");
#endif
}

}  // namespace

bool can_use(StorageSpec::Kind kind) noexcept {
#ifdef ACME_REDIS
  static_cast<void>(kind);
  return true;
#else
  return kind == StorageSpec::Kind::kEtcd;
#endif
}

std::unique_ptr<SharedTree> open_tree(const StorageSpec& storage) {
  return storage.kind == StorageSpec::Kind::kEtcd ? open_etcd(storage)
                                                  : open_redis(storage);
}

}  // namespace acme
