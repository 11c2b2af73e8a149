//! S1: a screen may be left at any moment. The app goes on, and what was done on the screen is there for who comes back.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::{Device, Screen};
use crate::controls::visit_with;
use crate::office::Office;

const PIN: &str = "482913";
/// Leaves of one turn: after 0, 50, ... 450 milliseconds.
const LEAVES: u32 = 10;

/// An edit, how often a turn of it is made, and how it is done and seen (see `leaving.js`).
struct Edit {
    what: &'static str,
    turns: u32,
    script: &'static str,
}

/// Every kind of edit of a visit. Those that go on after the screen is left are made in several ways at each moment.
const OF_A_VISIT: [Edit; 9] = [
    Edit {
        what: "a text",
        turns: 3,
        script: "path: visit + '/isi/pilihan', screen: '#q-cerita',
            edit: n => types('q-cerita', `Cerita nomor ${n} di sini`),
            holds: n => at('q-cerita')?.value === `Cerita nomor ${n} di sini`",
    },
    Edit {
        what: "a number and a date",
        turns: 1,
        script: "path: visit + '/isi/angka', screen: '#q-uang',
            edit: n => { puts('q-tanggal', `2024-11-${10 + n}`); types('q-uang', String(100 + n)); },
            holds: n => at('q-uang')?.value === String(100 + n) && at('q-tanggal').value === `2024-11-${10 + n}`",
    },
    Edit {
        what: "one choice and several",
        turns: 1,
        script: "path: visit + '/isi/pilihan', screen: '#q-cepat',
            edit: n => {
                const box = one('[name=q-banyak][value=ya]');
                wanted = !box.checked;
                box.click();
                one(`[name=q-cepat][value=${n % 2 ? 'ya' : 'tidak'}]`).click();
            },
            holds: n => one(`[name=q-cepat][value=${n % 2 ? 'ya' : 'tidak'}]`)?.checked && one('[name=q-banyak][value=ya]').checked === wanted",
    },
    Edit {
        what: "an instance of a repeat added, and one removed",
        turns: 1,
        script: "path: visit + '/isi/ulang', screen: '#q-orang',
            edit: async () => {
                const before = document.querySelectorAll('.instance').length;
                wanted = before < 2 ? before + 1 : before - 1;
                if (wanted > before) return tap('Tambah: Peserta');
                await tap('Hapus Peserta 2');
                return tap('Hapus', () => at('dialog'));
            },
            holds: () => one('#q-orang') && document.querySelectorAll('.instance').length === wanted",
    },
    Edit {
        what: "a photo",
        turns: 2,
        script: "path: visit + '/isi/indra', screen: '#q-foto',
            edit: async n => gives('q-foto-1', await photo(1000 + n)),
            holds: n => picture('Foto papan nama')?.naturalWidth === 1000 + n",
    },
    Edit {
        what: "a signature drawn and not saved",
        turns: 2,
        script: "path: visit + '/isi/indra', screen: '#q-ttd',
            edit: async () => { await wipe(); draws('q-ttd-pad'); }, holds: () => picture('Tanda tangan ketua')",
    },
    Edit {
        what: "a signature saved",
        turns: 1,
        script: "path: visit + '/isi/indra', screen: '#q-ttd',
            edit: async () => { await wipe(); draws('q-ttd-pad'); await tap('Simpan tanda tangan'); },
            holds: () => picture('Tanda tangan ketua')",
    },
    Edit {
        what: "the place, which is not found",
        turns: 1,
        script: "path: visit + '/isi/indra', screen: '#q-titik',
            edit: () => tap('Ambil titik GPS', () => at('q-titik')), holds: () => at('q-titik')",
    },
    Edit {
        what: "a question asked and not answered",
        turns: 1,
        script: "path: visit + '/isi/indra', screen: '#q-foto',
            edit: () => tap('Hapus Foto papan nama'), holds: () => at('q-foto') && !at('dialog')",
    },
];

/// What else an officer sets going.
const OF_AN_OFFICER: [Edit; 4] = [
    Edit {
        what: "a search",
        turns: 1,
        script: "path: '/koperasi', screen: '[type=search]',
            edit: n => { const field = one('[type=search]'); field.id = 'search'; types('search', SEARCHES[n]); },
            holds: n => one('[type=search]')?.value === SEARCHES[n]",
    },
    Edit {
        what: "a sync asked for",
        turns: 1,
        script: "path: '/antrean', screen: '.sync',
            edit: () => until('the button', () => named('Kirim sekarang') ?? named('Perbarui data')).then(it => it.click()),
            holds: () => one('.sync')",
    },
    Edit {
        what: "a setting",
        turns: 1,
        script: "path: '/pengaturan', screen: '[type=checkbox]',
            edit: () => { const box = one('[type=checkbox]'); wanted = !box.checked; box.click(); },
            holds: () => one('[type=checkbox]')?.checked === wanted",
    },
    Edit {
        what: "the language",
        turns: 1,
        script: "path: '/pengaturan', screen: '[name=language]',
            edit: () => { const other = one('[name=language]:not(:checked)'); wanted = other.nextElementSibling.lang; other.click(); },
            holds: () => one('[name=language]:checked')?.nextElementSibling.lang === wanted && document.documentElement.lang === wanted",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_may_leave_any_screen_at_any_moment_after_any_edit() {
    let mut office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let sheets = (
        include_str!("../fixtures/forms/semua_jenis/survey.csv"),
        include_str!("../fixtures/forms/semua_jenis/choices.csv"),
        include_str!("../fixtures/forms/semua_jenis/settings.csv"),
    );
    let phone = visit_with(&mut office, &profiles.path().join("phone"), sheets).await;
    phone.notes_faults().await;
    // A fix that is too rough to be taken: the phone goes on looking until the screen is left.
    phone.is_at(-3.0123, 106.4567, 250.0).await;
    let path = phone.path().await;
    let (visit, _) = path.split_once("/isi/").unwrap();
    for (edit, leaves) in OF_A_VISIT
        .iter()
        .map(|edit| (edit, LEAVES))
        .chain(OF_AN_OFFICER.iter().map(|edit| (edit, 4)))
    {
        phone.leaves(edit, visit, leaves).await;
    }
    phone
        .opens_and_leaves(&[
            "/koperasi",
            &phone.first_link("/koperasi", "/koperasi/").await,
            visit,
            &format!("{visit}/lanjut"),
            &format!("{visit}/kirim"),
            "/antrean",
            "/pengaturan",
            "/tentang",
            "/masuk",
            "/bukan-layar",
        ])
        .await;

    // What was typed last is at the office, too.
    let (_, visit) = visit.rsplit_once('/').unwrap();
    phone.send_everything("Antrean kirim").await;
    let fields = office.visits().remove(visit).unwrap();
    assert_eq!(fields["a/cerita"], "Cerita nomor 31 di sini");
    assert_eq!(fields["a/uang"], "109");
    assert_eq!(fields["a/tanggal"], "2024-11-19");
    phone.has_no_faults().await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_may_leave_any_screen_at_any_moment_after_any_edit() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let desk = opened(&office, &profiles.path().join("desk"), "kabid").await;
    let review = desk.first_link("/persetujuan", "/persetujuan/").await;
    let note = Edit {
        what: "a note",
        turns: 1,
        script: "path: visit, screen: '#review-note',
            edit: n => types('review-note', `Catatan ${n}`), holds: n => at('review-note')?.value === `Catatan ${n}`",
    };
    desk.leaves(&note, &review, LEAVES).await;
    // Each decision is one for good, and needs a visit that waits.
    for (delay, decision) in [
        "edit: async () => { types('review-note', 'Lengkapi'); await tap('Kembalikan untuk diperbaiki'); }",
        "edit: async () => { await tap('Setujui'); await tap('Ya, setujui', () => at('dialog')); }",
    ]
    .iter()
    .enumerate()
    {
        let review = desk.first_link("/persetujuan", "/persetujuan/").await;
        let script = format!(
            "await round({{path: visit, screen: '#review-note', {decision}, holds: () => one('.history') && !at('review-note')}}, {delay}, {delay} * 50);"
        );
        desk.in_page(&script, &review).await;
    }
    desk.opens_and_leaves(&[
        "/persetujuan",
        &desk.first_link("/persetujuan", "/persetujuan/").await,
        "/koperasi",
        &desk.first_link("/koperasi", "/koperasi/").await,
        "/antrean",
        "/pengaturan",
    ])
    .await;
    desk.has_no_faults().await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_may_leave_any_screen_at_any_moment() {
    let office = Office::open();
    let profiles = tempfile::tempdir().unwrap();
    let desk = opened(&office, &profiles.path().join("desk"), "admin").await;
    let download = Edit {
        what: "a form fetched",
        turns: 1,
        script: "path: '/formulir', screen: '[type=file]',
            edit: () => until('a form', () => one('.rows button')).then(it => it.click()), holds: () => one('[type=file]')",
    };
    desk.leaves(&download, "", LEAVES).await;
    desk.opens_and_leaves(&["/formulir", "/tertahan", "/persetujuan", "/pengaturan"])
        .await;
    desk.has_no_faults().await;
    desk.close().await;
}

/// The app of somebody who has just logged in.
async fn opened(office: &Office, profile: &Path, username: &str) -> Device {
    let device = Device::open(profile, Screen::Desktop).await;
    device.goto(&office.url("/")).await;
    device.log_in(username, PIN).await;
    device.notes_faults().await;
    device
}

impl Device {
    /// Runs a script in the page, after `leaving.js`; it knows `visit`.
    pub(crate) async fn in_page(&self, script: &str, visit: &str) -> Value {
        let script = format!(
            "{}\nconst wipe = async () => {{
                await until('a signature or a pad', () => at('q-ttd-pad') ?? picture('Tanda tangan ketua'));
                if (!at('q-ttd-pad')) {{
                    await tap('Hapus Tanda tangan ketua');
                    await tap('Hapus', () => at('dialog'));
                }}
                await until('the pad', () => at('q-ttd-pad'));
            }};
            const [visit, done] = arguments;
            let wanted;
            (async () => {{ {script} }})().then(said => done({{said: said ?? null}}), why => done({{why: String(why)}}));",
            include_str!("leaving.js")
        );
        let said = self
            .web
            .execute_async(&script, vec![json!(visit)])
            .await
            .unwrap();
        let said = said.json();
        if let Some(why) = said["why"].as_str() {
            panic!("{why}");
        }
        said["said"].clone()
    }

    /// Edits, leaves and comes back, again and again.
    async fn leaves(&self, edit: &Edit, visit: &str, leaves: u32) {
        let Edit {
            what,
            turns,
            script,
        } = edit;
        for turn in 0..*turns {
            let script = format!("await leaves({{what: '{what}', {script}}}, {turn}, {leaves});");
            self.in_page(&script, visit).await;
        }
    }

    /// Opens screens and leaves them at once or a little later, while they still ask for what they show.
    async fn opens_and_leaves(&self, paths: &[&str]) {
        for path in paths {
            let script = "for (let n = 0; n < 3; n++) {
                await round({path: visit, screen: '#content > *', edit: () => {}, holds: () => one('#content > *')}, n, n * 50);
            }";
            self.in_page(script, path).await;
        }
    }

    /// Where the first link on a screen leads that begins so.
    async fn first_link(&self, screen: &str, begins: &str) -> String {
        let script = format!(
            "go('{screen}'); return (await until('a link', () => one('main a[href^=\"{begins}\"]'))).getAttribute('href');"
        );
        let link = self.in_page(&script, "").await;
        link.as_str().unwrap().to_owned()
    }

    /// From now on the page keeps what goes wrong in it.
    async fn notes_faults(&self) {
        self.script(
            "window.faults = [];
             addEventListener('error', event => window.faults.push(String(event.message)));
             addEventListener('unhandledrejection', event => window.faults.push(String(event.reason)));",
            vec![],
        )
        .await;
    }

    async fn has_no_faults(&self) {
        assert_eq!(self.script("return window.faults", vec![]).await, json!([]));
    }
}
