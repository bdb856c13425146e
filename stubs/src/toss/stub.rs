//! The stub behind its HTTP: calls become entries of the wal, and are answered when those are on disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bill::Bill;
use super::books::{Books, Entrance};
use super::config::{Config, Error};
use super::faults::{Dice, Fate, Faults};
use super::reply::{self, HttpResponse};
use super::rules::{self, Ruling};
use super::wal::{Entry, Kept, Notice, Wal};
use super::webhooks::Webhooks;
use crate::server::Cut;

/// A provider.
pub(crate) struct Stub {
    books: Mutex<Books>,
    wal: Wal,
    pub(crate) dice: Dice,
    webhooks: Option<Webhooks>,
    /// The `Authorization` that calls must carry.
    pub(crate) authorization: String,
    pub(crate) is_test_key: bool,
}

impl Stub {
    /// A stub that goes on where its wal ends.
    pub(crate) fn open(config: &Config) -> Result<Arc<Self>, Error> {
        let (wal, entries) = Wal::open(&config.data)?;
        let mut books = Books::default();
        entries.into_iter().for_each(|entry| books.apply(entry));
        let webhooks = config.webhook_url.as_deref().map(|url| Webhooks::new(url, config.webhook_minute_ms));
        let stub = Arc::new(Self {
            books: Mutex::new(books),
            wal,
            dice: Dice::new(Faults::default()),
            webhooks: webhooks.transpose().map_err(Error::Webhooks)?,
            authorization: config.key.basic(),
            is_test_key: config.key.is_for_tests(),
        });
        let owed = stub.books().owed();
        stub.send(owed);
        Ok(stub)
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the books; what was read is on disk when it is returned.
    pub(crate) async fn read<T>(&self, read: impl FnOnce(&mut Books) -> T) -> Option<T> {
        let (read, number) = {
            let mut books = self.books();
            (read(&mut books), self.wal.last())
        };
        self.wal.synced(number).await.then_some(read)
    }

    /// Writes what `change` says; returns when it is on disk.
    pub(crate) async fn write<T>(self: &Arc<Self>, change: impl FnOnce(&mut Books) -> (Vec<Entry>, T)) -> Option<T> {
        let (result, number, owed) = {
            let mut books = self.books();
            let (entries, result) = change(&mut books);
            let mut owed = Vec::new();
            for mut entry in entries {
                if let (Some(bill), Some(_)) = (&entry.bill, &self.webhooks) {
                    entry.owed = books.notices(bill, || new_id("whk"));
                    owed.extend(entry.owed.iter().cloned());
                }
                self.wal.append(&entry);
                books.apply(entry);
            }
            (result, self.wal.last(), owed)
        };
        if !self.wal.synced(number).await {
            return None;
        }
        self.send(owed);
        Some(result)
    }

    /// Payments whose time is over end.
    pub(crate) async fn sweep(self: &Arc<Self>) {
        let overdue = self.books().overdue();
        if !overdue.is_empty() {
            self.write(|books| {
                let now = books.now();
                // Looked at again: another call may have been faster.
                let current = overdue.iter().filter_map(|bill| books.bill(&bill.payment_key));
                let ended = current.filter_map(|bill| rules::expired(&bill, now));
                (ended.map(|bill| Entry { bill: Some(bill), ..Entry::default() }).collect(), ())
            })
            .await;
        }
    }

    /// A call that changes a payment, once for each `identity`. It is carried out even if the caller goes away.
    pub(crate) async fn change(
        self: &Arc<Self>,
        payment_key: String,
        identity: Option<String>,
        rule: impl FnOnce(&Bill, &Books, i64) -> Ruling + Send + 'static,
    ) -> Result<HttpResponse, Cut> {
        let stub = Arc::clone(self);
        let work = async move { stub.change_at_leisure(&payment_key, identity.as_deref(), rule).await };
        // A task of its own: a caller that hangs up does not stop a provider.
        tokio::spawn(work).await.unwrap_or(Err(Cut))
    }

    async fn change_at_leisure(
        self: &Arc<Self>,
        payment_key: &str,
        identity: Option<&str>,
        rule: impl FnOnce(&Bill, &Books, i64) -> Ruling,
    ) -> Result<HttpResponse, Cut> {
        let (fate, delay, hang) = self.dice.call();
        let entrance = identity.map_or(Entrance::New, |identity| self.books().enter(identity));
        let response = match entrance {
            Entrance::Running => return Ok(reply::no("IDEMPOTENT_REQUEST_PROCESSING")),
            Entrance::Answered(answered) => {
                tokio::time::sleep(delay).await;
                match (fate, answered.answer) {
                    (Fate::Error, _) => reply::no("FAILED_INTERNAL_SYSTEM_PROCESSING"),
                    (_, Ok(bill)) => reply::ok(&bill.shown()),
                    (_, Err(refusal)) => reply::refused(&refusal),
                }
            }
            Entrance::New => {
                tokio::time::sleep(delay).await;
                let response = if fate == Fate::Error {
                    reply::no("FAILED_INTERNAL_SYSTEM_PROCESSING")
                } else {
                    self.execute(payment_key, identity, rule).await
                };
                if let Some(identity) = identity {
                    self.books().leave(identity);
                }
                response
            }
        };
        lose(fate, hang, response).await
    }

    async fn execute(
        self: &Arc<Self>,
        payment_key: &str,
        identity: Option<&str>,
        rule: impl FnOnce(&Bill, &Books, i64) -> Ruling,
    ) -> HttpResponse {
        self.sweep().await;
        let answer = self.write(|books| {
            let now = books.now();
            let Some(bill) = books.bill(payment_key) else {
                return (Vec::new(), Err(rules::Refusal::new("NOT_FOUND_PAYMENT")));
            };
            let (changed, ruling) = rule(&bill, books, now);
            let shown = changed.as_ref().unwrap_or(&bill).shown();
            let kept = identity.map(|identity| Kept {
                identity: identity.to_owned(),
                at: now,
                payment_key: payment_key.to_owned(),
                refused: ruling.as_ref().err().map(|refusal| refusal.code.clone()),
            });
            let entry = Entry { bill: changed, kept, ..Entry::default() };
            (vec![entry], ruling.map(|()| shown))
        });
        match answer.await {
            Some(Ok(shown)) => reply::ok(&shown),
            Some(Err(refusal)) => reply::refused(&refusal),
            None => reply::no("COMMON_ERROR"),
        }
    }

    /// A call that changes nothing.
    pub(crate) async fn look(
        self: &Arc<Self>,
        read: impl FnOnce(&mut Books) -> HttpResponse,
    ) -> Result<HttpResponse, Cut> {
        let (fate, delay, hang) = self.dice.call();
        tokio::time::sleep(delay).await;
        if fate == Fate::Error {
            return Ok(reply::no("FAILED_INTERNAL_SYSTEM_PROCESSING"));
        }
        self.sweep().await;
        let response = self.read(read).await.unwrap_or_else(|| reply::no("COMMON_ERROR"));
        lose(fate, hang, response).await
    }

    /// Sends webhooks, each in its own time.
    fn send(self: &Arc<Self>, notices: Vec<Notice>) {
        for notice in notices {
            let stub = Arc::clone(self);
            tokio::spawn(async move {
                if let Some(webhooks) = &stub.webhooks {
                    let bill = stub.books().bill(&notice.payment_key);
                    if let Some(bill) = bill {
                        webhooks.deliver(&notice, &bill, stub.dice.webhook()).await;
                    }
                    let settled = Entry { settled: Some(notice.transmission), ..Entry::default() };
                    stub.write(|_| (vec![settled], ())).await;
                }
            });
        }
    }
}

/// What becomes of an answer on its way.
async fn lose(fate: Fate, hang: Duration, response: HttpResponse) -> Result<HttpResponse, Cut> {
    match fate {
        Fate::Fine | Fate::Error => Ok(response),
        Fate::Cut => Err(Cut),
        Fate::Hang => {
            tokio::time::sleep(hang).await;
            Err(Cut)
        }
        Fate::ErrorAfter => Ok(reply::no("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING")),
        Fate::Garbage => Ok(reply::garbage()),
    }
}

/// A name that no other has.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{:032x}", fastrand::u128(..))
}
