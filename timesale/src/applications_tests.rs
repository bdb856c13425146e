//! Who gets how many threads, and that no application is forgotten.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use events::manifest::Manifest;

use super::{ALL, threads_for_each};

#[test]
fn the_cpus_are_shared_out_and_nobody_goes_without() {
    let table = [(1, 1, 1), (3, 1, 1), (3, 2, 1), (3, 3, 1), (3, 8, 2), (1, 8, 8), (3, 16, 5)];
    for (applications, cpus, threads) in table {
        assert_eq!(threads_for_each(applications, cpus), threads, "{applications} on {cpus}");
    }
}

#[test]
fn every_inbox_of_the_processors_is_read_by_one_application() {
    let manifest = Manifest::embedded().unwrap();
    let owned = manifest.topics.iter().filter(|(name, spec)| name.ends_with(".inbox") && spec.owner == "processors");
    let read: Vec<String> = ALL.map(|(_, topology)| topology().unwrap().source().to_string()).to_vec();
    assert_eq!(owned.map(|(name, _)| name.clone()).collect::<Vec<_>>(), read);
    for (name, topology) in ALL {
        assert_eq!(&**topology().unwrap().name(), name);
    }
}
