// SPDX-License-Identifier: BSD-2-Clause
// Zones of the running cycle.
#include "ngx_module/shared/running_zone.h"

#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {

ngx_shm_zone_t* find_running_zone(ngx_shm_zone_init_pt init,
                                  std::string_view name,
                                  const void* other_than) noexcept {
  // ngx_cycle is volatile for the sake of its pointer; nobody changes the list.
  ngx_list_part_t* part =
      &const_cast<ngx_cycle_t*>(ngx_cycle)->shared_memory.part;
  for (; part != nullptr; part = part->next) {
    auto* zones = static_cast<ngx_shm_zone_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (zones[i].tag == &ngx_http_acme_module && zones[i].init == init &&
          (other_than == nullptr || zones[i].data != other_than) &&
          (name.empty() || view(zones[i].shm.name) == name)) {
        return &zones[i];
      }
    }
  }
  return nullptr;
}

}  // namespace ngx_acme
