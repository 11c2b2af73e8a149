//! Logging in while strangers guess: who waits, for how long, and who does not. H12, H13, S3.

use anjangsana::{
    domain::{Millis, Role},
    server::{
        Config,
        accounts::{
            self,
            attempts::{
                self, Attempt, FIRST_WAIT, FREE, LONGEST_WAIT, PER_NEAR, PER_WIDE, REMEMBERED,
                WINDOW,
            },
        },
        address::Network,
        machine,
        repo::{Accounts, accounts::Hash},
        secret,
    },
    store::api::{Request, StoreError},
    sync::wire::{ErrorCode, ErrorReply, LOGIN_PATH, LoginReply, LoginRequest},
};
use reqwest::{Response, StatusCode};
use rusqlite::Connection;

use crate::device_sync::{Phone, demo_office, local};
use crate::server_office::{Office, TOBOALI};

const PASSWORD: &str = "rahasia-sekali";

async fn office(behind_proxy: bool) -> Office {
    let config = Config {
        behind_proxy,
        ..Config::default()
    };
    Office::with(config, |connection| {
        for name in ["ppl", "rekan"] {
            let areas = accounts::scope(Role::Officer, &[TOBOALI.to_owned()]).unwrap();
            let place = (Role::Officer, areas);
            accounts::add(connection, name, "Petugas", place, PASSWORD, Millis(1)).unwrap();
        }
    })
    .await
}

/// A login with these lines of `X-Forwarded-For`.
async fn log_in(office: &Office, by: &[&str], request: &LoginRequest) -> Response {
    let client = reqwest::Client::new();
    let mut call = client.post(office.url(LOGIN_PATH)).json(request);
    for line in by {
        call = call.header("x-forwarded-for", *line);
    }
    call.send().await.unwrap()
}

fn login(username: &str, password: &str) -> LoginRequest {
    LoginRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        device: "Uji".to_owned(),
        previous: String::new(),
    }
}

async fn code(response: Response) -> ErrorCode {
    response.json::<ErrorReply>().await.unwrap().code
}

fn hex(token: &str) -> String {
    let hash = secret::hash_token(token);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Wrong passwords from there until one has to wait.
async fn guess(office: &Office, username: &str, by: impl Fn(u32) -> Vec<String>) {
    for n in 0..FREE {
        let lines = by(n);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let response = log_in(office, &lines, &login(username, "salah-sekali")).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "try {n}");
    }
    let lines = by(FREE);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let response = log_in(office, &lines, &login(username, PASSWORD)).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let header = response.headers()["retry-after"].to_str().unwrap();
    let header: u32 = header.parse().unwrap();
    let reply: ErrorReply = response.json().await.unwrap();
    assert_eq!(reply.code, ErrorCode::TooMany);
    assert_eq!(reply.retry_after, Some(header));
    assert!(i64::from(header) * 1000 <= FIRST_WAIT);
}

#[tokio::test]
async fn a_stranger_who_guesses_holds_up_nobody_elsewhere() {
    let office = office(true).await;
    guess(&office, "ppl", |_| vec!["198.51.100.1".to_owned()]).await;
    // The officer at another address, and a colleague at the same.
    for (name, address) in [("ppl", "198.51.100.2"), ("rekan", "198.51.100.1")] {
        let response = log_in(&office, &[address], &login(name, PASSWORD)).await;
        assert_eq!(response.status(), 200, "{name} at {address}");
    }
}

#[tokio::test]
async fn lines_that_a_client_writes_and_ports_make_no_other_address_of_it() {
    let office = office(true).await;
    guess(&office, "ppl", |n| {
        vec![
            format!("10.0.0.{n}"),
            format!("10.1.0.{n}, 198.51.100.1:{}", 4000 + n),
        ]
    })
    .await;
}

#[tokio::test]
async fn all_addresses_of_one_ipv6_network_are_one_client() {
    let office = office(true).await;
    guess(&office, "ppl", |n| vec![format!("[2001:db8:1:2::{n}]:443")]).await;
    let other = log_in(&office, &["2001:db8:1:3::1"], &login("ppl", PASSWORD)).await;
    assert_eq!(other.status(), 200);
}

#[tokio::test]
async fn a_device_that_was_logged_in_before_does_not_wait_for_strangers() {
    let office = office(true).await;
    let here = ["198.51.100.1"];
    let mut tokens = Vec::new();
    for name in ["ppl", "rekan"] {
        let response = log_in(&office, &here, &login(name, PASSWORD)).await;
        tokens.push(response.json::<LoginReply>().await.unwrap().token);
    }
    office.change(|connection| {
        let hash = secret::hash_token(&tokens[0]);
        connection.end_session(&hash, machine::now()).unwrap();
    });
    guess(&office, "ppl", |_| vec![here[0].to_owned()]).await;
    let with = |previous: String, password: &str| LoginRequest {
        previous,
        ..login("ppl", password)
    };
    for (whose, previous) in [
        ("nobody's", hex("made up")),
        ("a colleague's", hex(&tokens[1])),
        ("the token itself", tokens[0].clone()),
    ] {
        let response = log_in(&office, &here, &with(previous, PASSWORD)).await;
        assert_eq!(response.status(), 429, "{whose}");
    }
    // The session is over, and shows the device all the same.
    let known = log_in(&office, &here, &with(hex(&tokens[0]), PASSWORD)).await;
    assert_eq!(known.status(), 200);
    // Who found the phone waits like anybody.
    for n in 0..=FREE {
        let response = log_in(&office, &here, &with(hex(&tokens[0]), "salah-sekali")).await;
        let wanted = if n < FREE { 401 } else { 429 };
        assert_eq!(response.status(), wanted, "try {n}");
    }
}

#[tokio::test]
async fn wrong_passwords_at_the_same_time_are_all_counted() {
    let office = office(false).await;
    let tries = (0..20).map(|_| async {
        let response = log_in(&office, &[], &login("ppl", "salah-sekali")).await;
        response.status() == StatusCode::UNAUTHORIZED
    });
    let looked_at = futures_util::future::join_all(tries).await;
    let looked_at = looked_at.into_iter().filter(|looked_at| *looked_at).count();
    assert_eq!(looked_at, FREE as usize);
}

#[tokio::test]
async fn the_right_password_forgets_the_wrong_ones_before_it() {
    let office = office(false).await;
    for _ in 0..2 {
        for _ in 1..FREE {
            let wrong = log_in(&office, &[], &login("ppl", "salah-sekali")).await;
            assert_eq!(wrong.status(), 401);
        }
        let right = log_in(&office, &[], &login("ppl", PASSWORD)).await;
        assert_eq!(right.status(), 200);
    }
}

fn attempt(username: &str, address: &str, device: Option<Hash>) -> Attempt {
    Attempt {
        username: username.to_owned(),
        network: Network::of(address.parse().unwrap()),
        device,
    }
}

fn begin(connection: &Connection, username: &str, address: &str, at: i64) -> Option<u32> {
    let who = attempt(username, address, None);
    attempts::begin(connection, &who, Millis(at)).unwrap()
}

#[tokio::test]
async fn every_further_wrong_password_waits_longer_and_none_waits_for_ever() {
    let office = office(false).await;
    office.change(|connection| {
        let mut at = REMEMBERED;
        for n in 0..FREE + 12 {
            let wait = match n.checked_sub(FREE) {
                None => 0,
                Some(beyond) => (FIRST_WAIT << beyond).min(LONGEST_WAIT),
            };
            if wait > 0 {
                let early = begin(connection, "ppl", "198.51.100.1", at + wait - 1);
                assert_eq!(early, Some(1), "attempt {n}");
            }
            at += wait;
            assert_eq!(begin(connection, "ppl", "198.51.100.1", at), None, "{n}");
        }
        let later = at + REMEMBERED;
        for n in 0..FREE {
            assert_eq!(begin(connection, "ppl", "198.51.100.1", later), None, "{n}");
        }
    });
}

#[tokio::test]
async fn a_network_that_tries_many_names_has_a_budget_and_a_known_device_is_outside_of_it() {
    let office = office(false).await;
    let known = office.hire("kenal", Role::Officer, &[TOBOALI]);
    office.change(|connection| {
        let at = REMEMBERED;
        for n in 0..PER_NEAR {
            let name = format!("name{n}");
            assert_eq!(begin(connection, &name, "2001:db8:1:1::1", at), None);
        }
        let waits = begin(connection, "another", "2001:db8:1:1::2", at).unwrap();
        assert_eq!(i64::from(waits) * 1000, WINDOW);
        let hash = secret::hash_token(&known.token);
        let device = attempt("kenal", "2001:db8:1:1::2", Some(hash));
        assert_eq!(
            attempts::begin(connection, &device, Millis(at)).unwrap(),
            None
        );
        // Its neighbours have a budget with it.
        for n in 0..PER_WIDE - PER_NEAR {
            let (name, address) = (format!("name{n}"), format!("2001:db8:1:{:x}::1", 2 + n % 2));
            assert_eq!(begin(connection, &name, &address, at), None, "{n}");
        }
        assert!(begin(connection, "another", "2001:db8:1:9::1", at).is_some());
        assert_eq!(begin(connection, "another", "2001:db8:2:1::1", at), None);
        let later = at + WINDOW;
        assert_eq!(begin(connection, "another", "2001:db8:1:1::1", later), None);
    });
}

#[tokio::test]
async fn attempts_that_a_clock_ahead_wrote_down_hold_up_nobody() {
    let office = office(false).await;
    let tomorrow = machine::now().plus(REMEMBERED).0;
    office.change(|connection| {
        for _ in 0..FREE {
            assert_eq!(begin(connection, "ppl", "127.0.0.1", tomorrow), None);
        }
        assert!(begin(connection, "ppl", "127.0.0.1", tomorrow).is_some());
    });
    let response = log_in(&office, &[], &login("ppl", PASSWORD)).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_locked_account_is_told_so_to_who_knows_its_password_only() {
    let office = office(false).await;
    let lock = |locked| {
        office.change(|connection| {
            if locked {
                accounts::disable(connection, "ppl", machine::now()).unwrap();
            } else {
                accounts::enable(connection, "ppl").unwrap();
            }
        });
    };
    lock(true);
    let right = log_in(&office, &[], &login("ppl", PASSWORD)).await;
    assert_eq!(right.status(), StatusCode::FORBIDDEN);
    assert_eq!(code(right).await, ErrorCode::Disabled);
    let wrong = log_in(&office, &[], &login("ppl", "salah-sekali")).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let nobody = log_in(&office, &[], &login("tidak-ada", PASSWORD)).await;
    let (wrong, nobody) = (wrong.text().await.unwrap(), nobody.text().await.unwrap());
    assert_eq!(wrong, nobody);
    lock(false);
    let right = log_in(&office, &[], &login("ppl", PASSWORD)).await;
    assert_eq!(right.status(), 200);
}

#[tokio::test]
async fn a_locked_officer_reads_so_on_the_phone_and_is_let_in_again_with_all_data() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, folder.path());
        phone.log_in("petugas1").await;
        phone.ask(Request::Logout).await;
        office.change(|db| accounts::disable(db, "petugas1", machine::now()).unwrap());
        let refused = phone.log_in_with("petugas1", PASSWORD, None).await;
        assert_eq!(refused.err(), Some(StoreError::BadCredentials));
        let demo = anjangsana::server::demo::PASSWORD;
        let refused = phone.log_in_with("petugas1", demo, None).await;
        assert_eq!(refused.err(), Some(StoreError::Disabled));
        office.change(|db| accounts::enable(db, "petugas1").unwrap());
        phone.log_in_with("petugas1", demo, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_phone_logs_in_again_at_once_while_a_stranger_beside_it_guesses() {
    let office = demo_office().await;
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let phone = Phone::new(&office, &folder.path().join("known"));
        phone.log_in("petugas1").await;
        phone.ask(Request::Logout).await;
        office.change(|db| {
            for _ in 0..FREE {
                begin(db, "petugas1", "127.0.0.1", machine::now().0);
            }
        });
        let demo = anjangsana::server::demo::PASSWORD;
        let other = Phone::new(&office, &folder.path().join("new"));
        let refused = other.log_in_with("petugas1", demo, None).await;
        assert!(
            matches!(refused, Err(StoreError::Server(_))),
            "a new device waits"
        );
        phone.log_in_with(" Petugas1", demo, None).await.unwrap();
    })
    .await;
}
