#!lua name=timesale

-- Writes rows of the projection, each only if it is newer than what is there: many rows of a kind a call, because calling costs more
-- than writing. The calls for rows answer how many they took; the three functions that keep epochs and positions touch keys of
-- their own.
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
local function clock()
  local now = redis.call('TIME')
  return tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
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

-- A campaign or a product. KEYS: the row. ARGS: 'version', version, field, value, ...
local function hash(keys, args)
  local old = redis.call('HGET', keys[1], 'version')
  if old and not newer(args[2], old) then
    return 0
  end
  redis.call('HSET', keys[1], unpack(args))
  return 1
end

-- The hash leaves with its last coupon.
local function keep_until(key, forgotten_at)
  if redis.call('PEXPIREAT', key, forgotten_at, 'NX') == 0 then
    redis.call('PEXPIREAT', key, forgotten_at, 'GT')
  end
end

-- A coupon whose time is over, or whose grant is not known, is not made anew: a late replay must not resurrect it.
local function put_coupon(now, key, field, forgotten_at, value)
  local is_made_anew = forgotten_at ~= '' and tonumber(forgotten_at) > now
  -- Nearly every coupon is new, and then one call does.
  if is_made_anew and redis.call('HSETNX', key, field, filled(value, nil)) == 1 then
    keep_until(key, forgotten_at)
    return 1
  end
  local old = redis.call('HGET', key, field)
  if not old or not newer(version_of(value), version_of(old)) then
    return 0
  end
  redis.call('HSET', key, field, filled(value, old))
  if forgotten_at ~= '' then
    keep_until(key, forgotten_at)
  end
  return 1
end

-- KEYS: coupons of a shopper, for each row. ARGS: coupon, forgotten at (empty unless the grant is among the facts), value, for each row
local function coupons(keys, args)
  local now, taken = clock(), 0
  for row, key in ipairs(keys) do
    local at = row * 3
    taken = taken + put_coupon(now, key, args[at - 2], args[at - 1], args[at])
  end
  return taken
end

local function put_request(now, key, forgotten_at, value)
  if tonumber(forgotten_at) <= now then
    return 0
  end
  if redis.call('SET', key, value, 'NX', 'PXAT', forgotten_at) then
    return 1
  end
  if not newer(version_of(value), version_of(redis.call('GET', key))) then
    return 0
  end
  redis.call('SET', key, value, 'PXAT', forgotten_at)
  return 1
end

-- KEYS: request, for each row. ARGS: forgotten at, value, for each row
local function requests(keys, args)
  local now, taken = clock(), 0
  for row, key in ipairs(keys) do
    taken = taken + put_request(now, key, args[row * 2 - 1], args[row * 2])
  end
  return taken
end

-- The row says all of it, and may have less time left than the one before: then the older one must not stay behind. An order leaves
-- some time after its end; a price leaves at the instant at which it may no longer be shown, or stays (empty) until a newer one comes.
local function put_whole(now, key, forgotten_at, value)
  local old = redis.call('GET', key)
  if old and not newer(version_of(value), version_of(old)) then
    return 0
  end
  if forgotten_at == '' then
    redis.call('SET', key, value)
    return 1
  end
  if tonumber(forgotten_at) > now then
    redis.call('SET', key, value, 'PXAT', forgotten_at)
    return 1
  end
  return redis.call('DEL', key)
end

-- KEYS: order or price, for each row. ARGS: forgotten at, value, for each row
local function wholes(keys, args)
  local now, taken = clock(), 0
  for row, key in ipairs(keys) do
    taken = taken + put_whole(now, key, args[row * 2 - 1], args[row * 2])
  end
  return taken
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

-- KEYS: writing, positions. ARGS: epoch, partition (with its topic), from (empty: none yet), next
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

-- KEYS: writing, positions, epoch. ARGS: epoch, partition, every partition there is
-- Readers trust the epoch last: when every partition has been up to date once.
local function caught_up(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then
    return 'LOST'
  end
  redis.call('HSET', keys[2], 'caught:' .. args[2], '1')
  for at = 3, #args do
    if redis.call('HEXISTS', keys[2], 'caught:' .. args[at]) == 0 then
      return 'OK'
    end
  end
  if redis.call('GET', keys[3]) == args[1] then
    return 'OK'
  end
  redis.call('SET', keys[3], args[1])
  return 'COMPLETE'
end

-- KEYS: epoch, positions. ARGS: epoch, topic
-- What is there is older than it was: readers are not to trust it before every partition is up to date again. The worker that takes the
-- trust away makes every worker catch up anew; one that finds it taken answers for its own topic only, since others may have caught up.
local function distrust(keys, args)
  local whose = 'caught:' .. args[2] .. ':'
  if redis.call('GET', keys[1]) == args[1] then
    whose = 'caught:'
  end
  redis.call('DEL', keys[1])
  for _, field in ipairs(redis.call('HKEYS', keys[2])) do
    if string.sub(field, 1, #whose) == whose then
      redis.call('HDEL', keys[2], field)
    end
  end
  return 'OK'
end

redis.register_function('timesale_campaign', hash)
redis.register_function('timesale_product', hash)
redis.register_function('timesale_orders', wholes)
redis.register_function('timesale_prices', wholes)
redis.register_function('timesale_coupons', coupons)
redis.register_function('timesale_requests', requests)
redis.register_function('timesale_open', open)
redis.register_function('timesale_advance', advance)
redis.register_function('timesale_caught_up', caught_up)
redis.register_function('timesale_distrust', distrust)
