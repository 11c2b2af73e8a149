//! The central endpoint's command line.

use std::{
    io::{BufRead, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anjangsana::{
    domain::{Role, Scope},
    server::{
        self, AppState, Config, accounts,
        attachments::sweep::{self, Most},
        blobs::{ATTACHMENTS, WHOLE},
        demo,
        form_tool::{self, Says, Tongue},
        forms, machine, register,
        repo::{
            self, Database, Direct,
            sqlite::{backup, restore},
        },
        rescue::{self, Fate},
    },
};
use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};

/// The central endpoint of Anjangsana: takes what the phones send, gives them what they lack, serves them the app.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the app and the phones until SIGTERM.
    Serve(Serve),
    /// Make an invented office to try everything with. Making it again changes nothing.
    Demo(Data),
    /// Bring the database up to date with this program.
    Migrate(Data),
    /// Keep the accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Keep the register of cooperatives.
    #[command(subcommand)]
    Register(RegisterCommand),
    /// Write forms: check, try, publish, export.
    #[command(subcommand)]
    Form(FormCommand),
    /// Copy the database into a new file, whole, also while it is served. Photos are files of their own.
    Backup {
        #[command(flatten)]
        data: Data,
        /// The file to make.
        file: PathBuf,
    },
    /// Put a backup of the database in its place, while no server runs. What the backup lacks the phones send again.
    Restore {
        #[command(flatten)]
        data: Data,
        /// A file that `backup` made.
        file: PathBuf,
    },
    /// Move photos that no visit has named for thirty days into the trash, and remove those that were there for ninety. The
    /// server does so itself once a day.
    Sweep {
        #[command(flatten)]
        data: Data,
        /// Also when it is more than a small share of them: say so only when this is the right database.
        #[arg(long)]
        all: bool,
    },
    /// Take in a backup file that a phone made without a network, as if the phone had sent it. Doing it again changes
    /// nothing.
    Rescue {
        #[command(flatten)]
        data: Data,
        /// The file, `*.cadangan`.
        file: PathBuf,
        /// Read its officer's password from standard input without asking.
        #[arg(long)]
        password_stdin: bool,
        /// The login name of its officer, when they made the file before their password was changed. You vouch for them.
        #[arg(long, value_name = "NAME")]
        old_password_of: Option<String>,
    },
}

/// Where the office's data is.
#[derive(Args)]
struct Data {
    /// The data folder; it is made when it is missing.
    #[arg(long, value_name = "DIR", env = "ANJANGSANA_DATA")]
    data: PathBuf,
    /// The database on a PostgreSQL server, 15 or later: postgres://user:password@host/name. Without it the database is a file
    /// in the data folder. Others on this machine see what stands in a command line: a password belongs into the variable.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ANJANGSANA_DATABASE",
        hide_env_values = true
    )]
    database: Option<String>,
}

impl Data {
    /// The repository, for one command.
    fn open(&self) -> Result<Direct, repo::Error> {
        match &self.database {
            Some(address) => Direct::connect(address),
            None => Direct::open(&self.data),
        }
    }

    /// The repository, for a server.
    fn serve(&self) -> Result<Database, repo::Error> {
        match &self.database {
            Some(address) => Database::connect(address, &self.data),
            None => Database::open(&self.data),
        }
    }

    /// The data folder of an office whose database is a file in it.
    fn file(&self) -> Result<&Path> {
        match self.database {
            Some(_) => bail!(
                "backup and restore are for a database that is a file: copy one on a PostgreSQL server with pg_dump, and put \
                 it back with pg_restore. The server notices that it was put back, and the phones send again what it lacks"
            ),
            None => Ok(&self.data),
        }
    }
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder of the built app; without it only the API is served.
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// Begin a new, empty office although there are photos of another one, or pieces of its database.
    #[arg(long)]
    fresh_database: bool,
    /// Serve a demo office to the network or behind a proxy, although everybody knows its passwords.
    #[arg(long)]
    allow_demo: bool,
    /// The site is reached over HTTPS: tell browsers never to come without.
    #[arg(long)]
    https: bool,
    /// A reverse proxy stands before the server and adds the client's address to X-Forwarded-For.
    #[arg(long)]
    behind_proxy: bool,
    /// Log lines as JSON.
    #[arg(long)]
    log_json: bool,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account. The password is asked for, or read from standard input.
    Add {
        #[command(flatten)]
        data: Data,
        /// Login name: small letters, digits, dots, dashes and underscores.
        username: String,
        /// Full name, as it stands in minutes.
        #[arg(long)]
        name: String,
        /// officer, supervisor, head or admin.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Kecamatan by code or name, with commas between; none means the whole district.
        #[arg(long, value_delimiter = ',')]
        areas: Vec<String>,
        /// Read the password from standard input without asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show the accounts.
    List(Data),
    /// Give an account another password. Its sessions end.
    Passwd {
        #[command(flatten)]
        data: Data,
        /// Login name.
        username: String,
        /// Read the password from standard input without asking.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give a user another role and other areas.
    Move {
        #[command(flatten)]
        data: Data,
        /// Login name.
        username: String,
        /// officer, supervisor, head or admin.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Kecamatan by code or name, with commas between; none means the whole district.
        #[arg(long, value_delimiter = ',')]
        areas: Vec<String>,
    },
    /// Lock an account. Its sessions end; what its phones have not sent stays on them.
    Disable {
        #[command(flatten)]
        data: Data,
        /// Login name.
        username: String,
    },
    /// Let a locked account in again, with the password it had.
    Enable {
        #[command(flatten)]
        data: Data,
        /// Login name.
        username: String,
    },
}

#[derive(Subcommand)]
enum RegisterCommand {
    /// Take cooperatives over from a spreadsheet. Rows that do not fit are named and left out; nothing is doubled.
    Import {
        #[command(flatten)]
        data: Data,
        /// An .xlsx or .csv file with the ministry's column names.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum FormCommand {
    /// Show every published form version.
    List(Data),
    /// Say everything that is wrong or odd with a form: a workbook, a CSV, or a folder of CSV sheets.
    Check {
        /// The form.
        file: PathBuf,
        #[command(flatten)]
        tongue: TongueArg,
    },
    /// Publish a form. A version never changes: a form that did needs another version.
    Publish {
        #[command(flatten)]
        data: Data,
        /// The form.
        file: PathBuf,
        #[command(flatten)]
        tongue: TongueArg,
    },
    /// Write a published form to a workbook.
    Export {
        #[command(flatten)]
        data: Data,
        /// Its form_id.
        form: String,
        /// Which version; the newest when none is named.
        #[arg(long)]
        version: Option<String>,
        /// The workbook to write.
        #[arg(short, long, value_name = "FILE.xlsx")]
        output: PathBuf,
    },
    /// Fill a form in the terminal, or from a file of answers, and print what comes of it.
    Try {
        /// The form.
        file: PathBuf,
        /// A JSON object of answers; repeats are lists of objects.
        #[arg(long, value_name = "ANSWERS.json")]
        answers: Option<PathBuf>,
        #[command(flatten)]
        tongue: TongueArg,
    },
}

/// In which language a form's mistakes and questions are told.
#[derive(Args)]
struct TongueArg {
    /// en or id.
    #[arg(long, default_value = "en")]
    lang: Tongue,
}

/// Threads for what blocks: the database's readers, passwords, files. Each keeps some memory.
const BLOCKING: usize = 8;

fn role(text: &str) -> Result<Role, String> {
    Role::known(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(Role::name).collect();
        format!("one of {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => run(serve),
        Command::Demo(data) => make_demo(&data),
        Command::Migrate(data) => migrate(&data),
        Command::User(command) => keep_users(command),
        Command::Register(RegisterCommand::Import { data, file }) => import(&data, &file),
        Command::Form(command) => keep_forms(command),
        Command::Backup { data, file } => data.file().and_then(|data| back_up(data, &file)),
        Command::Restore { data, file } => data.file().and_then(|data| restore(data, &file)),
        Command::Sweep { data, all } => sweep_up(&data, all),
        Command::Rescue {
            data,
            file,
            password_stdin,
            old_password_of,
        } => rescue_file(&data, &file, password_stdin, old_password_of.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("anjangsana-server: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(serve: Serve) -> Result<()> {
    let to_stderr = tracing_subscriber::fmt().with_writer(std::io::stderr);
    if serve.log_json {
        to_stderr.json().init();
    } else {
        to_stderr.with_ansi(false).init();
    }
    prepare(&serve)?;
    if let Err(why) = server::allow_files() {
        tracing::warn!(error = %why, "no more files can be opened than the system allows at first");
    }
    let database = serve.data.serve()?;
    let state = AppState::new(
        database,
        Config {
            web: serve.web,
            https: serve.https,
            behind_proxy: serve.behind_proxy,
        },
    );
    tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING)
        .enable_all()
        .build()?
        .block_on(async move {
            // Before anybody can see that it listens, and ask it to stop.
            let asked = server::asked_to_stop().context("signals cannot be heard")?;
            let listener = server::listen(serve.listen)
                .with_context(|| format!("cannot listen on {}", serve.listen))?;
            let address = listener.local_addr()?;
            tracing::info!(%address, "serving");
            println!("http://{address}");
            let stop = async {
                asked.await;
                tracing::info!("stopping");
            };
            server::serve(listener, state, stop).await?;
            tracing::info!("stopped");
            Ok(())
        })
}

/// Brings the database up to date, publishes the built-in forms, and refuses to show a demo office to the network.
fn prepare(serve: &Serve) -> Result<()> {
    let mut database = match &serve.data.database {
        None if serve.fresh_database => Direct::open_fresh(&serve.data.data)?,
        _ => serve.data.open()?,
    };
    // A proxy in front, or a site with HTTPS, is there for others than this machine.
    let public = !serve.listen.ip().is_loopback() || serve.behind_proxy || serve.https;
    if database.read(|tx| demo::is_demo(tx))? && public && !serve.allow_demo {
        bail!(
            "{} holds a demo office, whose passwords everybody knows: it is served on loopback only, without \
             --behind-proxy and --https, unless you say --allow-demo",
            serve.data.data.display()
        );
    }
    if let Some(web) = &serve.web
        && !web.join("index.html").is_file()
    {
        bail!("{} is no built app: it has no index.html", web.display());
    }
    let now = machine::now();
    database.write(|tx| forms::publish_built_in(tx, now))?;
    Ok(())
}

fn make_demo(data: &Data) -> Result<()> {
    let mut database = data.open()?;
    let now = machine::now();
    let users = database.write(|tx| demo::make(tx, now))?;
    println!(
        "Demo office in {}. Password of all: {}",
        data.data.display(),
        demo::PASSWORD
    );
    for user in users {
        println!(
            "{:<10} {:<11} {:<20} {}",
            user.username,
            user.role.name(),
            user.name,
            places(&user.scope)
        );
    }
    Ok(())
}

fn migrate(data: &Data) -> Result<()> {
    let version = data.open()?.schema()?;
    println!("The database has schema version {version}.");
    Ok(())
}

fn back_up(data: &Path, file: &Path) -> Result<()> {
    backup::back_up(data, file)?;
    println!(
        "{} holds the whole database. The photos are in {}: copy that folder too, after this.",
        file.display(),
        data.join(ATTACHMENTS).join(WHOLE).display()
    );
    Ok(())
}

fn restore(data: &Path, file: &Path) -> Result<()> {
    let restored = restore::restore(data, file, machine::now())?;
    println!("{} is in place.", file.display());
    if let Some(before) = restored.before {
        println!(
            "What was there before is kept as {}; delete it when it is not needed.",
            before.display()
        );
    }
    println!("When they sync next, the phones send again what it lacks of their own work.");
    Ok(())
}

fn sweep_up(data: &Data, all: bool) -> Result<()> {
    let state = AppState::new(data.serve()?, Config::default());
    let most = if all { Most::All } else { Most::Share };
    let swept = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(sweep::sweep(&state, machine::now(), most))
        .map_err(|_| anyhow::anyhow!("the photos or the database cannot be read or written"))?;
    println!(
        "{} moved to the trash, {} brought back, {} removed",
        swept.discarded, swept.recovered, swept.removed
    );
    if swept.refused > 0 {
        bail!(
            "{} photos that no visit names stay: so many at once may mean that this is an old database. If it is not, say --all",
            swept.refused
        );
    }
    Ok(())
}

fn keep_users(command: UserCommand) -> Result<()> {
    let now = machine::now();
    match command {
        UserCommand::Add {
            data,
            username,
            name,
            role,
            areas,
            password_stdin,
        } => {
            let scope = accounts::scope(role, &areas)?;
            let mut database = data.open()?;
            let password = ask_password(password_stdin)?;
            let user = database
                .write(|tx| accounts::add(tx, &username, &name, (role, scope), &password, now))?;
            println!("{} can log in.", user.username);
        }
        UserCommand::List(data) => {
            for account in data.open()?.read(|tx| tx.accounts())? {
                let user = account.user;
                let locked = if account.disabled { "  (disabled)" } else { "" };
                println!(
                    "{:<16} {:<11} {:<28} {}{locked}",
                    user.username,
                    user.role.name(),
                    user.name,
                    places(&user.scope)
                );
            }
        }
        UserCommand::Passwd {
            data,
            username,
            password_stdin,
        } => {
            let mut database = data.open()?;
            let password = ask_password(password_stdin)?;
            database.write(|tx| accounts::set_password(tx, &username, &password, now))?;
            println!("The password is changed; every session of {username} ended.");
        }
        UserCommand::Move {
            data,
            username,
            role,
            areas,
        } => {
            let scope = accounts::scope(role, &areas)?;
            let mut database = data.open()?;
            database.write(|tx| accounts::move_to(tx, &username, (role, scope), now))?;
            println!("{username} is moved; the devices learn it at their next sync.");
        }
        UserCommand::Disable { data, username } => {
            let mut database = data.open()?;
            database.write(|tx| accounts::disable(tx, &username, now))?;
            println!("{username} is locked; every session ended.");
        }
        UserCommand::Enable { data, username } => {
            let mut database = data.open()?;
            database.write(|tx| accounts::enable(tx, &username))?;
            println!("{username} can log in again, with the password from before.");
        }
    }
    Ok(())
}

fn import(data: &Data, file: &Path) -> Result<()> {
    let mut database = data.open()?;
    let now = machine::now();
    let report = database.write(|tx| register::import(tx, file, now))?;
    for column in &report.unknown_columns {
        eprintln!("column {column} is not known and was left out");
    }
    for problem in &report.problems {
        eprintln!("{}: {problem}", file.display());
    }
    println!(
        "{} added, {} changed, {} unchanged",
        report.added, report.changed, report.unchanged
    );
    let mut rows: Vec<u32> = report.problems.iter().map(|problem| problem.row).collect();
    rows.dedup();
    if !rows.is_empty() {
        bail!(
            "{} rows were left out; mend them and import the file again",
            rows.len()
        );
    }
    Ok(())
}

fn keep_forms(command: FormCommand) -> Result<()> {
    let (out, err) = (&mut std::io::stdout(), &mut std::io::stderr());
    let mut says = Says {
        out,
        err,
        tongue: Tongue::default(),
    };
    match command {
        FormCommand::List(data) => list_forms(&data)?,
        FormCommand::Check { file, tongue } => {
            says.tongue = tongue.lang;
            form_tool::check(&file, &mut says)?;
        }
        FormCommand::Publish { data, file, tongue } => {
            says.tongue = tongue.lang;
            let mut database = data.open()?;
            database
                .write(|tx| Ok::<_, repo::Error>(form_tool::publish(tx, &file, &mut says)))??;
        }
        FormCommand::Export {
            data,
            form,
            version,
            output,
        } => {
            data.open()?
                .read(|tx| form_tool::export(tx, &form, version.as_deref(), &output, &mut says))?;
        }
        FormCommand::Try {
            file,
            answers,
            tongue,
        } => {
            says.tongue = tongue.lang;
            let mut input = std::io::stdin().lock();
            form_tool::try_out(&file, answers.as_deref(), &mut input, &mut says)?;
        }
    }
    Ok(())
}

fn rescue_file(
    data: &Data,
    file: &Path,
    password_stdin: bool,
    old_password_of: Option<&str>,
) -> Result<()> {
    let mut database = data.open()?;
    let password = ask_password(password_stdin)?;
    let backup = rescue::read(file, &password)
        .with_context(|| format!("{}: nothing was taken in", file.display()))?;
    println!(
        "{}: {} changes, {} photos, made {}",
        backup.username,
        backup.contents.changes.len(),
        backup.photos.len(),
        backup.contents.made_at.in_words(true)
    );
    let now = machine::now();
    let lines = database
        .write(|tx| {
            rescue::check_author(tx, &backup, &password, old_password_of)?;
            rescue::apply(tx, &backup, now)
        })
        .context("nothing was taken in")?;
    let mut counts = [0; 4];
    for line in &lines {
        let (at, words) = match &line.fate {
            Fate::Applied => (0, "applied".to_owned()),
            Fate::Known => (1, "known already".to_owned()),
            Fate::Refused(code, reason) => (2, format!("refused, {code:?}: {reason}")),
            Fate::Conflict => (
                3,
                "changed elsewhere too: the officer must choose on a phone that has it".to_owned(),
            ),
        };
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
        println!("{} {}: {words}", line.kind.name(), line.record);
    }
    let [applied, known, refused, conflicts] = counts;
    let mut photos = 0;
    rescue::photos(file, &password, &mut |name, bytes| {
        photos += 1;
        rescue::keep_photo(&data.data, &name, &bytes)
    })
    .context("the changes were taken in, the photos were not: take the file in again")?;
    println!(
        "{applied} applied, {known} known already, {refused} refused, {conflicts} to be decided; {photos} photos kept"
    );
    Ok(())
}

fn list_forms(data: &Data) -> Result<()> {
    for form in data.open()?.read(|tx| forms::list(tx))? {
        println!(
            "{:<16} {:<10} {}",
            form.form,
            form.version,
            form.at.in_words(true)
        );
    }
    Ok(())
}

fn places(scope: &Scope) -> String {
    match scope {
        Scope::District => "the whole district".to_owned(),
        Scope::Areas(areas) => {
            let names: Vec<_> = areas.iter().map(|area| area.name()).collect();
            names.join(", ")
        }
        Scope::Other(json) => json.clone(),
    }
}

/// One line of standard input; a terminal is asked, and does not show it.
fn ask_password(silent: bool) -> Result<String> {
    let input = std::io::stdin();
    let asks = !silent && input.is_terminal();
    let hidden = asks && echo(false);
    if asks {
        let note = if hidden {
            ""
        } else {
            " (it shows while you type)"
        };
        eprint!("Password{note}: ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    if hidden {
        echo(true);
        eprintln!();
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether the terminal shows what is typed; false when it cannot be told so.
fn echo(on: bool) -> bool {
    let told = std::process::Command::new("stty")
        .arg(if on { "echo" } else { "-echo" })
        .status();
    told.is_ok_and(|status| status.success())
}
