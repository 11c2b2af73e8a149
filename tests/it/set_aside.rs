//! L21: nothing that was not applied goes unseen. The officer sees it in the queue; the admin sees everybody's.

use anjangsana::domain::{MutationId, Role};
use anjangsana::server::{Config, demo, machine};
use anjangsana::store::api::{Request, Transfer};
use anjangsana::sync::told::Told;
use anjangsana::sync::wire::{RejectCode, SET_ASIDE_PATH, SetAsideReply};

use crate::device_sync::{Phone, local};
use crate::server_office::Office;

#[tokio::test]
async fn the_admin_sees_what_was_refused_or_disputed_with_whom_why_and_whether_it_was_mended() {
    let office = Office::with(Config::default(), |connection| {
        demo::make(connection, machine::now()).unwrap();
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let admin = office.hire("kepala.admin", Role::Admin, &[]);
        let listed =
            async || -> SetAsideReply { admin.get(SET_ASIDE_PATH).await.json().await.unwrap() };
        assert!(listed().await.items.is_empty());

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
        one.answer(visit, "no_spt", "SPT-satu").await;
        two.answer(visit, "no_spt", "SPT-dua").await;
        one.sync().await;
        two.sync().await;
        let incomplete = one.start().await;
        one.answer(incomplete, "kabid_hadir", "ya").await;
        one.ask(Request::SubmitVisit {
            visit: incomplete,
            result: None,
            judged: None,
        })
        .await;
        one.sync().await;

        let seen = listed().await.items;
        let [refused, disputed] = seen.as_slice() else {
            panic!("two: {seen:?}")
        };
        assert_eq!(refused.code, Some(RejectCode::Incomplete));
        assert!(!refused.reason.is_empty() && !refused.cooperative.is_empty());
        assert_eq!(refused.visit, Some(incomplete));
        assert_eq!((disputed.code, disputed.visit), (None, Some(visit)));
        for item in &seen {
            assert_eq!(
                (&*item.username, &*item.name),
                ("petugas1", "Rizky Pratama")
            );
            assert!(item.device.is_some() && item.at.0 > 0 && item.received_at.0 > 0);
            assert!(!item.mended);
        }
        // What they hold can be read, by the words of the form; and nothing can be of a change that never came.
        let told = async |mutation: MutationId| -> Vec<Told> {
            let path = format!("{SET_ASIDE_PATH}/{mutation}");
            admin.get(&path).await.json().await.unwrap()
        };
        let told_refused = told(refused.mutation).await;
        let said = |label: &str, value: &str| {
            told_refused.iter().any(|one| {
                (one.label.id.as_str(), one.value.id.as_str()) == (label, value)
                    && one.label.en != one.label.id
            })
        };
        assert!(
            said("Apakah Kabid ikut dalam kunjungan?", "Ya"),
            "{told_refused:?}"
        );
        assert!(told_refused.iter().any(|one| one.label.id == "Dikirim"));
        let told_disputed = told(disputed.mutation).await;
        // That one is a draft: the admin learns which question is disputed, and nobody's answer.
        assert!(told_disputed.iter().any(|one| one.label.id.contains("SPT")));
        assert!(
            told_disputed
                .iter()
                .all(|one| one.value.id == "tidak ditampilkan")
        );
        let unknown = format!("{SET_ASIDE_PATH}/{visit}");
        assert_eq!(admin.get(&unknown).await.status(), 404);

        // The officer sees the same, each on the phone that has it, and what is refused can be mended.
        let queue = one.queue().await;
        assert!(matches!(queue.items[0].transfer, Transfer::SetAside { .. }));
        assert_eq!(two.queue().await.items[0].transfer, Transfer::Conflict);
        one.ask(Request::FixRefused {
            mutation: queue.items[0].mutation,
        })
        .await;
        one.fill_short(incomplete).await;
        one.ask(Request::SubmitVisit {
            visit: incomplete,
            result: None,
            judged: None,
        })
        .await;
        one.sync().await;
        let seen = listed().await.items;
        assert!(seen[0].mended && !seen[1].mended, "{seen:?}");

        let none: SetAsideReply = admin
            .get(&format!("{SET_ASIDE_PATH}?days=0"))
            .await
            .json()
            .await
            .unwrap();
        assert!(none.items.is_empty(), "only the last days asked for");
    })
    .await;
}

#[tokio::test]
async fn nobody_but_the_admin_sees_what_others_phones_hold() {
    let office = Office::open().await;
    for (name, role) in [
        ("ppl", Role::Officer),
        ("kabid", Role::Supervisor),
        ("kadis", Role::Head),
    ] {
        let areas: &[&str] = if role == Role::Officer {
            &["19.03.01"]
        } else {
            &[]
        };
        let phone = office.hire(name, role, areas);
        assert_eq!(phone.get(SET_ASIDE_PATH).await.status(), 403, "{name}");
        let one = format!("{SET_ASIDE_PATH}/00000000-0000-7000-8000-000000000001");
        assert_eq!(phone.get(&one).await.status(), 403, "{name}");
    }
}
