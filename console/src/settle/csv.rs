//! CSV: the database writes it itself, and what it sends is passed on.

use std::io::Write;

use futures_util::TryStreamExt;
use sqlx::PgConnection;

use super::{Export, ExportError};

pub(super) async fn write<W: Write + Send>(
    connection: &mut PgConnection,
    what: &Export,
    mut out: W,
) -> Result<u64, ExportError> {
    let statement = format!("copy ({}) to stdout with (format csv, header)", what.query());
    let mut lines = 0_u64;
    {
        let mut pieces = connection.copy_out_raw(&statement).await?;
        // No text here holds a line's end: every one ends a row, or the header.
        while let Some(piece) = pieces.try_next().await? {
            lines += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            out.write_all(&piece)?;
        }
    }
    out.flush()?;
    Ok(lines.saturating_sub(1))
}
