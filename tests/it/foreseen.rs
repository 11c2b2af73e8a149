//! A submitted visit is run through its form before the one writer is asked. What was found then holds only as long as what
//! it was found of stands: whatever comes between is judged anew.

use std::io::Write;
use std::sync::{Arc, Mutex};

use anjangsana::{
    domain::{AreaCode, Fields, Kind, Millis, RecordId, Role, User},
    server::{
        Config,
        forms::{self, Sheets},
        office::{self, OfficeChange},
        repo::Records,
        sync::exchange::Exchange,
    },
    sync::wire::{Mutation, Outcome, RejectCode},
};
use serde_json::json;

use crate::server_office::{Office, Phone, TOBOALI, record_of, refused, rev};

/// One question that must be answered, and a name looked up in the register.
const FORM: Sheets<'static> = Sheets {
    survey: "type,name,label,required,calculation\n\
             text,nama,Nama,yes,\n\
             text,koperasi_id,Koperasi,,\n\
             calculate,nama_koperasi,,,\"pulldata('koperasi', 'nama', 'id', ${koperasi_id})\"\n",
    choices: "list_name,name,label\n",
    settings: "form_id,form_title,version\nuji,Uji,1\n",
};

struct Desk {
    office: Office,
    officer: Phone,
    cooperative: RecordId,
}

impl Desk {
    /// An office with a draft of its officer that lacks nothing.
    async fn open() -> Self {
        let office = Office::with(Config::default(), |connection| {
            forms::publish(connection, FORM, Millis(1)).unwrap();
        })
        .await;
        let cooperative = office.cooperative("satu", TOBOALI);
        let mut officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
        let mut draft = officer.visit("kunjungan", cooperative, TOBOALI);
        let id = json!(cooperative.to_string());
        draft.fields.insert("a/koperasi_id".to_owned(), id);
        rev(&officer.push(&draft).await);
        Self {
            office,
            officer,
            cooperative,
        }
    }

    fn user(&self) -> &User {
        &self.officer.user
    }

    fn submits(&self) -> Mutation {
        let mark = self.officer.mark();
        self.officer
            .edit("kunjungan", 99, json!({"submission/1": mark}))
    }

    /// What is known of a request before the writer is asked.
    fn foresees(&self, mutation: &Mutation) -> Exchange {
        let exchange = self.understands(mutation);
        self.office.change(|db| {
            exchange.foresee(db, self.user(), Millis(10)).unwrap();
        });
        exchange
    }

    fn understands(&self, mutation: &Mutation) -> Exchange {
        let request = self.officer.request(std::slice::from_ref(mutation));
        let request = serde_json::to_value(request).unwrap();
        Exchange::understand(serde_json::from_value(request).unwrap()).unwrap()
    }

    fn applies(&self, exchange: &Exchange) -> Outcome {
        let results = self
            .office
            .change(|db| exchange.push(db, self.user(), Millis(10)).unwrap());
        results[0].outcome.clone()
    }

    /// The same from another phone of the officer.
    async fn meanwhile(&self, fields: serde_json::Value) {
        let mut other = self.office.log_in(self.user(), "second");
        let edit = other.edit("kunjungan", 99, fields);
        rev(&other.push(&edit).await);
    }

    fn fields(&self) -> Fields {
        self.office.change(|db| {
            let found = db.record(record_of("kunjungan")).unwrap();
            found.unwrap().record.fields
        })
    }
}

#[tokio::test]
async fn a_visit_that_lost_an_answer_after_it_was_judged_is_not_taken_as_complete() {
    let desk = Desk::open().await;
    let exchange = desk.foresees(&desk.submits());
    desk.meanwhile(json!({"a/nama": null})).await;
    assert_eq!(refused(&desk.applies(&exchange)), RejectCode::Incomplete);
    assert!(!desk.fields().contains_key("submission/1"));
}

#[tokio::test]
async fn a_visit_that_got_its_answer_after_it_was_judged_is_not_refused_as_incomplete() {
    let desk = Desk::open().await;
    desk.meanwhile(json!({"a/nama": null})).await;
    let exchange = desk.foresees(&desk.submits());
    desk.meanwhile(json!({"a/nama": "Hasan"})).await;
    rev(&desk.applies(&exchange));
    assert!(desk.fields().contains_key("submission/1"));
}

#[tokio::test]
async fn a_cooperative_that_changed_after_the_visit_was_judged_is_looked_up_anew() {
    let desk = Desk::open().await;
    let exchange = desk.foresees(&desk.submits());
    let named = serde_json::from_value(json!({"Koperasi": "Koperasi CONTOH baru"})).unwrap();
    let area = AreaCode(TOBOALI.to_owned());
    desk.office.change(|db| {
        let change = OfficeChange::new(Kind::Cooperative, desk.cooperative, area, named, Millis(9));
        office::apply(db, change).unwrap();
    });
    rev(&desk.applies(&exchange));
    assert_eq!(desk.fields()["a/nama_koperasi"], "Koperasi CONTOH baru");
}

#[tokio::test]
async fn a_form_that_was_published_after_the_visit_was_judged_counts() {
    let desk = Desk::open().await;
    let mut visit = desk.officer.visit("lain", desk.cooperative, TOBOALI);
    visit.fields.insert("form_version".to_owned(), json!("2"));
    visit
        .fields
        .insert("submission/1".to_owned(), desk.officer.mark());
    let exchange = desk.foresees(&visit);
    desk.office.change(|db| {
        let settings = "form_id,form_title,version\nuji,Uji,2\n";
        forms::publish(db, Sheets { settings, ..FORM }, Millis(2)).unwrap();
    });
    rev(&desk.applies(&exchange));
}

#[tokio::test]
async fn what_was_judged_beforehand_comes_to_the_same_as_what_the_writer_judges_itself() {
    for answer in [json!("Hasan"), json!(null)] {
        let (mut outcomes, mut stored) = (Vec::new(), Vec::new());
        for beforehand in [true, false] {
            let desk = Desk::open().await;
            desk.meanwhile(json!({"a/nama": answer})).await;
            let mut submits = desk.submits();
            submits.fields.insert(
                "submission/1".to_owned(),
                json!({"at": 5, "by": desk.user().id}),
            );
            let exchange = if beforehand {
                desk.foresees(&submits)
            } else {
                desk.understands(&submits)
            };
            outcomes.push(desk.applies(&exchange));
            let mut fields = desk.fields();
            // When it was begun is another time in each office.
            fields.remove("created");
            stored.push(fields);
        }
        assert_eq!(outcomes[0], outcomes[1]);
        assert_eq!(stored[0], stored[1]);
    }
}

/// A place that log lines are written to.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_writer_does_not_ask_the_form_again_when_nothing_changed() {
    let desk = Desk::open().await;
    // A number that the form corrects is logged whenever the form is asked.
    desk.meanwhile(json!({"a/nama_koperasi": "salah"})).await;
    let lines = Lines::default();
    let sink = lines.clone();
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let asked = || {
        let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        log.matches("corrected").count()
    };
    tracing::subscriber::with_default(log, || {
        let exchange = desk.foresees(&desk.submits());
        assert_eq!(asked(), 1);
        rev(&desk.applies(&exchange));
    });
    assert_eq!(asked(), 1);
    assert_eq!(desk.fields()["a/nama_koperasi"], "Koperasi CONTOH satu");
}
