//! A seeded market: products, orders and payments, and what becomes of them, as processors and connector would write it down.

use events::hold::ReleaseCause;
use events::ids::{CampaignId, Category, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku, TransactionKey};
use events::inventory::{InventoryEvent, InventoryFact, ProductTerms, SalePrice, StockLevel, StockRefusal, UnitTerms};
use events::money::{BasisPoints, Money};
use events::orders::{
    LineAmounts, OrderAmounts, OrderCoupon, OrderEvent, OrderFact, OrderLine, OrderRefusal, OrderState, Reason,
    RefundCause, RefundLine, Units,
};
use events::payments::{
    Decline, Payment, PaymentAnswer, PaymentEvent, PaymentMethod, PaymentRefund, PaymentStatus, VirtualAccount, Wallet,
};
use events::time::{Timestamp, Window};
use fastrand::Rng;
use streams::record::Record;

use super::shop::record_of;
use crate::stream::Stream;

/// Writes one partition's log of one topic.
pub(crate) struct Market {
    stream: Stream,
    partition: i32,
    random: Rng,
    now: i64,
    offset: i64,
    requests: u64,
    products: Vec<InventoryEvent>,
    orders: Vec<(OrderEvent, Vec<OrderLine>)>,
    payments: Vec<Payment>,
}

impl Market {
    /// A market whose log time begins an hour ago.
    pub(crate) fn new(stream: Stream, seed: u64, partition: i32) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        Self {
            stream,
            partition,
            random: Rng::with_seed(seed ^ (partition.cast_unsigned() as u64) << 32),
            now: i64::try_from(now).unwrap() - 3_600_000,
            offset: 0,
            requests: 0,
            products: Vec::new(),
            orders: Vec::new(),
            payments: Vec::new(),
        }
    }

    /// The next `count` records. Now and then an offset is missing, as after a transaction's marker.
    pub(crate) fn records(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.step()).collect()
    }

    fn step(&mut self) -> Record {
        let (partition, offset, at) = (self.partition, self.offset, Timestamp::from_millis(self.now));
        self.now += self.random.i64(0..5);
        self.offset += 1 + i64::from(self.random.u8(0..10) == 0);
        match self.stream {
            Stream::Inventory => record_of(self.stream, partition, offset, at, &self.inventory(at)),
            Stream::Orders => record_of(self.stream, partition, offset, at, &self.order(at)),
            Stream::Payments => record_of(self.stream, partition, offset, at, &self.payment(at)),
            Stream::Coupons | Stream::Prices | Stream::Settlement => {
                panic!("that is the shop's, the tags' or the books'")
            }
        }
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        let (stream, partition) = (self.stream.name().as_bytes(), self.partition.to_le_bytes());
        RequestId::derive(&[stream, &partition, &self.requests.to_le_bytes()])
    }

    fn inventory(&mut self, at: Timestamp) -> InventoryEvent {
        let request = self.request();
        if self.products.len() < 5 {
            let sku = Sku::new(&format!("tea-{}-{}", self.partition, self.products.len())).unwrap();
            let fact = InventoryFact::ProductDefined { request, terms: terms(at) };
            let event = InventoryEvent { sku, version: 1, at, stock: StockLevel::default(), fact };
            self.products.push(event.clone());
            return event;
        }
        let order = OrderId::new(&format!("order-{}", self.random.u32(0..100))).unwrap();
        let hold = request.hold();
        let choice = self.random.usize(0..self.products.len());
        let product = &mut self.products[choice];
        let stock = &mut product.stock;
        product.fact = match self.random.u8(0..9) {
            0..=1 => {
                (stock.received, stock.available) = (stock.received + 7, stock.available + 7);
                InventoryFact::StockAdjusted { request, change: 7 }
            }
            2..=4 if stock.available > 0 => {
                (stock.available, stock.held) = (stock.available - 1, stock.held + 1);
                InventoryFact::StockHeld { request, hold, order, quantity: 1, unit: unit(at), until: at }
            }
            5 if stock.held > 0 => {
                (stock.held, stock.sold) = (stock.held - 1, stock.sold + 1);
                InventoryFact::StockCommitted { request, hold, order, quantity: 1 }
            }
            6 if stock.held > 0 => {
                (stock.held, stock.available) = (stock.held - 1, stock.available + 1);
                let cause = ReleaseCause::Lapsed;
                InventoryFact::StockReleased { request: None, hold, order, quantity: 1, cause }
            }
            7 if stock.sold > 0 => {
                (stock.sold, stock.available) = (stock.sold - 1, stock.available + 1);
                InventoryFact::StockReturned { request, hold, order, quantity: 1, returned: 1 }
            }
            8 => InventoryFact::ProductRefused { request, reason: StockRefusal::InvalidChange },
            _ => InventoryFact::StockRefused { request, order: Some(order), reason: StockRefusal::InsufficientStock },
        };
        (product.version, product.at) = (product.version + 1, at);
        product.clone()
    }

    fn order(&mut self, at: Timestamp) -> OrderEvent {
        let request = self.request();
        if self.orders.is_empty() || self.random.u8(0..5) == 0 {
            return self.place(request, at);
        }
        let choice = self.random.usize(0..self.orders.len());
        let chance = self.random.u8(0..4);
        let (order, lines) = &mut self.orders[choice];
        order.advance(lines, request, chance);
        (order.version, order.at) = (order.version + 1, at);
        order.deadline = (chance > 0).then(|| at.plus_millis(60_000));
        order.clone()
    }

    fn place(&mut self, request: RequestId, at: Timestamp) -> OrderEvent {
        let shopper = ShopperId::new(&format!("shopper-{}", self.random.u32(0..50))).unwrap();
        let lines: Vec<OrderLine> = (0..self.random.usize(1..4)).map(|number| line(number, request, at)).collect();
        let units = lines.iter().map(|line| Units { sku: line.sku.clone(), quantity: line.quantity }).collect();
        let event = OrderEvent {
            order: request.order(),
            version: 1,
            at,
            shopper: Some(shopper),
            state: Some(OrderState::Holding),
            amounts: OrderAmounts::default(),
            awaited: u16::try_from(lines.len()).unwrap(),
            deadline: Some(at.plus_millis(30_000)),
            fact: OrderFact::OrderPlaced { lines: units, coupon: coupon(request) },
        };
        self.orders.push((event.clone(), lines));
        event
    }

    fn payment(&mut self, at: Timestamp) -> PaymentEvent {
        let request = self.request();
        if self.payments.is_empty() || self.random.u8(0..4) == 0 {
            let payment = new_payment(request, at, self.random.bool());
            self.payments.push(payment.clone());
            let answer = PaymentAnswer::Charged { payment };
            return PaymentEvent { order: request.order(), request, at, answer };
        }
        let choice = self.random.usize(0..self.payments.len());
        let payment = &mut self.payments[choice];
        let order = payment.order.clone();
        let answer = match self.random.u8(0..4) {
            0 if payment.balance > Money::ZERO => {
                payment.refund(request, at);
                PaymentAnswer::Refunded { payment: payment.clone() }
            }
            1 => PaymentAnswer::Unknown { code: "TIMEOUT".into() },
            2 => PaymentAnswer::Declined { decline: Decline::TryAnother, code: "REJECT_CARD_COMPANY".into() },
            _ => PaymentAnswer::Found { payment: payment.clone() },
        };
        PaymentEvent { order, request, at, answer }
    }
}

trait Advance {
    fn advance(&mut self, lines: &[OrderLine], request: RequestId, chance: u8);
}

impl Advance for OrderEvent {
    /// To the next state, as its state and chance will.
    fn advance(&mut self, lines: &[OrderLine], request: RequestId, chance: u8) {
        let payment_key = PaymentKey::new(&format!("pay-{}", self.order)).unwrap();
        let (state, fact) = match (self.state.unwrap(), chance) {
            (OrderState::Holding, 0) => {
                let reason = Reason::Stock { sku: lines[0].sku.clone(), refusal: StockRefusal::InsufficientStock };
                (OrderState::Rejected, OrderFact::OrderRejected { request, reason })
            }
            (OrderState::Holding, _) => {
                self.amounts = OrderAmounts { gross: sum(lines), due: sum(lines), ..OrderAmounts::default() };
                let (lines, coupon, coupon_hold) = (lines.to_vec(), coupon(request), Some(request.hold()));
                let platform_share = BasisPoints::new(5_000);
                let fact = OrderFact::OrderPriced { request, lines, coupon, coupon_hold, platform_share };
                (OrderState::AwaitingPayment, fact)
            }
            (OrderState::AwaitingPayment, 0) => (OrderState::Expired, OrderFact::OrderExpired),
            (OrderState::AwaitingPayment, _) => {
                (OrderState::Confirming, OrderFact::PaymentStarted { attempt: 1, payment_key })
            }
            (OrderState::Confirming, 0) => {
                let (decline, code) = (Decline::TryAnother, String::from("REJECT_CARD_COMPANY"));
                let fact = OrderFact::PaymentDeclined { request, attempt: 1, decline, code };
                (OrderState::AwaitingPayment, fact)
            }
            (OrderState::Confirming, 1) => {
                let account = virtual_account(self.at);
                let fact = OrderFact::DepositAwaited { request, attempt: 1, payment_key, account };
                (OrderState::AwaitingDeposit, fact)
            }
            (OrderState::Confirming | OrderState::AwaitingDeposit, _) => {
                self.amounts.paid = self.amounts.due;
                let (payment_key, method) = (Some(payment_key), Some(PaymentMethod::Card));
                let fact = OrderFact::OrderPaid { request: Some(request), attempt: 1, payment_key, method };
                (OrderState::Paid, fact)
            }
            (OrderState::Paid, 0..=1) => {
                self.amounts.refunded = self.amounts.paid;
                let (lines, amount) = (lines.iter().map(refunded).collect(), self.amounts.paid);
                let cause = RefundCause::Cancelled;
                let fact = OrderFact::RefundCompleted { request: Some(request), refund: 1, cause, lines, amount };
                (OrderState::Cancelled, fact)
            }
            (OrderState::Paid, _) => (OrderState::Shipped, OrderFact::OrderShipped { request }),
            (state, _) => {
                let (shopper, reason) = (self.shopper.clone(), OrderRefusal::NotPaid.into());
                (state, OrderFact::OrderRefused { request, shopper, reason })
            }
        };
        (self.state, self.fact, self.awaited) = (Some(state), fact, chance.into());
    }
}

trait Refund {
    fn refund(&mut self, request: RequestId, at: Timestamp);
}

impl Refund for Payment {
    fn refund(&mut self, request: RequestId, at: Timestamp) {
        let transaction = TransactionKey::new(&request.to_string()).unwrap();
        let amount = Money::new(self.balance.minor().min(4_000));
        self.balance = self.balance.minus(amount).unwrap();
        self.status =
            if self.balance == Money::ZERO { PaymentStatus::Canceled } else { PaymentStatus::PartialCanceled };
        self.last_transaction = Some(transaction.clone());
        self.refunds.push(PaymentRefund { transaction, amount, at });
    }
}

fn terms(at: Timestamp) -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "녹차 100 g".into(),
        category: Some(Category::new("food").unwrap()),
        list_price: Money::new(20_000),
        sale: Some(SalePrice {
            price: Money::new(10_000),
            window: Window { from: at, until: at.plus_millis(86_400_000) },
        }),
        supply_price: None,
        low_stock: Some(10),
    }
}

fn unit(at: Timestamp) -> UnitTerms {
    terms(at).unit(at)
}

fn line(number: usize, request: RequestId, at: Timestamp) -> OrderLine {
    let price = Money::new(10_000);
    OrderLine {
        sku: Sku::new(&format!("tea-{number}")).unwrap(),
        quantity: 1,
        hold: request.hold(),
        unit: unit(at),
        amounts: LineAmounts { gross: price, due: price, ..LineAmounts::default() },
    }
}

fn refunded(line: &OrderLine) -> RefundLine {
    RefundLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        amounts: line.amounts,
        refunded_quantity: line.quantity,
        refunded: line.amounts,
    }
}

fn sum(lines: &[OrderLine]) -> Money {
    lines.iter().fold(Money::ZERO, |sum, line| sum.plus(line.amounts.gross).unwrap())
}

fn coupon(request: RequestId) -> Option<OrderCoupon> {
    let has_one = request.as_bytes()[0].is_multiple_of(2);
    has_one.then(|| OrderCoupon { campaign: CampaignId::new("sale").unwrap(), coupon: request.coupon() })
}

fn virtual_account(at: Timestamp) -> VirtualAccount {
    VirtualAccount { bank: "20".into(), account_number: "X6505636518308".into(), due_at: at.plus_millis(1_000) }
}

fn new_payment(request: RequestId, at: Timestamp, by_wallet: bool) -> Payment {
    let total = Money::new(10_000);
    let wallet = Wallet { provider: "토스페이".into(), card: Money::ZERO, money: total, discount: Money::ZERO };
    Payment {
        payment_key: PaymentKey::new(&format!("pay-{request}")).unwrap(),
        order: request.order(),
        status: PaymentStatus::Done,
        method: if by_wallet { PaymentMethod::Wallet } else { PaymentMethod::VirtualAccount },
        total,
        balance: total,
        vat: Money::new(909),
        wallet: by_wallet.then_some(wallet),
        virtual_account: (!by_wallet).then(|| virtual_account(at)),
        approved_at: Some(at),
        last_transaction: None,
        refunds: Vec::new(),
    }
}
