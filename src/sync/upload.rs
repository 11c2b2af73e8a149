//! What a device does next with its photos: events in, effects out, like [`super::engine`]. Text goes first: it is told to
//! look only when the records have gone, and the store finds nothing whose visit has not.
//!
//! ```text
//! Idle --(look, network, timer, button)--> Finding --> Calling --> (a piece at a time) --> Finding ... --> Idle
//!                                             \--> Held (only by Wi-Fi)    \--(failure)--> Waiting --> Finding
//! ```
//!
//! One photo at a time, the oldest visit's first, in pieces as large as the line bears. Whatever fails, the photo stays.

use super::{backoff, engine::Failure};
use crate::domain::{AttachmentName, Millis};

/// Bytes of the first piece.
pub const FIRST_PIECE: u64 = 64_000;
/// Bytes of the smallest piece.
pub const SMALLEST_PIECE: u64 = 8_000;
/// Bytes of the largest piece.
pub const LARGEST_PIECE: u64 = 1_000_000;
/// A piece that took less, in milliseconds, is followed by one twice as large.
const QUICK: i64 = 2_000;
/// A piece that took more is followed by one half as large.
const SLOW: i64 = 10_000;
/// How often in a row the server may say "not like that" before it is left alone for a while.
const STUMBLES: u32 = 5;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A store was opened; whether its owner wants photos to go by Wi-Fi only.
    Opened(bool),
    /// The store was closed.
    Closed,
    /// There may be something to send.
    Look,
    /// A person wants the photos to go now, whatever the line.
    Asked,
    /// The network came or went.
    Network(bool),
    /// The network is Wi-Fi, or is not, or nobody can say.
    Wifi(Option<bool>),
    /// The owner's wish changed.
    WifiOnly(bool),
    /// The time asked for with [`Effect::WakeAt`] has come.
    Woke,
    /// What the store found.
    Found(Option<Next>),
    /// The server answered: so many bytes are there now. Or it did not.
    Answered(Result<Option<u64>, Failure>),
    /// The store could not find or write.
    StoreFailed,
}

/// The next photo to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Next {
    /// Which.
    pub name: AttachmentName,
    /// Its bytes.
    pub size: u64,
    /// Bytes that the server is known to have.
    pub sent: u64,
}

/// A call of the server about one photo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// Begin, and bring so many of its first bytes.
    Begin(u64),
    /// Ask how far it is.
    Look,
    /// Bring so many bytes from this one on.
    Piece {
        /// The first.
        from: u64,
        /// How many.
        bytes: u64,
    },
}

/// To be done, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Look for the next photo -> [`Event::Found`].
    Find,
    /// Call the server -> [`Event::Answered`].
    Call(Next, Call),
    /// The server has so many bytes: write it down.
    Keep(AttachmentName, u64),
    /// The server has all of it: write it down.
    Sent(AttachmentName),
    /// The server will not take it: write it down with the reason.
    SetAside(AttachmentName, String),
    /// Wake the machine at this time; replaces an earlier wish.
    WakeAt(Millis),
    /// The state changed in a way that shows.
    Show,
}

/// What the machine is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// No store is open.
    Closed,
    /// Nothing to do.
    Idle,
    /// Asked the store.
    Finding,
    /// Waiting for the server.
    Calling,
    /// Something waits for Wi-Fi, or for the button.
    Held,
    /// Failed; trying again at this time.
    Waiting(Millis),
    /// A login or another app is needed first.
    Stopped,
}

/// The client's side of the uploads.
#[derive(Debug)]
pub struct Uploads {
    phase: Phase,
    online: bool,
    wifi: Option<bool>,
    wifi_only: bool,
    /// A person asked for it: the wish for Wi-Fi rests until all is sent.
    forced: bool,
    again: bool,
    failures: u32,
    stumbles: u32,
    piece: u64,
    began: Millis,
    current: Option<(Next, Call)>,
    /// How far the server is has to be asked.
    unsure: bool,
    trouble: Option<Failure>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            phase: Phase::Closed,
            online: true,
            wifi: None,
            wifi_only: false,
            forced: false,
            again: false,
            failures: 0,
            stumbles: 0,
            piece: FIRST_PIECE,
            began: Millis(0),
            current: None,
            unsure: true,
            trouble: None,
        }
    }
}

impl Uploads {
    /// What it is doing.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Why the last try failed; nothing after a success.
    #[must_use]
    pub fn trouble(&self) -> Option<&Failure> {
        self.trouble.as_ref()
    }

    /// Takes an event, says what to do. `jitter` is any random byte.
    pub fn handle(&mut self, now: Millis, jitter: u8, event: Event) -> Vec<Effect> {
        match event {
            Event::Opened(wifi_only) => {
                self.reset(Phase::Idle, wifi_only);
                Vec::new()
            }
            Event::Closed => {
                self.reset(Phase::Closed, false);
                Vec::new()
            }
            Event::Look => match self.phase {
                Phase::Idle if self.online => self.find(),
                Phase::Finding | Phase::Calling => {
                    self.again = true;
                    Vec::new()
                }
                _ => Vec::new(),
            },
            Event::Asked => {
                self.forced = true;
                self.go_on()
            }
            Event::Network(online) => {
                let came_back = online && !self.online;
                self.online = online;
                if came_back { self.go_on() } else { Vec::new() }
            }
            Event::Wifi(wifi) => {
                self.wifi = wifi;
                self.freed()
            }
            Event::WifiOnly(only) => {
                self.wifi_only = only;
                self.forced = false;
                self.freed()
            }
            Event::Woke => match self.phase {
                Phase::Waiting(until) if !backoff::is_due(until, now) => {
                    vec![Effect::WakeAt(until)]
                }
                Phase::Waiting(_) if self.online => self.find(),
                Phase::Waiting(_) => {
                    self.phase = Phase::Idle;
                    vec![Effect::Show]
                }
                _ => Vec::new(),
            },
            Event::Found(found) if self.phase == Phase::Finding => self.found(now, found),
            Event::Answered(answer) if self.phase == Phase::Calling => match answer {
                Ok(Some(there)) => self.there(now, jitter, there),
                Ok(None) => self.failed(now, jitter, Failure::NotOurs),
                Err(failure) => self.failed(now, jitter, failure),
            },
            Event::StoreFailed if matches!(self.phase, Phase::Finding | Phase::Calling) => {
                self.wait(now, jitter, None)
            }
            // Late answers to a store that was closed meanwhile: the photo is still there.
            Event::Found(_) | Event::Answered(_) | Event::StoreFailed => Vec::new(),
        }
    }

    fn reset(&mut self, phase: Phase, wifi_only: bool) {
        *self = Self {
            phase,
            online: self.online,
            wifi: self.wifi,
            wifi_only,
            ..Self::default()
        };
    }

    fn may_send(&self) -> bool {
        !self.wifi_only || self.forced || self.wifi == Some(true)
    }

    fn find(&mut self) -> Vec<Effect> {
        self.phase = Phase::Finding;
        self.again = false;
        vec![Effect::Find]
    }

    /// Tries at once, unless it is at it or may not.
    fn go_on(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Idle | Phase::Held | Phase::Waiting(_) => self.find(),
            _ => Vec::new(),
        }
    }

    fn freed(&mut self) -> Vec<Effect> {
        if self.phase == Phase::Held && self.may_send() {
            self.find()
        } else {
            Vec::new()
        }
    }

    fn found(&mut self, now: Millis, found: Option<Next>) -> Vec<Effect> {
        let Some(next) = found else {
            self.phase = Phase::Idle;
            self.current = None;
            self.forced = false;
            if self.again {
                return self.find();
            }
            return vec![Effect::Show];
        };
        let known = self.current.as_ref().map(|(before, _)| &before.name) == Some(&next.name);
        if !known {
            // The server may have more than was written down before the app was closed.
            self.unsure = next.sent > 0;
        }
        self.call(now, next)
    }

    fn call(&mut self, now: Millis, next: Next) -> Vec<Effect> {
        if !self.may_send() {
            self.phase = Phase::Held;
            self.unsure = true;
            return vec![Effect::Show];
        }
        let bytes = self.piece.min(next.size.saturating_sub(next.sent));
        let call = match next.sent {
            _ if self.unsure => Call::Look,
            0 => Call::Begin(bytes),
            from => Call::Piece { from, bytes },
        };
        self.phase = Phase::Calling;
        self.began = now;
        self.current = Some((next.clone(), call.clone()));
        vec![Effect::Show, Effect::Call(next, call)]
    }

    /// The server has so many bytes of the photo.
    fn there(&mut self, now: Millis, jitter: u8, there: u64) -> Vec<Effect> {
        let Some((mut next, call)) = self.current.clone() else {
            return self.find();
        };
        let looked = call == Call::Look;
        if !looked {
            let took = now.0 - self.began.0;
            if took < QUICK {
                self.piece = (self.piece * 2).min(LARGEST_PIECE);
            } else if took > SLOW {
                self.smaller();
            }
        }
        self.unsure = false;
        self.failures = 0;
        self.trouble = None;
        if there >= next.size {
            self.stumbles = 0;
            let mut effects = vec![Effect::Sent(next.name)];
            effects.extend(self.find());
            return effects;
        }
        let further = there > next.sent;
        next.sent = there;
        let mut effects = vec![Effect::Keep(next.name.clone(), there)];
        if further {
            self.stumbles = 0;
        } else if !looked {
            // It took the piece and has no more than before: not for ever.
            effects.extend(self.stumble(now, jitter, next, Failure::NotOurs));
            return effects;
        }
        effects.extend(self.call(now, next));
        effects
    }

    fn failed(&mut self, now: Millis, jitter: u8, failure: Failure) -> Vec<Effect> {
        let Some((mut next, call)) = self.current.clone() else {
            return self.wait(now, jitter, Some(failure));
        };
        let status = match &failure {
            Failure::Auth | Failure::Update => {
                self.phase = Phase::Stopped;
                self.unsure = true;
                return vec![Effect::Show];
            }
            Failure::TooLarge if call != Call::Look && self.piece > SMALLEST_PIECE => {
                self.smaller();
                return self.call(now, next);
            }
            Failure::TooLarge => 413,
            Failure::Status { status, .. } => *status,
            Failure::Unreachable
            | Failure::NotOurs
            | Failure::NotUnderstood
            | Failure::Down { .. }
            | Failure::TooMany { .. } => 0,
        };
        match status {
            // Given up by the server, or lost by it: from the beginning.
            404 | 410 if !matches!(call, Call::Begin(_)) => {
                next.sent = 0;
                self.unsure = false;
                self.stumble(now, jitter, next, failure)
            }
            // Not there, or not like that: ask how far it is.
            409 | 460 => {
                self.unsure = true;
                self.stumble(now, jitter, next, failure)
            }
            404 | 408 | 423 => self.wait(now, jitter, Some(failure)),
            400..=499 => {
                let reason = match failure {
                    Failure::Status { message, .. } => message,
                    _ => "larger than the server takes".to_owned(),
                };
                self.current = None;
                let mut effects = vec![Effect::SetAside(next.name, reason)];
                effects.extend(self.find());
                effects
            }
            _ => {
                if failure == Failure::Unreachable {
                    self.smaller();
                }
                self.wait(now, jitter, Some(failure))
            }
        }
    }

    fn smaller(&mut self) {
        self.piece = (self.piece / 2).max(SMALLEST_PIECE);
    }

    /// Tries another way at once, but not without end.
    fn stumble(&mut self, now: Millis, jitter: u8, next: Next, failure: Failure) -> Vec<Effect> {
        self.stumbles += 1;
        if self.stumbles > STUMBLES {
            self.stumbles = 0;
            return self.wait(now, jitter, Some(failure));
        }
        self.call(now, next)
    }

    fn wait(&mut self, now: Millis, jitter: u8, failure: Option<Failure>) -> Vec<Effect> {
        self.failures = self.failures.saturating_add(1);
        let mut pause = backoff::wait(self.failures, jitter);
        match &failure {
            Some(Failure::TooMany { after }) => pause = pause.max(i64::from(*after) * 1_000),
            // A server without room has none a moment later either.
            Some(Failure::Status { status: 507, .. }) => pause = backoff::LONGEST,
            _ => {}
        }
        self.trouble = failure;
        self.unsure = true;
        let until = now.plus(pause.min(backoff::FARTHEST));
        self.phase = Phase::Waiting(until);
        vec![Effect::Show, Effect::WakeAt(until)]
    }
}

/// Base64, as tus wants names and checksums.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let all = three
            .iter()
            .chain(&[0; 2])
            .take(3)
            .fold(0_usize, |all, byte| all << 8 | usize::from(*byte));
        for place in 0..4 {
            let digit = DIGITS.get(all >> (18 - 6 * place) & 63);
            let digit = digit.filter(|_| place <= three.len()).unwrap_or(&b'=');
            text.push(char::from(*digit));
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    fn next(size: u64, sent: u64) -> Next {
        let name = AttachmentName::of(&size.to_le_bytes(), "image/jpeg").unwrap();
        Next { name, size, sent }
    }

    fn found(size: u64, sent: u64) -> Event {
        Event::Found(Some(next(size, sent)))
    }

    fn there(bytes: u64) -> Event {
        Event::Answered(Ok(Some(bytes)))
    }

    fn status(status: u16) -> Event {
        Event::Answered(Err(Failure::Status {
            status,
            message: "why".to_owned(),
        }))
    }

    fn cut() -> Event {
        Event::Answered(Err(Failure::Unreachable))
    }

    /// A machine that asked the store.
    fn finding() -> Uploads {
        let mut uploads = Uploads::default();
        uploads.handle(NOW, 0, Event::Opened(false));
        assert_eq!(
            uploads.handle(NOW, 0, Event::Look),
            [Effect::Find],
            "it looks"
        );
        uploads
    }

    fn calls(effects: &[Effect]) -> Option<Call> {
        effects.iter().find_map(|effect| match effect {
            Effect::Call(_, call) => Some(call.clone()),
            _ => None,
        })
    }

    #[test]
    fn a_photo_goes_piece_by_piece_and_each_is_written_down() {
        let mut uploads = finding();
        let begun = uploads.handle(NOW, 0, found(300_000, 0));
        assert_eq!(calls(&begun), Some(Call::Begin(64_000)));
        let (mut at, mut now, mut pieces) = (64_000, NOW, 1);
        loop {
            now = now.plus(5_000);
            let effects = uploads.handle(now, 0, there(at));
            let Some(Call::Piece { from, bytes }) = calls(&effects) else {
                assert!(matches!(effects.first(), Some(Effect::Sent(_))));
                assert_eq!(at, 300_000);
                break;
            };
            assert!(matches!(effects.first(), Some(Effect::Keep(_, kept)) if *kept == at));
            assert_eq!(from, at);
            at += bytes;
            pieces += 1;
        }
        assert_eq!(pieces, 5);
        assert!(
            uploads
                .handle(now, 0, Event::Found(None))
                .contains(&Effect::Show)
        );
        assert_eq!(uploads.phase(), Phase::Idle);
    }

    #[test]
    fn pieces_grow_on_a_quick_line_and_shrink_on_a_slow_or_broken_one() {
        for (took, wanted) in [(500, 128_000), (5_000, 64_000), (20_000, 32_000)] {
            let mut uploads = finding();
            uploads.handle(NOW, 0, found(9_000_000, 0));
            let effects = uploads.handle(NOW.plus(took), 0, there(64_000));
            let bytes = wanted;
            assert_eq!(
                calls(&effects),
                Some(Call::Piece {
                    from: 64_000,
                    bytes
                })
            );
        }
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(9_000_000, 0));
        for _ in 0..10 {
            uploads.handle(NOW, 0, cut());
            uploads.handle(NOW, 0, Event::Asked);
            uploads.handle(NOW, 0, found(9_000_000, 0));
        }
        let effects = uploads.handle(NOW, 0, there(1));
        assert_eq!(
            calls(&effects),
            Some(Call::Piece {
                from: 1,
                bytes: SMALLEST_PIECE
            })
        );
    }

    #[test]
    fn after_a_cut_or_a_restart_the_server_is_asked_how_far_it_is() {
        let mut uploads = finding();
        let effects = uploads.handle(NOW, 0, found(100_000, 64_000));
        assert_eq!(calls(&effects), Some(Call::Look));
        let effects = uploads.handle(NOW, 0, there(70_001));
        assert_eq!(
            calls(&effects),
            Some(Call::Piece {
                from: 70_001,
                bytes: 29_999
            })
        );
        let effects = uploads.handle(NOW, 0, cut());
        assert!(effects.contains(&Effect::WakeAt(NOW.plus(backoff::SHORTEST))));
        let later = NOW.plus(backoff::SHORTEST);
        assert_eq!(uploads.handle(later, 0, Event::Woke), [Effect::Find]);
        let effects = uploads.handle(later, 0, found(100_000, 70_001));
        assert_eq!(calls(&effects), Some(Call::Look));
        let effects = uploads.handle(later, 0, there(100_000));
        assert!(matches!(effects.first(), Some(Effect::Sent(_))));
    }

    #[test]
    fn what_the_server_gave_up_begins_anew_but_not_without_end() {
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(100_000, 64_000));
        for gone in [404, 410] {
            let effects = uploads.handle(NOW, 0, status(gone));
            assert_eq!(calls(&effects), Some(Call::Begin(64_000)));
            let effects = uploads.handle(NOW, 0, status(409));
            assert_eq!(calls(&effects), Some(Call::Look));
        }
        uploads.handle(NOW, 0, status(404));
        let effects = uploads.handle(NOW, 0, status(409));
        assert!(matches!(uploads.phase(), Phase::Waiting(_)), "{effects:?}");
    }

    #[test]
    fn a_refusal_for_good_sets_the_photo_aside_and_goes_on_with_the_next() {
        for refused in [400, 403, 415, 422] {
            let mut uploads = finding();
            uploads.handle(NOW, 0, found(1_000, 0));
            let effects = uploads.handle(NOW, 0, status(refused));
            let reason = "why".to_owned();
            let aside = Effect::SetAside(next(1_000, 0).name, reason);
            assert_eq!(effects, [aside, Effect::Find]);
        }
        // A piece too large is halved first; a proxy may have a limit of its own.
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(100_000, 0));
        let mut halvings = 0;
        while calls(&uploads.handle(NOW, 0, Event::Answered(Err(Failure::TooLarge)))).is_some() {
            halvings += 1;
        }
        assert_eq!((halvings, uploads.phase()), (3, Phase::Finding));
    }

    #[test]
    fn a_failure_that_passes_waits_and_longer_each_time() {
        for failure in [
            Failure::Unreachable,
            Failure::NotOurs,
            Failure::Status {
                status: 503,
                message: String::new(),
            },
        ] {
            let mut uploads = finding();
            uploads.handle(NOW, 0, found(1_000, 0));
            uploads.handle(NOW, 0, Event::Answered(Err(failure.clone())));
            assert_eq!(uploads.phase(), Phase::Waiting(NOW.plus(2_000)));
            assert_eq!(uploads.trouble(), Some(&failure));
            uploads.handle(NOW.plus(2_000), 0, Event::Woke);
            uploads.handle(NOW, 0, found(1_000, 0));
            uploads.handle(NOW, 0, Event::Answered(Err(failure)));
            assert_eq!(uploads.phase(), Phase::Waiting(NOW.plus(4_000)));
        }
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(1_000, 0));
        uploads.handle(NOW, 0, status(507));
        assert_eq!(uploads.phase(), Phase::Waiting(NOW.plus(backoff::LONGEST)));
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(1_000, 0));
        uploads.handle(NOW, 0, Event::Answered(Err(Failure::TooMany { after: 60 })));
        assert_eq!(uploads.phase(), Phase::Waiting(NOW.plus(60_000)));
    }

    #[test]
    fn a_clock_set_back_by_a_month_does_not_put_a_photo_off_by_one() {
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(1_000, 0));
        uploads.handle(NOW, 0, cut());
        let month_ago = NOW.plus(-30 * 86_400_000);
        assert_eq!(uploads.handle(month_ago, 0, Event::Woke), [Effect::Find]);
    }

    #[test]
    fn a_session_that_ended_stops_until_the_login() {
        let mut uploads = finding();
        uploads.handle(NOW, 0, found(1_000, 0));
        uploads.handle(NOW, 0, Event::Answered(Err(Failure::Auth)));
        assert_eq!(uploads.phase(), Phase::Stopped);
        assert!(uploads.handle(NOW, 0, Event::Look).is_empty());
        assert!(uploads.handle(NOW, 0, Event::Asked).is_empty());
        uploads.handle(NOW, 0, Event::Opened(false));
        assert_eq!(uploads.handle(NOW, 0, Event::Look), [Effect::Find]);
    }

    #[test]
    fn only_by_wifi_waits_for_it_or_for_the_button() {
        for (event, goes) in [
            (Event::Wifi(Some(false)), false),
            (Event::Wifi(None), false),
            (Event::Look, false),
            (Event::Wifi(Some(true)), true),
            (Event::Asked, true),
            (Event::WifiOnly(false), true),
        ] {
            let mut uploads = finding();
            uploads.handle(NOW, 0, Event::WifiOnly(true));
            assert_eq!(calls(&uploads.handle(NOW, 0, found(1_000, 0))), None);
            assert_eq!(uploads.phase(), Phase::Held);
            let effects = uploads.handle(NOW, 0, event.clone());
            assert_eq!(effects.contains(&Effect::Find), goes, "{event:?}");
            if goes {
                assert!(calls(&uploads.handle(NOW, 0, found(1_000, 0))).is_some());
            }
        }
        // Wi-Fi that goes in the middle of a photo stops it after the piece that is under way.
        let mut uploads = finding();
        uploads.handle(NOW, 0, Event::Wifi(Some(true)));
        uploads.handle(NOW, 0, Event::WifiOnly(true));
        uploads.handle(NOW, 0, found(300_000, 0));
        uploads.handle(NOW, 0, Event::Wifi(Some(false)));
        assert_eq!(calls(&uploads.handle(NOW, 0, there(64_000))), None);
        assert_eq!(uploads.phase(), Phase::Held);
    }

    #[test]
    fn without_a_network_nothing_is_tried_and_when_it_is_back_at_once() {
        let mut uploads = Uploads::default();
        uploads.handle(NOW, 0, Event::Opened(false));
        uploads.handle(NOW, 0, Event::Network(false));
        assert!(uploads.handle(NOW, 0, Event::Look).is_empty());
        assert_eq!(uploads.handle(NOW, 0, Event::Network(true)), [Effect::Find]);
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }
}
