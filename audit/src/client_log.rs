//! The client log: what each client sent and what it was answered, one JSON object a line. `sale` writes it, `verify` holds the log
//! against it. An answer is one of three: a decision; a refusal of ingress, so nothing entered the log; or none, so the request may or
//! may not be in the log.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use events::coupons::Refusal;
use events::ids::{CampaignId, CouponId, OrderId, RequestId, ShopperId};
use events::orders::{OrderAmounts, OrderState};
use serde::{Deserialize, Serialize};

/// One send and how it ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The request; a repeat under the same key is the same request.
    pub request: RequestId,
    /// What it was about.
    pub subject: Subject,
    /// Whose coupon or order it is; an operator's command to an order names the order's shopper.
    pub shopper: ShopperId,
    /// The scenario of the order, as the sale has drawn it.
    #[serde(rename = "course", default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Cow<'static, str>>,
    /// Whether this was the first send of the request or a repeat by the client.
    pub send: Send,
    /// How often it was tried until it was answered for good.
    pub attempts: u32,
    /// When it was to be sent, microseconds since the sale began.
    pub scheduled_us: u64,
    /// When it was first sent, microseconds since the sale began.
    pub sent_us: u64,
    /// When it was answered for good or given up, microseconds since the sale began.
    pub answered_us: u64,
    /// What the client was answered.
    #[serde(rename = "told")]
    pub answered: Answered,
}

/// What a request was about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A claim for a coupon of this campaign.
    Claim(CampaignId),
    /// The placement of this order.
    Placement(OrderId),
    /// A command to this order: pay, cancel, ship, deliver, confirm, refund.
    Command(OrderId),
}

/// Which of a request's sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Send {
    /// The first.
    First,
    /// A repeat under the same key, as from a double click.
    Duplicate,
}

/// What a client was answered in the end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// The claim was granted.
    Granted {
        /// The coupon.
        coupon: CouponId,
    },
    /// The claim was decided, and refused.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// The order was placed, or the command to it was carried out.
    Applied {
        /// The order.
        order: OrderId,
        /// The order as it was right after; nothing when the answer only said that it was done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
    },
    /// The placement, or the command to the order, was decided, and refused.
    OrderRefused {
        /// Why: `Reason::code` of the log.
        code: String,
    },
    /// Refused by ingress, every time: nothing of it is in the log.
    #[serde(rename = "door")]
    NotAccepted {
        /// The HTTP status.
        status: u16,
        /// The problem's code.
        code: String,
    },
    /// No answer: it may or may not be in the log.
    Unknown {
        /// The last that was seen of it.
        last: String,
    },
}

/// An order as a client was shown it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// The number of the fact that made it so.
    pub version: u64,
    /// Where it was.
    pub state: OrderState,
    /// What it amounted to.
    pub amounts: OrderAmounts,
}

/// Why a client log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ClientLogError {
    /// The file cannot be read or written.
    #[error("the client log: {0}")]
    File(#[from] std::io::Error),
    /// A line is not an entry.
    #[error("the client log, line {line}: {error}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

/// Writes a client log.
pub struct ClientLogWriter<W: Write>(BufWriter<W>);

impl<W: Write> ClientLogWriter<W> {
    /// Writes to a file or anything else.
    pub fn new(to: W) -> Self {
        Self(BufWriter::with_capacity(256 * 1024, to))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`ClientLogError::File`].
    pub fn write(&mut self, entry: &Entry) -> Result<(), ClientLogError> {
        serde_json::to_writer(&mut self.0, entry).map_err(std::io::Error::from)?;
        Ok(self.0.write_all(b"\n")?)
    }

    /// Hands everything over and gives the file back.
    ///
    /// # Errors
    /// [`ClientLogError::File`].
    pub fn finish(self) -> Result<W, ClientLogError> {
        Ok(self.0.into_inner().map_err(std::io::IntoInnerError::into_error)?)
    }
}

/// Reads a client log. A last line without an end is what a killed client leaves: it is skipped, since a request without a line
/// is one without an answer.
///
/// # Errors
/// [`ClientLogError`] names the line.
pub fn read(from: impl Read, mut each: impl FnMut(Entry)) -> Result<(), ClientLogError> {
    let mut reader = BufReader::with_capacity(256 * 1024, from);
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        if reader.read_line(&mut text)? == 0 || !text.ends_with('\n') {
            break;
        }
        if text.trim().is_empty() {
            continue;
        }
        each(serde_json::from_str(&text).map_err(|error| ClientLogError::Line { line, error })?);
    }
    Ok(())
}
