//! L10: a new version of a form does not break open drafts. Answers are carried by name and type; what does not fit is
//! kept with the draft, shown, and never lost. What was submitted stays with the version it was made in.

use std::sync::Arc;

use anjangsana::domain::visit::Why;
use anjangsana::domain::{Decision, Millis, RecordId, Role, VisitState};
use anjangsana::form::{Answers, Form, Upgrade, join, upgrade};
use anjangsana::server::forms::{self, Sheets};
use anjangsana::store::api::{Keep, Request, ReviewDraft, Transfer};
use anjangsana::sync::wire::RejectCode;
use serde_json::json;

use crate::device_sync::{Phone, demo_office, local};
use crate::form_support::form;
use crate::server_office::{Office, TOBOALI, refused, rev};

const CHOICES: &str = "list_name|name|label\nl|a|Alpha\nl|b|Beta";

fn answers(pairs: &[(&str, &str)]) -> Answers {
    let pairs = pairs.iter();
    pairs
        .map(|(path, value)| ((*path).into(), (*value).into()))
        .collect()
}

/// What is left over as `path: label = words (why)`.
fn left(upgrade: &Upgrade) -> Vec<String> {
    let line = |(path, one): (&String, &anjangsana::domain::visit::Leftover)| {
        format!("{path}: {} = {} ({:?})", one.label, one.text, one.why)
    };
    upgrade.left.iter().map(line).collect()
}

fn carried(old: &Arc<Form>, new: &Arc<Form>, given: &[(&str, &str)]) -> (Answers, Vec<String>) {
    let found = upgrade(old, new, &answers(given));
    let left = left(&found);
    (found.answers, left)
}

#[test]
fn l10_an_answer_follows_its_question_wherever_it_moved() {
    let old = form(
        "type|name|label\nbegin group|g|G\ntext|name|Name\ninteger|age|Age\nend group||\nbegin repeat|team|T\ntext|who|Who\nend repeat||\ntext|note|Note",
        "",
    );
    let new = form(
        "type|name|label\ntext|name|Name\nbegin group|h|H\nbegin repeat|team|T\nbegin group|k|K\ntext|who|Who\nend group||\nend repeat||\ndecimal|age|Age\nend group||\nbegin repeat|remarks|R\ntext|note|Note\nend repeat||",
        "",
    );
    let given = [
        ("name", "Ani"),
        ("age", "34"),
        ("team/1", "1"),
        ("team/1/who", "Budi"),
        ("team/2", "1"),
        ("note", "yes"),
    ];
    let (found, left) = carried(&old, &new, &given);
    assert_eq!(left, [] as [&str; 0]);
    let wanted = [
        ("age", "34"),
        ("name", "Ani"),
        ("remarks/000001", "1"),
        ("remarks/000001/note", "yes"),
        ("team/1", "1"),
        ("team/1/who", "Budi"),
        ("team/2", "1"),
    ];
    assert_eq!(found, answers(&wanted));
}

#[test]
fn l10_what_does_not_fit_is_kept_with_its_question_its_words_and_the_reason() {
    let old = form(
        "type|name|label\ntext|gone|Was it there?\ntext|year|Which year?\nselect_one l|one|One?\nselect_multiple l|some|Some?\ninteger|count|How many?\ntext|empty|Empty?",
        CHOICES,
    );
    let new = form(
        "type|name|label\ninteger|year|Which year?\nselect_one l|one|One?\nselect_multiple l|some|Some?\ntext|count|How many?",
        "list_name|name|label\nl|a|Alpha\nl|c|Gamma",
    );
    let given = [
        ("gone", "yes"),
        ("year", "about 1990"),
        ("one", "b"),
        ("some", "a b"),
        ("count", "7"),
        ("empty", ""),
    ];
    let (found, left) = carried(&old, &new, &given);
    assert_eq!(found, answers(&[("count", "7"), ("some", "a")]));
    assert_eq!(
        left,
        [
            "gone: Was it there? = yes (Gone)",
            "one: One? = Beta (ChoiceGone)",
            "some: Some? = Beta (ChoiceGone)",
            "year: Which year? = about 1990 (OtherType)",
        ]
    );
}

#[test]
fn l10_of_many_instances_that_become_one_question_the_first_fits_and_the_others_are_kept() {
    let old = form(
        "type|name|label\nbegin repeat|team|T\ntext|who|Who\nend repeat||",
        "",
    );
    let new = form("type|name|label\ntext|who|Who", "");
    let given = [
        ("team/1", "1"),
        ("team/1/who", "Ani"),
        ("team/2", "1"),
        ("team/2/who", "Ani"),
        ("team/3", "1"),
        ("team/3/who", "Citra"),
    ];
    let (found, left) = carried(&old, &new, &given);
    assert_eq!(found, answers(&[("who", "Ani")]));
    assert_eq!(
        left,
        [
            "team/2/who: Who = Ani (Taken)",
            "team/3/who: Who = Citra (Taken)"
        ]
    );
}

#[test]
fn l10_nested_repeats_keep_their_instances() {
    let old = form(
        "type|name|label\nbegin repeat|a|A\nbegin repeat|b|B\ntext|q|Q\nend repeat||\nend repeat||",
        "",
    );
    let new = form(
        "type|name|label\nbegin group|g|G\nbegin repeat|b|B\nbegin repeat|c|C\ntext|q|Q\nend repeat||\nend repeat||\nend group||",
        "",
    );
    let given = [("a/1", "1"), ("a/1/b/7", "1"), ("a/1/b/7/q", "x")];
    let (same, none) = carried(&old, &old, &given);
    assert_eq!((same, none), (answers(&given), vec![]));
    let (found, left) = carried(&old, &new, &given);
    assert_eq!(left, [] as [&str; 0]);
    let wanted = [("b/7", "1"), ("b/7/c/000001", "1"), ("b/7/c/000001/q", "x")];
    assert_eq!(found, answers(&wanted));
}

#[test]
fn l10_a_late_answer_joins_the_others_and_pushes_none_away() {
    let old = form(
        "type|name|label\nbegin repeat|r|R\ntext|q|Q\nend repeat||\ntext|gone|Gone",
        "",
    );
    let new = form("type|name|label\ntext|q|Q\ntext|other|Other", "");
    let late = answers(&[("r/1", "1"), ("r/1/q", "late"), ("gone", "x")]);
    let standing = answers(&[("other", "y")]);
    let joined = join(&old, &new, &late, &standing);
    assert_eq!(joined.answers, answers(&[("other", "y"), ("q", "late")]));
    let standing = answers(&[("q", "early")]);
    let joined = join(&old, &new, &late, &standing);
    assert_eq!(joined.answers, standing);
    assert_eq!(
        left(&joined),
        ["gone: Gone = x (Gone)", "r/1/q: Q = late (Taken)"]
    );
}

#[test]
fn l10_computed_values_are_computed_anew() {
    let old = form(
        "type|name|label|calculation\ninteger|a|A|\ncalculate|b||${a} + 1",
        "",
    );
    let new = form(
        "type|name|label|calculation\ninteger|a|A|\ncalculate|b||${a} + 2",
        "",
    );
    let (found, left) = carried(&old, &new, &[("a", "1"), ("b", "2")]);
    assert_eq!((found, left), (answers(&[("a", "1")]), vec![]));
}

/// The checklist in a newer version: one question is gone, one wants another kind of answer, one choice is gone, and one
/// question moved to another page.
fn publish_next(office: &Office) {
    let [now] = forms::BUILT_IN;
    let line = |name: &str| {
        let found = now
            .survey
            .lines()
            .find(|line| line.contains(&format!(",{name},")));
        found.expect("the question is there").to_owned() + "\n"
    };
    let moved = line("saksi_nama");
    let survey = now
        .survey
        .replace(&line("no_spt"), &moved)
        .replacen(&moved, "\u{0}", 1)
        .replace(&moved, "")
        .replace('\u{0}', &moved)
        .replace("select_one ya_tidak,kabid_hadir", "date,kabid_hadir");
    let choices = now
        .choices
        .replace("jenis_layanan,monitoring,Pemantauan,Monitoring,\n", "");
    let settings = now.settings.replace(&old(), &new());
    let next = Sheets {
        survey: &survey,
        choices: &choices,
        settings: &settings,
    };
    office.change(|connection| forms::publish(connection, next, Millis(2)).unwrap());
}

/// The version that comes with the program.
fn old() -> String {
    forms::name_and_version(forms::BUILT_IN[0].settings)
        .unwrap()
        .1
}

/// The one after it.
fn new() -> String {
    (old().parse::<u64>().unwrap() + 1).to_string()
}

async fn reasons(phone: &Phone, visit: RecordId) -> Vec<(String, String, Why)> {
    let left = phone.visit(visit).await.visit.left;
    let brief = left.into_iter().map(|(key, one)| (key, one.text, one.why));
    brief.collect()
}

#[tokio::test]
async fn l10_a_draft_opens_in_the_new_version_and_is_sent_with_everything_that_was_answered() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, &folder.path().join("1"));
        phone.log_in("petugas1").await;
        let visit = phone.start().await;
        phone.fill_short(visit).await;
        phone.answer(visit, "no_spt", "SPT-1").await;
        phone.sync().await;
        publish_next(&office);
        assert_eq!(
            phone.visit(visit).await.visit.form_version,
            old(),
            "nobody knows of it yet"
        );
        phone.sync().await;

        let opened = phone.visit(visit).await;
        assert_eq!(
            (&*opened.visit.form_version, &*opened.sheets.version),
            (new().as_str(), new().as_str())
        );
        assert_eq!(opened.visit.answers["saksi_nama"], "Kepala desa CONTOH");
        for gone in ["no_spt", "kabid_hadir", "jenis_layanan"] {
            assert!(!opened.visit.answers.contains_key(gone), "{gone}");
        }
        let key = |path: &str| format!("{}/{path}", old());
        assert_eq!(
            reasons(&phone, visit).await,
            [
                (key("jenis_layanan"), "Pemantauan".into(), Why::ChoiceGone),
                (key("kabid_hadir"), "Tidak".into(), Why::OtherType),
                (key("no_spt"), "SPT-1".into(), Why::Gone),
            ]
        );
        // Looking again changes nothing more.
        let queued = phone.queue().await.items.len();
        assert_eq!(phone.visit(visit).await.visit, opened.visit);
        assert_eq!(phone.queue().await.items.len(), queued);

        phone.answer(visit, "kabid_hadir", "2024-11-07").await;
        phone.answer(visit, "jenis_layanan", "pelatihan").await;
        phone.answer(visit, "materi", "Pembukuan sederhana").await;
        phone
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        phone.sync().await;
        assert!(phone.queue().await.items.is_empty());
        let sent = phone.visit(visit).await;
        assert_eq!(sent.state, VisitState::Submitted);
        assert_eq!(sent.visit.left.len(), 3, "what did not fit went along");
    })
    .await;
}

#[tokio::test]
async fn l10_a_returned_visit_stays_with_the_version_it_was_made_in() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = Phone::new(&office, &folder.path().join("officer"));
        let desk = Phone::new(&office, &folder.path().join("desk"));
        officer.log_in("petugas1").await;
        desk.log_in("kabid").await;
        let visit = officer.start().await;
        officer.fill_short(visit).await;
        officer.answer(visit, "no_spt", "SPT-1").await;
        officer
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        officer.sync().await;
        publish_next(&office);
        desk.sync().await;
        assert_eq!(desk.visit(visit).await.sheets.version, old());
        let draft = ReviewDraft {
            note: "Perbaiki".into(),
            ..ReviewDraft::default()
        };
        desk.ask(Request::Review {
            visit,
            submission: 1,
            decision: Decision::Return,
            draft,
        })
        .await;
        desk.sync().await;
        officer.sync().await;

        let back = officer.visit(visit).await;
        assert_eq!(back.state, VisitState::Returned);
        assert_eq!(back.sheets.version, old());
        assert_eq!(back.visit.answers["no_spt"], "SPT-1");
        assert!(back.visit.left.is_empty());
        officer
            .ask(Request::SubmitVisit {
                visit,
                result: None,
                judged: None,
            })
            .await;
        officer.sync().await;
        assert!(officer.queue().await.items.is_empty());
        // What begins now begins in the new version.
        let next = officer.start().await;
        assert_eq!(officer.visit(next).await.visit.form_version, new());
    })
    .await;
}

#[tokio::test]
async fn l10_two_devices_of_an_officer_one_still_on_the_old_version_lose_nothing() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (one, two) = (
            Phone::new(&office, &folder.path().join("1")),
            Phone::new(&office, &folder.path().join("2")),
        );
        one.log_in("petugas1").await;
        two.log_in("petugas1").await;
        let visit = one.start().await;
        one.answer(visit, "no_spt", "SPT-1").await;
        one.sync().await;
        two.sync().await;
        publish_next(&office);
        one.sync().await;
        assert_eq!(one.visit(visit).await.visit.form_version, new());
        one.sync().await;

        // The other device knows nothing of it and goes on in the old version, offline.
        assert_eq!(two.visit(visit).await.visit.form_version, old());
        two.answer(visit, "kabid_hadir", "ya").await;
        two.answer(visit, "keberadaan", "tidak_ditemukan").await;
        two.answer(visit, "no_spt", "SPT-2").await;
        two.sync().await;
        // The question that is gone was answered on both: a person decides, and chooses the newer answer.
        let queue = two.queue().await;
        let [item] = queue.items.as_slice() else {
            panic!("one item: {queue:?}")
        };
        assert_eq!(item.transfer, Transfer::Conflict);
        two.ask(Request::Resolve {
            mutation: item.mutation,
            keep: Keep::Mine,
        })
        .await;
        two.sync().await;

        let there = two.visit(visit).await.visit;
        two.sync().await;
        one.sync().await;
        let here = one.visit(visit).await.visit;
        assert_eq!(here, there);
        assert_eq!(here.form_version, new());
        assert_eq!(here.answers["keberadaan"], "tidak_ditemukan");
        let words: Vec<String> = here.left.values().map(|one| one.text.clone()).collect();
        for kept in ["SPT-1", "SPT-2"] {
            assert!(words.iter().any(|word| word == kept), "{kept} in {words:?}");
        }
        assert!(one.queue().await.items.is_empty() && two.queue().await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn l10_the_server_lets_a_draft_move_to_a_newer_published_version_and_nothing_else() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut phone = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let next = Sheets {
        survey: "type,name,label,required\ntext,nama,Nama,yes\n",
        choices: "list_name,name,label\n",
        settings: "form_id,form_title,version\nuji,Uji,10\n",
    };
    office.change(|connection| forms::publish(connection, next, Millis(2)).unwrap());
    let made = phone.push(&phone.visit("a", cooperative, TOBOALI)).await;
    let leftover = json!({"label": "Catatan", "text": "ya", "value": "ya", "why": "gone"});

    let unknown = phone.edit("a", rev(&made), json!({"form_version": "9"}));
    assert_eq!(refused(&phone.push(&unknown).await), RejectCode::Unknown);
    let odd = phone.edit("a", rev(&made), json!({"left/1/catatan": "ya"}));
    assert_eq!(refused(&phone.push(&odd).await), RejectCode::Malformed);
    let moves = phone.edit(
        "a",
        rev(&made),
        json!({"form_version": "10", "a/catatan": null, "left/1/catatan": leftover}),
    );
    let moved = rev(&phone.push(&moves).await);
    let back = phone.edit("a", moved, json!({"form_version": "1"}));
    assert_eq!(refused(&phone.push(&back).await), RejectCode::State);
    let other = phone.edit("a", moved, json!({"form": "lain"}));
    assert_eq!(refused(&phone.push(&other).await), RejectCode::State);

    // What was submitted stays where it is.
    let made = rev(&phone.push(&phone.visit("b", cooperative, TOBOALI)).await);
    let mark = phone.mark();
    let sent = rev(&phone
        .push(&phone.edit("b", made, json!({"submission/1": mark})))
        .await);
    let late = phone.edit("b", sent, json!({"form_version": "10"}));
    assert_eq!(refused(&phone.push(&late).await), RejectCode::State);
    let late = phone.edit("b", sent, json!({"left/1/catatan": leftover}));
    assert_eq!(refused(&phone.push(&late).await), RejectCode::State);
}
