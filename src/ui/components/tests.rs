//! Every component drawn to HTML without a browser: what a person reads, and what a screen reader is given.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::RefCell;
use std::collections::BTreeMap;

use dioxus::prelude::*;

use super::*;
use crate::domain::assessment::AspectResult;
use crate::domain::score::Band;
use crate::domain::visit::Mark;
use crate::domain::{
    AreaCode, Assessment, Millis, RecordId, Role, Status, StatusEntry, UserId, VisitResult,
    VisitState,
};
use crate::platform::host::history;
use crate::store::api::{HistoryEntry, Step, StoreError, Transfer, VisitRow};
use crate::ui::route::Route as Screen;
use crate::ui::state::Shell;

thread_local! {
    static DRAWN: RefCell<Option<Box<dyn Fn() -> Element>>> = const { RefCell::new(None) };
}

#[derive(Routable, Clone, PartialEq)]
enum Stage {
    #[route("/")]
    Drawn {},
}

#[component]
fn Drawn() -> Element {
    DRAWN.with_borrow(|drawn| drawn.as_ref().map_or_else(|| rsx! {}, |drawn| drawn()))
}

/// What every component may expect around it: an address, the shared state, a router.
#[component]
fn Root() -> Element {
    use_hook(history::provide);
    use_context_provider(Shell::start);
    rsx! {
        Router::<Stage> {}
    }
}

/// The HTML of an element.
fn html(element: impl Fn() -> Element + 'static) -> String {
    DRAWN.set(Some(Box::new(element)));
    let mut dom = VirtualDom::new(Root);
    dom.rebuild_in_place();
    dioxus_ssr::render(&dom)
}

/// Asserts that the HTML has all of these, in this order.
#[track_caller]
fn has(html: &str, parts: &[&str]) {
    let mut rest = html;
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => panic!("{part:?} is not where it should be in\n{html}"),
        }
    }
}

#[test]
fn a_dialog_has_a_name_and_is_modal_and_the_focus_cannot_leave_at_either_end() {
    let html = html(|| {
        rsx! {
            Dialog { title: "Hapus?", onclose: |()| {}, p { "Isi" } }
        }
    });
    has(
        &html,
        &[
            "tabindex=\"0\"",
            "role=\"dialog\"",
            "aria-modal=\"true\"",
            "aria-labelledby=\"dialog-title\"",
            "id=\"dialog-title\"",
            "Hapus?",
            "Isi",
            "tabindex=\"0\"",
        ],
    );
}

#[test]
fn a_question_shows_the_way_back_before_the_deed_and_a_busy_deed_cannot_be_pressed_again() {
    let html = html(|| {
        rsx! {
            Confirm {
                title: "Buang kunjungan?", text: "Tidak dapat dibatalkan.", confirm: "Buang", danger: true, busy: true,
                onconfirm: |()| {}, oncancel: |()| {},
            }
        }
    });
    has(
        &html,
        &[
            "Tidak dapat dibatalkan.",
            "Batal",
            "button danger",
            "disabled",
            "Buang",
        ],
    );
}

#[test]
fn an_icon_is_kept_from_screen_readers_and_an_unknown_one_draws_nothing() {
    let known = html(|| rsx! { Icon { name: "home" } });
    has(&known, &["aria-hidden=\"true\"", "d=\"M3 11"]);
    has(
        &html(|| rsx! { Icon { name: "no such icon" } }),
        &["d=\"\""],
    );
}

#[test]
fn a_head_is_the_one_heading_and_its_way_back_has_a_name() {
    let with_back = html(|| {
        rsx! {
            Head { title: "Antrean", back: Screen::Home {}, lead: "Tiga kunjungan" }
        }
    });
    has(
        &with_back,
        &[
            "aria-label=\"Kembali\"",
            "<h1>",
            "Antrean",
            "Tiga kunjungan",
        ],
    );
    let without = html(|| rsx! { Head { title: "Beranda" } });
    assert!(!without.contains("head-back"), "{without}");
}

#[test]
fn a_card_has_a_heading_only_when_it_has_a_title() {
    let titled = html(|| rsx! { Card { title: "Profil", "Isi" } });
    has(&titled, &["<h2", "Profil", "Isi"]);
    assert!(!html(|| rsx! { Card { "Isi" } }).contains("<h2"));
}

#[test]
fn a_chip_says_its_state_in_words_beside_its_colour() {
    let html = html(|| rsx! { Chip { tone: Tone::Bad, icon: "alert", text: "Ditolak" } });
    has(&html, &["data-tone=\"bad\"", "<svg", "Ditolak"]);
}

#[test]
fn a_status_stands_with_its_date_and_an_unknown_one_says_so() {
    let known = html(|| {
        let entry = StatusEntry {
            status: Status::KurangAktif,
            date: "2024-11-07".to_owned(),
            source: "register".to_owned(),
            reason: String::new(),
        };
        rsx! { StatusChip { entry, dated: true } }
    });
    has(&known, &["data-tone=\"warn\"", "Kurang", "per 7"]);
    has(
        &html(|| rsx! { StatusChip { entry: None } }),
        &["Status belum ada"],
    );
}

#[test]
fn a_bad_message_interrupts_a_screen_reader_and_others_wait() {
    let bad = html(|| rsx! { Alert { tone: Tone::Bad, title: "Gagal", p { "Sebab" } } });
    has(&bad, &["role=\"alert\"", "Gagal", "Sebab"]);
    let good = html(|| rsx! { Alert { tone: Tone::Good, p { "Beres" } } });
    has(&good, &["role=\"status\"", "Beres"]);
}

#[test]
fn an_empty_list_says_so_and_what_to_do() {
    let html =
        html(|| rsx! { Empty { icon: "queue", text: "Semua terkirim", button { "Kembali" } } });
    has(&html, &["Semua terkirim", "<button", "Kembali"]);
}

#[test]
fn what_is_asked_for_is_announced_and_an_error_says_what_to_do() {
    has(&html(|| rsx! { Asking {} }), &["role=\"status\"", "Memuat"]);
    let failed = html(|| rsx! { Asking { error: StoreError::NotOpen } });
    has(&failed, &["role=\"alert\"", "Buka dengan PIN"]);
}

#[test]
fn an_attachment_that_is_not_here_yet_is_loading_first() {
    let html = html(|| {
        rsx! { Attached { name: format!("{}.jpg", "ab".repeat(32)), label: "Foto papan nama" } }
    });
    has(&html, &["role=\"status\"", "Memuat"]);
}

#[test]
fn a_score_says_value_band_completeness_and_that_it_decides_nothing() {
    let html = html(|| {
        let aspect = AspectResult {
            name: "organisasi".to_owned(),
            score: 940,
            band: Band::Baik,
            complete: 80,
            capped: false,
            incomplete: true,
            withheld: false,
        };
        let score = Assessment {
            aspects: vec![aspect],
            ..Assessment::default()
        };
        let result = VisitResult {
            score,
            ..VisitResult::default()
        };
        let titles = BTreeMap::from([("organisasi".to_owned(), "Kelembagaan".to_owned())]);
        rsx! { ScorePanel { result, titles, earlier: Vec::new() } }
    });
    has(
        &html,
        &[
            "Skor Pembinaan",
            "Kelembagaan",
            "94,0",
            "Baik",
            "80",
            "Jumlah dihitung bila",
            "bukan predikat",
        ],
    );
}

#[test]
fn what_came_to_nothing_shows_no_score() {
    let html = html(|| {
        rsx! { ScorePanel { result: VisitResult::default(), titles: BTreeMap::new(), earlier: Vec::new() } }
    });
    assert!(!html.contains("Skor"), "{html}");
}

#[test]
fn state_and_transfer_of_a_visit_are_two_words() {
    let returned = html(|| {
        rsx! { StateChip { state: VisitState::Returned, transfer: Transfer::Queued } }
    });
    has(&returned, &["data-tone=\"warn\"", "Dikembalikan"]);
    let sent = html(|| rsx! { TransferChip { transfer: Transfer::Sent { at: None } } });
    has(&sent, &["Terkirim"]);
    let draft = html(|| {
        rsx! { TransferChip { transfer: Transfer::Sent { at: None }, state: VisitState::Draft } }
    });
    assert!(
        !draft.contains("Terkirim"),
        "a draft is never called sent: {draft}"
    );
}

fn row() -> VisitRow {
    VisitRow {
        id: RecordId::of_text("visit"),
        cooperative: RecordId::of_text("cooperative"),
        name: "Koperasi CONTOH".to_owned(),
        desa: "Rias".to_owned(),
        area: AreaCode("19.03.01".to_owned()),
        officer: UserId::of_text("petugas1"),
        officer_name: "Petugas CONTOH".to_owned(),
        date: "2024-11-07".to_owned(),
        state: VisitState::Returned,
        transfer: Transfer::Sent { at: None },
        notes: 3,
        submitted_at: Some(Millis(1_730_964_600_000)),
        submissions: 2,
    }
}

#[test]
fn a_row_of_a_visit_leads_to_it_and_says_where_when_and_what_is_to_do() {
    let html = html(|| {
        let to = use_callback(|row: VisitRow| Screen::VisitOverview { id: row.id });
        rsx! { VisitList { rows: vec![row()], to, officer: true } }
    });
    let address = format!("href=\"/kunjungan/{}\"", RecordId::of_text("visit"));
    has(
        &html,
        &[
            address.as_str(),
            "Koperasi CONTOH",
            "Rias",
            "Toboali",
            "Kunjungan 7",
            "Petugas CONTOH",
            "Dikembalikan",
            "3 catatan",
        ],
    );
}

#[test]
fn a_history_says_who_did_what_with_which_role_and_why() {
    let html = html(|| {
        let entry = HistoryEntry {
            step: Step::Returned,
            mark: Mark {
                at: Millis(1_730_964_600_000),
                by: UserId::of_text("kabid"),
                reason: "Foto kurang.".to_owned(),
            },
            name: "Kabid CONTOH".to_owned(),
            role: Some(Role::Supervisor),
            notes: 2,
        };
        rsx! { HistoryList { entries: vec![entry] } }
    });
    has(
        &html,
        &[
            "<ol",
            "Dikembalikan untuk diperbaiki",
            "Kabid CONTOH",
            "2 catatan",
            "Foto kurang.",
        ],
    );
}

#[test]
fn what_was_not_chosen_is_asked_for_by_a_button() {
    let html = html(|| rsx! { NotChosenList { visit: RecordId::of_text("visit") } });
    has(&html, &["<button", "Lihat data yang tidak dipakai"]);
}
