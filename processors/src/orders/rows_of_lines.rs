//! The lines within an order's row.

use events::inventory::UnitTerms;
use events::orders::LineAmounts;

use super::line::{Line, Stock};
use crate::kit::field::{fields, numbered};

fields!(Line { sku, quantity, stock, unit, amounts, refunded, returned, returning });
fields!(UnitTerms { seller, category, list_price, unit_price, supply_price });
fields!(LineAmounts { gross, platform_share, seller_share, due });

numbered!(Stock, "state of stock" { 0 Asked, 1 Held, 2 Committing, 3 Committed, 4 Releasing, 5 Ended, 6 Lost });
