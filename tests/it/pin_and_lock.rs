//! Coming in and being locked out of a device: PIN, password, the lock after ten minutes, and files that vanish. The tests set
//! the device's clocks themselves.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use anjangsana::domain::{Millis, RecordId};
use anjangsana::platform::device::{Device, IDLE};
use anjangsana::platform::machine::{Answer, Call, Machine, Task};
use anjangsana::platform::native::NativeMachine;
use anjangsana::server::{demo, machine};
use anjangsana::sql::{self, Connection, Key};
use anjangsana::store::api::{
    Account, AppStatus, Notice, Reply, Request, ReviewDraft, StoreError, SyncPhase,
};

use crate::backup::{back_up, restore};
use crate::device_sync::{PIN, Phone, demo_office, local};

/// What the test sets and sees of a machine.
#[derive(Default)]
struct Hands {
    /// The clock that the holder sets.
    now: Cell<i64>,
    /// The one that nobody sets.
    uptime: Cell<i64>,
    alarm: Cell<Option<Millis>>,
    notices: RefCell<Vec<Notice>>,
}

impl Hands {
    fn pass(&self, millis: i64) {
        self.now.set(self.now.get() + millis);
        self.uptime.set(self.uptime.get() + millis);
    }
}

/// A native machine with clocks that stand still until the test moves them.
struct Set {
    inner: NativeMachine,
    hands: Rc<Hands>,
}

impl Machine for Set {
    fn now(&self) -> Millis {
        Millis(self.hands.now.get())
    }
    fn uptime(&self) -> Millis {
        Millis(self.hands.uptime.get())
    }
    fn random(&self, bytes: &mut [u8]) {
        self.inner.random(bytes);
    }
    fn open(&self, file: &str, key: Option<&Key>) -> Result<Connection, sql::Error> {
        self.inner.open(file, key)
    }
    fn read(&self, file: &str, at: u64) -> Result<Vec<u8>, String> {
        self.inner.read(file, at)
    }
    async fn has_files(&self) -> bool {
        self.inner.has_files().await
    }
    async fn call(&self, call: Call) -> Answer {
        self.inner.call(call).await
    }
    fn notify(&self, notice: Notice) {
        self.hands.notices.borrow_mut().push(notice);
    }
    fn wake_at(&self, at: Millis) {
        self.hands.alarm.set(Some(at));
    }
    fn spawn(&self, task: Task) {
        self.inner.spawn(task);
    }
}

struct Held {
    device: Rc<Device<Set>>,
    hands: Rc<Hands>,
}

const NOBODY: &str = "http://127.0.0.1:1";

impl Held {
    fn at(server: &str, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let hands = Rc::new(Hands::default());
        hands.now.set(machine::now().0);
        let inner = NativeMachine::new(folder.to_owned(), server.to_owned(), |_| {});
        let machine = Set {
            inner,
            hands: Rc::clone(&hands),
        };
        Self {
            device: Device::start(machine).unwrap(),
            hands,
        }
    }

    async fn ask(&self, request: Request) -> Result<Reply, StoreError> {
        self.device.ask(request).await
    }

    async fn status(&self) -> AppStatus {
        match self.ask(Request::Status).await {
            Ok(Reply::Status(status)) => status,
            _ => panic!("no status"),
        }
    }

    async fn account(&self) -> Account {
        match self.status().await {
            AppStatus::Closed { mut accounts } => accounts.remove(0),
            _ => panic!("not closed"),
        }
    }

    async fn log_in(&self) {
        let login = Request::Login {
            username: "petugas1".to_owned(),
            password: demo::PASSWORD.to_owned(),
            old_secret: None,
        };
        self.ask(login).await.unwrap();
    }

    async fn unlock(&self, pin: &str) -> Result<Reply, StoreError> {
        let unlock = Request::Unlock {
            username: "petugas1".to_owned(),
            pin: pin.to_owned(),
        };
        self.ask(unlock).await
    }

    async fn by_password(&self, password: &str) -> Result<Reply, StoreError> {
        let unlock = Request::UnlockByPassword {
            username: "petugas1".to_owned(),
            password: password.to_owned(),
        };
        self.ask(unlock).await
    }

    async fn set_pin(&self, pin: &str) -> Result<Reply, StoreError> {
        let pin = pin.to_owned();
        self.ask(Request::SetPin { pin }).await
    }

    async fn change_pin(&self, pin: &str, old_secret: &str) -> Result<Reply, StoreError> {
        let change = Request::ChangePin {
            pin: pin.to_owned(),
            old_secret: old_secret.to_owned(),
        };
        self.ask(change).await
    }

    async fn is_open(&self) -> bool {
        matches!(self.status().await, AppStatus::Open { .. })
    }

    fn told_closed(&self) -> bool {
        let notices = self.hands.notices.borrow();
        notices
            .iter()
            .any(|notice| matches!(notice, Notice::Status(AppStatus::Closed { .. })))
    }

    /// Wrong PINs, each after its wait, until none is taken any more.
    async fn ten_wrong_pins(&self) {
        for n in 1..=10 {
            match self.unlock("000000").await {
                Err(StoreError::WrongPin { seconds, left }) => {
                    assert_eq!(left, 10 - n);
                    self.hands.pass(i64::from(seconds) * 1000);
                }
                Err(StoreError::PasswordNeeded) => assert_eq!(n, 10),
                _ => panic!("another answer to wrong PIN {n}"),
            }
        }
    }
}

/// A phone with an unsent visit of petugas1, switched off and out of signal. The visit's number of the letter is SPT-laut.
async fn away(folder: &Path) -> Held {
    let office = demo_office().await;
    let phone = Phone::new(&office, folder);
    phone.log_in("petugas1").await;
    phone.ask(Request::Network { online: false }).await;
    let visit = phone.start().await;
    phone.answer(visit, "no_spt", "SPT-laut").await;
    phone.device.close().unwrap();
    Held::at(NOBODY, folder)
}

fn unsent(held: &Held) -> u32 {
    let facts = held.device.with_store(|store| store.sync_facts().unwrap());
    facts.unwrap().unsent
}

#[tokio::test]
async fn h22_ten_minutes_without_a_touch_lock_the_app_whatever_the_page_asks_for_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        phone.unlock(PIN).await.unwrap();
        phone.hands.pass(IDLE - 1_000);
        phone.ask(Request::Home).await.unwrap();
        phone.ask(Request::Active).await.unwrap();
        phone.hands.pass(IDLE - 1);
        phone.ask(Request::Home).await.unwrap();
        assert!(!phone.told_closed());
        // Asking is not touching: a page that goes on by itself holds nothing open.
        phone.hands.pass(1);
        assert!(matches!(
            phone.ask(Request::Home).await,
            Err(StoreError::NotOpen)
        ));
        assert!(phone.told_closed());
    })
    .await;
}

#[tokio::test]
async fn h22_the_app_locks_itself_by_its_alarm_when_no_page_asks_for_anything() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        phone.unlock(PIN).await.unwrap();
        let locks_at = phone.hands.now.get() + IDLE;
        // The alarm may ring earlier for the sync: then it is set again.
        while phone.hands.now.get() < locks_at {
            let alarm = phone.hands.alarm.get().expect("an alarm is set").0;
            assert!(alarm <= locks_at, "it does not ring after the time");
            phone.hands.pass((alarm - phone.hands.now.get()).max(1));
            phone.device.woke();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        assert!(phone.told_closed());
        assert!(phone.device.with_store(|_| ()).is_err());
    })
    .await;
}

#[tokio::test]
async fn h22_a_phone_that_slept_and_one_whose_clock_was_set_back_lock_too() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        let (now, uptime) = (&phone.hands.now, &phone.hands.uptime);
        // While it sleeps only one clock goes on.
        phone.unlock(PIN).await.unwrap();
        now.set(now.get() + IDLE);
        assert!(!phone.is_open().await);
        phone.unlock(PIN).await.unwrap();
        uptime.set(uptime.get() + IDLE);
        now.set(now.get() - 86_400_000);
        assert!(!phone.is_open().await);
    })
    .await;
}

#[tokio::test]
async fn h22_a_touch_after_the_time_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        phone.unlock(PIN).await.unwrap();
        phone.hands.pass(IDLE);
        phone.ask(Request::Active).await.unwrap();
        assert!(!phone.is_open().await);
    })
    .await;
}

#[tokio::test]
async fn h22_the_lock_applies_while_a_pin_is_to_be_chosen_and_the_password_opens_again() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Held::at(&office.url(""), folder.path());
        phone.log_in().await;
        assert!(matches!(phone.status().await, AppStatus::PinNeeded { .. }));
        phone.hands.pass(IDLE);
        let account = phone.account().await;
        assert_eq!(account.pin_wait, None, "there is no PIN yet");
        assert_eq!(
            phone.unlock(PIN).await.err(),
            Some(StoreError::PasswordNeeded)
        );
        phone.by_password(demo::PASSWORD).await.unwrap();
        phone.set_pin(PIN).await.unwrap();
        assert!(phone.is_open().await);
    })
    .await;
}

#[tokio::test]
async fn s2_a_forgotten_pin_is_replaced_without_a_network_by_the_password() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        assert_eq!(
            phone.by_password("salah-sekali").await.err(),
            Some(StoreError::WrongPassword { seconds: 0 })
        );
        phone.by_password(demo::PASSWORD).await.unwrap();
        assert!(matches!(phone.status().await, AppStatus::PinNeeded { .. }));
        phone.set_pin("351790").await.unwrap();
        assert_eq!(unsent(&phone), 1);
        phone.ask(Request::Lock).await.unwrap();
        assert!(matches!(
            phone.unlock(PIN).await,
            Err(StoreError::WrongPin { .. })
        ));
        phone.unlock("351790").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn h14_ten_wrong_pins_ask_for_the_password_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        phone.ten_wrong_pins().await;
        assert_eq!(phone.account().await.pin_wait, None);
        // Starting the app again changes nothing.
        let phone = Held::at(NOBODY, folder.path());
        assert_eq!(
            phone.unlock(PIN).await.err(),
            Some(StoreError::PasswordNeeded)
        );
        phone.by_password(demo::PASSWORD).await.unwrap();
        assert_eq!(unsent(&phone), 1);
        phone.set_pin("351790").await.unwrap();
        phone.ask(Request::Lock).await.unwrap();
        phone.unlock("351790").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn h14_who_holds_an_open_phone_cannot_change_its_pin() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        phone.unlock(PIN).await.unwrap();
        assert_eq!(
            phone.set_pin("351790").await.err(),
            Some(StoreError::OldSecretNeeded)
        );
        assert!(matches!(
            phone.change_pin("351790", "000000").await,
            Err(StoreError::WrongPin { left: 9, .. })
        ));
        assert!(matches!(
            phone.change_pin("351790", "salah-sekali").await,
            Err(StoreError::WrongPassword { .. })
        ));
        assert_eq!(
            phone.change_pin("123456", PIN).await.err(),
            Some(StoreError::CommonPin)
        );
        phone.change_pin("351790", PIN).await.unwrap();
        phone.change_pin("204060", demo::PASSWORD).await.unwrap();
        phone.ask(Request::Lock).await.unwrap();
        phone.unlock("204060").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn h14_guessing_the_pin_in_an_open_app_ends_like_guessing_it_at_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        phone.unlock(PIN).await.unwrap();
        for _ in 0..10 {
            phone.ask(Request::Active).await.unwrap();
            if let Err(StoreError::WrongPin { seconds, .. }) =
                phone.change_pin("351790", "000000").await
            {
                // Shorter than the lock of ten minutes, again and again, with a touch in between.
                for _ in 0..seconds.div_ceil(300) {
                    phone.hands.pass(300_000);
                    phone.ask(Request::Active).await.unwrap();
                }
            }
        }
        assert!(phone.is_open().await);
        assert_eq!(
            phone.change_pin("351790", PIN).await.err(),
            Some(StoreError::PasswordNeeded)
        );
        assert_eq!(
            phone.set_pin("351790").await.err(),
            Some(StoreError::OldSecretNeeded)
        );
        phone.change_pin("351790", demo::PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a17_a_wait_is_what_the_vault_says_whatever_the_clock_is_set_to() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = away(folder.path()).await;
        for _ in 0..3 {
            phone.unlock("000000").await.err().unwrap();
        }
        let now = &phone.hands.now;
        for by in [72_000_000, -144_000_000] {
            now.set(now.get() + by);
            assert_eq!(phone.account().await.pin_wait, Some(30));
            assert_eq!(
                phone.unlock(PIN).await.err(),
                Some(StoreError::Wait { seconds: 30 })
            );
        }
        phone.hands.pass(30_000);
        assert_eq!(phone.account().await.pin_wait, Some(0));
        phone.unlock(PIN).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn s24_when_the_files_vanish_it_is_said_nothing_is_called_saved_and_the_rest_can_be_rescued()
{
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let at = folder.path().join("phone");
        let phone = away(&at).await;
        phone.unlock(PIN).await.unwrap();
        let visit = match phone.ask(Request::Queue).await {
            Ok(Reply::Queue(queue)) => queue.items[0].visit.as_ref().unwrap().id,
            _ => panic!("no queue"),
        };
        let answer = |value: &str| Request::SaveAnswers {
            visit,
            changes: vec![("no_spt".to_owned(), Some(value.to_owned()))],
            place: None,
        };
        let told = || phone.hands.notices.borrow().contains(&Notice::Gone);
        phone.ask(answer("SPT-sebelum")).await.unwrap();
        phone.status().await;
        assert!(!told());

        std::fs::remove_dir_all(&at).unwrap();
        phone.status().await;
        assert!(told(), "a page that asks how things stand hears it");
        assert_eq!(
            phone.ask(answer("SPT-sesudah")).await.err(),
            Some(StoreError::Gone)
        );
        // What was saved before is still open: it goes into a file, and that opens elsewhere.
        let mut file = Vec::new();
        let begin = Request::BackUp {
            password: demo::PASSWORD.to_owned(),
        };
        let mut reply = phone.ask(begin).await.unwrap();
        while let Reply::Bytes(bytes) = reply {
            if bytes.0.is_empty() {
                break;
            }
            file.extend(bytes.0);
            reply = phone.ask(Request::BackUpMore).await.unwrap();
        }
        let other = Phone::new(&office, &folder.path().join("other"));
        other.log_in("petugas1").await;
        assert_eq!(
            restore(&other, &file, demo::PASSWORD)
                .await
                .unwrap()
                .changes,
            1
        );
        assert_eq!(
            other.visit(visit).await.visit.answers["no_spt"],
            "SPT-sebelum"
        );
    })
    .await;
}

#[tokio::test]
async fn s24_files_that_vanish_between_two_answers_are_noticed_by_the_next_answer() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let at = folder.path().join("phone");
        let phone = away(&at).await;
        phone.unlock(PIN).await.unwrap();
        std::fs::remove_dir_all(&at).unwrap();
        let keep = Request::KeepReviewDraft {
            visit: RecordId::of_text("none"),
            draft: ReviewDraft::default(),
        };
        // Whether this one is still taken does not matter: it is the occasion to look.
        let _taken = phone.ask(keep).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(phone.hands.notices.borrow().contains(&Notice::Gone));
    })
    .await;
}

#[tokio::test]
async fn s03_a_session_that_the_server_ended_keeps_the_unsent_work_and_the_phone_still_opens() {
    let (office, folder) = (demo_office().await, tempfile::tempdir().unwrap());
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        office.change(|connection| {
            let disable = "update user set disabled = 1 where username = 'petugas1'";
            connection.execute(disable, []).unwrap();
            connection
                .execute("update session set revoked = 1", [])
                .unwrap()
        });
        let visit = phone.start().await;
        phone.answer(visit, "no_spt", "SPT-9").await;
        phone.sync().await;
        assert_eq!(phone.queue().await.sync.phase, SyncPhase::LoginNeeded);
        phone.ask(Request::Lock).await;
        phone.unlock("petugas1").await;
        assert_eq!(phone.visit(visit).await.visit.answers["no_spt"], "SPT-9");
        assert!(phone.queue().await.sync.unsent > 0);
        // And it can be taken off the phone.
        assert!(!back_up(&phone, demo::PASSWORD).await.unwrap().is_empty());
    })
    .await;
}
