//! The golden cases as a merchant reads them: list price 20,000, time-sale price 10,000, coupon 2,000, so the shopper pays 8,000.
//! Each row sells one unit under its policy, closes the day and looks at the statement, then refunds it and looks at what is left.

use events::ids::Category;
use events::money::{BasisPoints, Money};
use events::settlement::{Basis, CommissionRule, Fee, RuleMatch, SellerPolicy, Vat};

use super::fixture::{Fixture, at, close_day, day, line, nets, policy, reached, refunded, sku};

/// ```text
/// platform's share  supply price  rule            tax       =>  base  commission  tax  paid out
/// ```
const TABLE: &str = "
    100 %             -             10 %            none      =>  10000       1000    0      9000
     50 %             -             10 %            none      =>   9000        900    0      8100
      0 %             -             10 %            none      =>   8000        800    0      7200
    100 %             -             10 %            included  =>  10000       1000   91      9000
     50 %             -             10 %            included  =>   9000        900   82      8100
      0 %             -             10 %            included  =>   8000        800   73      7200
    100 %             -             10 %            added     =>  10000       1000  100      8900
    100 %             5000          10 %            none      =>   5000          0    0      5000
     50 %             5000          10 %            included  =>   4000          0    0      4000
    100 %             -             fixed-700       none      =>  10000        700    0      9300
    100 %             -             product-5 %     none      =>  10000        500    0      9500
    100 %             -             category-7 %    none      =>  10000        700    0      9300
    100 %             -             minimum-1500    none      =>  10000       1500    0      8500
    100 %             -             market          included  =>  10000       1000   91      9000
";

fn rules(word: &str) -> Vec<CommissionRule> {
    let rate = |points| Fee::Rate(BasisPoints::new(points));
    let rule = |applies_to, fee, minimum| CommissionRule { applies_to, fee, minimum: Money::new(minimum) };
    let all = rule(RuleMatch::Seller, rate(1_000), 0);
    let food = RuleMatch::Category(Category::new("food").unwrap());
    match word {
        "10" => vec![all],
        "fixed-700" => vec![rule(RuleMatch::Seller, Fee::Fixed(Money::new(700)), 0)],
        "product-5" => vec![all, rule(food, rate(700), 0), rule(RuleMatch::Product(sku("tea")), rate(500), 0)],
        "category-7" => vec![rule(food, rate(700), 0), all, rule(RuleMatch::Product(sku("rice")), rate(1), 0)],
        "minimum-1500" => vec![rule(RuleMatch::Seller, rate(1_000), 1_500)],
        "market" => vec![],
        other => panic!("no such rule: {other}"),
    }
}

#[test]
fn golden_cases() {
    for row in TABLE.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let words: Vec<&str> = row.split_whitespace().filter(|word| !matches!(*word, "%" | "=>")).collect();
        let [platform, supply, rule, tax, base, commission, vat, paid] = words[..] else { panic!("{row}") };
        let vat_flag = match tax {
            "none" => Vat::None,
            "included" => Vat::Included,
            _ => Vat::Added,
        };
        let policy = SellerPolicy { commission: rules(rule), vat: vat_flag, ..policy() };
        let mut sold = line("tea", 1, 10_000, 2_000, platform.parse::<u16>().unwrap() * 100);
        sold.supply_price = supply.parse().ok().map(Money::new);
        sold.category = Category::new("food").ok();
        let noon = at("2026-11-23 12:00");
        let mut fixture = Fixture::with(policy, noon);
        fixture.happen(&reached("order-1", Basis::Confirmed, noon, vec![sold]), noon);
        fixture.happen(&close_day("close", "2026-11-23"), noon);
        let (closed, statement) = fixture.statements().remove(0);
        let totals = statement.totals.amounts;
        let found = [totals.base, totals.commission, totals.vat, statement.payable].map(Money::minor);
        assert_eq!(found, [base, commission, vat, paid].map(|word| word.parse::<i64>().unwrap()), "{row}");
        assert_eq!((closed, totals.due), (day("2026-11-23"), Money::new(8_000)));
        assert_eq!(statement.pay_outs[0].on, day("2026-11-24"));

        let back = fixture.happen(&refunded("order-1", 1, noon, &[("tea", 1)]), noon);
        assert_eq!(nets(&back), [("2026-11-24".to_owned(), -paid.parse::<i64>().unwrap())], "{row}");
    }
}
