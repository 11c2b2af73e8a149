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

mod backups;
mod bugs;
mod cast;
mod check;
mod disk;
mod faults;
mod future;
mod ledger;
mod network;
mod odd;
mod office;
mod people;
mod phone;
mod photos;
mod rng;
mod steps;
mod sweeping;
mod trace;
mod uploads;
mod world;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::process::{Command, Stdio};
use std::time::Instant;

use anjangsana::server::check_visit::forget_compiled;
use bugs::Bug;
use cast::Templates;
use world::{Report, Tally};

/// Seeds that once found something: they run first, every time.
const REGRESSIONS: &str = include_str!("regressions.txt");
/// How many seeds each planted bug gets.
const BUG_SEEDS: u64 = 3_000;
/// Every so many runs one is made again on new disks.
const AGAIN: u64 = 50;

const HELP: &str = "--seeds N [--from S] | --seed S [--trace] [--bug NAME] | --bugs [--times N]";

#[derive(Default)]
struct Options {
    seeds: Option<u64>,
    from: u64,
    seed: Option<u64>,
    trace: bool,
    bugs: bool,
    /// From how many places on each planted bug is looked for.
    times: Option<u64>,
    bug: Option<Bug>,
    // What the parent says to the processes that it starts.
    part: u64,
    of: u64,
    most: u64,
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
    } else if options.of > 0 {
        std::panic::set_hook(Box::new(|_| {}));
        part(&options)
    } else if options.bugs {
        planted(options.times.unwrap_or(1))
    } else {
        many(options.from, options.seeds.unwrap_or(2_000))
    };
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn read(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut number = || {
            let text = args.next().ok_or_else(|| format!("{arg} needs a number"))?;
            text.replace('_', "")
                .parse::<u64>()
                .map_err(|why| format!("{arg}: {why}"))
        };
        match arg.as_str() {
            "--seeds" => options.seeds = Some(number()?),
            "--from" => options.from = number()?,
            "--seed" => options.seed = Some(number()?),
            "--part" => options.part = number()?,
            "--of" => options.of = number()?,
            "--most" => options.most = number()?,
            "--trace" => options.trace = true,
            "--bugs" => options.bugs = true,
            "--times" => options.times = Some(number()?),
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
    // Nothing may be left of the run before, or this one would not repeat itself.
    forget_compiled();
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world::run(seed, templates, bug, tell)
    }));
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
    println!(
        "seed {seed}: trace {:016x}, {} syncs, {} acts",
        report.hash, report.tally.syncs, report.tally.acts
    );
    report.wrong.is_empty()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What some seeds came to.
#[derive(Default)]
struct Found {
    ran: u64,
    tally: Tally,
    /// Seed and what was wrong, one line each.
    wrong: Vec<(u64, String)>,
}

/// Runs seeds on every core, a process each: in one process SQLite's own locks would make them wait for each other.
/// Ends early when `most` seeds have found something.
fn sweep(from: u64, count: u64, bug: Option<Bug>, most: usize) -> Found {
    let cores = cores() as u64;
    let children: Vec<_> = (0..cores)
        .map(|part| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--part", &part.to_string(), "--of", &cores.to_string()]);
            command.args(["--from", &from.to_string(), "--seeds", &count.to_string()]);
            command.args(["--most", &most.to_string()]);
            if let Some(bug) = bug {
                command.args(["--bug", &format!("{bug:?}")]);
            }
            command.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut found = Found::default();
    for child in children {
        let output = child.wait_with_output().unwrap();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            if let Some((seed, what)) = line
                .strip_prefix("seed ")
                .and_then(|line| line.split_once(": "))
            {
                found.wrong.push((seed.parse().unwrap(), what.to_owned()));
            } else if let Some(numbers) = line.strip_prefix("part ") {
                let numbers: Vec<u64> = numbers
                    .split(' ')
                    .map(|number| number.parse().unwrap())
                    .collect();
                found.ran += numbers[0];
                found.tally.add(&Tally::of(&numbers[1..]));
            }
        }
        if !output.status.success() && found.wrong.is_empty() {
            found.wrong.push((
                0,
                format!("a part of the runs ended with {}", output.status),
            ));
        }
    }
    found.wrong.sort();
    found
}

/// One core's share of the seeds, told in lines that the parent reads.
fn part(options: &Options) -> bool {
    let templates = Templates::new();
    let count = options.seeds.unwrap_or(0);
    let known = if options.bug.is_none() {
        regressions()
    } else {
        Vec::new()
    };
    let seeds = known.into_iter().chain(options.from..options.from + count);
    let (mut ran, mut tally, mut bad) = (0_u64, Tally::default(), 0);
    for seed in seeds
        .skip(options.part as usize)
        .step_by(options.of.max(1) as usize)
    {
        let report = run(seed, &templates, options.bug, false);
        ran += 1;
        tally.add(&report.tally);
        let mut wrong = report.wrong;
        // Any run repeats from its seed, whatever ran before it on the same disks.
        let is_again = options.bug.is_none() && ran % AGAIN == 1;
        if is_again && run(seed, &Templates::new(), None, false).hash != report.hash {
            wrong.push("it goes another way when it is the first run".to_owned());
        }
        for what in &wrong {
            println!("seed {seed}: {what}");
        }
        bad += u64::from(!wrong.is_empty());
        if bad >= options.most.max(1) {
            break;
        }
    }
    println!("part {ran} {}", tally.line());
    true
}

fn regressions() -> Vec<u64> {
    REGRESSIONS
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}

fn many(from: u64, count: u64) -> bool {
    let begun = Instant::now();
    let Found { ran, tally, wrong } = sweep(from, count, None, 10);
    let seconds = begun.elapsed().as_secs_f64();
    for (seed, what) in &wrong {
        println!("seed {seed}: {what}");
    }
    println!(
        "{ran} runs from seed {from}: {} visits, {} things done by people, {} syncs, {} faults beside the network, {} crashes, \
         {} conflicts and {} refusals decided, {} photos in {} calls, {} backup files taken in {} times",
        tally.visits,
        tally.acts,
        tally.syncs,
        tally.faults,
        tally.crashes,
        tally.conflicts,
        tally.refusals,
        tally.photos,
        tally.pieces,
        tally.files,
        tally.imports
    );
    let seeds: BTreeSet<u64> = wrong.iter().map(|(seed, _)| *seed).collect();
    let rate = ran as f64 / seconds.max(0.001);
    println!(
        "{seconds:.1} s, {rate:.0} runs a second on {} cores; {} runs found something",
        cores(),
        seeds.len()
    );
    let repeats = repeats(from);
    if !repeats {
        println!("seeds from {from} do not repeat themselves");
    }
    wrong.is_empty() && repeats
}

/// The same seed, the same trace.
fn repeats(seed: u64) -> bool {
    let templates = Templates::new();
    (seed..seed + 20).all(|seed| {
        let once = run(seed, &templates, None, false).hash;
        once == run(seed, &templates, None, false).hash
    })
}

/// Every planted bug is found: how soon, in the middle of so many times from other seeds on.
fn planted(times: u64) -> bool {
    let mut fine = true;
    for bug in Bug::ALL {
        let all = (0..times).map(|time| sweep(time * 1_000_000, BUG_SEEDS, Some(*bug), 1));
        let mut all: Vec<Found> = all.collect();
        all.sort_by_key(|found| (found.wrong.is_empty(), found.ran));
        let (runs, what) = (all[all.len() / 2].ran, bug.what());
        let missed = all.iter().filter(|found| found.wrong.is_empty()).count();
        fine &= missed == 0;
        match all[0].wrong.first() {
            Some((seed, wrong)) => println!("{bug:?}: found in {runs} runs (seed {seed}): {wrong}"),
            None => println!("{bug:?}: NOT FOUND in {runs} runs"),
        }
        println!("    planted: {what}");
        if missed > 0 {
            println!("    MISSED {missed} times of {times}");
        }
    }
    println!("{} bugs planted", Bug::ALL.len());
    fine
}
