//! Things in words: dates, states, errors, answers. Everything here reads the language, so it follows when that changes.

use super::i18n::{english, t, ta};
use super::state::shell;
use crate::domain::{
    Millis, Proposal, Role, Status, VisitState, decimal, numeral, status_rule::Reason, time,
};
use crate::form::{ChoiceState, QuestionKind, QuestionState};
use crate::platform::host::page;
use crate::store::api::{PhotoPhase, PhotoStatus, Step, StoreError, SyncStatus, Transfer, Trouble};
use crate::sync::backup::Fault;
use crate::sync::forms::Words;
use crate::sync::wire::RejectCode;

/// An ISO date as "7 November 2024".
pub(super) fn date(iso: &str) -> String {
    time::iso_in_words(iso, english())
}

/// An instant as "7 November 2024, 14.30 WIB"; today's only by its clock.
pub(super) fn instant(at: Millis) -> String {
    if at.date() == page::now().date() {
        ta("today-at", &[("clock", at.clock().into())])
    } else {
        at.in_words(english())
    }
}

/// The name of a role.
pub(super) fn role(role: Role) -> String {
    t(match role {
        Role::Officer => "role-officer",
        Role::Supervisor => "role-supervisor",
        Role::Head => "role-head",
        Role::Admin => "role-admin",
        Role::Other(_) => "role-other",
    })
}

/// The name of a cooperative's status.
pub(super) fn status(status: Status) -> String {
    t(match status {
        Status::Aktif => "status-active",
        Status::KurangAktif => "status-less-active",
        Status::TidakAktif => "status-inactive",
    })
}

/// "89,3" for 893 tenths.
pub(super) fn tenths(tenths: u32) -> String {
    format!("{},{}", tenths / 10, tenths % 10)
}

/// A part of the checklist where its form is not at hand.
pub(super) fn aspect(name: &str) -> String {
    match name {
        "organisasi" => t("aspect-organisation"),
        "keuangan" => t("aspect-finances"),
        "produk" => t("aspect-business"),
        other => sentence(&other.replace('_', " ")),
    }
}

/// A proposed status with its reasons, as a sentence.
pub(super) fn proposal(proposal: &Proposal) -> String {
    let reasons = list(proposal.reasons.iter().map(|one| reason(*one)).collect());
    let Some(proposed) = proposal.status else {
        return ta("proposal-none", &[("reasons", reasons.into())]);
    };
    let words = status(proposed).into();
    let key = match proposed {
        _ if proposal.reasons.is_empty() => return ta("proposal-plain", &[("status", words)]),
        Status::Aktif => "proposal-but",
        Status::KurangAktif | Status::TidakAktif => "proposal-because",
    };
    ta(key, &[("status", words), ("reasons", reasons.into())])
}

fn reason(reason: Reason) -> String {
    let key = match reason {
        Reason::Arrears(count) => return ta("reason-arrears", &[("n", count.into())]),
        Reason::BusinessStopped => "reason-business-stopped",
        Reason::NoBoard => "reason-no-board",
        Reason::TermOver => "reason-term-over",
        Reason::RiskOfSwitchOff => "reason-risk",
        Reason::NotYetAtWork => "reason-not-yet",
        Reason::NoRecord => "reason-no-record",
        Reason::NotFound => "reason-not-found",
        Reason::SearchedOnce => "reason-searched-once",
        Reason::Incomplete => "reason-incomplete",
        Reason::ArrearsUnknown => "reason-arrears-unknown",
        Reason::BusinessUnknown => "reason-business-unknown",
        Reason::BoardUnknown => "reason-board-unknown",
    };
    t(key)
}

/// "a, b dan c".
fn list(mut words: Vec<String>) -> String {
    match (words.pop(), words.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} {} {last}", words.join(", "), t("list-and")),
    }
}

/// The first axis: where a visit stands. A submitted visit whose data is still here is only "ready".
pub(super) fn state_key(state: VisitState, transfer: &Transfer) -> &'static str {
    match state {
        VisitState::Draft => "state-draft",
        VisitState::Submitted if !transfer.has_data_sent() => "state-ready",
        VisitState::Submitted => "state-submitted",
        VisitState::Returned => "state-returned",
        VisitState::Approved => "state-approved",
        VisitState::Void => "state-void",
    }
}

/// What the first axis means for the person.
pub(super) fn state_help(state: VisitState, transfer: &Transfer, notes: u32) -> String {
    match state_key(state, transfer) {
        "state-draft" => t("state-draft-help"),
        // What the server refused does not go by itself.
        "state-ready" if matches!(transfer, Transfer::SetAside { .. } | Transfer::Conflict) => {
            t("state-stuck-help")
        }
        "state-ready" => t("state-ready-help"),
        "state-submitted" => t("state-submitted-help"),
        "state-returned" => ta("state-returned-help", &[("n", notes.into())]),
        "state-approved" => t("state-approved-help"),
        _ => t("state-void-help"),
    }
}

/// The second axis: where the data is. What waits while there is signal is on its way within moments, and does not wait
/// for signal.
pub(super) fn transfer_key(transfer: &Transfer, online: bool) -> &'static str {
    match transfer {
        // Without a network it is no failure that the server could not be reached: it waits.
        Transfer::Failed(Trouble::Unreachable) if !online => "transfer-queued",
        Transfer::Queued if online => "transfer-kept",
        Transfer::Queued => "transfer-queued",
        Transfer::Sending => "transfer-sending",
        Transfer::Sent { .. } => "transfer-sent",
        Transfer::PhotosFollow(_) => "transfer-photos",
        Transfer::Failed(_) => "transfer-failed",
        Transfer::SetAside { .. } => "transfer-set-aside",
        Transfer::Conflict => "transfer-conflict",
        Transfer::SendAgain => "transfer-again",
    }
}

/// Whether this is nowhere but in the open app: it has not left the device, and the device's files are gone.
pub(super) fn is_gone(transfer: &Transfer) -> bool {
    let unsent = matches!(transfer, Transfer::Queued | Transfer::Failed(_));
    unsent && (shell().gone)()
}

/// What the second axis means for the person, with the reason when something failed.
pub(super) fn transfer_help(transfer: &Transfer, online: bool) -> String {
    match transfer {
        Transfer::Failed(Trouble::Unreachable) if !online => t("transfer-queued-help"),
        Transfer::Queued if online => t("transfer-kept-help"),
        Transfer::Queued => t("transfer-queued-help"),
        Transfer::Sending => t("transfer-sending-help"),
        Transfer::Sent { at } => at.map(instant).unwrap_or_default(),
        Transfer::PhotosFollow(photos) => ta("transfer-photos-help", &[("n", (*photos).into())]),
        // What a person has to do first does not go by itself.
        Transfer::Failed(
            why @ Trouble::Refused {
                status: 401 | 426, ..
            },
        ) => trouble(why),
        Transfer::Failed(why) => format!("{} {}", trouble(why), t("transfer-failed-help")),
        Transfer::SetAside { code, .. } => {
            format!("{} {}", reject(*code), t("transfer-set-aside-help"))
        }
        Transfer::Conflict => t("transfer-conflict-help"),
        Transfer::SendAgain => t("transfer-again-help"),
    }
}

/// A text of the server's, in the language of the screens.
pub(super) fn words(words: &Words) -> &str {
    if english() { &words.en } else { &words.id }
}

/// Why the server will not take a change.
pub(super) fn reject(code: RejectCode) -> String {
    t(match code {
        RejectCode::Forbidden => "reject-forbidden",
        RejectCode::State => "reject-state",
        RejectCode::Unknown => "reject-unknown",
        RejectCode::Malformed => "reject-malformed",
        RejectCode::Incomplete => "reject-incomplete",
        RejectCode::Other => "reject-other",
    })
}

/// Why the last try to reach the server failed.
pub(super) fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Unreachable => t("trouble-unreachable"),
        Trouble::NotOurServer => t("trouble-not-ours"),
        Trouble::NotUnderstood => t("trouble-not-understood"),
        Trouble::Server { status } => ta("trouble-server", &[("status", (*status).into())]),
        Trouble::Refused { status: 401, .. } => t("trouble-login"),
        Trouble::Refused { status: 426, .. } => t("trouble-update"),
        Trouble::Refused { status, .. } => ta("trouble-refused", &[("status", (*status).into())]),
    }
}

/// Bytes as "300 kB" or "1,2 MB".
pub(super) fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{} kB", bytes.div_ceil(1_000))
    } else {
        let tenths = bytes / 100_000;
        format!("{},{} MB", tenths / 10, tenths % 10)
    }
}

/// How the photos stand, in a line; nothing when there are none to send.
pub(super) fn photos(photos: &PhotoStatus) -> Option<String> {
    let waiting = || {
        let (n, size) = (photos.waiting, size(photos.bytes));
        ta("photos-waiting", &[("n", n.into()), ("size", size.into())])
    };
    (photos.waiting > 0).then(|| match photos.phase {
        PhotoPhase::Sending => format!("{} {}", t("photos-sending"), waiting()),
        PhotoPhase::Held => format!("{} {}", waiting(), t("photos-held")),
        _ => waiting(),
    })
}

/// When both sides last agreed.
pub(super) fn last_sync(sync: &SyncStatus) -> String {
    match sync.last_ok {
        Some(at) => ta("sync-last", &[("at", instant(at).into())]),
        None => t("sync-never"),
    }
}

/// Why an order was not done, and what to do.
pub(super) fn error(error: &StoreError) -> String {
    match error {
        StoreError::NotOpen => t("error-not-open"),
        StoreError::Wait { seconds } => wait(*seconds),
        StoreError::WrongPin { seconds, left } => {
            let wrong = ta("error-wrong-pin", &[("n", (*left).into())]);
            format!("{wrong} {}", wait(*seconds))
        }
        StoreError::WrongPassword { seconds } => {
            format!("{} {}", t("error-wrong-password"), wait(*seconds))
        }
        StoreError::PasswordNeeded => t("error-password-needed"),
        StoreError::BadPin => t("error-bad-pin"),
        StoreError::CommonPin => t("error-common-pin"),
        StoreError::BadCredentials => t("error-credentials"),
        StoreError::Disabled => t("error-disabled"),
        StoreError::OldSecretNeeded => t("error-old-secret"),
        StoreError::Server(why) => trouble(why),
        StoreError::NotFound => t("error-not-found"),
        StoreError::NotYet => t("error-not-yet"),
        StoreError::State { .. } => t("error-state"),
        StoreError::AlreadySent => t("error-already-sent"),
        StoreError::Forbidden => t("error-forbidden"),
        StoreError::Incomplete { missing } => ta("error-incomplete", &[("n", (*missing).into())]),
        StoreError::NotAnAttachment => t("error-attachment"),
        StoreError::NoteNeeded => t("error-note-needed"),
        StoreError::SentAgain => t("error-sent-again"),
        StoreError::TooLarge { .. } => t("error-too-large"),
        StoreError::Form(why) => ta("error-form", &[("why", why.as_str().into())]),
        StoreError::Full => t("error-full"),
        StoreError::Gone => t("error-gone"),
        StoreError::Damaged => t("error-damaged"),
        StoreError::Backup(Fault::NotABackup) => t("backup-not-one"),
        StoreError::Backup(Fault::Newer) => t("backup-newer"),
        StoreError::Backup(Fault::WrongPassword) => t("backup-password"),
        StoreError::Backup(Fault::Damaged) => t("backup-damaged"),
        StoreError::Backup(Fault::OtherUser { username }) => {
            ta("backup-other-user", &[("name", username.as_str().into())])
        }
        StoreError::Database(why) | StoreError::Worker(why) => {
            ta("error-database", &[("why", why.as_str().into())])
        }
    }
}

/// How long to wait before the next try; nothing when that is not at all.
fn wait(seconds: u32) -> String {
    match seconds {
        0 => String::new(),
        seconds => ta("error-wait", &[("seconds", seconds.into())]),
    }
}

/// A step in a visit's history.
pub(super) fn step(step: Step) -> String {
    match step {
        Step::Created => t("step-created"),
        Step::Submitted(1) => t("step-submitted"),
        Step::Submitted(n) => ta("step-resubmitted", &[("n", n.into())]),
        Step::Returned => t("step-returned"),
        Step::Approved => t("step-approved"),
        Step::Void => t("step-void"),
    }
}

/// An answer as a person reads it: labels for choices, Indonesian numbers, dates in words.
pub(super) fn answer(
    kind: QuestionKind,
    choices: &[ChoiceState],
    appearance: &[String],
    value: &str,
) -> String {
    let label = |name: &str| {
        choices
            .iter()
            .find(|choice| choice.name == name)
            .map_or_else(|| name.to_owned(), |choice| choice.label.clone())
    };
    match kind {
        QuestionKind::Integer | QuestionKind::Decimal | QuestionKind::Range => {
            number(value, appearance)
        }
        QuestionKind::Date => date(value),
        QuestionKind::DateTime => date_and_clock(value),
        QuestionKind::Time => clock(value),
        QuestionKind::SelectOne => label(value),
        QuestionKind::SelectMultiple | QuestionKind::Rank => value
            .split_whitespace()
            .map(label)
            .collect::<Vec<_>>()
            .join(", "),
        QuestionKind::Acknowledge => t("answer-acknowledged"),
        QuestionKind::Geopoint => position(value),
        QuestionKind::Geotrace | QuestionKind::Geoshape => {
            let points = value.split(';').filter(|point| !point.trim().is_empty());
            ta("answer-points", &[("n", points.count().into())])
        }
        QuestionKind::Image => t("answer-photo"),
        QuestionKind::Signature => t("answer-signature"),
        QuestionKind::Audio => t("answer-audio"),
        QuestionKind::Video => t("answer-video"),
        QuestionKind::File => t("answer-file"),
        _ => value.to_owned(),
    }
}

/// The answer of a question as a person reads it, when it has one.
pub(super) fn answered(question: &QuestionState) -> Option<String> {
    let value = question.value.as_deref()?;
    Some(answer(
        question.kind,
        &question.choices,
        &question.appearance,
        value,
    ))
}

/// A number the Indonesian way. Four digits stand without a dot unless the sheet asks for `thousands-sep`: they are
/// years more often than anything else.
pub(super) fn number(value: &str, appearance: &[String]) -> String {
    let digits = value
        .split('.')
        .next()
        .map_or(0, |whole| whole.trim_start_matches('-').len());
    if digits == 4 && !appearance.iter().any(|word| word == "thousands-sep") {
        value.replace('.', ",")
    } else {
        numeral::show(value)
    }
}

/// "08:30:00.000+07:00" as "08.30".
fn clock(value: &str) -> String {
    value
        .get(..5)
        .map_or_else(|| value.to_owned(), |clock| clock.replace(':', "."))
}

fn date_and_clock(value: &str) -> String {
    match value.split_once('T') {
        Some((day, rest)) => format!("{}, {}", date(day), clock(rest)),
        None => date(value),
    }
}

/// "latitude longitude altitude accuracy" as "-3,01234, 106,45678 (±8 m)".
pub(super) fn position(value: &str) -> String {
    let parts: Vec<f64> = value.split_whitespace().filter_map(decimal::read).collect();
    match parts.as_slice() {
        [latitude, longitude, _, accuracy, ..] => {
            format!(
                "{}, {} (±{accuracy:.0}\u{a0}m)",
                degrees(*latitude),
                degrees(*longitude)
            )
        }
        [latitude, longitude, ..] => format!("{}, {}", degrees(*latitude), degrees(*longitude)),
        _ => value.to_owned(),
    }
}

fn degrees(value: f64) -> String {
    format!("{value:.5}").replace('.', ",")
}

/// The name of a register field as people write it.
pub(super) fn register_label(field: &str) -> String {
    match field {
        "NIK" => "NIK Koperasi".to_owned(),
        "Status_NIK" => "Status NIK Koperasi".to_owned(),
        "KDKMP" => "Koperasi Desa/Kelurahan Merah Putih".to_owned(),
        "RAT" => field.to_owned(),
        _ => {
            let mut words = field.split('_').enumerate().map(|(at, word)| {
                if at == 0 || word.chars().all(|c| c.is_ascii_uppercase()) {
                    word.to_owned()
                } else {
                    word.to_ascii_lowercase()
                }
            });
            let first = words.next().unwrap_or_default();
            words.fold(first, |line, word| line + " " + &word)
        }
    }
}

/// The value of a register field as people read it.
pub(super) fn register_value(field: &str, value: &str) -> String {
    if field.starts_with("Tanggal") {
        date(value)
    } else if field.starts_with("Jumlah") || field.starts_with("Total") {
        numeral::show(value)
    } else if matches!(field, "Jenis_Koperasi" | "Bentuk_Koperasi" | "KDKMP") {
        sentence(&value.replace('_', " "))
    } else {
        value.to_owned()
    }
}

/// With a capital first letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        std::iter::once(first.to_ascii_uppercase())
            .chain(letters)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn register_fields_read_as_words() {
        assert_eq!(register_label("Nama_Ketua"), "Nama ketua");
        assert_eq!(
            register_label("Tanggal_RAT_Terakhir"),
            "Tanggal RAT terakhir"
        );
        assert_eq!(register_label("NIK"), "NIK Koperasi");
        assert_eq!(
            register_value("Jenis_Koperasi", "simpan_pinjam"),
            "Simpan pinjam"
        );
        assert_eq!(register_value("Total_Anggota", "1250"), "1.250");
    }

    #[test]
    fn a_year_has_no_dot_and_money_has() {
        let money = ["thousands-sep".to_owned()];
        assert_eq!(number("2024", &[]), "2024");
        assert_eq!(number("2024", &money), "2.024");
        assert_eq!(number("12500", &[]), "12.500");
        assert_eq!(number("1234567.89", &money), "1.234.567,89");
    }

    #[test]
    fn a_position_is_read_the_indonesian_way() {
        assert_eq!(
            position("-3.01236 106.45679 12 7.6"),
            "-3,01236, 106,45679 (±8\u{a0}m)"
        );
        assert_eq!(position("x"), "x");
    }
}
