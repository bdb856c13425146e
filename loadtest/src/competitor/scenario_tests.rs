//! What counts as seen rightly.

use events::ids::{OfferSource, Sku};
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;

use super::scenario::{Competition, Observation};

const OURS: i64 = 100;
const THEIRS: i64 = 90;
const END: i64 = 1_000;

fn best(price: i64, by: Winner) -> BestPrice {
    BestPrice {
        sku: Sku::new("tray").unwrap(),
        version: 1,
        at: Timestamp::from_millis(0),
        price: Money::new(price),
        by,
        own: Money::new(OURS),
        list_price: Money::new(OURS),
        on_sale: false,
        offers: 1,
        valid_until: None,
    }
}

fn own(price: i64) -> BestPrice {
    best(price, Winner::Own)
}

fn theirs(price: i64) -> BestPrice {
    best(price, Winner::Offer { source: OfferSource::new("stub").unwrap() })
}

/// Looks: asked at, answered at, what was seen.
fn play(looks: &[(i64, i64, BestPrice)]) -> Competition {
    let at = Timestamp::from_millis;
    let mut scenario = Observation::new((Money::new(OURS), Money::new(THEIRS)), (at(0), at(END)));
    for (asked_at, answered_at, best) in looks {
        scenario.see(at(*asked_at), at(*answered_at), best);
    }
    scenario.end()
}

#[test]
fn a_lower_offer_that_wins_until_its_end_and_no_longer_is_right() {
    let looks = [
        (0, 10, own(OURS)),
        (100, 110, theirs(THEIRS)),
        (500, 510, theirs(THEIRS)),
        (END - 1, END + 5, theirs(THEIRS)),
        (END, END + 7, own(OURS)),
    ];
    let competition = play(&looks);
    assert_eq!((competition.wrong_winner, competition.outlived), (None, None));
    assert_eq!((competition.seen_after_ms, competition.ours_again_after_ms), (Some(110), Some(7)));
    assert_eq!((competition.looks, competition.looks_at_the_offer), (5, 3));
}

#[test]
fn what_is_seen_wrongly_is_named() {
    let won = (100, 110, theirs(THEIRS));
    let back = (END, END + 7, own(OURS));
    let wrong_winner = |looks: &[(i64, i64, BestPrice)]| play(looks).wrong_winner.unwrap_or_default();
    let outlived = |looks: &[(i64, i64, BestPrice)]| play(looks).outlived.unwrap_or_default();
    assert!(wrong_winner(std::slice::from_ref(&back)).starts_with("nobody ever saw"));
    assert!(wrong_winner(&[(100, 110, theirs(THEIRS - 1)), back.clone()]).starts_with("stub at 89"));
    assert!(wrong_winner(&[won.clone(), (200, 210, own(OURS)), back.clone()]).contains("790 ms before the end"));
    assert!(wrong_winner(&[won.clone(), (END, END + 7, own(OURS + 1))]).starts_with("we at 101"));
    assert!(outlived(&[won.clone(), (END + 3, END + 4, theirs(THEIRS)), back]).contains("3 ms after its end"));
    assert!(outlived(&[won]).starts_with("our price did not come back"));
}
