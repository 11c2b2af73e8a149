//! The build driver: `cargo xtask run`, `test`, `sim`, `lint`, `dev`, `build`, `screenshots`, `bench-browser`,
//! `kill-browser`, `proxies`.
//!
//! It needs nothing but cargo, a C compiler and, on Debian as root, the packages it installs itself. Each file has one idea:
//! where things lie (`place`), running programs (`exec`), timed steps (`step`), packages (`apt`), a cargo that makes wasm
//! (`wasm_target`), the web root (`bundle`, `names`, `compress`, `sizes`), what makes the wasm light (`links`, `merge`, `reach`, `split`, `never`,
//! `order`, `glue`), and one file for each command.

mod apt;
mod browser;
mod bundle;
mod cargo;
mod compress;
mod deps;
mod dev;
mod exec;
mod files;
mod glue;
mod licences;
mod links;
mod lint;
mod merge;
mod names;
mod never;
mod options;
mod order;
mod packages;
mod place;
mod proxies;
mod pyxform;
mod reach;
mod run;
mod server;
mod sim;
mod sizes;
mod split;
mod sqlite;
mod step;
mod test;
mod tus;
mod wasm_target;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  run [--port 8080] [--data DIR] [--fresh]
                  build the app and the server, make a demo office, serve it and say who can log in;
                  --fresh throws a demo office that this command made away and makes a new one
  dev [--port 8080] [--data DIR]
                  the same with a quick unoptimised build, again after every change under src/ and assets/
  build           only the app: target/web, with the size of the first load
  test [FILTER]   lint, then every test, in a browser too; with FILTER only the tests whose names contain it
  sim [--seeds N] [--from S] | --seed S [--trace] | --bugs
                  the simulator: N runs (2,000) from a seed on; one run again, in words; or every planted bug
  lint            format, clippy for each feature set, docs, dependencies, layers
  screenshots [DIR]
                  pictures of the main screens into DIR (target/screenshots)
  proxies         the unit and the proxies of the README, tried as they stand there
  kill-browser [--times N] [--seed S]
                  kills a browser N times (50) while somebody types and while it sends, and looks for what is lost
  bench-browser   figures of the app in a browser: how long a letter takes in a long form, and a first sync of a large office

Environment:
  ANJANGSANA_WASM=auto|rustup|debian
                  where the wasm target comes from: rustup's, else Debian's packages (auto); or only one of them
  CHROMIUM, CHROMEDRIVER
                  the browser and its driver, when they are not in PATH
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match command(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(args: &[String]) -> anyhow::Result<()> {
    let Some((name, rest)) = args.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    match name.as_str() {
        "run" => run::run(&options::Serving::parse(rest)?),
        "dev" => dev::dev(&options::Serving::parse(rest)?),
        "build" => bundle::build(bundle::Kind::Release).map(|_| ()),
        "test" => test::test(rest.first().map(String::as_str)),
        "sim" => sim::sim(rest),
        "lint" => lint::lint(lint::Layers::Check),
        "bench-browser" => test::bench(),
        "proxies" => proxies::proxies(),
        "kill-browser" => test::kill_browser(rest),
        "screenshots" => test::screenshots(rest.first().map(String::as_str)),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => anyhow::bail!("there is no command `{other}`\n\n{HELP}"),
    }
}
