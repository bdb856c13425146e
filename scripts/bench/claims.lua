-- Claims for wrk: each request is another Idempotency-Key, shoppers take turns, answers are wanted after the durable
-- acknowledgement (`Prefer: respond-async`). Arguments: a file of tokens, one a line, and a campaign.

local tokens, campaign, sent, run = {}, "", 0, ""

function init(arguments)
  for token in io.lines(arguments[1]) do
    tokens[#tokens + 1] = token
  end
  campaign = arguments[2]
  run = string.format("%x", os.time()) .. tostring(math.random(1, 1000000000))
end

function request()
  sent = sent + 1
  local headers = {
    ["Authorization"] = "Bearer " .. tokens[sent % #tokens + 1],
    ["Idempotency-Key"] = "bench-" .. run .. "-" .. sent,
    ["Prefer"] = "respond-async",
  }
  return wrk.format("POST", "/v1/campaigns/" .. campaign .. "/claims", headers)
end
