//! Photos between real devices and a real server, over lines that break.

use std::path::Path;

use anjangsana::{
    domain::{AttachmentName, Decision, Millis, RecordId},
    server::machine,
    store::{
        api::{
            Bytes, PhotoPhase, PhotoStatus, Reply, Request, ReviewDraft, StoreError, SyncPhase,
            Transfer,
        },
        uploads::KEPT,
    },
    sync::upload::FIRST_PIECE,
};

use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::device_sync::{PIN, Phone, demo_office, local};
use crate::server_attachments::photo;
use crate::server_office::Office;

impl Phone {
    pub(crate) async fn photographs(
        &self,
        visit: RecordId,
        path: &str,
        bytes: &[u8],
    ) -> AttachmentName {
        let request = Request::SaveAttachment {
            visit,
            path: path.to_owned(),
            media_type: "image/jpeg".to_owned(),
            bytes: Bytes(bytes.to_vec()),
        };
        match self.ask(request).await {
            Reply::Attachment(name) => name,
            _ => panic!("not a name"),
        }
    }

    pub(crate) async fn photos(&self) -> PhotoStatus {
        self.queue().await.sync.photos
    }

    /// Waits until the photos have gone, or stand.
    pub(crate) async fn photos_rest(&self) -> PhotoStatus {
        loop {
            tokio::task::yield_now().await;
            let queue = self.queue().await.sync;
            let photos = queue.photos;
            let busy = photos.phase == PhotoPhase::Sending || queue.phase == SyncPhase::Syncing;
            if !busy && (photos.waiting == 0 || photos.phase != PhotoPhase::Idle) {
                return photos;
            }
        }
    }

    /// Presses the button again and again until every photo has gone: what the time between would do.
    async fn push_through(&self) {
        while self.photos_rest().await.waiting > 0 {
            self.ask(Request::SendPhotos).await;
        }
    }

    pub(crate) async fn shows(&self, name: &AttachmentName) -> Result<Vec<u8>, StoreError> {
        match self.device.ask(Request::Attachment(name.clone())).await {
            Ok(Reply::Bytes(bytes)) => Ok(bytes.0),
            Ok(_) => panic!("not bytes"),
            Err(why) => Err(why),
        }
    }

    /// A short visit with photos, sent.
    async fn sends_visit_with(&self, photos: &[&[u8]]) -> (RecordId, Vec<AttachmentName>) {
        let visit = self.start().await;
        self.fill_short(visit).await;
        let mut names = Vec::new();
        for (at, bytes) in photos.iter().enumerate() {
            let path = ["foto_lokasi", "org_rat_foto"][at];
            names.push(self.photographs(visit, path, bytes).await);
        }
        self.ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
        (visit, names)
    }
}

pub(crate) fn whole(office: &Office, name: &AttachmentName) -> Option<Vec<u8>> {
    let folder = office.folder().join("attachments/whole");
    std::fs::read(folder.join(name.hash().get(..2)?).join(name.as_str())).ok()
}

/// The line of a phone at sea: good, unless a fault is asked for.
async fn line_to(office: &Office) -> Proxy {
    Proxy::before(office.address, Line::default()).await
}

async fn phone_at(server: &str, folder: &Path) -> Phone {
    let phone = Phone::at(server, folder);
    phone.log_in("petugas1").await;
    phone
}

#[tokio::test]
async fn a_photo_follows_its_visit_and_the_desk_sees_it_byte_for_byte() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), &folder.path().join("1")).await;
        let desk = Phone::new(&office, &folder.path().join("2"));
        desk.log_in("kabid").await;
        let bytes = photo(1, 300_000);
        let (visit, names) = officer.sends_visit_with(&[&bytes]).await;
        officer.sync().await;
        officer.push_through().await;
        assert!(whole(&office, &names[0]).unwrap() == bytes);
        assert!(matches!(
            officer.visit(visit).await.transfer,
            Transfer::Sent { .. }
        ));
        desk.sync().await;
        assert!(desk.shows(&names[0]).await.unwrap() == bytes);
        // Looked at once, it is there without a network.
        office.close().await;
        assert!(desk.shows(&names[0]).await.unwrap() == bytes);
    })
    .await;
}

#[tokio::test]
async fn the_visit_is_at_the_desk_before_its_photos_which_are_to_follow() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), &folder.path().join("1")).await;
        let desk = Phone::new(&office, &folder.path().join("2"));
        desk.log_in("kabid").await;
        officer.ask(Request::PhotosByWifi { only: true }).await;
        let bytes = photo(2, 50_000);
        let (visit, names) = officer.sends_visit_with(&[&bytes]).await;
        officer.sync().await;
        assert_eq!(officer.photos_rest().await.phase, PhotoPhase::Held);
        assert_eq!(
            officer.visit(visit).await.transfer,
            Transfer::PhotosFollow(1)
        );
        desk.sync().await;
        assert_eq!(desk.visit(visit).await.visit.id, visit);
        assert_eq!(desk.shows(&names[0]).await, Err(StoreError::NotYet));
        let unknown = AttachmentName::of(b"nobody's", "image/jpeg").unwrap();
        assert_eq!(desk.shows(&unknown).await, Err(StoreError::NotFound));

        officer.ask(Request::SendPhotos).await;
        officer.push_through().await;
        assert!(desk.shows(&names[0]).await.unwrap() == bytes);
    })
    .await;
}

#[tokio::test]
async fn photos_wait_for_wifi_where_their_owner_wants_it_and_text_does_not() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), folder.path()).await;
        officer.ask(Request::PhotosByWifi { only: true }).await;
        officer.ask(Request::Wifi(Some(false))).await;
        let (visit, names) = officer.sends_visit_with(&[&photo(3, 20_000)]).await;
        officer.sync().await;
        let photos = officer.photos_rest().await;
        assert_eq!((photos.phase, photos.waiting), (PhotoPhase::Held, 1));
        assert!(photos.wifi_only);
        assert_eq!(officer.queue().await.sync.unsent, 0, "the text has gone");
        assert!(whole(&office, &names[0]).is_none());
        // The wish outlives the app being closed; what the network is does not.
        officer.ask(Request::Lock).await;
        let again = Phone::new(&office, folder.path());
        again
            .ask(Request::Unlock {
                username: "petugas1".to_owned(),
                pin: PIN.to_owned(),
            })
            .await;
        again.sync().await;
        assert_eq!(again.photos_rest().await.phase, PhotoPhase::Held);
        again.ask(Request::Wifi(Some(true))).await;
        while again.photos_rest().await.waiting > 0 {}
        assert!(whole(&office, &names[0]).is_some());
        assert!(matches!(
            again.visit(visit).await.transfer,
            Transfer::Sent { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn through_cuts_anywhere_it_arrives_and_nothing_goes_twice_beyond_a_piece() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let line = line_to(&office).await;
        let officer = phone_at(&line.url(), folder.path()).await;
        let bytes = photo(4, 300_000);
        officer.ask(Request::PhotosByWifi { only: true }).await;
        let (_, names) = officer.sends_visit_with(&[&bytes]).await;
        officer.sync().await;
        officer.photos_rest().await;
        let before = line.carried().0;
        let connections = line.connections();
        // Open connections are good; every new one breaks: in the head, in the body, in the answer.
        line.next([
            Fault::CutUp(40),
            Fault::CutUp(5_000),
            Fault::CutDown(1),
            Fault::CutUp(30_001),
            Fault::CorruptUp(20_000),
            Fault::CutUp(120_000),
            Fault::CutDown(60),
        ]);
        // A new app has no connection yet, so that the first call meets the first fault.
        officer.ask(Request::Lock).await;
        let again = Phone::at(&line.url(), folder.path());
        again
            .ask(Request::Unlock {
                username: "petugas1".to_owned(),
                pin: PIN.to_owned(),
            })
            .await;
        again.sync().await;
        while line.faults_left() > 0 || again.photos_rest().await.waiting > 0 {
            again.ask(Request::SyncNow).await;
            again.ask(Request::SendPhotos).await;
            tokio::task::yield_now().await;
            if whole(&office, &names[0]).is_some() && again.photos().await.waiting == 0 {
                break;
            }
        }
        assert!(whole(&office, &names[0]).unwrap() == bytes);
        assert!(line.connections() > connections + 3, "the line did break");
        let carried = line.carried().0 - before;
        // Heads and answers are in it, and the piece that came corrupt.
        assert!(
            carried < 300_000 + 2 * FIRST_PIECE,
            "{carried} bytes for 300000 of a photo"
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_finds_the_rest_coming_when_it_is_back() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let line = line_to(&office).await;
        let officer = phone_at(&line.url(), folder.path()).await;
        let bytes = photo(5, 200_000);
        officer.ask(Request::PhotosByWifi { only: true }).await;
        let (visit, names) = officer.sends_visit_with(&[&bytes]).await;
        officer.sync().await;
        officer.photos_rest().await;
        drop(line);
        officer.ask(Request::SendPhotos).await;
        let photos = officer.photos_rest().await;
        assert!(matches!(photos.phase, PhotoPhase::Waiting { .. }));
        assert!(photos.trouble.is_some());
        assert_eq!(
            officer.visit(visit).await.transfer,
            Transfer::PhotosFollow(1)
        );
        officer.ask(Request::Lock).await;

        let back = Phone::new(&office, folder.path());
        back.ask(Request::Unlock {
            username: "petugas1".to_owned(),
            pin: PIN.to_owned(),
        })
        .await;
        back.ask(Request::SendPhotos).await;
        back.push_through().await;
        assert!(whole(&office, &names[0]).unwrap() == bytes);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ended_keeps_the_photos_until_the_login() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), folder.path()).await;
        officer.ask(Request::PhotosByWifi { only: true }).await;
        let bytes = photo(6, 30_000);
        let (_, names) = officer.sends_visit_with(&[&bytes]).await;
        officer.sync().await;
        officer.photos_rest().await;
        office.change(|connection| {
            connection
                .execute("update session set revoked = 1", [])
                .unwrap()
        });
        officer.ask(Request::SendPhotos).await;
        officer.sync().await;
        let queue = officer.queue().await;
        assert_eq!(queue.sync.phase, SyncPhase::LoginNeeded);
        assert_eq!(queue.photos.len(), 1);
        assert!(officer.shows(&names[0]).await.unwrap() == bytes);
        officer
            .log_in_with("petugas1", anjangsana::server::demo::PASSWORD, None)
            .await
            .unwrap();
        officer.sync().await;
        officer.ask(Request::SendPhotos).await;
        officer.push_through().await;
        assert!(whole(&office, &names[0]).unwrap() == bytes);
    })
    .await;
}

#[tokio::test]
async fn a_photo_that_the_server_will_not_take_is_set_aside_and_the_next_goes() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), folder.path()).await;
        let page = b"<!doctype html><script>alert(1)</script>";
        let good = photo(7, 10_000);
        let (visit, names) = officer.sends_visit_with(&[page, &good]).await;
        officer.sync().await;
        officer.push_through().await;
        let queue = officer.queue().await;
        let [item] = queue.photos.as_slice() else {
            panic!("one photo: {:?}", queue.photos)
        };
        assert_eq!(item.name, names[0]);
        assert!(item.refused.as_ref().unwrap().contains("type"));
        assert_eq!(queue.sync.photos.aside, 1);
        assert!(whole(&office, &names[1]).unwrap() == good);
        assert_eq!(
            officer.visit(visit).await.transfer,
            Transfer::PhotosFollow(1)
        );
        assert!(officer.shows(&names[0]).await.unwrap() == page);
        // Somebody tries again: it is asked anew, and refused anew.
        officer.ask(Request::ResendPhoto(names[0].clone())).await;
        assert_eq!(officer.photos_rest().await.aside, 1);
    })
    .await;
}

#[tokio::test]
async fn the_photos_of_an_approved_visit_leave_the_phone_after_thirty_days_and_can_be_looked_at() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), &folder.path().join("1")).await;
        let desk = Phone::new(&office, &folder.path().join("2"));
        desk.log_in("kabid").await;
        let (approved, waiting) = (photo(8, 10_000), photo(9, 10_000));
        let (visit, names) = officer.sends_visit_with(&[&approved]).await;
        let (_, other) = officer.sends_visit_with(&[&waiting]).await;
        officer.sync().await;
        officer.push_through().await;
        desk.sync().await;
        desk.ask(Request::Review {
            visit,
            submission: 1,
            decision: Decision::Approve,
            draft: ReviewDraft::default(),
        })
        .await;
        desk.sync().await;
        officer.sync().await;
        let freed = |at: Millis| {
            officer
                .device
                .with_store(|store| store.free_photos(at).unwrap())
                .unwrap()
        };
        let now = machine::now();
        assert_eq!(freed(now.plus(KEPT - 60_000)), 0);
        assert_eq!(freed(now.plus(KEPT + 60_000)), 1);
        assert_eq!(freed(now.plus(KEPT + 60_000)), 0);
        let here = |name: &AttachmentName| {
            officer
                .device
                .with_store(|store| store.piece(name, 0, 1).is_ok())
                .unwrap()
        };
        assert!(!here(&names[0]) && here(&other[0]));
        assert!(officer.shows(&names[0]).await.unwrap() == approved);
        assert!(here(&names[0]), "kept again for who looks");
    })
    .await;
}

#[tokio::test]
async fn text_goes_before_photos_and_the_oldest_visits_photos_before_the_others() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let officer = phone_at(&office.url(""), folder.path()).await;
        officer.ask(Request::Network { online: false }).await;
        let (first, second) = (photo(10, 5_000), photo(11, 5_000));
        let one = officer.start().await;
        // Nobody begins two visits in one millisecond.
        let begun = machine::now();
        while machine::now() == begun {
            tokio::task::yield_now().await;
        }
        let two = officer.start().await;
        let later = officer.photographs(two, "foto_lokasi", &second).await;
        let sooner = officer.photographs(one, "foto_lokasi", &first).await;
        let next = || {
            officer
                .device
                .with_store(|store| store.next_upload().unwrap())
                .unwrap()
        };
        assert_eq!(next(), None, "no text has gone yet");
        let queue = officer.queue().await;
        let order: Vec<_> = queue.photos.iter().map(|photo| &photo.name).collect();
        assert_eq!(order, [&sooner, &later]);
        officer.ask(Request::PhotosByWifi { only: true }).await;
        officer.ask(Request::Network { online: true }).await;
        officer.sync().await;
        assert_eq!(next().map(|next| next.name), Some(sooner));
    })
    .await;
}
