// SPDX-License-Identifier: BSD-2-Clause
// An authoritative name server on the loopback interface that answers, and
// takes updates, as a test says. Its signatures are ldns's own.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/dns_sockets.h"

struct ldns_struct_pkt;
struct ldns_struct_rr;

namespace acme {

class NameServerDouble {
 public:
  enum class Mood {
    kHelpful,
    kSilent,            ///< answers nothing
    kFailing,           ///< SERVFAIL
    kRefusing,          ///< REFUSED
    kTruncates,         ///< over UDP, nothing but the flag that says so
    kBabbles,           ///< sends bytes that are no answer
    kForges,            ///< another id, another question, then what it knows
    kLacksAuthority,    ///< as from another server's memory
    kClosesStreams,     ///< truncates, and says nothing over TCP
    kForgesSignatures,  ///< of updates, with another key
    kSignsNothing,
    kRefusesKey,        ///< BADKEY
    kRefusesSignature,  ///< BADSIG
    kRefusesTime,       ///< BADTIME
    kRefusesZone,       ///< NOTAUTH
    kRefusesName,       ///< NOTZONE
    kRefusesUpdates,    ///< NOTIMP
  };

  /// With zones: a SOA for each.
  explicit NameServerDouble(const std::vector<std::string>& zones);

  [[nodiscard]] std::string address() const { return sockets_.address(); }
  [[nodiscard]] std::string port() const { return sockets_.port(); }

  void set(Mood mood) { mood_ = mood; }
  /// Takes updates that this key signed; the secret is base64.
  void set_key(std::string name, std::string algorithm, std::string secret);

  /// "www.example.com. 60 IN CNAME example.com."
  void add(const std::string& record);
  /// The TXT values that a name has, in order.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;
  /// Records in the order of their arrival: "+ name 60 value", "- name value".
  [[nodiscard]] std::vector<std::string> updates() const;

  [[nodiscard]] unsigned questions() const { return questions_; }
  void wait_for_a_question() const { questions_.wait(0); }

 private:
  [[nodiscard]] std::string answer(const std::string& query, bool is_stream);
  void answer_question(const ldns_struct_pkt& query, ldns_struct_pkt& reply);
  void apply_update(const ldns_struct_pkt& query);
  void sign(const ldns_struct_pkt& query, ldns_struct_pkt& reply);

  std::atomic<Mood> mood_{Mood::kHelpful};
  std::atomic<unsigned> questions_{0};
  mutable std::mutex mutex_;          ///< guards what follows
  std::vector<std::string> records_;  ///< in presentation format
  std::vector<std::string> updates_;
  std::string key_name_;
  std::string key_algorithm_;
  std::string key_secret_;
  DnsSockets sockets_;
};

}  // namespace acme
