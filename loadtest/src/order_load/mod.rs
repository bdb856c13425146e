//! The trade: after the claims, shoppers order what is for sale, pay on the provider's page, change their minds, send things
//! back; operators ship, deliver and refund. Every shopper follows a course that was drawn in advance, over HTTP only, and
//! writes down what was answered. Runs on one thread of its own, as the crowd does.

mod after_sale;
mod catalogue;
mod scenario;
mod paying;
mod pool;
mod provider;
mod shopper;
mod tally;
mod view;
mod shopper_session;
mod planned_order;
#[cfg(test)]
mod shopper_fixture;
#[cfg(test)]
mod order_load_tests;
#[cfg(test)]
mod planned_order_tests;

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::coupons::Discount;
use events::ids::CampaignId;
use tokio::task::LocalSet;
use tokio::time::sleep_until;

pub use catalogue::{Product, catalogue};
pub use planned_order::{Appetite, Wanted, Wish, demand};
pub use scenario::Course;
pub use tally::{LiveOrders, Orders};

use audit::client_log::{Entry, JournalError, JournalWriter};
use web::jwt::TokenIssuer;

use pool::Pool;
use provider::Page;
use tally::OrderTally;

/// What the shoppers are to do.
pub struct Trade {
    /// The door.
    pub door: SocketAddr,
    /// The payment provider, which must be our stub: nobody else lets a program authenticate a payment.
    pub provider: SocketAddr,
    /// Whose coupons they have.
    pub campaign: CampaignId,
    /// What such a coupon takes off.
    pub discount: Discount,
    /// What is for sale.
    pub catalogue: Vec<Product>,
    /// Who wants what.
    pub wishes: Vec<Wish>,
    /// Signs the shoppers' tokens.
    pub issuer: Arc<TokenIssuer>,
    /// How many connections they share.
    pub connections: usize,
    /// How long a shopper keeps trying.
    pub patience: Duration,
}

/// The trade while it goes on.
struct Shop<W: Write> {
    trade: Trade,
    door: Pool,
    page: Page,
    sale_began: Instant,
    began: Instant,
    journal: RefCell<JournalWriter<W>>,
    tally: RefCell<OrderTally>,
    live: Arc<LiveOrders>,
    broken: RefCell<Option<JournalError>>,
}

/// When the sale and its trade began.
#[derive(Clone, Copy, Debug)]
pub struct Began {
    /// The sale: the journal's times count from here.
    pub sale: Instant,
    /// The trade: the wishes' times count from here.
    pub trade: Instant,
}

/// Opens the shop and returns what the orders came to. Blocks until every shopper is done.
///
/// # Errors
/// When the journal cannot be written or the runtime not be built.
pub fn open<W: Write + Debug + 'static>(
    trade: Trade,
    journal: W,
    live: Arc<LiveOrders>,
    began: Began,
) -> anyhow::Result<(Orders, W)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scheduled = trade.wishes.last().map_or(Duration::ZERO, |wish| wish.at);
    let shop = Rc::new(Shop {
        door: Pool::new(trade.door, trade.connections),
        page: Page::new(Pool::new(trade.provider, trade.connections)),
        trade,
        sale_began: began.sale,
        began: began.trade,
        journal: RefCell::new(JournalWriter::new(journal)),
        tally: RefCell::new(OrderTally::new()?),
        live,
        broken: RefCell::new(None),
    });
    let shoppers = LocalSet::new();
    for place in 0..shop.trade.wishes.len() {
        let shop = Rc::clone(&shop);
        shoppers.spawn_local(async move { shop.serve(place).await });
    }
    runtime.block_on(shoppers);
    let Some(shop) = Rc::into_inner(shop) else { anyhow::bail!("a shopper outlived the shop") };
    if let Some(error) = shop.broken.into_inner() {
        return Err(error.into());
    }
    let lasted = began.trade.elapsed();
    Ok((shop.tally.into_inner().finish(scheduled, lasted), shop.journal.into_inner().finish()?))
}

impl<W: Write> Shop<W> {
    /// Lets one shopper come at the time of their wish.
    async fn serve(&self, place: usize) {
        let Some(wish) = self.trade.wishes.get(place) else { return };
        sleep_until((self.began + wish.at).into()).await;
        // Without its journal the sale proves less than it promises: nothing more is sent.
        if self.broken.borrow().is_some() {
            return;
        }
        let went = shopper::walk(self, wish).await;
        self.tally.borrow_mut().count(wish.course, went);
        self.live.finished();
    }

    fn record(&self, entry: &Entry) {
        if let Err(error) = self.journal.borrow_mut().write(entry) {
            self.broken.borrow_mut().get_or_insert(error);
        }
    }
}
