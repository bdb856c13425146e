//! The schema's history: numbered, applied in order under an advisory lock, never edited once released. Expand first (new columns
//! nullable or with a default), contract only when no running version reads the old ones.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlSafeStr};

/// Number, name and text of every migration.
const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "projections", include_str!("migrations/0001_projections.sql")),
    (2, "requests_without_shoppers_index", include_str!("migrations/0002_requests_without_shoppers_index.sql")),
    (3, "orders", include_str!("migrations/0003_orders.sql")),
    (4, "settlement", include_str!("migrations/0004_settlement.sql")),
];

/// Brings the database to this version's schema. A newer version's migrations are left alone: an older sink may go on beside it.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let migrations = MIGRATIONS
        .into_iter()
        .map(|(number, name, text)| {
            Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
        })
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.set_ignore_missing(true);
    // Not `run`: its `Acquire` bound makes every future that awaits it lose `Send`; this is what `run` calls.
    migrator.run_direct(None, connection, false).await.map_err(sqlx::Error::from)
}
