// SPDX-License-Identifier: BSD-2-Clause
// The state directory: orders in flight.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "acme_core/error.h"
#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

using ::testing::HasSubstr;
using FileStoreOrderTest = FileStoreTest;

TEST_F(FileStoreOrderTest, KeepsAnOrderInFlightUntilItIsDone) {
  EXPECT_FALSE(store_.load_order(kName).value);
  const StoredOrder order = make_order();
  store_.save_order(kName, order);
  const auto loaded = reader_.load_order(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->order_url, order.order_url);
  EXPECT_EQ(loaded.value->identifiers, order.identifiers);
  EXPECT_EQ(loaded.value->key.jwk(), order.key.jwk());
  EXPECT_EQ(files_.list("orders"), (Names{kName + ".json", kName + ".key"}));
  store_.remove_order(kName);
  EXPECT_FALSE(store_.load_order(kName).value);
  EXPECT_TRUE(files_.list("orders").empty());
}

TEST_F(FileStoreOrderTest, NeverFindsAnOrderWithTheKeyOfAnother) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    StoredOrder older = make_order();
    StoredOrder newer = make_order();
    newer.order_url = "https://ca.example/order/2";
    store_.save_order(kName, older);
    files_.crash_at_change(n);
    try {
      store_.save_order(kName, newer);
    } catch (const Error&) {
    }
    crashed = files_.was_hit();
    files_.restart();
    const auto loaded = store_.load_order(kName);
    EXPECT_EQ(loaded.problem, "");
    if (loaded.value) {
      const bool is_new = loaded.value->order_url == newer.order_url;
      EXPECT_EQ(loaded.value->key.jwk(),
                is_new ? newer.key.jwk() : older.key.jwk());
    }
  }
}

TEST_F(FileStoreOrderTest, LeavesNoKeyBehindWhenRemovingAnOrderCrashes) {
  store_.save_order(kName, make_order());
  files_.crash_at_change(2);
  EXPECT_THROW(store_.remove_order(kName), Error);
  files_.restart();
  EXPECT_FALSE(reader_.load_order(kName).value);
  EXPECT_EQ(files_.list("orders"), Names{kName + ".key"});
  EXPECT_FALSE(store_.load_order(kName).value);
  EXPECT_TRUE(files_.list("orders").empty());
}

TEST_F(FileStoreOrderTest, SetsAnUnusableOrderAside) {
  store_.save_order(kName, make_order());
  put("orders/" + kName + ".json", "garbage");
  EXPECT_THAT(reader_.load_order(kName).problem, HasSubstr("it is not used"));
  EXPECT_EQ(store_.load_order(kName).problem,
            "\"memory/orders/" + kName +
                ".json\" is not an order; set aside as orders/" + kName +
                ".json.bad and orders/" + kName +
                ".key.bad; a new order will be opened");
  EXPECT_FALSE(store_.load_order(kName).value);

  store_.save_order(kName, make_order());
  files_.remove("orders/" + kName + ".key");
  EXPECT_THAT(store_.load_order(kName).problem,
              HasSubstr(".json\" has no private key; set aside as"));
  EXPECT_EQ(store_.load_order(kName).problem, "");
}

TEST_F(FileStoreOrderTest, DoesNotForgetAnOrderBecauseTheDiskFailed) {
  store_.save_order(kName, make_order());
  for (std::size_t n = 1; n <= 2; ++n) {
    files_.restart();
    files_.fail_read(n);
    EXPECT_EQ(
        kind_of_error([&] { static_cast<void>(store_.load_order(kName)); }),
        ErrorKind::kOurs);
    EXPECT_TRUE(store_.load_order(kName).value);
  }
}

TEST_F(FileStoreOrderTest, KeepsAnIntentBeforeTheCaIsAsked) {
  StoredOrder order = make_order();
  order.order_url.clear();
  store_.save_order(kName, order);
  const auto loaded = reader_.load_order(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->order_url, "");
  EXPECT_EQ(loaded.value->key.jwk(), order.key.jwk());
}

TEST_F(FileStoreOrderTest, WritesTheKeyOfAnOrderOnce) {
  StoredOrder order = make_order();
  order.order_url.clear();
  store_.save_order(kName, order);
  const auto key = files_.stamp("orders/" + kName + ".key");
  files_.restart();
  order.order_url = "https://ca.example/order/2";
  store_.save_order(kName, order);
  EXPECT_EQ(files_.changes(), 1U);
  EXPECT_EQ(files_.stamp("orders/" + kName + ".key"), key);
  EXPECT_EQ(store_.load_order(kName).value->order_url, order.order_url);
}

TEST_F(FileStoreOrderTest, KeepsTheIntentWhenSavingItsUrlCrashes) {
  StoredOrder order = make_order();
  order.order_url.clear();
  store_.save_order(kName, order);
  order.order_url = "https://ca.example/order/2";
  files_.crash_at_change(1);
  EXPECT_THROW(store_.save_order(kName, order), Error);
  files_.restart();
  const auto loaded = store_.load_order(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->order_url, "");
  EXPECT_EQ(loaded.value->key.jwk(), order.key.jwk());
}

// Intent, URL, removal, and the same for the next order: wherever it crashes,
// an order comes back with its own key or not at all.
TEST_F(FileStoreOrderTest, PairsEveryUrlWithItsKeyWhereverACrashHits) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    StoredOrder orders[] = {make_order(), make_order(), make_order()};
    store_.remove_order(kName);
    files_.restart();
    files_.crash_at_change(n);
    try {
      for (std::size_t i = 0; i < 3; ++i) {
        orders[i].order_url.clear();
        store_.save_order(kName, orders[i]);
        orders[i].order_url = "https://ca.example/" + std::to_string(i);
        store_.save_order(kName, orders[i]);
        if (i == 0) {
          store_.remove_order(kName);
        }
      }
    } catch (const Error&) {
    }
    crashed = files_.was_hit();
    files_.restart();
    const auto loaded = store_.load_order(kName);
    EXPECT_EQ(loaded.problem, "");
    if (loaded.value && !loaded.value->order_url.empty()) {
      const auto i =
          static_cast<std::size_t>(loaded.value->order_url.back() - '0');
      EXPECT_EQ(loaded.value->key.jwk(), orders[i].key.jwk()) << n;
    }
  }
}

TEST_F(FileStoreOrderTest, NeverReturnsATornOrder) {
  const StoredOrder order = make_order();
  for (const std::string suffix : {".json", ".key"}) {
    store_.save_order(kName, order);
    const std::string path = "orders/" + kName + suffix;
    const std::string whole = content(path);
    // Without its last newline either file is still whole.
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      store_.save_order(kName, order);
      put(path, whole.substr(0, size));
      const auto loaded = store_.load_order(kName);
      EXPECT_FALSE(loaded.value) << suffix << " of " << size << " bytes";
      EXPECT_THAT(loaded.problem, HasSubstr("set aside as"));
    }
  }
}

}  // namespace
}  // namespace acme
