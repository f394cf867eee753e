// SPDX-License-Identifier: BSD-2-Clause
// What the engine tells goes into shared memory.
#include "ngx_module/helper/status_monitor.h"

#include <algorithm>
#include <new>
#include <string>

namespace ngx_acme {
namespace {

// Without memory nothing is noted: the next note says it again.
template <typename Write>
void do_if_possible(Write write) noexcept {
  try {
    write();
  } catch (const std::bad_alloc&) {
  }
}

// What makes an event too long goes first.
std::string bounded(const acme::Event& event) {
  std::string text = acme::write_event(event);
  if (text.size() <= StatusEvents::kLongest) {
    return text;
  }
  acme::Event shorter = event;
  shorter.identifiers.clear();
  shorter.state_path.clear();
  text = acme::write_event(shorter);
  for (std::size_t room = 512; text.size() > StatusEvents::kLongest && room > 0;
       room /= 2) {
    shorter.text.resize(std::min(shorter.text.size(), room));
    text = acme::write_event(shorter);
  }
  return text;
}

}  // namespace

void StatusMonitor::note(std::size_t index,
                         const acme::CertificateNote& note) noexcept {
  do_if_possible(
      [&] { zone_.put_certificate_note(index, acme::write_note(note)); });
}

void StatusMonitor::note(std::size_t index,
                         const acme::IssuerNote& note) noexcept {
  do_if_possible([&] { zone_.put_issuer_note(index, acme::write_note(note)); });
}

void StatusMonitor::note(const acme::ProcessNote& note) noexcept {
  do_if_possible([&] { zone_.put_process_note(acme::write_note(note)); });
}

void StatusMonitor::tell(const acme::Event& event) noexcept {
  do_if_possible([&] { zone_.add_event(bounded(event)); });
}

void StatusMonitor::add(acme::Count count,
                        std::initializer_list<std::string_view> labels,
                        std::uint64_t by) noexcept {
  zone_.count(count, labels, by);
}

}  // namespace ngx_acme
