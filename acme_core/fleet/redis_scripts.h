// SPDX-License-Identifier: BSD-2-Clause
// What runs inside of Redis: each of these is one atomic step. For Redis 6, and
// Valkey, and later.
//
// KEYS are those of kRedisKeys, which share a hash tag:
//   state      hash: "revision", that of the last write; "run", see below
//   values     hash: path -> value
//   revisions  hash: path -> revision of the write that put it there
//   owners     hash: path -> session, for the entries of one
//   sessions   sorted set: session by the millisecond in which it lapses
//   changes    stream: each write, its id "<revision>-1", its fields
//              "=<path>" <value> or "-<path>" ""
//
// None of them expires by itself, so that no policy but "allkeys-…" evicts
// them.
//
// Each script begins with the same two steps:
//
// A dataset may have lost its last writes, when its server was restarted or a
// replica took over, and would give their revisions to other writes. So it
// notes which server process ("run_id" of INFO) has counted: when that is
// another one, the count goes on where no lost write can have been, at the
// present microsecond of 1970 or a million further, and the changes before are
// forgotten, so that everybody reads the tree anew. A wiped one begins there,
// too. Lua counts exactly up to 2^53, which is the year 2255.
//
// Entries whose session has lapsed are removed by a write of its own.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "acme_core/crypto/digest.h"
#include "acme_core/hexadecimal.h"

namespace acme {

inline constexpr std::array<std::string_view, 6> kRedisKeys{
    "state", "values", "revisions", "owners", "sessions", "changes"};

/// What each begins with. ARGV[1]: the run_id of the server; its own arguments
/// come behind that.
inline constexpr std::string_view kRedisPrelude = R"lua(
local state, values, revisions, owners, sessions, changes = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(number) return string.format('%.0f', number) end

local function commit(fields)
  local revision = whole(redis.call('HINCRBY', state, 'revision', 1))
  redis.call('XADD', changes, 'MAXLEN', '~', 4000, revision .. '-1', unpack(fields))
  for i = 1, #fields, 2 do
    local path = string.sub(fields[i], 2)
    if string.sub(fields[i], 1, 1) == '=' then
      redis.call('HSET', values, path, fields[i + 1])
      redis.call('HSET', revisions, path, revision)
    else
      redis.call('HDEL', values, path)
      redis.call('HDEL', revisions, path)
    end
    redis.call('HDEL', owners, path)
  end
  return revision
end

local function end_session(session)
  local owned = redis.call('HGETALL', owners)
  local fields = {}
  for i = 1, #owned, 2 do
    if owned[i + 1] == session then
      table.insert(fields, '-' .. owned[i])
      table.insert(fields, '')
      if #fields == 128 then
        commit(fields)
        fields = {}
      end
    end
  end
  if #fields > 0 then commit(fields) end
  redis.call('ZREM', sessions, session)
end

if redis.call('HGET', state, 'run') ~= ARGV[1] then
  local last = tonumber(redis.call('HGET', state, 'revision') or '0')
  local first = math.max(last + 1000000, time[1] * 1000000 + time[2])
  redis.call('HSET', state, 'run', ARGV[1], 'revision', whole(first))
  redis.call('DEL', changes)
end
for _, session in ipairs(redis.call('ZRANGEBYSCORE', sessions, '-inf', whole(now))) do
  end_session(session)
end
)lua";

/// Arguments: number of guards, path and revision of each, then for each
/// write "=path" or "-path", value and session. Nil: a guard does not hold, or
/// there is no such session; else the revision.
inline constexpr std::string_view kWriteScript = R"lua(
local first = 3 + 2 * ARGV[2]
for i = 3, first - 1, 2 do
  if (redis.call('HGET', revisions, ARGV[i]) or '0') ~= ARGV[i + 1] then return false end
end
local fields = {}
for i = first, #ARGV, 3 do
  local session = ARGV[i + 2]
  if session ~= '' and not redis.call('ZSCORE', sessions, session) then return false end
  table.insert(fields, ARGV[i])
  table.insert(fields, ARGV[i + 1])
end
if #fields == 0 then return redis.call('HGET', state, 'revision') end
local revision = commit(fields)
for i = first, #ARGV, 3 do
  if ARGV[i + 2] ~= '' and string.sub(ARGV[i], 1, 1) == '=' then
    redis.call('HSET', owners, string.sub(ARGV[i], 2), ARGV[i + 2])
  end
end
return revision
)lua";

/// The tree's revision, and path and revision of each entry.
inline constexpr std::string_view kListScript = R"lua(
return {redis.call('HGET', state, 'revision'), redis.call('HGETALL', revisions)}
)lua";

/// Arguments: paths. Revision and value of each of the first ones, nil and nil
/// for what is not there: as many as make 4 MiB, at least one.
inline constexpr std::string_view kTreePageScript = R"lua(
local found, size = {}, 0
for i = 2, #ARGV do
  local value = redis.call('HGET', values, ARGV[i])
  table.insert(found, redis.call('HGET', revisions, ARGV[i]))
  table.insert(found, value)
  size = size + #(value or '')
  if size > 4194304 then break end
end
return found
)lua";

/// Argument: a revision. 1 and the tree's revision when not all changes behind
/// it are known; else 0, the tree's revision and the first changes, as many as
/// make 4 MiB, as XRANGE has them.
inline constexpr std::string_view kChangesScript = R"lua(
local after = tonumber(ARGV[2])
local revision = redis.call('HGET', state, 'revision')
local oldest = redis.call('XRANGE', changes, '-', '+', 'COUNT', 1)[1]
local known = oldest and string.match(oldest[1], '^%d+') - 1 or tonumber(revision)
if after < known or after > tonumber(revision) then return {1, revision} end
local found, size = {}, 0
while size < 4194304 do
  local some = redis.call('XRANGE', changes, whole(after + 1) .. '-0', '+', 'COUNT', 8)
  if #some == 0 then break end
  for _, change in ipairs(some) do
    table.insert(found, change)
    after = tonumber(string.match(change[1], '^%d+'))
    for _, field in ipairs(change[2]) do size = size + #field end
    if size >= 4194304 then break end
  end
end
return {0, revision, found}
)lua";

/// Arguments: session, milliseconds to live.
inline constexpr std::string_view kOpenScript = R"lua(
return redis.call('ZADD', sessions, whole(now + ARGV[3]), ARGV[2])
)lua";
/// The same; 0: it is gone.
inline constexpr std::string_view kKeepScript = R"lua(
if not redis.call('ZSCORE', sessions, ARGV[2]) then return 0 end
redis.call('ZADD', sessions, whole(now + ARGV[3]), ARGV[2])
return 1
)lua";
/// Argument: session.
inline constexpr std::string_view kCloseScript = R"lua(
end_session(ARGV[2])
return 1
)lua";

/// A script, and the name that the server gives it.
struct RedisScript {
  explicit RedisScript(std::string_view body)
      : text(std::string(kRedisPrelude).append(body)),
        name(to_hex(sha1(text))) {}

  const std::string text;
  const std::string name;
};

/// redis_script<kWriteScript>(), say. Made anew each time: what is static would
/// be destroyed at exit while threads still ask.
template <const std::string_view& body>
RedisScript redis_script() {
  return RedisScript(body);
}

}  // namespace acme
