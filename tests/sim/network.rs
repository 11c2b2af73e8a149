//! The network between phones and server, and what it does to messages.

use anjangsana::{
    domain::{Millis, User},
    platform::machine::Answer,
    sync::wire::ErrorCode,
};

use crate::bugs;
use crate::office::{Ask, Letter, Pushed, refusal};
use crate::uploads::{Ended, Mishap, Piece};
use crate::world::{What, World};

fn ours(status: u16, body: String) -> Answer {
    Answer::Response {
        status,
        ours: true,
        offset: None,
        body: body.into_bytes(),
    }
}

fn foreign(status: u16) -> Answer {
    Answer::Response {
        status,
        ours: false,
        offset: None,
        body: b"<html>Selamat datang di hotspot</html>".to_vec(),
    }
}

impl Letter {
    /// The one who sent a body that was cut does not get to read the answer.
    fn heard(&self, answer: Answer) -> Answer {
        if self.whole { answer } else { Answer::Nothing }
    }
}

impl World {
    /// A phone sends something. Gives the number of the call.
    pub(crate) fn post(&mut self, p: usize, token: String, ask: Ask) -> u64 {
        let call = self.fresh();
        let life = self.phones[p].life;
        self.at(Self::PATIENCE, What::Answer(p, life, call, Answer::Nothing));
        self.send(Letter {
            call,
            phone: p,
            life,
            token,
            ask,
            whole: true,
            odd: None,
            put_off: Vec::new(),
        });
        call
    }

    fn send(&mut self, mut letter: Letter) {
        let (p, life, call) = (letter.phone, letter.life, letter.call);
        let way = self.rng.between(20, 900);
        if self.strikes(25) {
            return self.at(way, What::Answer(p, life, call, foreign(200)));
        }
        if self.strikes(25) {
            let answer = self.refusal_on_the_way();
            return self.at(way, What::Answer(p, life, call, answer));
        }
        if self.strikes(40) {
            // Lost; some of the time the phone is told.
            if self.rng.per_mille(500) {
                self.at(way, What::Answer(p, life, call, Answer::Nothing));
            }
            return;
        }
        if self.strikes(15) {
            self.add_an_odd_change(&mut letter);
        }
        if self.strikes(30) {
            // Twice, and the second one late.
            let late = self.rng.between(0, 600_000);
            self.at(way + late, What::Arrive(Box::new(letter.clone())));
        }
        if self.strikes(30) {
            let body = letter.ask.bytes();
            body.truncate(self.rng.below(body.len()));
            letter.whole = false;
        } else if let Ask::Photo(piece) = &mut letter.ask
            && !piece.bytes.is_empty()
            && self.rough > 0
            && self.rng.per_mille(10)
        {
            // Somebody in between changes a byte.
            let at = self.rng.below(piece.bytes.len());
            piece.bytes[at] ^= 1 << self.rng.below(8);
        }
        let slow = if self.strikes(40) {
            self.rng.between(0, 900_000)
        } else {
            0
        };
        self.at(way + slow, What::Arrive(Box::new(letter)));
    }

    /// What a proxy, or a server in trouble, says.
    fn refusal_on_the_way(&mut self) -> Answer {
        match self.rng.below(11) {
            0 => foreign(502),
            1 => foreign(403),
            2 => foreign(413),
            3 => ours(500, refusal(ErrorCode::Internal, None)),
            4 => ours(503, refusal(ErrorCode::Internal, None)),
            5 | 6 => ours(413, refusal(ErrorCode::TooLarge, None)),
            7 => ours(
                429,
                refusal(ErrorCode::TooMany, Some(1 + self.rng.below(900) as u32)),
            ),
            8 => ours(429, String::new()),
            9 => ours(400, refusal(ErrorCode::Malformed, None)),
            _ => ours(426, refusal(ErrorCode::UpdateNeeded, None)),
        }
    }

    pub(crate) fn arrive(&mut self, mut letter: Letter) {
        if !self.office.up {
            let (p, life, call) = (letter.phone, letter.life, letter.call);
            return self.at(500, What::Answer(p, life, call, Answer::Nothing));
        }
        let now = Millis(self.now);
        let Some(user) = self.office.caller(&letter, now) else {
            return self.refuse_logged_out(&letter);
        };
        if let Ask::Photo(piece) = &letter.ask {
            return self.take_piece(&letter, piece, &user);
        }
        if let (Some(bug), Ask::Sync(body)) = (self.bug, &mut letter.ask) {
            bugs::before_reading(bug, &self.office.db, body);
        }
        if letter.whole {
            self.put_off(&mut letter);
        }
        match self.office.accept(&letter, user, now) {
            Ok(task) => {
                let id = self.fresh();
                self.office.tasks.insert(id, task);
                let pause = self.rng.between(0, 30);
                self.at(pause, What::Serve(id));
            }
            Err((status, body)) => {
                let answer = letter.heard(ours(status, body));
                self.reply(&letter, answer);
            }
        }
    }

    fn take_piece(&mut self, letter: &Letter, piece: &Piece, user: &User) {
        let mut mishap = Mishap::None;
        if self.strikes(12) {
            let after = self.rng.below(piece.bytes.len() + 1);
            mishap = match self.rng.below(4) {
                0 => Mishap::CrashAfter(after),
                1 => Mishap::FullAfter(after),
                2 => Mishap::CrashBeforeEnd,
                _ => Mishap::CrashAfterEnd,
            };
        }
        let now = Millis(self.now);
        let done = self
            .office
            .photo(user, piece, letter.whole, now, mishap, self.bug);
        let answer = match done {
            Err(Ended::Crashed) => return self.crash_server("while it takes a photo"),
            Err(Ended::Unheard) => Answer::Nothing,
            Err(Ended::Status(status)) => ours(status, refusal(ErrorCode::Other, None)),
            Ok(there) => Answer::Response {
                status: 200,
                ours: true,
                offset: Some(there),
                body: Vec::new(),
            },
        };
        let answer = letter.heard(answer);
        self.reply(letter, answer);
    }

    fn refuse_logged_out(&mut self, letter: &Letter) {
        let body = refusal(ErrorCode::Unauthenticated, None);
        let answer = letter.heard(ours(401, body));
        self.reply(letter, answer);
    }

    /// While a request is at the server, its sender's sessions may end, or they get other areas or another role.
    fn change_the_sender(&mut self, id: u64) {
        if !self.strikes(4) {
            return;
        }
        let Some(task) = self.office.tasks.get(&id) else {
            return;
        };
        let who = self.phones[task.letter.phone].who;
        if self.rng.per_mille(500) {
            let user = self.people[who].clone();
            self.office.revoke(&user, Millis(self.now));
            self.note(12, || {
                format!("the sessions of {} end meanwhile", user.username)
            });
        } else {
            self.move_person(who);
        }
    }

    /// The next stage of a request at the server.
    pub(crate) fn serve(&mut self, id: u64) {
        let Some(task) = self.office.tasks.get(&id) else {
            return;
        };
        let writes = task.results.is_none() && task.exchange.pushes();
        if self.strikes(1) {
            return self.crash_server("between two stages");
        }
        let now = Millis(self.now);
        if writes {
            self.change_the_sender(id);
            let (crash, full) = (self.strikes(4), self.strikes(4));
            match self.office.push(id, now, crash, full, self.bug) {
                Pushed::Committed if self.strikes(4) => self.crash_server("after a commit"),
                Pushed::Committed => {
                    let pause = self.rng.between(0, 40);
                    self.at(pause, What::Serve(id));
                }
                Pushed::Crashed => self.crash_server("in the middle of a transaction"),
                Pushed::LoggedOut => {
                    if let Some(task) = self.office.tasks.remove(&id) {
                        self.refuse_logged_out(&task.letter);
                    }
                }
                Pushed::Failed => {
                    if let Some(task) = self.office.tasks.remove(&id) {
                        self.note(10, || "the server's disk is full".to_owned());
                        self.reply(&task.letter, ours(500, refusal(ErrorCode::Internal, None)));
                    }
                }
            }
            return;
        }
        let Some(mut task) = self.office.tasks.remove(&id) else {
            return;
        };
        let letter = task.letter.clone();
        match self.office.caller(&letter, now) {
            Some(user) => task.user = user,
            None => return self.refuse_logged_out(&letter),
        }
        let body = self.office.pull(task, now);
        let body = self.in_its_words(&letter.put_off, body);
        self.trace.bytes(body.as_bytes());
        self.reply(&letter, ours(200, body));
    }

    /// An answer on its way back.
    fn reply(&mut self, letter: &Letter, mut answer: Answer) {
        let (p, life, call) = (letter.phone, letter.life, letter.call);
        let mut way = self.rng.between(20, 900);
        if self.strikes(40) {
            // Lost after the commit.
            return;
        }
        if self.strikes(30)
            && let Answer::Response { body, .. } = &mut answer
        {
            if body.is_empty() {
                // What is cut off is the head.
                return self.at(way, What::Answer(p, life, call, Answer::Nothing));
            }
            body.truncate(self.rng.below(body.len()));
        }
        if self.strikes(20) {
            way += self.rng.between(0, 2 * Self::PATIENCE);
        }
        self.at(way, What::Answer(p, life, call, answer));
    }

    pub(crate) fn crash_server(&mut self, when: &str) {
        self.tally.crashes += 1;
        self.office.crash();
        self.trace
            .note(self.now, 11, || format!("the server crashes {when}"));
        let pause = self.rng.between(500, 240_000);
        self.at(pause, What::ServerStart);
    }
}
