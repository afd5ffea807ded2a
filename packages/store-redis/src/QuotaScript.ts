/**
 * The script that counts a request: `MemoryQuota` in `@pbx-auth/session/SharedQuota`, word for word, by the server's clock.
 *
 * A ring is a list of the moments at which its last places were taken, in ms. A partition's members are a hash: pass, until and seen of
 * each. Each key ends by itself when it does not matter any more.
 */

import { GRACE, PRESENCE, type Request, SOON } from "@pbx-auth/session/SharedQuota"

/**
 * KEYS: for each partition its members, and for each of its limits the rings of calls and of tokens.
 *
 * ARGV: the member; the rings, such as `tokens calls`; for each partition `waiting` (1 or 0) and the number of its limits, and for each limit its
 * window and the places for calls and for tokens.
 *
 * It answers with the ring that was taken, or ""; the number of members; and for each ring without a place: ring, partition, limit, wait.
 */
export const script = `
local GRACE, SOON, PRESENCE = ${GRACE}, ${SOON}, ${PRESENCE}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local name = ARGV[1]
local met, key, arg = {}, 1, 3
while arg <= #ARGV do
  local p = { key = KEYS[key], waiting = ARGV[arg] == '1', limits = {}, lag = math.huge, longest = 0, owed = 0, members = 0 }
  key = key + 1
  local limits = tonumber(ARGV[arg + 1])
  arg = arg + 2
  for _ = 1, limits do
    local l = {
      window = tonumber(ARGV[arg]),
      calls = { key = KEYS[key], places = tonumber(ARGV[arg + 1]) },
      tokens = { key = KEYS[key + 1], places = tonumber(ARGV[arg + 2]) },
    }
    key, arg = key + 2, arg + 3
    p.lag = math.min(p.lag, l.calls.places)
    p.longest = math.max(p.longest, l.window)
    table.insert(p.limits, l)
  end
  local all, most = {}, 0
  local kept = redis.call('HGETALL', p.key)
  for i = 1, #kept, 2 do
    local pass, til, seen = string.match(kept[i + 1], '^(%d+) (%d+) (%d+)$')
    local m = { pass = tonumber(pass), til = tonumber(til), seen = tonumber(seen) }
    if kept[i] == name then p.me = m
    elseif math.max(m.seen, m.til) + PRESENCE < now then redis.call('HDEL', p.key, kept[i])
    else table.insert(all, m) end
  end
  p.me = p.me or { pass = 0, til = 0 }
  p.members = #all + 1
  if #all > 0 then
    local lag = math.ceil(p.lag / p.members)
    for _, m in ipairs(all) do most = math.max(most, m.pass) end
    p.me.pass = math.max(p.me.pass, most - lag)
    for _, m in ipairs(all) do
      if m.til >= now and m.til - GRACE - SOON <= now then
        local behind = math.min(p.me.pass - m.pass, lag)
        local first = behind == 0 and (p.me.til < now or m.til < p.me.til)
        if behind > 0 or first then p.owed = p.owed + math.max(behind, 1) end
      end
    end
  end
  table.insert(met, p)
end

local function til(ring, window, index)
  local at = tonumber(redis.call('LINDEX', ring.key, index - ring.places) or '')
  return at and at + window - now or 0
end
local function wait(ring, window, owed)
  if ring.places == 0 then return window end
  local newest = tonumber(redis.call('LINDEX', ring.key, -1) or '')
  if newest and newest > now + window then
    -- The server's clock was set back: as if all were taken now.
    local length = redis.call('LLEN', ring.key)
    redis.call('DEL', ring.key)
    for _ = 1, length do redis.call('RPUSH', ring.key, string.format('%.0f', now)) end
    redis.call('PEXPIRE', ring.key, window)
  end
  local found = til(ring, window, math.min(owed, ring.places - 1))
  if found > 0 and til(ring, window, 0) <= 0 then return math.min(found, SOON) end
  return found
end

local taken, spent, last = '', {}, nil
for ring in string.gmatch(ARGV[2], '%a+') do
  local longest = nil
  for i, p in ipairs(met) do
    for j, l in ipairs(p.limits) do
      local found = wait(l[ring], l.window, ring == 'calls' and p.owed or 0)
      if found > 0 and (not longest or found > longest[4]) then longest = { ring, i - 1, j - 1, found } end
    end
  end
  if not longest then
    taken = ring
    break
  end
  last = longest
  for _, one in ipairs(longest) do table.insert(spent, one) end
end

for i, p in ipairs(met) do
  local me, blocked = p.me, taken == '' and last[2] == i - 1
  if taken == 'calls' then me.pass = me.pass + 1 end
  me.til = blocked and now + last[4] + GRACE or p.waiting and now + GRACE or 0
  redis.call('HSET', p.key, name, string.format('%.0f %.0f %.0f', me.pass, me.til, now))
  redis.call('PEXPIRE', p.key, string.format('%.0f', p.longest + GRACE + PRESENCE))
  if taken ~= '' then
    for _, l in ipairs(p.limits) do
      local ring = l[taken]
      redis.call('RPUSH', ring.key, string.format('%.0f', now))
      redis.call('LTRIM', ring.key, -ring.places, -1)
      redis.call('PEXPIRE', ring.key, string.format('%.0f', l.window))
    end
  end
end
if taken ~= '' then spent = {} end
return { taken, met[1] and met[1].members or 1, unpack(spent) }`

/**
 * The keys and arguments of a request. `keyOf` names what belongs to a client: all its keys have the same hash tag.
 */
export const argumentsOf = (
  request: Request,
  keyOf: (...parts: ReadonlyArray<string>) => string,
): { readonly keys: ReadonlyArray<string>; readonly values: ReadonlyArray<string> } => {
  const keys: Array<string> = []
  const values: Array<string> = [request.member, request.rings.join(" ")]
  for (const { limits, name, waiting } of request.partitions) {
    keys.push(keyOf(name))
    values.push(waiting ? "1" : "0", String(limits.length))
    for (const { places, policy, window } of limits) {
      keys.push(keyOf(name, policy, "calls"), keyOf(name, policy, "tokens"))
      values.push(String(Math.ceil(window)), String(places.calls), String(places.tokens))
    }
  }
  return { keys, values }
}
