//! `cargo xtask proxies`: the service and the proxies of the README, tried with the very text that stands there. Only names,
//! ports and paths are put in.

use crate::apt::Missing;
use crate::step::step;
use crate::{exec, place, server};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAMS: Missing = Missing {
    what: "nginx, caddy, curl or openssl",
    debian: &[&["nginx-light", "caddy", "curl", "openssl"]],
    elsewhere: &["install nginx, caddy, curl and openssl"],
};

/// How long a program may take until it answers.
const START: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(100);

/// systemd's points for what a service could do; 10 is everything.
const EXPOSURE: &str = "--threshold=15";

/// Tries them.
///
/// # Errors
/// At the first that does not do what the README says.
pub(crate) fn proxies() -> Result<()> {
    if ["nginx", "caddy", "curl", "openssl"]
        .iter()
        .any(|name| exec::find(&[name]).is_none())
    {
        PROGRAMS.install()?;
    }
    server::build()?;
    let readme = fs::read_to_string(place::root().join("README.md"))?;
    let folder = place::scratch().join("proxies");
    fs::remove_dir_all(&folder).or_else(|why| match why.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(why),
    })?;
    fs::create_dir_all(&folder)?;
    step("the unit", || unit(&readme, &folder))?;
    let data = folder.join("data");
    exec::output(
        Command::new(place::server())
            .arg("demo")
            .arg("--data")
            .arg(&data),
    )?;
    let port = free_port()?;
    let mut serve = Command::new(place::server());
    serve
        .args(["serve", "--allow-demo", "--https", "--behind-proxy"])
        .args(["--listen", &format!("127.0.0.1:{port}"), "--data"])
        .arg(&data);
    let _server = Running::start(&mut serve)?;
    step("nginx", || nginx(&readme, &folder, port))?;
    step("caddy", || caddy(&readme, &folder, port))
}

fn unit(readme: &str, folder: &Path) -> Result<()> {
    let program = place::server().display().to_string();
    let text = block(readme, "[Unit]")?.replace("/opt/anjangsana/anjangsana-server", &program);
    let file = folder.join("anjangsana.service");
    fs::write(&file, text)?;
    exec::run(Command::new("systemd-analyze").arg("verify").arg(&file))?;
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--no-pager", "--offline=yes", EXPOSURE]);
    exec::output(security.arg(&file))?;
    Ok(())
}

fn nginx(readme: &str, folder: &Path, server: u16) -> Result<()> {
    let (port, here) = (free_port()?, folder.display().to_string());
    let mut key = Command::new("openssl");
    key.args([
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
    ])
    .args([
        "-subj",
        "/CN=localhost",
        "-keyout",
        &format!("{here}/key.pem"),
    ]);
    exec::output(key.args(["-out", &format!("{here}/fullchain.pem")]))?;
    let site = block(readme, "limit_conn_zone")?
        .replace("listen 443", &format!("listen 127.0.0.1:{port}"))
        .replace("/etc/ssl/anjangsana", &here)
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{server}"));
    let file = folder.join("nginx.conf");
    let around = format!(
        "daemon off; pid {here}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; {site} }}\n"
    );
    fs::write(&file, around)?;
    exec::output(Command::new("nginx").arg("-t").arg("-c").arg(&file))?;
    let _nginx = Running::start(Command::new("nginx").arg("-c").arg(&file))?;
    try_out(&format!("https://127.0.0.1:{port}"))
}

fn caddy(readme: &str, folder: &Path, server: u16) -> Result<()> {
    let port = free_port()?;
    // Without a name of its own in the net there is no certificate.
    let text = block(readme, "{\n\tservers")?
        .replace(
            "anjangsana.example.go.id",
            &format!("http://127.0.0.1:{port}"),
        )
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{server}"))
        .replacen('{', "{\n\tadmin off", 1);
    let file = folder.join("Caddyfile");
    fs::write(&file, text)?;
    let mut run = Command::new("caddy");
    run.args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&file);
    run.env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder);
    let _caddy = Running::start(&mut run)?;
    try_out(&format!("http://127.0.0.1:{port}"))
}

/// A request, and logins: a client that writes `X-Forwarded-For` itself is counted by its own address all the same.
fn try_out(site: &str) -> Result<()> {
    let start = Instant::now();
    while !answers(&[&format!("{site}/healthz")], "200") {
        ensure!(start.elapsed() < START, "{site} does not answer");
        std::thread::sleep(GLANCE);
    }
    let path = format!("{site}/api/v1/login");
    let log_in = |username: &str, password: &str, address: &str, wanted: &str| {
        let body = format!("{{\"username\":\"{username}\",\"password\":\"{password}\"}}");
        let from = format!("X-Forwarded-For: {address}");
        let headers = ["-H", "Content-Type: application/json", "-H", &from];
        let call = [&headers[..], &["--data", &body, &path]].concat();
        ensure!(
            answers(&call, wanted),
            "{path} as {username} was not answered {wanted}"
        );
        Ok(())
    };
    log_in("petugas1", "demo-anjangsana", "203.0.113.1", "200")?;
    // A name that the other proxy did not try.
    let stranger = site.rsplit(':').next().unwrap_or_default();
    for n in 0..5 {
        log_in(stranger, "salah-sekali", &format!("203.0.113.{n}"), "401")?;
    }
    log_in(stranger, "salah-sekali", "203.0.113.9", "429")
}

fn answers(arguments: &[&str], status: &str) -> bool {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--insecure",
        "--max-time",
        "20",
        "--output",
        "/dev/null",
    ])
    .args(["--write-out", "%{http_code}"])
    .args(arguments);
    exec::output(&mut curl).is_ok_and(|found| found == status)
}

/// The block of the README that begins so.
fn block<'a>(readme: &'a str, begins: &str) -> Result<&'a str> {
    let mut blocks = readme
        .split("\n```")
        .filter_map(|block| block.split_once('\n'));
    let found = blocks.find(|(_, text)| text.starts_with(begins));
    Ok(found
        .with_context(|| format!("README.md has no block that begins with {begins:?}"))?
        .1)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A program that ends with this value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match quiet.spawn() {
            Ok(child) => Ok(Self(child)),
            Err(why) => bail!("{}: {why}", exec::line(command)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // TERM lets nginx end its workers, too.
        let id = self.0.id().to_string();
        if !exec::succeeds(Command::new("kill").args(["-TERM", &id])) {
            let _ended_already = self.0.kill();
        }
        let _status = self.0.wait();
    }
}
