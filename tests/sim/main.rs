//! The simulator: several people with several phones, one server, a network and disks that fail, all out of one seed.
//!
//! The phones run the real store and the real engine, the server its real code on its real schema; only the network, the
//! clocks, the disks' failures and the people are made up. `cargo xtask sim` builds it optimised and runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod bugs;
mod cast;
mod check;
mod disk;
mod faults;
mod ledger;
mod network;
mod office;
mod people;
mod phone;
mod rng;
mod trace;
mod world;

use std::process::ExitCode;
use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};
use std::time::Instant;

use bugs::Bug;
use cast::Templates;
use world::{Report, Tally};

/// Seeds that once found something: they run first, every time.
const REGRESSIONS: &str = include_str!("regressions.txt");
/// How many seeds each planted bug gets.
const BUG_SEEDS: u64 = 3_000;

const HELP: &str = "--seeds N [--from S] | --seed S [--trace] [--bug NAME] | --bugs";

#[derive(Default)]
struct Options {
    seeds: Option<u64>,
    from: u64,
    seed: Option<u64>,
    trace: bool,
    bugs: bool,
    bug: Option<Bug>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let options = match read(&args) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    let fine = if let Some(seed) = options.seed {
        one(seed, &options)
    } else if options.bugs {
        planted()
    } else {
        many(options.from, options.seeds.unwrap_or(2_000))
    };
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut number = || {
            let text = args.next().ok_or_else(|| format!("{arg} needs a number"))?;
            text.replace('_', "").parse::<u64>().map_err(|why| format!("{arg}: {why}"))
        };
        match arg.as_str() {
            "--seeds" => options.seeds = Some(number()?),
            "--from" => options.from = number()?,
            "--seed" => options.seed = Some(number()?),
            "--trace" => options.trace = true,
            "--bugs" => options.bugs = true,
            "--bug" => {
                let name = args.next().map(String::as_str).unwrap_or_default();
                let found = Bug::ALL.iter().find(|bug| format!("{bug:?}") == name);
                options.bug = Some(*found.ok_or_else(|| format!("no bug is called {name:?}"))?);
            }
            // What the test runner's own command line may add.
            "--nocapture" | "--quiet" => {}
            other => return Err(format!("{other} is unknown")),
        }
    }
    Ok(options)
}

/// Runs one seed; a panic in it is a finding like any other.
fn run(seed: u64, templates: &Templates, bug: Option<Bug>, tell: bool) -> Report {
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world::run(seed, templates, bug, tell)));
    ran.unwrap_or_else(|_| Report {
        wrong: vec!["something panicked".to_owned()],
        hash: 0,
        tally: Tally::default(),
    })
}

fn one(seed: u64, options: &Options) -> bool {
    let report = run(seed, &Templates::new(), options.bug, options.trace);
    for what in &report.wrong {
        println!("seed {seed}: {what}");
    }
    println!("seed {seed}: trace {:016x}, {} syncs, {} acts", report.hash, report.tally.syncs, report.tally.acts);
    report.wrong.is_empty()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Seeds that found something, with what they found, and what happened in all of them.
fn sweep(seeds: &[u64], range: std::ops::Range<u64>, bug: Option<Bug>, most: usize) -> (Vec<(u64, Report)>, Tally, u64) {
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let total = seeds.len() as u64 + (range.end - range.start);
    let found = Mutex::new((Vec::new(), Tally::default(), 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                let templates = Templates::new();
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    if at >= total || enough.load(Relaxed) {
                        return;
                    }
                    let known = usize::try_from(at).ok().and_then(|at| seeds.get(at));
                    let seed = known.copied().unwrap_or(range.start + at - seeds.len().min(at as usize) as u64);
                    let report = run(seed, &templates, bug, false);
                    let mut found = found.lock().unwrap();
                    found.1.add(&report.tally);
                    found.2 += 1;
                    if !report.wrong.is_empty() {
                        found.0.push((seed, report));
                        if found.0.len() >= most {
                            enough.store(true, Relaxed);
                        }
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

fn regressions() -> Vec<u64> {
    REGRESSIONS
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}

fn many(from: u64, count: u64) -> bool {
    let begun = Instant::now();
    let (mut found, tally, ran) = sweep(&regressions(), from..from + count, None, 10);
    let seconds = begun.elapsed().as_secs_f64();
    found.sort_by_key(|(seed, _)| *seed);
    for (seed, report) in &found {
        for what in &report.wrong {
            println!("seed {seed}: {what}");
        }
    }
    println!(
        "{ran} runs from seed {from}: {} visits, {} things done by people, {} syncs, {} faults beside the network, {} crashes, \
         {} conflicts and {} refusals decided",
        tally.visits, tally.acts, tally.syncs, tally.faults, tally.crashes, tally.conflicts, tally.refusals
    );
    println!(
        "{seconds:.1} s, {:.0} runs a second on {} cores; {} runs found something",
        ran as f64 / seconds.max(0.001),
        cores(),
        found.len()
    );
    let repeats = repeats(from);
    if !repeats {
        println!("seed {from} does not repeat itself");
    }
    found.is_empty() && repeats
}

/// The same seed, the same trace.
fn repeats(seed: u64) -> bool {
    let templates = Templates::new();
    (seed..seed + 20).all(|seed| {
        let once = run(seed, &templates, None, false).hash;
        once == run(seed, &templates, None, false).hash
    })
}

/// Every planted bug is found.
fn planted() -> bool {
    std::panic::set_hook(Box::new(|_| {}));
    let mut fine = true;
    for bug in Bug::ALL {
        let (mut found, _, ran) = sweep(&[], 0..BUG_SEEDS, Some(*bug), 1);
        found.sort_by_key(|(seed, _)| *seed);
        match found.first() {
            Some((seed, report)) => {
                let what = report.wrong.first().map(String::as_str).unwrap_or_default();
                println!("{bug:?} found in run {ran} (seed {seed}): {what}\n    planted: {}", bug.what());
            }
            None => {
                fine = false;
                println!("{bug:?} NOT FOUND in {ran} runs\n    planted: {}", bug.what());
            }
        }
    }
    println!("{} bugs planted", Bug::ALL.len());
    fine
}
