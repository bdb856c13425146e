//! Postgres' place, taken by memory: sellers' days and lines as the sinks would have written them.

use std::sync::{Arc, Mutex, MutexGuard};

use events::calendar::{Day, Weekday};
use events::ids::{RequestId, SellerId, Sku};
use events::money::Money;
use events::settlement::{LineKind, LineTerms, PayOut, Settled, Source, Vat};
use events::time::Timestamp;

use crate::reads::{Closing, DayStatus, Page, Place, ReadError, Reading, SellerDay, SellerLine, SettlementReader};

#[derive(Clone, Default)]
pub(super) struct MemoryAccounts(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    is_away: bool,
    days: Vec<SellerDay>,
    lines: Vec<SellerLine>,
}

impl MemoryAccounts {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    pub(super) fn set_away(&self, is_away: bool) {
        self.rows().is_away = is_away;
    }

    /// A day of a seller with two lines, closed or not.
    pub(super) fn put(&self, seller: &str, day: &str, status: DayStatus) {
        let mut rows = self.rows();
        let (seller, day) = (SellerId::new(seller).unwrap(), day.parse::<Day>().unwrap());
        let amounts = amounts();
        let statement = (status == DayStatus::Closed).then(|| {
            let payable = Money::new(17_000);
            let (first_share, weekday) = (events::money::BasisPoints::new(7_000), Weekday::Tuesday);
            let pay_out = PayOut::Weekly { first_share, weekday, reserve_after_days: 14 };
            let (carried_in, carried_out) = (Money::new(-1_000), Money::ZERO);
            let pay_outs = pay_out.schedule(day, payable);
            Closing { policy: 2, carried_in, payable, carried_out, pay_outs, closed_at: Timestamp::from_millis(99) }
        });
        let number = rows.lines.iter().filter(|line| line.seller == seller).count() as u64;
        for number in [number + 1, number + 2] {
            rows.lines.push(line(&seller, day, number));
        }
        let sum = amounts.plus(&amounts).unwrap();
        let updated_at = Timestamp::from_millis(77);
        rows.days.push(SellerDay { seller, day, status, version: 7, lines: 2, amounts: sum, statement, updated_at });
    }
}

fn amounts() -> Settled {
    let won = Money::new;
    Settled {
        gross: won(10_000),
        platform_share: won(1_000),
        seller_share: won(0),
        due: won(9_000),
        base: won(10_000),
        commission: won(1_000),
        vat: won(91),
        net: won(9_000),
    }
}

fn line(seller: &SellerId, day: Day, number: u64) -> SellerLine {
    SellerLine {
        seller: seller.clone(),
        day,
        number,
        kind: LineKind::Sale,
        order: RequestId::derive(&[b"order"]).order(),
        refund: None,
        sku: Sku::new("tea").unwrap(),
        quantity: 1,
        policy: 2,
        terms: LineTerms::market(Vat::Included),
        amounts: amounts(),
        reached_at: Timestamp::from_millis(55),
        at: Timestamp::from_millis(56),
        source: Source { partition: 3, offset: 41 },
    }
}

impl SettlementReader for MemoryAccounts {
    fn days<'a>(&'a self, page: &'a Page) -> Reading<'a, Vec<SellerDay>> {
        Box::pin(async move {
            let rows = self.rows();
            if rows.is_away { Err(ReadError::Slow) } else { Ok(asked(&rows.days, page, SellerDay::place)) }
        })
    }

    fn lines<'a>(&'a self, page: &'a Page) -> Reading<'a, Vec<SellerLine>> {
        Box::pin(async move {
            let rows = self.rows();
            if rows.is_away { Err(ReadError::Slow) } else { Ok(asked(&rows.lines, page, SellerLine::place)) }
        })
    }
}

fn asked<T: Clone>(rows: &[T], page: &Page, place: impl Fn(&T) -> Place) -> Vec<T> {
    let mut found: Vec<T> = rows.to_vec();
    found.sort_by_key(&place);
    found.retain(|row| {
        let place = place(row);
        page.seller.as_ref().is_none_or(|seller| *seller == place.seller)
            && (page.from..=page.to).contains(&place.day)
            && page.after.as_ref().is_none_or(|after| *after < place)
    });
    found.truncate(usize::from(page.limit) + 1);
    found
}
