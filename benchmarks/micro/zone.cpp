// SPDX-License-Identifier: BSD-2-Clause
// What a challenge request costs a worker once its path has the prefix.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "ngx_module/shared/live_answers.h"

// nginx's slab allocator is part of nginx; here the table lives on the heap.
extern "C" {
void* ngx_slab_alloc_locked(ngx_slab_pool_t*, std::size_t size) {
  return std::malloc(size);
}
void ngx_slab_free_locked(ngx_slab_pool_t*, void* memory) { std::free(memory); }
}

namespace {

std::string token(long number) {
  return "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ" + std::to_string(number);
}

// With as many pending tokens as the argument says.
void find_answer(benchmark::State& state) {
  const auto table = std::make_unique<ngx_acme::LiveAnswers>();
  for (long i = 0; i < state.range(0); ++i) {
    table->put_locked(nullptr, token(i), token(i) + ".thumbprint");
  }
  const std::string wanted = token(state.range(0) / 2);
  for (auto _ : state) {
    benchmark::DoNotOptimize(table->find_locked(wanted, 0));
  }
}
BENCHMARK(find_answer)->Arg(1)->Arg(100)->Arg(1000);

void find_nothing(benchmark::State& state) {
  const ngx_acme::LiveAnswers empty{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(empty.empty());
  }
}
BENCHMARK(find_nothing);

}  // namespace
