//! The files in `schemas/` are what the types say. After a change of a type: run with `TIMESALE_BLESS=1` and look at the diff.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should fail")]

use std::fs;
use std::path::Path;

#[test]
fn the_schema_files_are_generated_from_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for name in super::NAMES {
        let path = folder.join(format!("{name}.json"));
        let schema = serde_json::to_string_pretty(&super::of(name).unwrap()).unwrap() + "\n";
        if std::env::var_os("TIMESALE_BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &schema).unwrap();
        }
        let file = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(file, schema, "{}", path.display());
    }
    assert_eq!(super::of("private"), None);
}
