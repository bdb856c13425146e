-- Price look-ups for wrk: products by Zipf's law (exponent 0.99), as crowds look at few things. Argument: how many products.

local requests, drawn, sent = {}, {}, 0
local draws = 131072

function init(arguments)
  local products = tonumber(arguments[1])
  local cumulative, sum = {}, 0
  for rank = 1, products do
    sum = sum + 1 / rank ^ 0.99
    cumulative[rank] = sum
  end
  math.randomseed(7)
  for draw = 1, draws do
    local wanted, low, high = math.random() * sum, 1, products
    while low < high do
      local middle = math.floor((low + high) / 2)
      if cumulative[middle] < wanted then low = middle + 1 else high = middle end
    end
    -- Neighbours by rank are no neighbours by name.
    drawn[draw] = low * 7919 % products
  end
  for draw = 1, draws do
    local path = string.format("/v1/products/bench-%06d/price", drawn[draw])
    requests[draw] = wrk.format("GET", path)
  end
end

function request()
  sent = sent % draws + 1
  return requests[sent]
end
