//! A phone or a PC: a Chromium with a profile of its own, driven by what a person sees: roles, names and words.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::error::{WebDriverErrorInner, WebDriverResult};
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel};

/// How long anything may take before it is taken for broken. Generous: it bounds failures, not speed.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);

/// ChromeDriver, shared by every test of this process.
struct Driver {
    _process: Child,
    url: String,
}

fn driver() -> &'static Driver {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let program = std::env::var("CHROMEDRIVER")
            .expect("CHROMEDRIVER is not set: run with `cargo xtask test`");
        // It ends with this process, whichever way that ends: its input closes then.
        let mut process = Command::new("sh")
            .args(["-c", "\"$0\" --port=0 & cat > /dev/null; kill $!"])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port: u16 = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split("successfully on port ")
                    .nth(1)?
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
            .expect("ChromeDriver did not say its port");
        std::thread::spawn(move || lines.for_each(drop));
        Driver {
            _process: process,
            url: format!("http://127.0.0.1:{port}"),
        }
    })
}

/// What a person holds.
#[derive(Clone, Copy)]
pub(crate) enum Screen {
    /// A cheap phone, 360x740, touch.
    Phone,
    /// An old office PC.
    Desktop,
}

/// A browser with its profile.
pub(crate) struct Device {
    pub(crate) web: WebDriver,
    pub(crate) profile: PathBuf,
    screen: Screen,
}

impl Device {
    /// Opens the browser on a profile folder: a new one is a new device.
    pub(crate) async fn open(profile: &Path, screen: Screen) -> Self {
        Self::open_with(profile, screen, &[]).await
    }

    /// The same with further arguments for the browser.
    pub(crate) async fn open_with(profile: &Path, screen: Screen, more: &[&str]) -> Self {
        let mut wish = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1280,800",
            "--lang=id",
        ] {
            wish.add_arg(argument).unwrap();
        }
        for argument in more {
            wish.add_arg(argument).unwrap();
        }
        wish.add_arg(&format!("--user-data-dir={}", profile.display()))
            .unwrap();
        wish.set_browser_log_level(LoggingPrefsLogLevel::Severe)
            .unwrap();
        if let Ok(chromium) = std::env::var("CHROMIUM") {
            wish.set_binary(&chromium).unwrap();
        }
        if let Screen::Phone = screen {
            let metrics = json!({"width": 360, "height": 740, "pixelRatio": 2, "touch": true, "mobile": true});
            wish.add_experimental_option("mobileEmulation", json!({"deviceMetrics": metrics}))
                .unwrap();
        }
        let web = WebDriver::new(&driver().url, wish).await.unwrap();
        Self {
            web,
            profile: profile.to_owned(),
            screen,
        }
    }

    /// Closes the browser and opens it again, as after a phone was switched off.
    pub(crate) async fn reopen(self) -> Self {
        let (profile, screen) = (self.profile.clone(), self.screen);
        self.close().await;
        Self::open(&profile, screen).await
    }

    pub(crate) async fn close(self) {
        self.web.quit().await.unwrap();
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.web.goto(url).await.unwrap();
    }

    /// The first visible element of an XPath, as soon as there is one.
    pub(crate) async fn element(&self, xpath: &str) -> WebElement {
        match self
            .web
            .query(By::XPath(xpath))
            .and_displayed()
            .wait(PATIENCE, GLANCE)
            .first()
            .await
        {
            Ok(element) => element,
            Err(error) => panic!(
                "nothing at {xpath}: {error}\non the screen:\n{}",
                self.words().await
            ),
        }
    }

    /// Everything that stands on the screen.
    pub(crate) async fn words(&self) -> String {
        match self.web.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until these words stand on the screen.
    pub(crate) async fn sees(&self, words: &str) {
        self.element(&format!("//*[contains(normalize-space(.), {}) and not(self::script)][not(*[contains(normalize-space(.), {0})])]", quoted(words))).await;
    }

    /// Whether these words stand on the screen now.
    pub(crate) async fn shows(&self, words: &str) -> bool {
        self.words().await.contains(words)
    }

    /// Taps a button or a link by its name.
    pub(crate) async fn tap(&self, name: &str) {
        let name = quoted(name);
        self.tap_at(&format!(
            "//*[self::button or self::a or @role='button'][not(@disabled)][normalize-space(.)={name} or @aria-label={name}]"
        ))
        .await;
    }

    /// Taps the link whose words contain these.
    pub(crate) async fn tap_row(&self, words: &str) {
        self.tap_at(&format!(
            "//main//a[contains(normalize-space(.), {})]",
            quoted(words)
        ))
        .await;
    }

    /// Taps what stands at an XPath. When the page is drawn anew just then, what stands there afterwards is meant.
    pub(crate) async fn tap_at(&self, xpath: &str) {
        loop {
            let element = self.element(xpath).await;
            match self.try_tap(&element).await {
                Err(error) if matches!(*error, WebDriverErrorInner::StaleElementReference(_)) => {}
                done => return done.unwrap(),
            }
        }
    }

    pub(crate) async fn tap_element(&self, element: &WebElement) {
        self.try_tap(element).await.unwrap();
    }

    async fn try_tap(&self, element: &WebElement) -> WebDriverResult<()> {
        // What stands at the bottom would be under the bar: to the middle first, as a thumb would scroll it.
        let middle = "arguments[0].scrollIntoView({block: 'center'})";
        self.web.execute(middle, vec![element.to_json()?]).await?;
        element.click().await
    }

    /// The field with that label.
    pub(crate) async fn field(&self, label: &str) -> WebElement {
        let label = quoted(label);
        self.element(&format!(
            "//*[self::input or self::textarea or self::select][@id=//label[normalize-space(.)={label}]/@for or @aria-label={label} \
             or ancestor::label[normalize-space(.)={label}]]"
        ))
        .await
    }

    /// Types into the field with that label, in place of what stood there.
    pub(crate) async fn types(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub(crate) async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.web
            .execute(script, arguments)
            .await
            .unwrap()
            .json()
            .clone()
    }

    /// The errors that the page wrote to the console since this was asked last. That the server was away is none.
    pub(crate) async fn errors(&self) -> Vec<String> {
        let log = self.web.browser_log().await.unwrap();
        let of_the_page = log
            .into_iter()
            .filter(|entry| entry.source.as_deref() != Some("network"));
        of_the_page.map(|entry| entry.message).collect()
    }

    pub(crate) async fn path(&self) -> String {
        self.web.current_url().await.unwrap().path().to_owned()
    }

    /// Waits until a script gives true.
    pub(crate) async fn until(&self, what: &str, script: &str) {
        let started = std::time::Instant::now();
        while self.script(script, vec![]).await != json!(true) {
            assert!(
                started.elapsed() < PATIENCE,
                "still not: {what}\non the screen:\n{}",
                self.words().await
            );
            tokio::task::yield_now().await;
        }
    }

    // What every story does.

    /// Logs in for the first time on this device, chooses a PIN, and is on the first screen.
    pub(crate) async fn log_in(&self, username: &str, pin: &str) {
        self.log_in_here(username, pin).await;
        self.sees("Selamat bekerja").await;
    }

    /// Logs in on whatever screen was asked for.
    pub(crate) async fn log_in_here(&self, username: &str, pin: &str) {
        self.types("Nama pengguna", username).await;
        self.types("Kata sandi", "demo-anjangsana").await;
        self.tap("Masuk").await;
        self.choose_pin(pin).await;
    }

    pub(crate) async fn choose_pin(&self, pin: &str) {
        self.types("PIN baru (6 angka)", pin).await;
        self.types("Ulangi PIN", pin).await;
        self.tap("Simpan PIN").await;
    }

    pub(crate) async fn unlock(&self, pin: &str) {
        // The sixth digit opens it.
        self.types("PIN", pin).await;
        self.until(
            "the app is open",
            "return !document.getElementById('pin') && !!document.querySelector('main')",
        )
        .await;
    }

    /// Waits until the service worker has the whole app.
    pub(crate) async fn has_the_app(&self) {
        let ready =
            "const done = arguments[0]; navigator.serviceWorker.ready.then(() => done(true));";
        self.web.execute_async(ready, vec![]).await.unwrap();
    }

    /// Goes to the queue, asks for a sync there, and waits until nothing waits.
    pub(crate) async fn send_everything(&self, queue: &str) {
        self.goto_inside(queue).await;
        // With nothing to send the button is there to fetch.
        let button =
            "//button[normalize-space(.)='Kirim sekarang' or normalize-space(.)='Perbarui data']";
        let button = self.element(button).await;
        self.tap_element(&button).await;
        self.sees("Tidak ada yang menunggu. Semua sudah terkirim.")
            .await;
    }

    /// Goes to another screen without loading the page anew.
    pub(crate) async fn goto_inside(&self, name: &str) {
        let element = self
            .element(&format!(
                "//nav//a[contains(normalize-space(.), {})]",
                quoted(name)
            ))
            .await;
        element.click().await.unwrap();
    }
}

/// A text as an XPath literal.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains('\'') {
        format!("\"{text}\"")
    } else {
        format!("'{text}'")
    }
}
