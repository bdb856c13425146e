//! The load: after the claims, shoppers order what is for sale, pay on the provider's page, change their minds, send things
//! back; operators ship, deliver and refund. Every shopper follows a scenario that was drawn in advance, over HTTP only, and
//! writes down what was answered. Runs on one thread of its own, as the clients does.

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
pub use planned_order::{Appetite, PlannedOrder, Wanted, demand};
pub use scenario::Scenario;
pub use tally::{LiveOrders, Orders};

use audit::client_log::{ClientLogError, ClientLogWriter, Entry};
use web::jwt::TokenIssuer;

use pool::Pool;
use provider::Page;
use tally::OrderTally;

/// What the shoppers are to do.
pub struct OrderLoad {
    /// Ingress.
    pub ingress: SocketAddr,
    /// The payment provider, which must be our stub: nobody else lets a program authenticate a payment.
    pub provider: SocketAddr,
    /// Whose coupons they have.
    pub campaign: CampaignId,
    /// What such a coupon takes off.
    pub discount: Discount,
    /// What is for sale.
    pub catalogue: Vec<Product>,
    /// Who wants what.
    pub planned: Vec<PlannedOrder>,
    /// Signs the shoppers' tokens.
    pub issuer: Arc<TokenIssuer>,
    /// How many connections they share.
    pub connections: usize,
    /// How long a shopper keeps trying.
    pub give_up_after: Duration,
}

/// The load while it goes on.
struct Shop<W: Write> {
    load: OrderLoad,
    ingress: Pool,
    page: Page,
    sale_began: Instant,
    began: Instant,
    client_log: RefCell<ClientLogWriter<W>>,
    tally: RefCell<OrderTally>,
    live: Arc<LiveOrders>,
    broken: RefCell<Option<ClientLogError>>,
}

/// When the sale and its load began.
#[derive(Clone, Copy, Debug)]
pub struct Began {
    /// The sale: the client log's times count from here.
    pub sale: Instant,
    /// The load: the planned' times count from here.
    pub load: Instant,
}

/// Opens the shop and returns what the orders came to. Blocks until every shopper is done.
///
/// # Errors
/// When the client log cannot be written or the runtime not be built.
pub fn open<W: Write + Debug + 'static>(
    load: OrderLoad,
    client_log: W,
    live: Arc<LiveOrders>,
    began: Began,
) -> anyhow::Result<(Orders, W)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let scheduled = load.planned.last().map_or(Duration::ZERO, |planned| planned.at);
    let shop = Rc::new(Shop {
        ingress: Pool::new(load.ingress, load.connections),
        page: Page::new(Pool::new(load.provider, load.connections)),
        load,
        sale_began: began.sale,
        began: began.load,
        client_log: RefCell::new(ClientLogWriter::new(client_log)),
        tally: RefCell::new(OrderTally::new()?),
        live,
        broken: RefCell::new(None),
    });
    let shoppers = LocalSet::new();
    for place in 0..shop.load.planned.len() {
        let shop = Rc::clone(&shop);
        shoppers.spawn_local(async move { shop.serve(place).await });
    }
    runtime.block_on(shoppers);
    let Some(shop) = Rc::into_inner(shop) else { anyhow::bail!("a shopper outlived the shop") };
    if let Some(error) = shop.broken.into_inner() {
        return Err(error.into());
    }
    let lasted = began.load.elapsed();
    Ok((shop.tally.into_inner().finish(scheduled, lasted), shop.client_log.into_inner().finish()?))
}

impl<W: Write> Shop<W> {
    /// Lets one shopper come at the time of their planned.
    async fn serve(&self, place: usize) {
        let Some(planned) = self.load.planned.get(place) else { return };
        sleep_until((self.began + planned.at).into()).await;
        // Without its client log the sale proves less than it promises: nothing more is sent.
        if self.broken.borrow().is_some() {
            return;
        }
        let went = shopper::walk(self, planned).await;
        self.tally.borrow_mut().count(planned.scenario, went);
        self.live.finished();
    }

    fn record(&self, entry: &Entry) {
        if let Err(error) = self.client_log.borrow_mut().write(entry) {
            self.broken.borrow_mut().get_or_insert(error);
        }
    }
}
