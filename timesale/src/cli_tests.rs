//! The command line as people know it: verbs and options are a promise, and each says what it is for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use clap::error::ErrorKind;
use clap::{Command, CommandFactory};

use crate::cli::Cli;

/// The verbs that the feature `loadtest` adds.
#[cfg(feature = "loadtest")]
const LOAD_TESTS: &str = "\
timesale toss-stub --listen --exposed --data --webhook --webhook-minute
timesale offers-stub --listen --exposed
timesale sale --shoppers --stock --duplicates --rate --arrivals --orders --order-rate --course --pay-window --kill --kill-provider \
--provider-down --kill-kafka --flush-redis --drop-database --base-url --provider --market --client-log --connections --give-up-after \
--least-answered --seed --no-verify
timesale shoppers --base-url --rate --order-every --give-up-after --client-log";

/// Every verb with its own options, one a line.
fn outline(command: &Command, path: &str, lines: &mut Vec<String>) {
    let options: Vec<String> = command
        .get_arguments()
        .filter(|argument| !argument.is_global_set() && !argument.is_hide_set() && argument.get_id() != "help")
        .filter(|argument| argument.get_id() != "version")
        .map(|argument| {
            argument.get_long().map_or_else(|| format!("<{}>", argument.get_id()), |long| format!("--{long}"))
        })
        .collect();
    lines.push([path.to_owned(), options.join(" ")].join(" ").trim().to_owned());
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        outline(verb, &format!("{path} {}", verb.get_name()), lines);
    }
}

#[test]
fn the_command_line_is_as_scripts_and_people_know_it() {
    Cli::command().debug_assert();
    let mut lines = Vec::new();
    outline(&Cli::command(), "timesale", &mut lines);
    #[cfg(feature = "loadtest")]
    for load_test in LOAD_TESTS.lines() {
        let at = lines.iter().position(|line| line == load_test).expect(load_test);
        lines.remove(at);
    }
    let expected = "\
timesale
timesale serve <role>
timesale topics
timesale topics validate --file
timesale topics plan --file --json
timesale topics apply --file --json --yes --wait
timesale topics list --json
timesale topics describe <topic> --json
timesale topics schema <topic>
timesale token <subject> --role --seller --segment --ttl
timesale verify --client-log --settle --dead-letters --ingress --provider
timesale settle
timesale settle export --format --table --seller --from --to --output
timesale prices
timesale prices restate
timesale lag <groups> --topic --partitions --all --sort --watch --json --markdown --max-seconds --slo --wait
timesale lag explain <group>
timesale tap <topics> --from --to --last --at --all --during --partition --follow --zone --key --everywhere --event --header --trace --contains \
--where --sample --limit --max-scan --for --isolation --columns --latest --by-time --mask --unmask --format --output --to-topic --resume --rate \
--summary --quiet --strict --expect --complete
timesale dead-letters
timesale dead-letters list --topic --reason --since --unhandled --handled --json
timesale dead-letters show <letter> --unmask
timesale dead-letters replay <letters> --topic --reason --limit --again --dry-run --yes
timesale dead-letters drop <letters> --because --yes
timesale partitions
timesale partitions list --json
timesale partitions resume <application> <partition> --because --yes
timesale partitions set-aside <application> <partition> <offset> --because --yes
timesale story <kind> <id> --format --unmask --hours --zone --expect
timesale health";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn a_token_of_the_role_seller_names_the_seller() {
    use clap::Parser;
    let table: [(&[&str], Option<&str>); 6] = [
        (&["--role", "seller", "--seller", "teahouse"], Some("teahouse")),
        (&["--role", "operator", "--role", "seller", "--seller", "teahouse"], Some("teahouse")),
        (&["--role", "operator"], Some("")),
        (&["--role", "seller"], None),
        (&["--role", "operator", "--role", "seller"], None),
        (&["--role", "seller", "--seller", "a b"], None),
    ];
    for (options, expected) in table {
        let seller = match Cli::try_parse_from(["timesale", "token", "kim"].iter().chain(options)) {
            Ok(Cli { verb: crate::cli::Verb::Token(token), .. }) => {
                Some(token.seller.map_or(String::new(), |seller| seller.to_string()))
            }
            _ => None,
        };
        assert_eq!(seller.as_deref(), expected, "{options:?}");
    }
}

#[test]
fn every_verb_and_option_says_what_it_is_for() {
    fn check(command: &Command, path: &str) {
        assert!(command.get_about().is_some(), "{path} says nothing");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path} {} says nothing", argument.get_id());
        }
        command.get_subcommands().for_each(|verb| check(verb, &format!("{path} {}", verb.get_name())));
    }
    check(&Cli::command(), "timesale");
}

#[test]
fn what_documents_tell_people_to_type_can_be_typed() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let folders = ["", "docs", "ops", "ops/runbooks", "console"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut typed = 0;
    for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
        // Odd pieces stand between backticks.
        let text = std::fs::read_to_string(&file).unwrap();
        for command in text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("timesale ")) {
            if cfg!(not(feature = "loadtest")) && command.starts_with("timesale sale") {
                continue;
            }
            if let Err(error) = Cli::command().try_get_matches_from(command.split_whitespace()) {
                // Who only speaks of a verb leaves its arguments out.
                let is_spoken_of = error.kind() == ErrorKind::MissingRequiredArgument || !error.use_stderr();
                assert!(is_spoken_of, "{}: {command}: {error}", file.display());
            }
            typed += 1;
        }
    }
    assert!(typed > 50, "only {typed} commands were found");
}
