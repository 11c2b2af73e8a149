//! The wire: every message between a device and the server, protocol 1. JSON, gzip both ways, under `/api/v1/`.
//!
//! | call | request | reply |
//! |---|---|---|
//! | `POST /api/v1/login` | [`LoginRequest`] | [`LoginReply`] |
//! | `POST /api/v1/logout` | empty | 204 |
//! | `GET /api/v1/me` | | [`User`] |
//! | `POST /api/v1/sync` | [`SyncRequest`] | [`SyncReply`] |
//! | `GET /api/v1/records/<id>/<rev>?from=0&most=64000` | | bytes of a large record's fields |
//! | `GET /api/v1/setaside?days=30` | | [`SetAsideReply`] |
//! | `GET /api/v1/setaside?days=30&user=<login>&after=<mutation>` | | [`SetAsideReply`] of one person, after that change |
//! | `GET /api/v1/setaside/<mutation>` | | a list of [`super::told::Told`] |
//! | `GET /api/v1/visits/<visit>/notchosen` | | a list of [`super::told::NotChosen`] |
//! | `GET /api/v1/attachments/<name>` | | the bytes |
//! | `POST`, `HEAD`, `PATCH`, `DELETE` under `/api/v1/attachments` | tus 1.0, see `README.md` beside this file | |
//!
//! All but the login carry `Authorization: Bearer <token>`. An answer that is not 2xx carries an [`ErrorReply`]. Every
//! reply carries the header [`MARK`], so that a captive portal's page is never taken for an answer of ours. Types only
//! grow: a field is added with a default, never renamed or dropped; each has golden files in `tests/fixtures/wire/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::packed::{Packed, Uneven};
use crate::domain::{
    AreaCode, DeviceId, Fields, Kind, Millis, MutationId, Record, RecordId, User, UserId,
};

/// The protocol this code speaks.
pub const PROTOCOL: u32 = 1;

/// The oldest protocol the server still answers.
pub const OLDEST_PROTOCOL: u32 = 1;

/// Header on every reply of ours: `anjangsana: 1`.
pub const MARK: &str = "anjangsana";

/// Path of the one call that pushes and pulls.
pub const SYNC_PATH: &str = "/api/v1/sync";
/// Path of the login.
pub const LOGIN_PATH: &str = "/api/v1/login";
/// Path of the logout.
pub const LOGOUT_PATH: &str = "/api/v1/logout";
/// Path of what was not applied, for the admin.
pub const SET_ASIDE_PATH: &str = "/api/v1/setaside";
/// Path of the own account.
pub const ME_PATH: &str = "/api/v1/me";
/// Path under which a large record's fields are fetched: `<id>/<rev>?from=<byte>&most=<bytes>`.
pub const PIECES_PATH: &str = "/api/v1/records";
/// Path under which attachments are sent and fetched, each under its name.
pub const ATTACHMENTS_PATH: &str = "/api/v1/attachments";

/// The version of tus that uploads speak, in the header `Tus-Resumable`.
pub const TUS: &str = "1.0.0";
/// The header that tells how far an upload is.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// The type of a piece of an upload.
pub const PIECE: &str = "application/offset+octet-stream";
/// The status of bytes that are not those that were meant.
pub const CHECKSUM_MISMATCH: u16 = 460;

/// Who wants in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// Login name.
    pub username: String,
    /// Password. Never logged, never stored.
    pub password: String,
    /// Name of the device for the list of sessions, such as `Android Chrome`.
    #[serde(default)]
    pub device: String,
    /// SHA-256, as 64 hex digits, of the token of this user's last session on the device, ended or not. It opens nothing;
    /// it shows that the user was logged in on this device, which strangers who guess their password were not. Empty when
    /// there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub previous: String,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginReply {
    /// The bearer token: random, stored as a hash at the server, revocable.
    pub token: String,
    /// Who logged in.
    pub user: User,
    /// The server's clock.
    pub server_time: Millis,
}

/// One change to one record. What was sent is frozen: a retry sends the very same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Mutation {
    /// The server answers the same to it for ever.
    pub id: MutationId,
    /// What is changed.
    pub kind: Kind,
    /// Which one.
    pub record: RecordId,
    /// The revision of the record that the change was made on; 0 for a new record.
    #[serde(default)]
    pub base_rev: u64,
    /// Where a new record belongs; ignored for one that exists.
    #[serde(default, skip_serializing_if = "no_area")]
    pub area: AreaCode,
    /// Its place among all that the device ever sent: one that was sent later has a higher number. A device from before
    /// there was such a thing sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,
    /// When, by the device's clock.
    pub at: Millis,
    /// The fields changed; null takes one away.
    pub fields: Fields,
}

fn no_area(area: &AreaCode) -> bool {
    area.0.is_empty()
}

/// Push and pull in one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The protocol the device speaks.
    pub protocol: u32,
    /// Which device.
    pub device: DeviceId,
    /// The device's clock when it sent this.
    pub sent_at: Millis,
    /// The device has everything in its scope up to this revision.
    pub cursor: u64,
    /// The scope that the cursor was made under, as the server named it; empty at first.
    #[serde(default)]
    pub scope: String,
    /// The server's life that the cursor belongs to, as the server named it. A device from before there was such a
    /// thing sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The device understands packed records. For one that names its room this goes without saying.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub packed: bool,
    /// So many bytes of records at most are to come in the answer, before they are packed; and records larger than that, or
    /// than [`LARGE`], are to be named only: the device fetches them in pieces. 0 stands for [`USUAL_ROOM`]: the number
    /// would cost bytes in every request. A device from before there was such a thing sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<u32>,
    /// What to apply, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutations: Vec<Mutation>,
}

/// Bytes of records in an answer on a good line. Packed they come to a tenth or so.
pub const USUAL_ROOM: u32 = 1_600_000;
/// Bytes of a record's fields as JSON above which it is fetched in pieces on a good line.
pub const LARGE: usize = 200_000;
/// The same on the worst line: below that it always comes whole.
pub const NEVER_LARGE: usize = 8_000;

/// A record that a device fetches in pieces, see [`PIECES_PATH`]: all of it but its fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LargeRecord {
    /// What it is.
    pub kind: Kind,
    /// Which one.
    pub id: RecordId,
    /// Where it belongs.
    #[serde(default, skip_serializing_if = "no_area")]
    pub area: AreaCode,
    /// Its revision. Of another one there are other bytes.
    pub rev: u64,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// The bytes of its fields as JSON.
    pub length: u64,
    /// Their SHA-256, 64 hex digits.
    pub sha256: String,
}

/// What became of a mutation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Applied. With `exact`, the record is now exactly the device's base with these changes over it, and it is not
    /// sent again; otherwise somebody else changed it too, and it comes with the records.
    Applied {
        /// The record's new revision.
        rev: u64,
        /// See above.
        #[serde(default)]
        exact: bool,
    },
    /// It had been applied before.
    Duplicate {
        /// The revision it got then.
        rev: u64,
    },
    /// Somebody else gave the same field another value; a person must choose.
    Conflict {
        /// The record as the server has it.
        record: Box<Record>,
        /// The fields in dispute: who gave them their values there, and when. An older server leaves it out.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        changed: BTreeMap<String, Changed>,
    },
    /// It will never be applied.
    Rejected {
        /// For the program and the message key.
        code: RejectCode,
        /// For the log and for who asks further.
        reason: String,
    },
    /// What a later server says and this program does not understand. The change is kept and asked about again later.
    #[serde(skip_serializing)]
    Unknown(String),
}

/// Who gave a field its value, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Changed {
    /// Who; none for the office itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When, by the clock of the device it was done on.
    pub at: Millis,
}

/// Why a mutation will never be applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// Role or area do not allow it.
    Forbidden,
    /// The record's state does not allow it: edited after it was sent, reviewed twice.
    State,
    /// The record it belongs to is unknown.
    Unknown,
    /// It is not what its kind promises.
    Malformed,
    /// The visit is not complete by its form.
    Incomplete,
    /// A later server may say something this device does not know.
    #[serde(other)]
    Other,
}

/// The answer to one mutation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "super::outcome::Flat")]
pub struct MutationResult {
    /// Which.
    pub id: MutationId,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What both sides must agree on when nothing is left to pull.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Digest {
    /// How many records are in scope.
    pub count: u64,
    /// The sum of their revisions; each revision is one record's alone, so a lost or stale record shows.
    pub rev_sum: u64,
}

/// What the server takes in one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Mutations.
    pub mutations: u32,
    /// Bytes of JSON before compression.
    pub bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mutations: 100,
            bytes: 1_000_000,
        }
    }
}

/// The answer to a sync.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SyncReply {
    /// The protocol the server speaks.
    pub protocol: u32,
    /// The server's clock.
    pub server_time: Millis,
    /// One for each mutation, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<MutationResult>,
    /// Records in scope changed since the cursor, by revision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Record>,
    /// More of them, by column, for a device that understands it: see [`SyncReply::unpack`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packed: Vec<Packed>,
    /// Records in scope that the device fetches in pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub large: Vec<LargeRecord>,
    /// The device now has everything up to this revision, but for the large ones.
    pub cursor: u64,
    /// There is more to pull. To a device that understands packed records it goes without saying that there is not.
    #[serde(default)]
    pub more: bool,
    /// Names the user's present role and areas. When it is not the one the device sent, the records come from the
    /// beginning, and what is out of scope is dropped unless it has unsent work.
    pub scope: String,
    /// The user as they are now, when the scope changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// What both sides must agree on; only when there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What the server takes. To a device that understands packed records the usual goes without saying.
    #[serde(default)]
    pub limits: Limits,
    /// Names the server's present life; another one than before means that it was put back to an older backup: the
    /// records come from the beginning, and the device sends again what the backup lacks. Empty when it never was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub epoch: String,
    /// The last revision in that backup: what has a higher one was made in this life, or is known from the former one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch_rev: u64,
}

impl SyncReply {
    /// Puts the packed records to the others.
    ///
    /// # Errors
    /// [`Uneven`]: the answer is not what our server sends, and nothing of it may be used.
    pub fn unpack(&mut self) -> Result<(), Uneven> {
        for packed in std::mem::take(&mut self.packed) {
            packed.unpack(&mut self.records)?;
        }
        self.records.sort_by_key(|record| record.rev);
        Ok(())
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A change that a phone sent and the server did not apply.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SetAsideItem {
    /// Which change.
    pub mutation: MutationId,
    /// What it was about.
    pub kind: Kind,
    /// Which record.
    pub record: RecordId,
    /// The visit it is about.
    pub visit: Option<RecordId>,
    /// The name of the cooperative visited, when it is known.
    pub cooperative: String,
    /// Login name of who sent it.
    pub username: String,
    /// Their name.
    pub name: String,
    /// On which device.
    pub device: Option<DeviceId>,
    /// When it was made, by the device's clock.
    pub at: Millis,
    /// When it arrived.
    pub received_at: Millis,
    /// Why it was refused; none when the same field was changed elsewhere and a person has to choose.
    pub code: Option<RejectCode>,
    /// The reason in words, in English.
    pub reason: String,
    /// Whether a later change of the same person to the same record was applied.
    pub mended: bool,
}

/// How much of what a person sent was not applied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SetAsidePerson {
    /// Login name.
    pub username: String,
    /// Name.
    pub name: String,
    /// How many changes; a thousand stands for more.
    pub count: u32,
}

/// What was not applied.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SetAsideReply {
    /// Newest first: of everybody the newest few, or a page of one person's.
    pub items: Vec<SetAsideItem>,
    /// Everybody who has any. Empty in a page of one person's, and from an older server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<SetAsidePerson>,
}

/// Why a request as a whole was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 401: no session, or it ended. Log in again; nothing is lost.
    Unauthenticated,
    /// 401 at the login: name or password is wrong.
    BadCredentials,
    /// 403: not with this role or area.
    Forbidden,
    /// 404.
    NotFound,
    /// 413: send less at a time.
    TooLarge,
    /// 429: wait.
    TooMany,
    /// 400: not understood.
    Malformed,
    /// 426: the app is too old for this server.
    UpdateNeeded,
    /// 404 of an attachment: a visit in sight names it, but it has not arrived.
    NotYet,
    /// 409: the bytes do not begin where those that are here end. Ask how far it is.
    Offset,
    /// 460: the bytes that came are not those that were meant.
    Checksum,
    /// 507: the server has no room. Nothing is lost, try later.
    Full,
    /// 5xx: the server failed; nothing is lost, try later.
    Internal,
    /// 403 at the login: name and password are right, and the account is disabled.
    Disabled,
    /// Something a later server says.
    #[serde(other)]
    Other,
}

/// The body of every answer that is not 2xx.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorReply {
    /// For the program and the message key.
    pub code: ErrorCode,
    /// In English, for the log.
    pub message: String,
    /// Seconds to wait, with [`ErrorCode::TooMany`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}
