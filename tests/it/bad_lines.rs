//! Real devices and a real server with a bad line between them: cut after any byte, stalled, corrupted, narrow and slow.
//! Records and photos, up and down, all through the same line. In the end everybody has the same, once.

use std::collections::BTreeMap;
use std::time::Duration;

use anjangsana::domain::{AttachmentName, RecordId, VisitState};
use anjangsana::store::api::{PhotoPhase, Request, SyncPhase, Transfer};

use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::device_sync::{Phone, demo_office, local};
use crate::device_uploads::whole;
use crate::server_attachments::photo;
use crate::server_office::Office;

/// More rounds than any of these lines needs.
const ROUNDS: u32 = 150;

/// An officer with two phones, and the desk, all of them behind one line.
struct Story {
    office: Office,
    line: Proxy,
    one: Phone,
    two: Phone,
    desk: Phone,
    visit: RecordId,
    draft: RecordId,
    photos: Vec<(AttachmentName, Vec<u8>)>,
    _folder: tempfile::TempDir,
}

impl Story {
    /// Everybody has logged in where the line was good. Now the officer has a visit with photos to send, and a draft.
    async fn begin(line: Line, faults: &[Fault], photo_bytes: usize, patience: Duration) -> Self {
        let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
        let people = [("one", "petugas1"), ("two", "petugas1"), ("desk", "kabid")];
        let at = |name: &str| folder.path().join(name);
        for (name, user) in people {
            let phone = Phone::new(&office, &at(name));
            phone.log_in(user).await;
            phone.ask(Request::Lock).await;
        }
        let line = Proxy::before(office.address, line).await;
        line.next(faults.iter().copied());
        let url = line.url();
        let open = async |(name, user): (&str, &str)| {
            let phone = Phone::impatient(&url, &at(name), patience);
            phone.unlock(user).await;
            phone
        };
        let (one, two, desk) = (
            open(people[0]).await,
            open(people[1]).await,
            open(people[2]).await,
        );
        let visit = one.start().await;
        one.fill_short(visit).await;
        let mut photos = Vec::new();
        for (seed, path) in [(1, "foto_lokasi"), (2, "org_rat_foto")] {
            let bytes = photo(seed, photo_bytes);
            photos.push((one.photographs(visit, path, &bytes).await, bytes));
        }
        one.ask(Request::SubmitVisit {
            visit,
            result: None,
            judged: None,
        })
        .await;
        let draft = one.start().await;
        Self {
            office,
            line,
            one,
            two,
            desk,
            visit,
            draft,
            photos,
            _folder: folder,
        }
    }

    /// Everybody tries again and again, and the officer goes on writing, until the line has done what it does and all
    /// that was written is where it belongs.
    async fn goes_on(&self) {
        for round in 0..ROUNDS {
            if self.line.faults_left() > 0 {
                self.line.change_mast();
                // Long enough to be packed, so that a changed bit shows.
                let text = format!("{round} {}", "lada putih, terasi, ikan asin; ".repeat(12));
                self.one.answer(self.draft, "catatan_petugas", &text).await;
            }
            let sends = async {
                self.one.sync().await;
                self.one.ask(Request::SendPhotos).await;
                self.rests().await;
            };
            tokio::join!(sends, self.two.sync(), self.desk.sync());
            if self.line.faults_left() == 0 && self.has_settled().await {
                return;
            }
        }
        panic!(
            "{} faults left; one: {:?}",
            self.line.faults_left(),
            self.one.queue().await
        );
    }

    /// Waits until no call of the first phone is under way. Photos may still wait: for their text, or for another try.
    async fn rests(&self) {
        loop {
            tokio::task::yield_now().await;
            let sync = self.one.queue().await.sync;
            if sync.phase != SyncPhase::Syncing && sync.photos.phase != PhotoPhase::Sending {
                break;
            }
        }
    }

    async fn has_settled(&self) -> bool {
        let queue = self.one.queue().await;
        let at_rest = |phase| phase == SyncPhase::Idle;
        let (two, desk) = (self.two.queue().await, self.desk.queue().await);
        let pulled =
            self.answers_of_draft(&self.one).await == self.answers_of_draft(&self.two).await;
        queue.items.is_empty()
            && queue.sync.photos.waiting == 0
            && at_rest(queue.sync.phase)
            && at_rest(two.sync.phase)
            && at_rest(desk.sync.phase)
            && pulled
    }

    async fn answers_of_draft(&self, phone: &Phone) -> BTreeMap<String, String> {
        match phone.device.ask(Request::Visit(self.draft)).await {
            Ok(anjangsana::store::api::Reply::Visit(detail)) => detail.visit.answers,
            // The other phone has not heard of it yet.
            _ => BTreeMap::new(),
        }
    }

    /// Nothing doubled, nothing lost, nothing changed on the way.
    async fn has_ended_well(&self) {
        let queue = self.one.queue().await;
        assert!(
            queue.photos.is_empty() && queue.sync.photos.aside == 0,
            "{queue:?}"
        );
        let sent = self.one.visit(self.visit).await;
        assert!(
            matches!(sent.transfer, Transfer::Sent { .. }),
            "{:?}",
            sent.transfer
        );
        assert_eq!(sent.state, VisitState::Submitted);
        for phone in [&self.two, &self.desk] {
            assert_eq!(phone.visit(self.visit).await.visit, sent.visit);
        }
        assert_eq!(
            self.two.visit(self.draft).await.visit,
            self.one.visit(self.draft).await.visit
        );
        for (name, bytes) in &self.photos {
            assert!(whole(&self.office, name).unwrap() == *bytes);
            assert!(self.sees(name).await == *bytes, "at the desk");
        }
        self.office.change(|db| {
            let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            for visit in [self.visit, self.draft] {
                let once = format!("select count(*) from record where id = '{visit}'");
                assert_eq!(count(&once), 1);
            }
            let twice =
                "select count(*) - count(distinct rev) from mutation where outcome = 'applied'";
            assert_eq!(count(twice), 0, "no change was applied twice");
            let unlogged = "select count(*) from record where kind = 'visit'
                and rev not in (select rev from mutation where outcome = 'applied')";
            assert_eq!(count(unlogged), 0, "every change is in the log once");
            let refused = "select count(*) from mutation where outcome <> 'applied'";
            assert_eq!(count(refused), 0);
        });
    }

    /// The desk looks at a photo, and again when the line breaks.
    async fn sees(&self, name: &AttachmentName) -> Vec<u8> {
        for _ in 0..ROUNDS {
            if let Ok(bytes) = self.desk.shows(name).await {
                return bytes;
            }
        }
        panic!("never seen")
    }
}

/// So impatient that a line which has gone silent costs no time; what is too slow for that goes again.
const IMPATIENT: Duration = Duration::from_millis(400);
/// As patient as the app.
const PATIENT: Duration = Duration::from_secs(120);

async fn on_a_line_with(faults: &[Fault], patience: Duration) {
    local(async {
        let story = Story::begin(Line::default(), faults, 20_000, patience).await;
        story.goes_on().await;
        let struck = story.line.struck();
        assert!(
            struck * 2 > faults.len() as u64,
            "{struck} of {} faults came to their byte",
            faults.len()
        );
        story.has_ended_well().await;
    })
    .await;
}

#[tokio::test]
async fn cut_after_so_many_bytes_either_way_everything_arrives_once() {
    // In the head, between head and body, in the body of records, in that of a photo; in the answer's head and body.
    let up = [1, 17, 120, 260, 300, 400, 700, 1_500, 4_000, 15_000];
    let down = [1, 15, 90, 200, 333, 500, 900, 2_000, 9_000];
    let faults: Vec<Fault> = (0..up.len())
        .flat_map(|n| {
            let back = down.get(n).copied().map(Fault::CutDown);
            [Some(Fault::CutUp(up[n])), back].into_iter().flatten()
        })
        .collect();
    on_a_line_with(&faults, PATIENT).await;
}

#[tokio::test]
async fn stalled_after_so_many_bytes_either_way_everything_arrives_once() {
    let faults = [
        Fault::StallUp(60),
        Fault::StallDown(40),
        Fault::StallUp(500),
        Fault::StallDown(300),
        Fault::StallUp(9_000),
        Fault::StallDown(1_200),
    ];
    on_a_line_with(&faults, IMPATIENT).await;
}

#[tokio::test]
async fn with_a_bit_changed_in_what_is_packed_or_summed_nothing_wrong_is_kept() {
    let faults = [
        Fault::CorruptUp(420),
        Fault::CorruptDown(700),
        Fault::CorruptUp(440),
        Fault::CorruptUp(9_000),
        Fault::CorruptDown(900),
        Fault::CorruptUp(14_000),
    ];
    on_a_line_with(&faults, PATIENT).await;
}

#[tokio::test]
async fn over_the_lines_that_phones_have_everything_arrives_once() {
    // Kilobits a second up and down, milliseconds there and back: GPRS, 2G, 3G. Small photos: it is not the waiting that
    // is tested.
    let lines = [(20, 50, 500), (50, 250, 300), (250, 750, 100)];
    local(async {
        let over = async |(up, down, round_trip)| {
            let line = Line {
                up,
                down,
                round_trip: Duration::from_millis(round_trip),
            };
            let faults = [Fault::CutUp(700), Fault::CutDown(600)];
            let story = Story::begin(line, &faults, 1_500, PATIENT).await;
            story.goes_on().await;
            story.has_ended_well().await;
        };
        tokio::join!(over(lines[0]), over(lines[1]), over(lines[2]));
    })
    .await;
}
