// SPDX-License-Identifier: BSD-2-Clause
// etcd's errors (api/v3rpc/rpctypes/error.go), by gRPC status or by words where
// several share one.
#include "acme_core/fleet/etcd_refusal.h"

#include <string_view>

namespace acme {
namespace {

// grpc.github.io/grpc/core/md_doc_statuscodes.html
enum GrpcStatus {
  kGrpcInvalidArgument = 3,
  kGrpcPermissionDenied = 7,
  kGrpcUnimplemented = 12,
  kGrpcUnauthenticated = 16,
};

constexpr int kHttpNotFound = 404;

bool etcd_says(const EtcdRefusal& refusal, std::string_view words) {
  return refusal.words.find(words) != std::string::npos;
}

bool is_bad_login(const EtcdRefusal& refusal) {
  return etcd_says(refusal, "authentication failed");
}

// "etcdserver: user name is empty": a token is missing.
bool has_no_token(const EtcdRefusal& refusal) {
  return etcd_says(refusal, "user name is empty");
}

bool lacks_permission(const EtcdRefusal& refusal) {
  return refusal.code == kGrpcPermissionDenied ||
         etcd_says(refusal, "permission denied");
}

std::string words_or_status(const EtcdRefusal& refusal) {
  return refusal.words.empty() ? "HTTP " + std::to_string(refusal.http_status)
                               : refusal.words;
}

}  // namespace

bool is_about_lease(const EtcdRefusal& refusal) {
  return etcd_says(refusal, "requested lease not found");
}

bool is_about_compaction(const EtcdRefusal& refusal) {
  return etcd_says(refusal, "required revision has been compacted");
}

bool is_about_authentication_off(const EtcdRefusal& refusal) {
  return etcd_says(refusal, "authentication is not enabled");
}

// A watch with a token that is not known is "permission denied".
bool is_about_token(const EtcdRefusal& refusal) {
  return refusal.code == kGrpcUnauthenticated || has_no_token(refusal) ||
         etcd_says(refusal, "invalid auth token") ||
         etcd_says(refusal, "revision of auth store is old") ||
         (refusal.is_cancelled_watch && lacks_permission(refusal));
}

Error error_of(const EtcdRefusal& refusal) {
  const std::string words = words_or_status(refusal);
  if (has_no_token(refusal)) {
    return {ErrorKind::kPermanent,
            words + ": etcd asks who we are, name a user and its password"};
  }
  if (is_about_token(refusal) && !lacks_permission(refusal)) {
    return {ErrorKind::kPermanent, words + ": check the user and its password"};
  }
  if (lacks_permission(refusal)) {
    return {ErrorKind::kPermanent,
            words +
                ": grant a role of the user \"readwrite\" for all keys with "
                "the prefix (etcdctl role grant-permission --prefix=true)"};
  }
  if (etcd_says(refusal, "database space exceeded") ||
      etcd_says(refusal, "NOSPACE")) {
    return {ErrorKind::kUnavailable,
            words +
                ": etcd has raised the alarm NOSPACE; compact and defragment "
                "it or raise --quota-backend-bytes, then \"etcdctl alarm "
                "disarm\""};
  }
  if (etcd_says(refusal, "request is too large")) {
    return {ErrorKind::kPermanent,
            words + ": raise etcd's --max-request-bytes"};
  }
  if (refusal.http_status == kHttpNotFound && refusal.words.empty()) {
    return {ErrorKind::kUnavailable,
            "HTTP 404: there is no JSON gateway of etcd 3.4 or later; check "
            "the URL and etcd's --enable-grpc-gateway"};
  }
  const bool is_permanent = refusal.code == kGrpcInvalidArgument ||
                            refusal.code == kGrpcUnimplemented;
  return {is_permanent ? ErrorKind::kPermanent : ErrorKind::kUnavailable,
          words};
}

Error login_error_of(const EtcdRefusal& refusal) {
  if (is_bad_login(refusal)) {
    return {ErrorKind::kPermanent,
            "etcd knows no such user with this password: check both"};
  }
  EtcdRefusal silent = refusal;
  silent.words.clear();
  return error_of(silent).with_context("authentication");
}

}  // namespace acme
