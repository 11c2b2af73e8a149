//! The network between phones and server, and what it does to messages.

use anjangsana::{domain::Millis, platform::machine::Answer, sync::wire::ErrorCode};

use crate::office::{Letter, Pushed, refusal};
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

impl World {
    /// A phone sends something.
    pub(crate) fn post(&mut self, p: usize, token: String, body: Vec<u8>) {
        let call = self.fresh();
        let life = self.phones[p].life;
        self.phones[p].waiting = Some(call);
        self.at(Self::PATIENCE, What::Answer(p, life, call, Answer::Nothing));
        let mut letter = Letter {
            call,
            phone: p,
            life,
            token,
            body,
            whole: true,
        };
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
        if self.strikes(30) {
            // Twice, and the second one late.
            let late = self.rng.between(0, 600_000);
            self.at(way + late, What::Arrive(Box::new(letter.clone())));
        }
        if self.strikes(30) {
            let keep = self.rng.below(letter.body.len());
            letter.body.truncate(keep);
            letter.whole = false;
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

    pub(crate) fn arrive(&mut self, letter: Letter) {
        if !self.office.up {
            let (p, life, call) = (letter.phone, letter.life, letter.call);
            return self.at(500, What::Answer(p, life, call, Answer::Nothing));
        }
        match self.office.accept(&letter, Millis(self.now)) {
            Ok(task) => {
                let id = self.fresh();
                self.office.tasks.insert(id, task);
                let pause = self.rng.between(0, 30);
                self.at(pause, What::Serve(id));
            }
            Err((status, body)) => {
                // The one who sent a body that was cut does not get to read the answer.
                let answer = if letter.whole {
                    ours(status, body)
                } else {
                    Answer::Nothing
                };
                self.reply(&letter, answer);
            }
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
            let (crash, full) = (self.strikes(4), self.strikes(4));
            match self.office.push(id, now, crash, full, self.bug) {
                Pushed::Committed if self.strikes(4) => self.crash_server("after a commit"),
                Pushed::Committed => {
                    let pause = self.rng.between(0, 40);
                    self.at(pause, What::Serve(id));
                }
                Pushed::Crashed => self.crash_server("in the middle of a transaction"),
                Pushed::Failed => {
                    if let Some(task) = self.office.tasks.remove(&id) {
                        self.note(10, || "the server's disk is full".to_owned());
                        self.reply(&task.letter, ours(500, refusal(ErrorCode::Internal, None)));
                    }
                }
            }
            return;
        }
        let Some(task) = self.office.tasks.remove(&id) else {
            return;
        };
        let letter = task.letter.clone();
        let body = self.office.pull(task, now);
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
            let keep = self.rng.below(body.len());
            body.truncate(keep);
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
        let pause = self.rng.between(500, 600_000);
        self.at(pause, What::ServerStart);
    }
}
