//! What the server keeps of what it did not apply, and to whom it shows it. H4, H5, H15, H18, H19.

use anjangsana::{
    domain::{Kind, MutationId, RecordId, Role},
    server::{
        Config, HistoryEntry, NEXT,
        forms::{self, Sheets},
        sync::{
            history,
            refused::{DAILY, HEAD, HOURLY, LARGEST},
            set_aside::{FIRST, PAGE},
        },
    },
    sync::{
        told::Told,
        wire::{
            ATTACHMENTS_PATH, Mutation, Outcome, RejectCode, SET_ASIDE_PATH, SYNC_PATH,
            SetAsideReply, TUS,
        },
    },
};
use reqwest::{Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::server_attachments::{name_of, photo};
use crate::server_office::{Office, PAYUNG, Phone, TOBOALI, record_of, refused, rev};

async fn list(reader: &Phone) -> SetAsideReply {
    let answer = reader.get(SET_ASIDE_PATH).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn told(reader: &Phone, mutation: MutationId) -> Option<Vec<Told>> {
    let answer = reader.get(&format!("{SET_ASIDE_PATH}/{mutation}")).await;
    match answer.status() {
        StatusCode::NOT_FOUND => None,
        status => {
            assert_eq!(status, 200);
            Some(answer.json().await.unwrap())
        }
    }
}

/// A change that is refused: nobody makes a cooperative on a phone.
fn refusal(phone: &Phone, name: &str, fields: Value) -> Mutation {
    Mutation {
        kind: Kind::Cooperative,
        ..phone.edit(name, 0, fields)
    }
}

fn kept_bytes(office: &Office) -> i64 {
    office.change(|db: &Connection| {
        let sql = "select ifnull(sum(length(fields) + ifnull(length(head), 0)), 0)
                   from mutation where outcome = 'rejected'";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    })
}

#[tokio::test]
async fn a_refused_change_of_any_shape_stands_in_the_list_and_hides_no_other() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let mut head = office.hire("kadis", Role::Head, &[]);
    let shapes = [
        json!(5),
        json!(null),
        json!(true),
        json!(["x"]),
        json!({"x": 1}),
        json!("x"),
        json!(RecordId::of_text("somewhere")),
    ];
    for (at, shape) in shapes.iter().enumerate() {
        for kind in Kind::ALL {
            let fields = json!({"visit": shape, "cooperative": shape, "Koperasi": shape});
            let change = Mutation {
                kind,
                ..head.edit(&format!("{at} {}", kind.name()), 0, fields)
            };
            refused(&head.push(&change).await);
        }
    }
    let seen = list(&admin).await;
    let refused = shapes.len() * Kind::ALL.len();
    assert_eq!(seen.people[0].count as usize, refused);
    assert_eq!(seen.items.len(), FIRST);
    for item in &seen.items {
        assert!(told(&admin, item.mutation).await.is_some());
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_shown_as_such_and_takes_no_other_with_it() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let mut head = office.hire("kadis", Role::Head, &[]);
    for name in ["satu", "dua", "tiga"] {
        refused(&head.push(&refusal(&head, name, json!({}))).await);
    }
    office.change(|db| {
        let dua = record_of("dua").to_string();
        let sql = "update mutation set code = 'x', kind = 'y', device = 'z', visit = 'v', cooperative = 'c' where record = ?1";
        db.execute(sql, [dua]).unwrap();
    });
    let seen = list(&admin).await.items;
    assert_eq!(seen.len(), 3);
    let odd: Vec<_> = seen
        .iter()
        .filter(|item| item.reason.contains("cannot be read"))
        .collect();
    assert_eq!(odd.len(), 1);
    assert_eq!(odd[0].code, Some(RejectCode::Other));
    assert_eq!(
        (&*odd[0].username, odd[0].record),
        ("kadis", record_of("dua"))
    );
}

#[tokio::test]
async fn many_refusals_of_one_person_hide_nobody_elses_and_come_in_pages() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut head = office.hire("kadis", Role::Head, &[]);
    let own = refusal(&officer, "punya petugas", json!({}));
    refused(&officer.push(&own).await);
    let many: Vec<_> = (0..250)
        .map(|n| refusal(&head, &format!("kadis {n}"), json!({"n": n})))
        .collect();
    for some in many.chunks(100) {
        head.sync(some).await;
    }
    let seen = list(&admin).await;
    let counts: Vec<_> = seen
        .people
        .iter()
        .map(|person| (person.username.as_str(), person.count))
        .collect();
    assert_eq!(counts, [("kadis", 250), ("ppl", 1)]);
    assert!(seen.items.iter().any(|item| item.mutation == own.id));
    assert_eq!(seen.items.len(), FIRST + 1);

    let mut after: Option<MutationId> = None;
    let mut all = Vec::new();
    loop {
        let from = after.map(|id| format!("&after={id}")).unwrap_or_default();
        let path = format!("{SET_ASIDE_PATH}?user=kadis{from}");
        let page: SetAsideReply = admin.get(&path).await.json().await.unwrap();
        assert!(page.items.len() <= PAGE && page.people.is_empty());
        let Some(last) = page.items.last() else { break };
        after = Some(last.mutation);
        all.extend(page.items.iter().map(|item| item.mutation));
    }
    let mut sent: Vec<_> = many.iter().map(|mutation| mutation.id).collect();
    sent.sort();
    all.sort();
    assert_eq!(all, sent, "each once");
}

#[tokio::test]
async fn a_refusal_that_is_too_large_keeps_its_beginning_and_is_answered_the_same_for_ever() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let text = "é".repeat(LARGEST);
    let large = refusal(&officer, "besar", json!({"a": "awal", "b": text}));
    let first = officer.push(&large).await;
    assert_eq!(officer.push(&large).await, first);
    assert!(kept_bytes(&office) <= 2 + i64::try_from(HEAD).unwrap());
    let told = told(&admin, large.id).await.unwrap();
    let values: Vec<_> = told.iter().map(|one| one.value.en.as_str()).collect();
    let bytes = serde_json::to_string(&large.fields).unwrap().len();
    assert!(
        values[0].starts_with(&format!("{bytes} bytes, SHA-256 ")),
        "{values:?}"
    );
    assert!(values[1].starts_with(r#"{"a":"awal","b":"éé"#));
}

#[tokio::test]
async fn what_is_kept_of_one_persons_refusals_in_a_day_has_a_limit_and_the_answers_stay() {
    let office = Office::open().await;
    let admin = office.hire("admin", Role::Admin, &[]);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let other = office.hire("lain", Role::Officer, &[TOBOALI]);
    let text = "x".repeat(300_000);
    let mut last = None;
    for n in 0..20 {
        let change = refusal(&officer, &format!("besar {n}"), json!({"a": text}));
        let outcome = officer.push(&change).await;
        assert_eq!(refused(&outcome), RejectCode::Forbidden);
        last = Some((change, outcome));
    }
    assert!(kept_bytes(&office) <= i64::try_from(DAILY).unwrap() + 20 * 2);
    let (change, outcome) = last.unwrap();
    assert_eq!(officer.push(&change).await, outcome);
    assert_eq!(
        told(&admin, change.id).await.unwrap().len(),
        1,
        "only its size"
    );
    let mut other = other;
    let theirs = refusal(&other, "kecil", json!({"a": "terbaca"}));
    other.push(&theirs).await;
    let told = told(&admin, theirs.id).await.unwrap();
    assert_eq!(told[0].value.id, "terbaca", "the limit is one person's");
}

#[tokio::test]
async fn who_is_refused_hundreds_of_times_is_asked_to_wait_and_nobody_else() {
    let office = Office::open().await;
    let mut head = office.hire("kadis", Role::Head, &[]);
    let mut sent = 0;
    // The hour may turn while this runs: then it begins anew, once.
    let waits = loop {
        let some: Vec<_> = (0..100)
            .map(|n| refusal(&head, &format!("{sent} {n}"), json!({})))
            .collect();
        let answer = head.post(SYNC_PATH, &head.request(&some)).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status(), 200);
        sent += 100;
        assert!(sent <= 2 * HOURLY, "it goes on and on");
    };
    assert!(sent >= HOURLY);
    let seconds: u32 = waits.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((60..=3_600).contains(&seconds));
    head.sync(&[]).await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    rev(&officer
        .push(&officer.visit("kunjungan", cooperative, TOBOALI))
        .await);
}

/// A private draft in Toboali with a change that meets another one: it is disputed.
async fn disputed_draft(office: &Office, officer: &mut Phone) -> Mutation {
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut second = office.log_in(&officer.user, "second");
    let on = rev(&officer
        .push(&officer.visit("kunjungan", cooperative, TOBOALI))
        .await);
    let one = officer.edit("kunjungan", on, json!({"a/catatan": "satu"}));
    rev(&officer.push(&one).await);
    let secret = json!({"a/catatan": "HP ketua 0812 rahasia"});
    let change = second.edit("kunjungan", on, secret);
    assert!(matches!(
        second.push(&change).await,
        Outcome::Conflict { .. }
    ));
    change
}

#[tokio::test]
async fn of_somebodys_draft_the_admin_sees_which_questions_and_no_value() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let admin = office.hire("admin", Role::Admin, &[]);
    let change = disputed_draft(&office, &mut officer).await;
    let refused_draft = officer.visit("baru", RecordId::of_text("nowhere"), TOBOALI);
    refused(&officer.push(&refused_draft).await);
    let seen = list(&admin).await.items;
    assert_eq!(seen.len(), 2);
    for (id, question) in [(change.id, "Catatan"), (refused_draft.id, "Nama")] {
        let told = told(&admin, id).await.unwrap();
        assert!(told.iter().any(|one| one.label.id == question), "{told:?}");
        let text = serde_json::to_string(&told).unwrap();
        assert!(
            !text.contains("rahasia") && !text.contains("Hasan"),
            "{text}"
        );
    }
    assert!(seen.iter().all(|item| item.reason.is_empty()));
    // Once it is the desk's, so is what was disputed.
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    rev(&officer.push(&submit).await);
    let told = told(&admin, change.id).await.unwrap();
    assert!(serde_json::to_string(&told).unwrap().contains("rahasia"));
}

#[tokio::test]
async fn an_admin_sees_what_lies_in_their_areas_only() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let here = office.hire("admin.sini", Role::Admin, &[TOBOALI]);
    let there = office.hire("admin.sana", Role::Admin, &[PAYUNG]);
    let change = disputed_draft(&office, &mut officer).await;
    let lost = officer.visit("baru", RecordId::of_text("nowhere"), TOBOALI);
    refused(&officer.push(&lost).await);
    assert_eq!(list(&here).await.items.len(), 2);
    let none = list(&there).await;
    assert!(none.items.is_empty() && none.people.is_empty());
    for id in [change.id, lost.id] {
        assert!(told(&here, id).await.is_some());
        assert!(told(&there, id).await.is_none());
    }
}

#[tokio::test]
async fn what_was_applied_is_nothing_that_was_set_aside() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let admin = office.hire("admin", Role::Admin, &[]);
    let visit = officer.visit("kunjungan", cooperative, TOBOALI);
    rev(&officer.push(&visit).await);
    assert!(told(&admin, visit.id).await.is_none());
}

async fn history_page(reader: &Phone, after: Option<&str>) -> (Vec<HistoryEntry>, Option<String>) {
    let visit = record_of("kunjungan");
    let after = after
        .map(|after| format!("?after={after}"))
        .unwrap_or_default();
    let answer = reader
        .get(&format!("/api/v1/visits/{visit}/history{after}"))
        .await;
    assert_eq!(answer.status(), 200);
    let next = answer
        .headers()
        .get(NEXT)
        .map(|next| next.to_str().unwrap().to_owned());
    (answer.json().await.unwrap(), next)
}

#[tokio::test]
async fn a_long_history_comes_in_pages_of_bounded_size_and_whole() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut sent = vec![officer.visit("kunjungan", cooperative, TOBOALI)];
    for n in 0..60 {
        let text = format!("{n} {}", "x".repeat(19_000));
        sent.push(officer.edit("kunjungan", 99, json!({"a/catatan": text})));
    }
    for n in 0..250 {
        sent.push(officer.edit("kunjungan", 99, json!({"a/lain": n.to_string()})));
    }
    for some in sent.chunks(20) {
        officer.sync(some).await;
    }
    let (mut after, mut found) = (None::<String>, Vec::new());
    loop {
        let (entries, next) = history_page(&officer, after.as_deref()).await;
        let bytes: usize = entries
            .iter()
            .map(|entry| serde_json::to_string(&entry.fields).unwrap().len())
            .sum();
        assert!(bytes <= history::BYTES && entries.len() <= history::MOST);
        found.extend(entries.into_iter().map(|entry| entry.fields));
        after = next;
        if after.is_none() {
            break;
        }
    }
    let sent: Vec<_> = sent.into_iter().map(|mutation| mutation.fields).collect();
    assert_eq!(found, sent);
}

#[tokio::test]
async fn for_others_than_its_officer_a_history_begins_where_the_visit_was_sent() {
    let office = Office::open().await;
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let desk = office.hire("kabid", Role::Supervisor, &[]);
    disputed_draft(&office, &mut officer).await;
    let submit = officer.edit("kunjungan", 99, json!({"submission/1": officer.mark()}));
    rev(&officer.push(&submit).await);
    let (all, _) = history_page(&officer, None).await;
    assert_eq!(all.len(), 4);
    for after in [None, Some("0"), Some("1")] {
        let (seen, _) = history_page(&desk, after).await;
        let seen: Vec<_> = seen.iter().map(|entry| &entry.fields).collect();
        assert_eq!(seen, [&submit.fields]);
    }
    let path = format!("/api/v1/visits/{}/notchosen", submit.record);
    let lost: Value = desk.get(&path).await.json().await.unwrap();
    assert_eq!(
        lost,
        json!([]),
        "what was decided in the draft is the officer's"
    );
}

const RESTRICTED: Sheets<'static> = Sheets {
    survey: "type,name,label,parameters,restricted\nimage,catatan,Neraca,max-pixels=1600,yes\ntext,nama,Nama,,\nimage,lain,Lain,max-pixels=1600,\n",
    choices: "list_name,name,label\n",
    settings: "form_id,form_title,version\nuji,Uji,1\n",
};

async fn send(office: &Office, phone: &Phone, bytes: &[u8]) {
    let name = name_of(bytes);
    let coded = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        name.as_str().as_bytes(),
    );
    let sent = phone
        .client
        .post(office.url(ATTACHMENTS_PATH))
        .bearer_auth(&phone.token)
        .header("tus-resumable", TUS)
        .header("upload-length", bytes.len())
        .header("upload-metadata", format!("name {coded}"))
        .header("content-type", "application/offset+octet-stream")
        .body(bytes.to_vec())
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 201);
}

#[tokio::test]
async fn nobody_restricts_a_colleagues_photo_by_naming_it_in_a_draft() {
    let office = Office::with(Config::default(), |connection: &Connection| {
        forms::publish(connection, RESTRICTED, anjangsana::domain::Millis(1)).unwrap();
    })
    .await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let mut colleague = office.hire("rekan", Role::Officer, &[TOBOALI]);
    let head = office.hire("kadis", Role::Head, &[]);
    let bytes = photo(50, 1_000);
    let name = name_of(&bytes);
    send(&office, &officer, &bytes).await;
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    visit
        .fields
        .insert("a/lain".to_owned(), name.as_str().into());
    visit
        .fields
        .insert("submission/1".to_owned(), officer.mark());
    rev(&officer.push(&visit).await);
    let mut trick = colleague.visit("akal", cooperative, TOBOALI);
    trick
        .fields
        .insert("a/catatan".to_owned(), name.as_str().into());
    rev(&colleague.push(&trick).await);
    let path = format!("{ATTACHMENTS_PATH}/{name}");
    assert_eq!(head.get(&path).await.status(), 200);
    // The officer's own word counts, also in a draft that the head does not see.
    let mut own = officer.visit("lain", cooperative, TOBOALI);
    own.fields
        .insert("a/catatan".to_owned(), name.as_str().into());
    rev(&officer.push(&own).await);
    assert_eq!(head.get(&path).await.status(), 403);
}

#[tokio::test]
async fn nobody_learns_whether_a_file_is_here_but_who_sent_it_or_may_read_it() {
    let office = Office::open().await;
    let cooperative = office.cooperative("satu", TOBOALI);
    let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let other = office.hire("luar", Role::Officer, &[PAYUNG]);
    let desk = office.hire("kabid", Role::Supervisor, &[]);
    let bytes = photo(51, 1_000);
    let name = name_of(&bytes);
    send(&office, &officer, &bytes).await;
    let path = format!("{ATTACHMENTS_PATH}/{name}");
    let ask = async |phone: &Phone, method: Method| {
        let request = phone.client.request(method, office.url(&path));
        let request = request
            .bearer_auth(&phone.token)
            .header("tus-resumable", TUS);
        let request = request.header("upload-offset", 1_000);
        let request = request.header("content-type", "application/offset+octet-stream");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&officer, Method::HEAD).await, 200);
    for method in [Method::HEAD, Method::PATCH, Method::DELETE] {
        assert_eq!(ask(&other, method.clone()).await, 404, "{method}");
        assert_eq!(ask(&desk, method.clone()).await, 404, "{method}");
    }
    let mut visit = officer.visit("kunjungan", cooperative, TOBOALI);
    visit
        .fields
        .insert("a/lain".to_owned(), name.as_str().into());
    visit
        .fields
        .insert("submission/1".to_owned(), officer.mark());
    rev(&officer.push(&visit).await);
    assert_eq!(ask(&desk, Method::HEAD).await, 200);
    assert_eq!(ask(&other, Method::HEAD).await, 404);
}
