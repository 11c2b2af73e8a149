//! The official client of tus (`tus-js-client`, from npm) against our server, through cuts: what others wrote by the same
//! protocol understands us. `cargo xtask test` installs it and runs these.

use std::path::{Path, PathBuf};

use anjangsana::{
    domain::{AttachmentName, Role},
    sync::wire::ATTACHMENTS_PATH,
};
use serde_json::{Value, json};

use crate::cutting_proxy::{Fault, Line, Proxy};
use crate::server_attachments::{name_of, photo};
use crate::server_office::{Office, Phone, TOBOALI};

/// Where the client is installed.
fn client() -> PathBuf {
    let folder = std::env::var_os("ANJANGSANA_TUS").expect("cargo xtask test says where");
    PathBuf::from(folder)
}

struct Sending<'a> {
    office: &'a Office,
    line: &'a Proxy,
    officer: &'a Phone,
    bytes: &'a [u8],
}

impl Sending<'_> {
    fn name(&self) -> AttachmentName {
        name_of(self.bytes)
    }

    /// Lets the client do it, with these orders beside the ones that every upload needs.
    async fn run(&self, orders: Value) -> Value {
        let file = self.office.folder().join("photo.jpg");
        std::fs::write(&file, self.bytes).unwrap();
        let mut asked = json!({
            "endpoint": format!("{}{ATTACHMENTS_PATH}", self.line.url()),
            "token": self.officer.token, "file": file, "name": self.name(),
        });
        let asked_fields = asked.as_object_mut().unwrap();
        asked_fields.extend(orders.as_object().unwrap().clone());
        let output = tokio::process::Command::new("node")
            .arg("upload.mjs")
            .arg(asked.to_string())
            .current_dir(client())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&said).unwrap_or_else(|_| {
            panic!("{said}{}", String::from_utf8_lossy(&output.stderr));
        })
    }

    fn arrived(&self) -> bool {
        let name = self.name();
        let whole: &Path = &self.office.folder().join("attachments/whole");
        let file = whole
            .join(name.hash().get(..2).unwrap())
            .join(name.as_str());
        std::fs::read(file).is_ok_and(|found| found == self.bytes)
    }
}

#[tokio::test]
#[ignore = "cargo xtask test installs the client and runs this"]
async fn the_official_client_gets_a_photo_through_cuts_whole_and_in_pieces() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let ways = [
        json!({}),
        json!({"chunk": 20_000}),
        json!({"chunk": 50_000, "withCreation": true}),
    ];
    for (seed, orders) in ways.into_iter().enumerate() {
        let bytes = photo(30 + seed as u64, 300_000);
        let line = Proxy::before(office.address, Line::default()).await;
        line.next([
            Fault::CutUp(100),
            Fault::CutDown(1),
            Fault::CutUp(9_000),
            Fault::CutUp(40_001),
            Fault::CutDown(20),
        ]);
        let sending = Sending {
            office: &office,
            line: &line,
            officer: &officer,
            bytes: &bytes,
        };
        let said = sending.run(orders.clone()).await;
        assert_eq!(said["outcome"], "sent", "{orders}: {said}");
        assert!(said["retries"].as_u64().unwrap() >= 4, "{orders}: {said}");
        assert_eq!(line.faults_left(), 0);
        assert!(sending.arrived(), "{orders}");
        // Sent again it is there already: not a byte of it goes.
        let before = line.carried().0;
        let said = sending.run(json!({"chunk": 1_000})).await;
        assert_eq!(said["outcome"], "sent", "{said}");
        assert!(line.carried().0 - before < 5_000);
    }
}

#[tokio::test]
#[ignore = "cargo xtask test installs the client and runs this"]
async fn the_official_client_goes_on_where_it_stopped_and_gives_up_where_it_is_told() {
    let office = Office::open().await;
    let officer = office.hire("ppl", Role::Officer, &[TOBOALI]);
    let line = Proxy::before(office.address, Line::default()).await;
    let bytes = photo(40, 200_000);
    let sending = Sending {
        office: &office,
        line: &line,
        officer: &officer,
        bytes: &bytes,
    };
    let stop = json!({"chunk": 30_000, "stopAt": 90_000});
    let said = sending.run(stop).await;
    assert_eq!(said["outcome"], "stopped", "{said}");
    let before = line.carried().0;
    let said = sending
        .run(json!({"chunk": 30_000, "uploadUrl": said["url"]}))
        .await;
    assert_eq!(said["outcome"], "sent", "{said}");
    assert!(sending.arrived());
    let carried = line.carried().0 - before;
    assert!(carried < 200_000 - 60_000, "{carried} bytes for the rest");

    let other = photo(41, 200_000);
    let sending = Sending {
        bytes: &other,
        ..sending
    };
    let give_up = json!({"chunk": 30_000, "stopAt": 30_000, "giveUp": true});
    let said = sending.run(give_up).await;
    assert_eq!(said["outcome"], "stopped", "{said}");
    let left = office.folder().join("attachments/partial");
    let left = left.join(officer.user.id.to_string());
    assert_eq!(std::fs::read_dir(left).unwrap().count(), 0);
}
