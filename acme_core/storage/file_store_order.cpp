// SPDX-License-Identifier: BSD-2-Clause
// The state directory: orders in flight.
#include <utility>
#include <vector>

#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_documents.h"
#include "acme_core/storage/state_file.h"

namespace acme {

Loaded<StoredOrder> FileStore::load_order(const std::string& name) {
  const auto held = lock(name);
  auto order = find_file<OrderDocument>(
      files_, "orders/" + name + ".json",
      [](const SecretBytes& data) { return read_order(to_text(data)); },
      "is not an order");
  auto key = find_key(files_, "orders/" + name + ".key");
  require_readable(files_, order);
  require_readable(files_, key);
  const bool owner = access_ == Access::kOwner;
  if (!order.exists()) {
    if (owner && key.exists()) {
      files_.remove(key.path);  // a crash cut save_order() or remove_order()
    }
    return {};
  }
  if (order.value && key.value) {
    return {
        StoredOrder{std::move(order.value->order_url),
                    std::move(order.value->identifiers), std::move(*key.value)},
        {}};
  }
  const std::string problem =
      !order.value   ? describe(files_, order)
      : key.exists() ? describe(files_, key)
                     : describe(files_, order, "has no private key");
  if (!owner) {
    return {std::nullopt, problem + "; it is not used"};
  }
  std::vector<std::string> paths{order.path};
  if (key.exists()) {
    paths.push_back(key.path);
  }
  return {std::nullopt,
          problem + set_aside(files_, paths) + "; a new order will be opened"};
}

void FileStore::save_order(const std::string& name, const StoredOrder& order) {
  const auto held = lock(name);
  const std::string document = "orders/" + name + ".json";
  const std::string key = "orders/" + name + ".key";
  const SecretBytes pem = order.key.to_pem();
  const ReadResult stored = files_.read(key, kLargestFile);
  if (stored.status != ReadResult::Status::kOk || stored.data != pem) {
    // An older order must not be found beside the key of this one.
    files_.remove(document);
    files_.write(key, pem);
  }
  files_.write(document,
               to_bytes(write_order(order.order_url, order.identifiers)));
}

void FileStore::remove_order(const std::string& name) {
  const auto held = lock(name);
  files_.remove("orders/" + name + ".json");
  files_.remove("orders/" + name + ".key");
  files_.remove("orders/" + name + ".answers.json");
}

void FileStore::remove_orders() {
  for (const std::string& name : files_.list("orders")) {
    files_.remove("orders/" + name);
  }
}

}  // namespace acme
