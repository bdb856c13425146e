//! Prints as many development tokens as asked for, one a line, each for another shopper: for a load generator that is not ours.
//! The secret is in the file that `TIMESALE_JWT_SECRET_FILE` names.
#![allow(clippy::print_stdout, reason = "its result is lines on stdout")]

use std::error::Error;
use std::time::Duration;

use web::jwt::TokenIssuer;

fn main() -> Result<(), Box<dyn Error>> {
    let count: u32 = std::env::args().nth(1).unwrap_or_else(|| "1".to_owned()).parse()?;
    let secret = std::fs::read_to_string(std::env::var("TIMESALE_JWT_SECRET_FILE")?)?;
    let issuer = TokenIssuer::new(secret.trim_end());
    for shopper in 0..count {
        println!("{}", issuer.token(&format!("shopper-{shopper}"), &["shopper"], Duration::from_secs(3_600))?);
    }
    Ok(())
}
