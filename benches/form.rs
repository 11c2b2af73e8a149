//! How fast the form engine is, beside the marks it is held to: `cargo bench --features server,native --bench form`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::cell::Cell;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anjangsana::form::expr::{
    Host, NodeId, NodeKind, NodeSet, Scope, Tree, Value, eval, parse, visit_references,
};
use anjangsana::form::{Answers, Form, Session, Sheets, Surroundings, compile};

fn main() {
    println!("expressions, evaluations a second (mark: 1,000,000 for a typical relevance)");
    for text in [
        "${a} = 'ya'",
        "${n} > 3",
        "selected(${s}, 'b') and ${n} > 3",
        "${a} = 'ya' and ${n} >= 18 and not(selected(${s}, 'z'))",
        "if(${n} > 3, 'banyak', 'sedikit')",
        "coalesce(${n}, 0) + coalesce(${m}, 0) * 2",
        "${d} <= today()",
        "regex(${a}, '[a-z]{2,10}')",
        "format-date(${d}, '%e %b %Y')",
        "sum(${r}) div count(${r})",
    ] {
        expression(text);
    }
    println!();
    println!("sessions, median of several (marks at 5,000 questions: open 200 ms, answer 5 ms)");
    println!(
        "{:>9} {:>11} {:>10} {:>10} {:>12} {:>10} {:>10} {:>10}",
        "questions",
        "expressions",
        "open",
        "answer",
        "worst answer",
        "validate",
        "pages",
        "set_now"
    );
    for questions in [100, 1_000, 5_000] {
        session(questions);
    }
}

/// The world of the expressions: five questions, and ten instances of a sixth.
struct World(Vec<&'static str>);

impl World {
    const NAMES: [&'static str; 6] = ["a", "n", "m", "s", "d", "r"];

    fn new() -> World {
        let mut values = vec!["", "ya", "7", "", "a b c", "2024-11-07"];
        values.extend([const { "12.5" }; 10]);
        World(values)
    }
}

impl Tree for World {
    fn root(&self, _: NodeId) -> NodeId {
        0
    }
    fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node > 0).then_some(0)
    }
    fn children(&self, _: NodeId) -> &[NodeId] {
        &[]
    }
    fn kind(&self, node: NodeId) -> NodeKind {
        if node == 0 {
            NodeKind::Document
        } else {
            NodeKind::Element
        }
    }
    fn name(&self, _: NodeId) -> &str {
        ""
    }
    fn text(&self, node: NodeId) -> std::borrow::Cow<'_, str> {
        self.0[node as usize].into()
    }
}

impl Host for World {
    fn reference(&self, slot: usize, _: NodeId) -> NodeSet {
        if slot == 5 {
            return NodeSet::from_nodes((6..16).collect());
        }
        NodeSet::One(slot as NodeId + 1)
    }
    fn now(&self) -> i64 {
        1_731_033_015_000
    }
    fn utc_offset_minutes(&self) -> i32 {
        420
    }
}

fn expression(text: &str) {
    let world = World::new();
    let mut expr = parse(text).unwrap();
    visit_references(&mut expr, &mut |reference| {
        reference.slot = World::NAMES
            .iter()
            .position(|name| *name == reference.name)
            .unwrap();
    });
    let once = || {
        let fuel = Cell::new(Scope::FUEL);
        let scope = Scope::new(&world, &world, 1, &fuel);
        match eval(&expr, &scope) {
            Ok(value) => _ = black_box::<Value<'_>>(value),
            Err(fault) => panic!("{text}: {fault}"),
        }
    };
    let mut best = Duration::MAX;
    const TIMES: u32 = 200_000;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..TIMES {
            once();
        }
        best = best.min(start.elapsed());
    }
    let a_second = f64::from(TIMES) / best.as_secs_f64();
    println!("{a_second:>12.0}  {text}");
}

/// A checklist of that many questions, two fifths of them with an expression: relevances, calculations, rules, labels,
/// choice filters and a repeat of fifty instances. Every tenth question decides about others.
fn form(questions: usize) -> (Arc<Form>, Answers, usize) {
    let mut survey =
        String::from("type,name,label,relevant,calculation,constraint,required,choice_filter\n");
    let mut expressions = 0;
    let mut group = 0;
    for number in 0..questions.saturating_sub(50) {
        if number % 25 == 0 {
            if number > 0 {
                survey.push_str("end group,,,,,,,\n");
            }
            _ = writeln!(survey, "begin group,g{group},Bagian {group},,,,,");
            group += 1;
        }
        let lead = number / 10 * 10;
        let line = match number % 10 {
            0 => format!("select_one yn,q{number},Pertanyaan {number},,,,yes,"),
            1 => format!(
                "integer,q{number},Pertanyaan {number},${{q{lead}}} = 'ya',,. >= 0 and . < 1000,,"
            ),
            2 => format!("calculate,q{number},,,${{q{}}} * 2 + 1,,,", number - 1),
            3 => format!("text,q{number},Berapa ${{q{}}}?,,,,,", number - 1),
            4 => format!(
                "select_one l,q{number},Pertanyaan {number},,,,,sort > 1 or ${{q{lead}}} = 'ya'"
            ),
            _ => format!("text,q{number},Pertanyaan {number},,,,,"),
        };
        expressions += [0, 2, 1, 1, 1, 0, 0, 0, 0, 0][number % 10];
        survey.push_str(&line);
        survey.push('\n');
    }
    survey.push_str("end group,,,,,,,\nbegin repeat,rep,Anggota,,,,,\ndecimal,amount,Jumlah,,,,,\nend repeat,,,,,,,\n");
    survey.push_str("calculate,total,,,sum(${amount}),,,\n");
    expressions += 1;
    let choices =
        "list_name,name,label,sort\nyn,ya,Ya,1\nyn,tidak,Tidak,2\nl,a,A,1\nl,b,B,2\nl,c,C,3\n";
    let sheets = Sheets::from_csv(&survey, choices, "").expect("sheets");
    let form = compile(&sheets).unwrap_or_else(|errors| panic!("{errors}"));
    let mut answers = Answers::new();
    for number in 0..questions.saturating_sub(50) {
        let value = match number % 10 {
            0 => "ya",
            1 => "12",
            2 => continue,
            4 => "b",
            _ => "sebuah jawaban",
        };
        answers.insert(format!("q{number}"), value.to_owned());
    }
    for instance in 0..50 {
        answers.insert(format!("rep/{instance:03}"), "1".to_owned());
        answers.insert(format!("rep/{instance:03}/amount"), "2.5".to_owned());
    }
    (Arc::new(form), answers, expressions)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn time<T>(mut what: impl FnMut() -> T) -> Duration {
    let mut times = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        black_box(what());
        times.push(start.elapsed());
    }
    median(times)
}

fn session(questions: usize) {
    let (form, answers, expressions) = form(questions);
    let surroundings = Surroundings {
        now: 1_731_033_015_000,
        utc_offset_minutes: 420,
        ..Surroundings::default()
    };
    let open = time(|| Session::open(form.clone(), answers.clone(), surroundings.clone()));
    let mut session = Session::open(form.clone(), answers, surroundings);
    let mut times = Vec::new();
    let asked: Vec<usize> = (0..questions - 50)
        .filter(|number| number % 10 != 2)
        .collect();
    for (turn, number) in asked.iter().cycle().take(2_000).enumerate() {
        let value = match (number % 10, turn % 3) {
            (0, 0) => "tidak",
            (0, _) => "ya",
            (1, _) => ["1", "22", "333"][turn % 3],
            (4, _) => ["a", "b", "c"][turn % 3],
            _ => ["satu", "dua", "tiga"][turn % 3],
        };
        let path = format!("q{number}");
        let start = Instant::now();
        black_box(session.answer(&path, Some(value)).expect("an answer"));
        times.push(start.elapsed());
    }
    let worst = times.iter().max().copied().unwrap_or_default();
    let answer = median(times);
    let validate = time(|| session.problems("id").len());
    let pages = time(|| session.pages().len());
    let mut now = 1_731_033_015_000;
    let set_now = time(|| {
        now += 60_000;
        session.set_now(now)
    });
    println!(
        "{questions:>9} {expressions:>11} {open:>10.1?} {answer:>10.1?} {worst:>12.1?} {validate:>10.1?} {pages:>10.1?} {set_now:>10.1?}"
    );
}
