//! What can be exported, column by column.

/// A table of rows about sellers' days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Every line of every day.
    Lines,
    /// The days.
    Statements,
    /// What is paid out for closed days.
    PayOuts,
}

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) may_be_null: bool,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An id or a name.
    Text,
    /// A day, `2026-11-23`.
    Day,
    /// A number of 32 bits.
    Int,
    /// An amount in minor units, or a count.
    Long,
    /// Milliseconds since 1970.
    Instant,
}

const fn is(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, may_be_null: false }
}

const fn maybe(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, may_be_null: true }
}

const LINES: [Column; 26] = [
    is("seller", Kind::Text),
    is("day", Kind::Day),
    is("number", Kind::Long),
    is("kind", Kind::Text),
    is("order_id", Kind::Text),
    maybe("refund", Kind::Int),
    is("sku", Kind::Text),
    is("quantity", Kind::Int),
    is("policy", Kind::Int),
    is("rule", Kind::Text),
    maybe("rate", Kind::Int),
    maybe("fixed", Kind::Long),
    is("minimum", Kind::Long),
    is("vat_mode", Kind::Text),
    is("gross", Kind::Long),
    is("due", Kind::Long),
    is("platform_share", Kind::Long),
    is("seller_share", Kind::Long),
    is("base", Kind::Long),
    is("commission", Kind::Long),
    is("vat", Kind::Long),
    is("net", Kind::Long),
    is("reached_at", Kind::Instant),
    is("at", Kind::Instant),
    is("src_partition", Kind::Int),
    is("src_offset", Kind::Long),
];

const STATEMENTS: [Column; 18] = [
    is("seller", Kind::Text),
    is("day", Kind::Day),
    is("status", Kind::Text),
    is("lines", Kind::Long),
    is("gross", Kind::Long),
    is("due", Kind::Long),
    is("platform_share", Kind::Long),
    is("seller_share", Kind::Long),
    is("base", Kind::Long),
    is("commission", Kind::Long),
    is("vat", Kind::Long),
    is("net", Kind::Long),
    maybe("policy", Kind::Int),
    maybe("carried_in", Kind::Long),
    maybe("payable", Kind::Long),
    maybe("carried_out", Kind::Long),
    maybe("closed_at", Kind::Instant),
    is("updated_at", Kind::Instant),
];

const PAY_OUTS: [Column; 5] = [
    is("seller", Kind::Text),
    is("day", Kind::Day),
    is("part", Kind::Text),
    is("pay_on", Kind::Day),
    is("amount", Kind::Long),
];

impl Table {
    /// Its name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "statement_lines",
            Self::Statements => "statements",
            Self::PayOuts => "pay_outs",
        }
    }

    pub(super) fn columns(self) -> &'static [Column] {
        match self {
            Self::Lines => &LINES,
            Self::Statements => &STATEMENTS,
            Self::PayOuts => &PAY_OUTS,
        }
    }

    pub(super) fn column_names(self) -> Vec<&'static str> {
        self.columns().iter().map(|column| column.name).collect()
    }

    /// The order of its rows: that of their key.
    pub(super) fn order(self) -> &'static str {
        match self {
            Self::Lines => "seller collate \"C\", day collate \"C\", number",
            Self::Statements => "seller collate \"C\", day collate \"C\"",
            Self::PayOuts => "seller collate \"C\", day collate \"C\", pay_on collate \"C\", part collate \"C\"",
        }
    }
}
