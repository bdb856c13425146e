-- Nobody looks for a shopper's requests: a request is asked for by its id, coupons by their shopper. The index cost a sixth of
-- what writing a claim costs.

drop index if exists requests_of_shopper;
