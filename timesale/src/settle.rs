//! The verb `settle export`: its options made into an export, written to a file that appears when it is whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use console::settle::{Export, ExportError, Format, Table};

use crate::cli::{ExportFormat, ExportTable, SettleExport};
use crate::complain;
use crate::config::Config;
use crate::exit::Exit;

/// Exports, and says on stderr how many rows there were.
pub(crate) async fn export(how: SettleExport, config: &Config) -> Exit {
    let what = Export {
        table: match how.table {
            ExportTable::Lines => Table::Lines,
            ExportTable::Statements => Table::Statements,
            ExportTable::PayOuts => Table::PayOuts,
        },
        seller: how.seller,
        from: how.from,
        to: how.to,
        format: match how.format {
            ExportFormat::Csv => Format::Csv,
            ExportFormat::Parquet => Format::Parquet,
        },
    };
    let url = config.postgres.expose();
    let written = match &how.output {
        Some(path) => to_file(url, &what, path).await,
        None => to(url, &what, std::io::stdout()).await,
    };
    match written {
        Ok(rows) => {
            complain(&format!("{rows} rows of {}", what.table.name()));
            Exit::Fine
        }
        Err(error @ (ExportError::Database(_) | ExportError::Output(_))) => {
            complain(&error.to_string());
            Exit::Unavailable
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Failed
        }
    }
}

async fn to<W: Write + Send>(url: &str, what: &Export, out: W) -> Result<u64, ExportError> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let rows = console::settle::export(url, what, &mut out).await?;
    out.flush()?;
    Ok(rows)
}

/// Written beside and renamed: half an export never looks like one.
async fn to_file(url: &str, what: &Export, path: &Path) -> Result<u64, ExportError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let rows = to(url, what, File::create(&beside)?).await?;
    std::fs::rename(&beside, path)?;
    Ok(rows)
}
