//! Photos on the device: kept with their answer or not at all, and let go only when nobody can want them.

use anjangsana::domain::{AttachmentName, Millis, RecordId};
use anjangsana::store::api::{Bytes, Reply, Request, StoreError};
use anjangsana::sync::wire::{Limits, MutationResult, Outcome, RejectCode};
use serde_json::json;

use crate::store_merge::{Device, reply, visit, visit_at};

impl Device {
    fn photographs(&mut self, path: &str, bytes: &[u8]) -> AttachmentName {
        let request = Request::SaveAttachment {
            visit: visit(),
            path: path.to_owned(),
            media_type: "image/jpeg".to_owned(),
            bytes: Bytes(bytes.to_vec()),
        };
        match self.ask(request) {
            Reply::Attachment(name) => name,
            _ => panic!("not a name"),
        }
    }

    fn has(&mut self, name: &AttachmentName) -> bool {
        match self.try_ask(Request::Attachment(name.clone())) {
            Ok(Reply::Bytes(bytes)) => name.names(&bytes.0),
            Err(StoreError::NotFound) => false,
            _ => panic!("neither bytes nor none"),
        }
    }

    fn takes_away(&mut self, path: &str) {
        self.ask(Request::SaveAnswers {
            visit: visit(),
            changes: vec![(path.to_owned(), None)],
            place: None,
        });
    }

    /// Sends its next change, and the server says this to it.
    fn hears(&mut self, cursor: u64, outcome: Outcome) {
        let request = self.store.prepare(Millis(100), Limits::default());
        let id = request.unwrap().mutations[0].id;
        let result = MutationResult { id, outcome };
        self.pull(reply(cursor, vec![result], Vec::new()));
    }

    fn submits(&mut self) {
        self.ask(Request::SubmitVisit {
            visit: visit(),
            result: None,
            judged: None,
        });
    }
}

#[test]
fn a_photo_and_its_answer_are_kept_together() {
    let mut device = Device::new();
    let name = device.photographs("foto", b"a photo");
    assert_eq!(device.shows("foto"), name.as_str());
    assert!(device.has(&name));
    let [(_, fields)] = &device.batch()[..] else {
        panic!("one mutation")
    };
    assert_eq!(fields["a/foto"], json!(name), "the answer is on its way");
}

#[test]
fn what_cannot_be_an_attachment_is_refused_and_changes_nothing() {
    let mut device = Device::new();
    let before = device.photographs("foto", b"before");
    let request = |media_type: &str, bytes: Vec<u8>| Request::SaveAttachment {
        visit: visit(),
        path: "foto".to_owned(),
        media_type: media_type.to_owned(),
        bytes: Bytes(bytes),
    };
    for wrong in [
        request("image/jpeg", Vec::new()),
        request("text/html", b"<script>".to_vec()),
        request("image/jpeg", vec![7; 10_000_001]),
    ] {
        assert_eq!(
            device.try_ask(wrong).err(),
            Some(StoreError::NotAnAttachment)
        );
    }
    assert_eq!(device.shows("foto"), before.as_str());
    assert!(device.has(&before));
}

#[test]
fn a_full_phone_keeps_the_former_photo_and_says_so() {
    let mut device = Device::new();
    let before = device.photographs("foto", b"before");
    let mut device = device.reopened_with_room(20);
    let noise: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let request = Request::SaveAttachment {
        visit: visit(),
        path: "foto".to_owned(),
        media_type: "image/jpeg".to_owned(),
        bytes: Bytes(noise),
    };
    assert_eq!(device.try_ask(request).err(), Some(StoreError::Full));
    assert_eq!(device.shows("foto"), before.as_str());
    assert!(device.has(&before));
}

#[test]
fn a_photo_taken_away_can_be_taken_back_until_the_visit_is_sent() {
    let mut device = Device::new();
    let wanted = device.photographs("foto", b"wanted");
    let other = device.photographs("foto_papan", b"other");
    device.takes_away("foto");
    device.takes_away("foto_papan");
    assert!(device.has(&wanted), "for an undo");
    device.answer("foto", wanted.as_str());
    device.submits();
    assert!(device.has(&wanted), "it is an answer again");
    assert!(!device.has(&other), "nobody wants it");
}

#[test]
fn bytes_that_two_answers_name_stay_when_one_of_them_goes() {
    let mut device = Device::new();
    let name = device.photographs("foto", b"the same");
    device.photographs("foto_papan", b"the same");
    device.takes_away("foto");
    device.submits();
    assert!(device.has(&name));
}

#[test]
fn a_photo_that_is_being_sent_is_not_pulled_away_from_under_the_sending() {
    let mut device = Device::new();
    let name = device.photographs("foto", b"half sent");
    device
        .database()
        .execute("update attachment set sent = 3", [])
        .unwrap();
    device.takes_away("foto");
    device.submits();
    assert!(device.has(&name));
}

#[test]
fn a_retaken_photo_goes_when_the_app_is_opened_again() {
    let mut device = Device::new();
    let blurred = device.photographs("foto", b"blurred");
    let sharp = device.photographs("foto", b"sharp");
    assert!(device.has(&blurred), "while the sharp one may still fail");
    let mut device = device.reopened();
    assert!(!device.has(&blurred));
    assert!(device.has(&sharp));
}

#[test]
fn a_photo_that_the_servers_visit_names_stays_while_the_change_over_it_may_come_to_nothing() {
    let mut device = Device::new();
    let sent = device.photographs("foto", b"its text is at the server");
    let named = json!({"a/x": "1", "a/y": "1", "a/foto": sent});
    device.pull(reply(11, Vec::new(), vec![visit_at(11, named)]));
    let other = device.photographs("foto", b"of which the server knows nothing");
    let mut device = device.reopened();
    assert!(device.has(&sent), "the server's visit names it");
    let named = json!({"a/x": "1", "a/y": "1", "a/foto": other});
    device.pull(reply(12, Vec::new(), vec![visit_at(12, named)]));
    let mut device = device.reopened();
    assert!(!device.has(&sent), "nobody names it any more");
    assert!(device.has(&other));
}

#[test]
fn a_photo_that_the_server_is_just_being_told_of_stays_when_another_takes_its_place() {
    let mut device = Device::new();
    let told = device.photographs("foto", b"its text is on the way");
    assert_eq!(device.batch().len(), 1);
    device.photographs("foto", b"which may come to nothing");
    let mut device = device.reopened();
    assert!(device.has(&told));
    let in_a_year = Millis(400 * 24 * 60 * 60 * 1000);
    device
        .store
        .free_photos(anjangsana::server::machine::now().plus(in_a_year.0))
        .unwrap();
    assert!(device.has(&told), "however long it is on its way");
}

#[test]
fn a_photo_that_the_server_may_have_heard_of_stays_and_goes_when_the_server_asks_for_it() {
    let mut device = Device::new();
    let told = device.photographs("foto", b"heard of, and nobody here knows it");
    // A repetition meets a proxy that says that it is too large; the first one had arrived.
    let outcome = Outcome::Rejected {
        code: RejectCode::Malformed,
        reason: "too large".to_owned(),
    };
    device.hears(10, outcome);
    let other = device.photographs("foto", b"taken instead");
    let mut device = device.reopened();
    assert!(device.has(&told) && device.has(&other));
    let named = json!({"a/x": "1", "a/y": "1", "a/foto": told});
    device.pull(reply(12, Vec::new(), vec![visit_at(12, named)]));
    let outcome = Outcome::Rejected {
        code: RejectCode::State,
        reason: "it was submitted on another device meanwhile".to_owned(),
    };
    device.hears(12, outcome);
    let next = device.store.next_upload().unwrap();
    assert_eq!(next.unwrap().name, told);
}

/// Gives the visit up, and the server says this to it.
fn given_up(device: &mut Device, outcome: Outcome) {
    device.ask(Request::DiscardVisit {
        visit: visit(),
        reason: String::new(),
    });
    device.hears(12, outcome);
}

#[test]
fn a_draft_that_is_given_up_keeps_its_photos_when_the_server_does_not_agree() {
    let mut device = Device::new();
    let name = device.photographs("foto", b"taken before");
    let refused = Outcome::Rejected {
        code: RejectCode::State,
        reason: "it was submitted on another device meanwhile".to_owned(),
    };
    given_up(&mut device, refused);
    let mut device = device.reopened();
    assert!(device.has(&name));
}

#[test]
fn a_draft_that_is_given_up_takes_its_photos_along_and_no_others() {
    let mut device = Device::new();
    let name = device.photographs("foto", b"mine alone");
    let shared = device.photographs("foto_papan", b"shared");
    let mut other = visit_at(11, json!({"a/foto": shared}));
    other.id = RecordId::of_text("another visit");
    device.pull(reply(11, Vec::new(), vec![other]));
    let agreed = Outcome::Applied {
        rev: 12,
        exact: true,
    };
    given_up(&mut device, agreed);
    let mut device = device.reopened();
    assert!(!device.has(&name));
    assert!(device.has(&shared));
}

#[test]
fn a_visit_that_was_sent_takes_no_more_photos() {
    let mut device = Device::new();
    device.submits();
    let request = Request::SaveAttachment {
        visit: visit(),
        path: "foto".to_owned(),
        media_type: "image/jpeg".to_owned(),
        bytes: Bytes(b"late".to_vec()),
    };
    assert!(matches!(
        device.try_ask(request),
        Err(StoreError::State { .. })
    ));
    let late = AttachmentName::of(b"late", "image/jpeg").unwrap();
    assert!(!device.has(&late));
}
