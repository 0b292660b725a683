"""The Lua of the limiter. Redis runs a script alone, so each is one atomic step.

All take the keys ``state`` (a hash) and ``flight`` (a sorted set: permit, when its slot expires) of
one model. Times are milliseconds of Redis' own clock. A bucket is its *theoretical arrival time*:
the moment up to which its rate is spoken for.
"""

__all__ = ["ACQUIRE", "COOL", "SETTLE", "SLOW", "STATE"]

_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local function num(v, default) return tonumber(v or '') or default end
local function learned(f, at, rise)
  return math.min(1, num(f, 1) + math.max(0, now - num(at, now)) * rise)
end
"""

ACQUIRE = (
    """
-- ARGV: permit; ms per unit and units of requests, tokens, images, spend (0 ms: not limited);
--   max wait; burst; max in flight (0: any); flight ttl; day limit (-1: any); day start; day end;
--   rise per ms; state ttl
-- Reply: {1, wait, permit} granted; {0, now} the day is another one; {-bucket, wait} denied
"""
    + _NOW
    + """
local a = {}
for i = 2, #ARGV do a[i] = tonumber(ARGV[i]) end
local max_wait, burst, max_flight, flight_ttl = a[10], a[11], a[12], a[13]
local day_limit, day_start, day_end, rise, state_ttl = a[14], a[15], a[16], a[17], a[18]
if day_limit >= 0 and (now < day_start or now >= day_end) then
  return {0, string.format('%.0f', now)}
end

local names = {'requests', 'tokens', 'images', 'spend'}
local s = redis.call('HMGET', KEYS[1], 'requests', 'tokens', 'images', 'spend',
  'cool_until', 'factor', 'factor_at', 'day', 'day_used')
local cool = num(s[5], 0)
if cool > now then return {-1, math.ceil(cool - now)} end
local f = learned(s[6], s[7], rise)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if max_flight > 0 and redis.call('ZCARD', KEYS[2]) >= math.max(1, math.floor(max_flight * f)) then
  return {-2, 0}
end
local used = 0
if day_limit >= 0 then
  if num(s[8], 0) == day_start then used = num(s[9], 0) end
  if used >= day_limit then return {-7, math.ceil(day_end - now)} end
end

local wait, binding, per, tat, cold = 0, 0, {0, 0, 0, 0}, {}, {}
for i = 1, 4 do
  local unit, units = a[2 * i], a[2 * i + 1]
  if unit > 0 and units > 0 then
    per[i] = unit / f
    tat[i] = tonumber(s[i] or '')
    if not tat[i] then  -- unknown or wiped: the bucket is empty and fills from now on
      tat[i] = now + burst + per[i] * units
      cold[#cold + 1] = names[i]
      cold[#cold + 1] = string.format('%.3f', tat[i])
    end
    local ahead = tat[i] - burst - now
    if ahead > wait then wait, binding = ahead, i end
  end
end
if wait > max_wait then
  if #cold > 0 then
    redis.call('HSET', KEYS[1], unpack(cold))
    redis.call('PEXPIRE', KEYS[1], state_ttl)
  end
  return {-2 - binding, math.ceil(wait)}
end

local start, set = now + wait, {}
for i = 1, 4 do
  if tat[i] then
    set[#set + 1] = names[i]
    set[#set + 1] = string.format('%.3f', math.max(tat[i], start) + per[i] * a[2 * i + 1])
  end
end
if day_limit >= 0 then
  set[#set + 1] = 'day'
  set[#set + 1] = string.format('%.0f', day_start)
  set[#set + 1] = 'day_used'
  set[#set + 1] = string.format('%.0f', used + 1)
end
if #set > 0 then
  redis.call('HSET', KEYS[1], unpack(set))
  redis.call('PEXPIRE', KEYS[1], state_ttl)
end
-- The permit carries what it took, so that giving back needs no second record.
local id = string.format('%s|%.6g|%.6g|%.6g|%.6g|%.0f', ARGV[1], per[1], per[2], per[3], per[4],
  day_limit >= 0 and day_start or 0)
redis.call('ZADD', KEYS[2], string.format('%.0f', start + flight_ttl), id)
redis.call('PEXPIRE', KEYS[2], state_ttl)
return {1, math.ceil(wait), id}
"""
)

SETTLE = """
-- ARGV: permit; ms to add to requests, tokens, images, spend; the day to give back (0: none)
-- Reply: 1, or 0 when the permit was settled before or has expired
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
local names = {'requests', 'tokens', 'images', 'spend'}
local s = redis.call('HMGET', KEYS[1], 'requests', 'tokens', 'images', 'spend', 'day')
for i = 1, 4 do
  local add = tonumber(ARGV[i + 1])
  if add ~= 0 and s[i] then
    redis.call('HSET', KEYS[1], names[i], string.format('%.3f', tonumber(s[i]) + add))
  end
end
if ARGV[6] ~= '0' and s[5] == ARGV[6] then redis.call('HINCRBY', KEYS[1], 'day_used', -1) end
return 1
"""

COOL = (
    _NOW
    + """
-- ARGV: ms, state ttl
local ends = now + tonumber(ARGV[1])
if ends > num(redis.call('HGET', KEYS[1], 'cool_until'), 0) then
  redis.call('HSET', KEYS[1], 'cool_until', string.format('%.0f', ends))
end
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[2]), tonumber(ARGV[1]) * 2))
return 1
"""
)

SLOW = (
    _NOW
    + """
-- ARGV: slower, slowest, settle ms, rise per ms, state ttl
local s = redis.call('HMGET', KEYS[1], 'factor', 'factor_at')
if s[2] and now - tonumber(s[2]) < tonumber(ARGV[3]) then return 0 end
local f = learned(s[1], s[2], tonumber(ARGV[4])) * tonumber(ARGV[1])
f = math.max(tonumber(ARGV[2]), f)
redis.call('HSET', KEYS[1], 'factor', string.format('%.6f', f),
  'factor_at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""
)

STATE = (
    _NOW
    + """
-- ARGV: rise per ms
-- Reply: ms of cooldown left, calls in flight, learned factor, requests of the last day seen
local s = redis.call('HMGET', KEYS[1], 'cool_until', 'factor', 'factor_at', 'day_used')
return {string.format('%.0f', math.max(0, num(s[1], 0) - now)),
  tostring(redis.call('ZCOUNT', KEYS[2], now, '+inf')),
  string.format('%.6f', learned(s[2], s[3], tonumber(ARGV[1]))),
  tostring(num(s[4], 0))}
"""
)
