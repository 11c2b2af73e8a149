//! What a letter in a long form draws anew, and how long it takes: `cargo xtask bench-browser`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::browser::Device;
use crate::controls::visit_with;
use crate::filling;
use crate::office::Office;

/// Questions on one page: far more than any page of a checklist has.
const QUESTIONS: usize = 300;
/// How many of them have a name that ends in the same digit.
pub(crate) const TENS: usize = QUESTIONS / 10;
/// How many times slower than this machine the phone is taken to be.
const SLOWER: u32 = 4;
/// A keystroke may take a frame of a screen that draws sixty a second.
const MARK: f64 = 16.0;

/// Something that is typed.
struct Typing {
    what: &'static str,
    field: &'static str,
    text: &'static str,
    pace: Pace,
}

/// When the next letter comes.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    /// Ten letters a second: somebody who types very fast.
    Person,
    /// As soon as the one before has been drawn: faster than anybody, and what follows from a letter is still under way.
    Drawn,
    /// When the one before is on disk: each one also shows "saving" and "saved".
    Saved,
}

/// From one letter of a person to the next.
const BEAT: Duration = Duration::from_millis(100);
/// How long a person looks at a question before the first letter.
const LOOK: Duration = Duration::from_secs(2);

/// Ordinary letters, figures that thirty other questions hang on, and a text that brings and takes questions.
const TYPED: [Typing; 6] = [
    // The browser compiles for speed only what it has seen often.
    Typing {
        what: "the first text after the form was opened",
        field: "q-t_3",
        text: "Koperasi ini berjalan baik sejak tahun lalu.",
        pace: Pace::Person,
    },
    Typing {
        what: "a text",
        field: "q-t_151",
        text: "Koperasi ini berjalan baik sejak tahun lalu.",
        pace: Pace::Person,
    },
    Typing {
        what: "a text, each letter saved before the next",
        field: "q-t_152",
        text: "Koperasi ini berjalan baik sejak tahun lalu.",
        pace: Pace::Saved,
    },
    Typing {
        what: "a text, each letter as soon as the one before is drawn",
        field: "q-t_156",
        text: "Koperasi ini berjalan baik sejak tahun lalu.",
        pace: Pace::Drawn,
    },
    Typing {
        what: "a number that 30 calculations hang on",
        field: "q-n_0",
        text: "12345678901234567890",
        pace: Pace::Person,
    },
    Typing {
        what: "a text that shows and hides 29 questions",
        field: "q-t_7",
        text: "ya, ya, ya, ya",
        pace: Pace::Person,
    },
];

/// A form of one long page.
pub(crate) fn survey() -> String {
    let mut sheet =
        "type,name,label,relevant,calculation,constraint,required\nbegin_group,semua,Semua,,,,\n"
            .to_owned();
    for n in 0..QUESTIONS {
        let line = match n % 10 {
            0 => format!("integer,n_{n},Angka {n},,,. >= 0,"),
            5 => format!("calculate,c_{n},,,\"coalesce(${{n_0}}, 0) * {n}\",,"),
            7 if n > 7 => format!(
                "text,t_{n},Teks {n},\"contains(${{t_7}}, 'ya')\",,string-length(.) < 500,yes"
            ),
            _ => format!("text,t_{n},Teks {n},,,string-length(.) < 500,yes"),
        };
        writeln!(sheet, "{line}").unwrap();
    }
    sheet + "end_group,,,,,,\n"
}

/// A phone on the one page of a visit with the long form, every letter measured.
async fn long_form(office: &mut Office, profiles: &Path, survey: &str) -> Device {
    let sheets = (
        survey,
        "list_name,name,label\n",
        "form_title,form_id,version\nPanjang,kunjungan,9999000002\n",
    );
    let phone = visit_with(office, &profiles.join("phone"), sheets).await;
    phone.element("//*[@id='q-t_299']").await;
    phone
}

/// What became of one letter, in milliseconds.
#[derive(serde::Deserialize)]
struct Took {
    /// From the key until the frame that shows the letter is handed over, the wait for the screen's next frame included.
    shown: f64,
    /// What the page did of that: the event with all that it set going at once, and the frame.
    work: f64,
}

/// What became of the letters of one text.
struct Measured {
    took: Vec<Took>,
    /// How long the page was busy for each letter in all: also with what follows from it once it is shown.
    busy: f64,
}

/// From now on the page notes what each letter takes.
async fn measure(phone: &Device) {
    phone
        .script(
            "window.took = [];
             let pressed, begun, handled;
             window.addEventListener('keydown', event => {
                 // When the browser had the key; the page may have been busy until now.
                 pressed = event.timeStamp;
                 begun = performance.now();
             }, true);
             window.addEventListener('input', () => {
                 window.measured = new Promise(done => requestAnimationFrame(() => {
                     const drawing = performance.now();
                     // Before the browser turns to anything else.
                     scheduler.postTask(() => {
                         const drawn = performance.now();
                         window.took.push({shown: drawn - pressed, work: handled - begun + drawn - drawing});
                         done();
                     }, {priority: 'user-blocking'});
                 }));
             }, true);
             // The last to hear of it.
             window.addEventListener('input', () => handled = performance.now());",
            vec![],
        )
        .await;
    let cdp = phone.web.cdp();
    cdp.send_raw("Performance.enable", json!({})).await.unwrap();
}

/// Milliseconds that the page has been busy since it was opened.
async fn busy(phone: &Device) -> f64 {
    let cdp = phone.web.cdp();
    let told = cdp.send_raw("Performance.getMetrics", json!({})).await;
    let told = told.unwrap();
    let metrics = told["metrics"].as_array().unwrap();
    let tasks = metrics
        .iter()
        .find(|metric| metric["name"] == "TaskDuration");
    tasks.unwrap()["value"].as_f64().unwrap() * 1000.0
}

/// Types a text letter by letter, the next one not before the one before has been drawn.
async fn type_letters(phone: &Device, typing: &Typing) -> Measured {
    let cdp = phone.web.cdp();
    let field = format!("//*[@id='{}']", typing.field);
    phone.tap_at(&field).await;
    filling::saved(phone).await;
    phone.script("window.took = []", vec![]).await;
    tokio::time::sleep(LOOK).await;
    let before = busy(phone).await;
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for letter in typing.text.chars() {
        if typing.pace == Pace::Person {
            beat.tick().await;
        }
        let key = |kind: &str| json!({"type": kind, "text": letter, "key": letter});
        for kind in ["keyDown", "keyUp"] {
            let pressed = cdp.send_raw("Input.dispatchKeyEvent", key(kind)).await;
            pressed.unwrap();
        }
        let drawn = json!({"expression": "window.measured", "awaitPromise": true});
        cdp.send_raw("Runtime.evaluate", drawn).await.unwrap();
        if typing.pace == Pace::Saved {
            filling::saved(phone).await;
        }
    }
    let letters = typing.text.len();
    let busy = (busy(phone).await - before) / letters as f64;
    filling::saved(phone).await;
    let took = phone.script("return window.took", vec![]).await;
    let took: Vec<Took> = serde_json::from_value(took).unwrap();
    assert_eq!(took.len(), letters, "every letter was measured");
    Measured { took, busy }
}

impl Measured {
    /// The middle, the one that 95 of 100 stay under, and the longest.
    fn spread(&self, of: impl Fn(&Took) -> f64) -> [f64; 3] {
        let mut all: Vec<f64> = self.took.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        [0.5, 0.95, 1.0].map(|share| all[((all.len() - 1) as f64 * share) as usize])
    }

    /// The figures, and whether they meet the mark.
    fn report(&self, what: &str) {
        let [shown50, shown95, longest] = self.spread(|took| took.shown);
        let [work50, work95, _] = self.spread(|took| took.work);
        let met = |figure: f64| if figure < MARK { "met" } else { "missed" };
        println!(
            "{what}: {} letters at {SLOWER}x CPU throttling\n  \
             from the key until its frame is drawn, the wait for the frame included: p50 {shown50:.1} ms ({}), \
             p95 {shown95:.1} ms ({}), most {longest:.1} ms; mark {MARK} ms\n  \
             of that work: p50 {work50:.1} ms ({}), p95 {work95:.1} ms ({}); \
             work in all, with what follows after the frame: {:.1} ms a letter",
            self.took.len(),
            met(shown50),
            met(shown95),
            met(work50),
            met(work95),
            self.busy,
        );
    }

    /// How much more that is than what the browser needs for itself.
    fn report_beyond(&self, bare: &Measured) {
        let difference = |of: fn(&Took) -> f64| {
            let (ours, theirs) = (self.spread(of), bare.spread(of));
            [ours[0] - theirs[0], ours[1] - theirs[1]]
        };
        let [shown50, shown95] = difference(|took| took.shown);
        let [work50, work95] = difference(|took| took.work);
        println!(
            "  beyond the bare field: until its frame p50 {shown50:+.1} ms, p95 {shown95:+.1} ms; \
             work p50 {work50:+.1} ms, p95 {work95:+.1} ms"
        );
    }
}

/// From now on the page notes whatever changes in the form, and every field that is drawn anew.
async fn watch(phone: &Device) {
    phone
        .script(
            "const form = document.getElementById('content');
             const watched = {records: [], fields: []};
             const watcher = new MutationObserver(records => watched.records.push(...records));
             watcher.observe(form, {childList: true, attributes: true, characterData: true, subtree: true});
             // A field that is drawn anew changes nothing that an observer sees, but it is asked what it holds.
             for (const kind of [HTMLInputElement, HTMLTextAreaElement]) {
                 const value = Object.getOwnPropertyDescriptor(kind.prototype, 'value');
                 Object.defineProperty(kind.prototype, 'value', {
                     ...value, get() { watched.fields.push(this); return value.get.call(this); },
                 });
             }
             window.touched = () => {
                 watched.records.push(...watcher.takeRecords());
                 // What was taken away meanwhile stood where it was taken from.
                 const stood = new Map();
                 for (const {target, removedNodes} of watched.records)
                     for (const node of removedNodes) stood.set(node, target);
                 const place = node => {
                     for (let at = node; at; at = at.parentNode ?? stood.get(at)) {
                         if (at.dataset?.path) return at.dataset.path;
                         if (at.classList?.contains('question-note')) return at.id;
                         if (at.classList?.contains('saved-line')) return 'the saved mark';
                         if (at == form) break;
                     }
                     return `${node.nodeName} ${node.className ?? ''} ${node.textContent.slice(0, 40)}`;
                 };
                 const isElement = node => node.nodeType == Node.ELEMENT_NODE;
                 const places = watched.records.flatMap(({type, target, addedNodes, removedNodes}) => {
                     const moved = [...addedNodes, ...removedNodes].filter(isElement);
                     const holds = target == form || target.classList?.contains('runner');
                     return type == 'childList' && holds ? moved.map(place) : [place(target)];
                 }).concat(watched.fields.map(place));
                 watched.records = [];
                 watched.fields = [];
                 return [...new Set(places)];
             };",
            vec![],
        )
        .await;
}

/// What was drawn anew since the last call: names of questions, and other places in words.
async fn touched(phone: &Device) -> BTreeSet<String> {
    let places = phone.script("return window.touched()", vec![]).await;
    serde_json::from_value(places).unwrap()
}

/// Goes to a question's field and types into it: what the letters drew anew, until they are on disk.
async fn drawn_by(phone: &Device, question: &str, text: &str) -> BTreeSet<String> {
    let field = format!("//*[@id='q-{question}']");
    phone.tap_at(&field).await;
    // Leaving another field shows it as it is kept.
    touched(phone).await;
    let field = phone.element(&field).await;
    field.send_keys(text).await.unwrap();
    let saved = format!(
        "return !!document.querySelector('[data-path={question}] [data-saving=saved]') \
         && document.querySelector('.saved-line').innerText.includes('Tersimpan di HP')"
    );
    phone.until("it is saved", &saved).await;
    touched(phone).await
}

fn names(of: impl IntoIterator<Item = impl Into<String>>) -> BTreeSet<String> {
    of.into_iter().map(Into::into).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_question_that_changed_is_drawn_again() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let told = "note,kembali,Angka pertama: ${n_0},,,,\nend_group";
    let survey = survey().replace("end_group", told);
    let phone = long_form(&mut office, profiles.path(), &survey).await;
    watch(&phone).await;

    // The mark that a question is saved has its room from the beginning: nothing below moves under the thumb.
    let height = async || {
        let height = "return document.documentElement.scrollHeight";
        phone.script(height, vec![]).await
    };
    let before = height().await;
    let drawn = drawn_by(&phone, "t_151", "Koperasi").await;
    assert_eq!(drawn, names(["t_151", "the saved mark"]));
    assert_eq!(height().await, before);
    let drawn = drawn_by(&phone, "n_0", "12").await;
    assert_eq!(drawn, names(["n_0", "q-kembali", "the saved mark"]));
    // Questions that come and go leave the others where they are.
    let coming = (17..QUESTIONS).step_by(10).map(|n| format!("t_{n}"));
    let mut coming = names(coming);
    coming.extend(names(["t_7", "the saved mark"]));
    assert_eq!(drawn_by(&phone, "t_7", "ya").await, coming);
    assert_eq!(drawn_by(&phone, "t_7", "\u{8}").await, coming);
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: run by `cargo xtask bench-browser`"]
async fn bench_browser_a_letter_in_a_form_of_300_questions() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let phone = long_form(&mut office, profiles.path(), &survey()).await;
    measure(&phone).await;
    phone.is_slow(SLOWER).await;
    let mut measured = Vec::new();
    for typing in &TYPED {
        measured.push((typing, type_letters(&phone, typing).await));
    }
    // What the browser takes on this machine for a letter that nobody listens to.
    phone
        .goto("data:text/html,<meta name=viewport content=width=device-width><input id=bare>")
        .await;
    measure(&phone).await;
    let typing = Typing {
        what: "for comparison, a bare field on an empty page",
        field: "bare",
        text: TYPED[0].text,
        pace: Pace::Person,
    };
    let bare = type_letters(&phone, &typing).await;
    bare.report(typing.what);
    if bare.spread(|took| took.shown)[1] >= MARK {
        println!(
            "  the browser alone misses the mark here: only what is beyond it speaks of the app"
        );
    }
    for (typing, measured) in &measured {
        measured.report(typing.what);
        measured.report_beyond(&bare);
    }
    phone.close().await;
}
