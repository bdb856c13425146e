//! The man pages and completions in `share/` are what the command line says. After a change of it: run with `TIMESALE_BLESS=1` and look at
//! the diff. They hold the verbs of what runs in production, whether this build has the load test or not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::{Generator, Shell, generate};

use crate::cli::Cli;

/// Verbs that only the feature `loadtest` adds.
const LOAD_TESTS: [&str; 4] = ["toss-stub", "offers-stub", "sale", "shoppers"];

/// Where each shell looks for completions, below a prefix's `share`.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/timesale"),
    (Shell::Zsh, "zsh/site-functions/_timesale"),
    (Shell::Fish, "fish/vendor_completions.d/timesale.fish"),
];

/// The command line of what runs in production.
fn command() -> Command {
    let whole = Cli::command();
    let mut command = Command::new("timesale").version(env!("CARGO_PKG_VERSION"));
    command = command.about(whole.get_about().cloned().unwrap()).after_help(whole.get_after_help().cloned().unwrap());
    command = command.subcommand_required(true).arg_required_else_help(true);
    command = whole.get_arguments().fold(command, |command, argument| command.arg(argument.clone()));
    let verbs = whole.get_subcommands().filter(|verb| !LOAD_TESTS.contains(&verb.get_name()));
    verbs.fold(command, |command, verb| command.subcommand(verb.clone()))
}

/// Every file of `share`, by its path in it.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (shell, path) in COMPLETIONS {
        let mut text = Vec::new();
        generate(shell, &mut command(), "timesale", &mut text);
        assert!(shell.file_name("timesale").contains("timesale"));
        files.insert(path.to_owned(), String::from_utf8(text).unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    clap_mangen::generate_to(command(), folder.path()).unwrap();
    for page in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(page.path()).unwrap();
        files.insert(format!("man/man1/{}", page.file_name().to_string_lossy()), text);
    }
    files
}

/// The files below a folder, by their paths in it.
fn on_disk(folder: &Path, below: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            on_disk(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn man_pages_and_completions_are_generated_from_the_command_line() {
    let share = Path::new(env!("CARGO_MANIFEST_DIR")).join("share");
    let expected = files();
    if std::env::var_os("TIMESALE_BLESS").is_some() {
        drop(fs::remove_dir_all(&share));
        for (path, text) in &expected {
            let path = share.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let mut found = BTreeMap::new();
    on_disk(&share, "", &mut found);
    assert!(found.keys().eq(expected.keys()), "{:?} and not {:?}", found.keys(), expected.keys());
    for (path, text) in &expected {
        assert!(found.get(path) == Some(text), "{path} is not what the command line says");
    }
}

#[test]
fn every_verb_has_a_page_and_every_shell_knows_it() {
    fn verbs(command: &Command, path: &str, found: &mut Vec<String>) {
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let path = format!("{path}-{}", verb.get_name());
            verbs(verb, &path, found);
            found.push(path);
        }
    }
    let (files, mut pages) = (files(), Vec::new());
    verbs(&command(), "timesale", &mut pages);
    assert!(pages.len() > 15, "{pages:?}");
    for page in &pages {
        let text = &files[&format!("man/man1/{page}.1")];
        assert!(text.contains(".SH SYNOPSIS") && text.contains(".SH DESCRIPTION"), "{page}");
    }
    for (_, path) in COMPLETIONS {
        let text = &files[path];
        for word in ["dead-letters", "replay", "because", "explain"] {
            assert!(text.contains(word), "{path}: {word}");
        }
        assert!(["toss-stub", "offers-stub"].iter().all(|word| !text.contains(word)), "{path}");
    }
}
