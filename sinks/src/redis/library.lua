#!lua name=timesale

-- Writes rows of the projection, each only if it is newer than what is there. One key per call, so that a row's call fits one slot
-- of a cluster; the three functions that keep epochs and positions touch keys of their own.
--
-- Versions are compared as text: Lua's numbers are doubles, and 9007199254740993 == 9007199254740992 among them.

local function newer(a, b)
  if #a ~= #b then
    return #a > #b
  end
  return a > b
end

local function version_of(value)
  return string.match(value, '^(%d+)|')
end

-- Milliseconds are far below 2^53, so instants may be numbers.
local function is_over(instant)
  local now = redis.call('TIME')
  return tonumber(instant) <= tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
end

-- Puts the old value's parts where the new one says '='.
local function filled(value, old)
  if not string.find(value, '|=', 1, true) then
    return value
  end
  local before, after = {}, {}
  for part in string.gmatch((old or '') .. '|', '(.-)|') do
    before[#before + 1] = part
  end
  for part in string.gmatch(value .. '|', '(.-)|') do
    local place = #after + 1
    after[place] = part == '=' and (before[place] or '') or part
  end
  return table.concat(after, '|')
end

-- KEYS: campaign. ARGS: 'version', version, field, value, ...
local function campaign(keys, args)
  local old = redis.call('HGET', keys[1], 'version')
  if old and not newer(args[2], old) then
    return 0
  end
  redis.call('HSET', keys[1], unpack(args))
  return 1
end

-- KEYS: coupons of a shopper. ARGS: coupon, forgotten at (empty unless the grant is among the facts), value
-- A coupon whose time is over, or whose grant is not known, is not made anew: a late replay must not resurrect it.
local function coupon(keys, args)
  local key, field, forgotten_at, value = keys[1], args[1], args[2], args[3]
  local old = redis.call('HGET', key, field)
  if old then
    if not newer(version_of(value), version_of(old)) then
      return 0
    end
  elseif forgotten_at == '' or is_over(forgotten_at) then
    return 0
  end
  redis.call('HSET', key, field, filled(value, old))
  -- The hash leaves with its last coupon.
  if forgotten_at ~= '' and tonumber(forgotten_at) > redis.call('PEXPIRETIME', key) then
    redis.call('PEXPIREAT', key, forgotten_at)
  end
  return 1
end

-- KEYS: request. ARGS: forgotten at, value
local function request(keys, args)
  local key, forgotten_at, value = keys[1], args[1], args[2]
  if is_over(forgotten_at) then
    return 0
  end
  local old = redis.call('GET', key)
  if old and not newer(version_of(value), version_of(old)) then
    return 0
  end
  redis.call('SET', key, value, 'PXAT', forgotten_at)
  return 1
end

-- KEYS: writing. ARGS: an epoch to begin if none is being written. Answers the epoch that is being written.
local function open(keys, args)
  local epoch = redis.call('GET', keys[1])
  if epoch then
    return epoch
  end
  redis.call('SET', keys[1], args[1])
  return args[1]
end

-- KEYS: writing, positions. ARGS: epoch, partition, from (empty: none yet), next
local function advance(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then
    return 'LOST'
  end
  local found = redis.call('HGET', keys[2], args[2]) or ''
  if found == args[4] then
    return 'OK'
  end
  if found ~= args[3] then
    return 'MOVED'
  end
  redis.call('HSET', keys[2], args[2], args[4])
  return 'OK'
end

-- KEYS: writing, positions, epoch. ARGS: epoch, partition, number of partitions
-- The epoch is told to readers last: when every partition has been up to date once.
local function caught_up(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then
    return 'LOST'
  end
  redis.call('HSET', keys[2], 'caught:' .. args[2], '1')
  for partition = 0, tonumber(args[3]) - 1 do
    if redis.call('HEXISTS', keys[2], 'caught:' .. partition) == 0 then
      return 'OK'
    end
  end
  if redis.call('GET', keys[3]) == args[1] then
    return 'OK'
  end
  redis.call('SET', keys[3], args[1])
  return 'COMPLETE'
end

-- KEYS: epoch, positions. ARGS: number of partitions
-- What is there is older than it was: readers are not to trust it before every partition is up to date again.
local function distrust(keys, args)
  redis.call('DEL', keys[1])
  for partition = 0, tonumber(args[1]) - 1 do
    redis.call('HDEL', keys[2], 'caught:' .. partition)
  end
  return 'OK'
end

redis.register_function('timesale_campaign', campaign)
redis.register_function('timesale_coupon', coupon)
redis.register_function('timesale_request', request)
redis.register_function('timesale_open', open)
redis.register_function('timesale_advance', advance)
redis.register_function('timesale_caught_up', caught_up)
redis.register_function('timesale_distrust', distrust)
