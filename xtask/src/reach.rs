//! Which functions and which data of the app's wasm must be there from the beginning, and which may follow.
//!
//! One function is the door to the screens that follow, [`DOOR`], and one place of the app calls it, after it asked whether
//! they are here. What an export leads to without the door stays: its calls, the addresses in its code, and those in the data
//! at these addresses, as the linker tells them ([`Links`]). JavaScript calls nothing but exports, and the page and the
//! worker start at one. What only the door leads to goes. So nothing that went can be called before it is here.

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Result, bail, ensure};
use wasm_encoder::TableType;
use wasmparser::{FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

use crate::glue::short_name;
use crate::links::{self, Links, Thing};
use crate::never::{never_called, without_hashes};

/// The function that leads to the screens that follow (`src/ui/follow.rs`).
pub(crate) const DOOR: &str = "anjangsana::ui::follow::behind";

/// What there is.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) imported: u32,
    /// The type of each function, imported ones first.
    pub(crate) types: Vec<u32>,
    calls: Vec<Vec<u32>>,
    /// The functions' names, and which numbers they had when they were linked.
    pub(crate) names: BTreeMap<u32, String>,
    linked: BTreeMap<u32, u32>,
    /// What is called from outside.
    outside: Vec<u32>,
    /// What stands in the function table, which one of the tables that is, and how long they are.
    pub(crate) slots: BTreeMap<u32, u32>,
    pub(crate) table: u32,
    pub(crate) lengths: Vec<u32>,
    pub(crate) globals: Vec<wasmparser::GlobalType>,
}

impl Facts {
    pub(crate) fn of(wasm: &[u8]) -> Result<Self> {
        let mut facts = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(kind) => facts.types.push(kind),
                            _ => bail!("the wasm imports something else than functions"),
                        }
                    }
                    facts.imported = facts.types.len() as u32;
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions {
                        facts.types.push(kind?);
                    }
                }
                Payload::TableSection(tables) => {
                    for (number, table) in tables.into_iter().enumerate() {
                        let kind = table?.ty;
                        facts.lengths.push(kind.initial as u32);
                        if kind.element_type == wasmparser::RefType::FUNCREF {
                            facts.table = number as u32;
                        }
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        facts.globals.push(global?.ty);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            facts.outside.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => facts.outside.push(func),
                Payload::ElementSection(elements) => facts.slots = links::slots(elements)?,
                Payload::CodeSectionEntry(body) => facts.calls.push(called(&body)?),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        facts.read_names(names)?;
                    }
                }
                _ => {}
            }
        }
        Ok(facts)
    }

    fn read_names(&mut self, names: wasmparser::NameSectionReader<'_>) -> Result<()> {
        let mut seen = BTreeSet::new();
        for name in names {
            if let Name::Function(functions) = name? {
                for function in functions {
                    let function = function?;
                    let (name, number) = links::untag(function.name);
                    self.names.insert(function.index, without_hashes(name));
                    if let Some(number) = number {
                        ensure!(
                            seen.insert(number),
                            "two functions are the linked one {number}"
                        );
                        self.linked.insert(function.index, number);
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn name(&self, function: u32) -> &str {
        self.names.get(&function).map_or("", String::as_str)
    }

    /// The type of a table; the one of functions gets one more place, for the door.
    pub(crate) fn longer(&self, table: u32, mut kind: TableType) -> TableType {
        if table == self.table {
            kind.minimum += 1;
            kind.maximum = kind.maximum.map(|most| most + 1);
        }
        kind
    }

    fn called_by(&self, function: u32) -> &[u32] {
        match function.checked_sub(self.imported) {
            Some(own) => &self.calls[own as usize],
            None => &[],
        }
    }
}

fn called(body: &FunctionBody<'_>) -> Result<Vec<u32>> {
    let mut called = Vec::new();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index } => called.push(function_index),
            Operator::RefFunc { .. } | Operator::ReturnCall { .. } => {
                bail!("the wasm refers to a function in a way that is not known here")
            }
            _ => {}
        }
    }
    Ok(called)
}

/// What goes where.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) door: u32,
    /// The place of the door in the function table.
    pub(crate) slot: u32,
    pub(crate) stay: BTreeSet<u32>,
    pub(crate) go: BTreeSet<u32>,
    /// What those that go call in the first wasm, and the names it is exported under.
    pub(crate) needed: BTreeMap<u32, String>,
    /// Addresses of the data that what stays may use, and what goes.
    pub(crate) data_stays: Addresses,
    pub(crate) data_goes: Addresses,
    /// Addresses that the linker knows something at.
    pub(crate) known: Addresses,
}

impl Plan {
    pub(crate) fn of(facts: &Facts, links: &Links) -> Result<Self> {
        let door = door(facts)?;
        guarded(facts, links, door)?;
        let now: BTreeMap<u32, u32> = facts
            .linked
            .iter()
            .map(|(now, then)| (*then, *now))
            .collect();
        let things = |things: &[Thing]| -> Vec<Thing> {
            // A function that is no more was replaced by wasm-bindgen.
            let now = things.iter().filter_map(|thing| match thing {
                Thing::Function(then) => now.get(then).copied().map(Thing::Function),
                data @ Thing::Data(_) => Some(*data),
            });
            now.collect()
        };
        let held = |thing: Thing| -> Vec<Thing> {
            match thing {
                Thing::Function(function) if never_called(facts.name(function)) => Vec::new(),
                Thing::Function(function) => {
                    let calls = facts.called_by(function).iter();
                    let mut held: Vec<Thing> = calls.copied().map(Thing::Function).collect();
                    if let Some(then) = facts.linked.get(&function) {
                        held.extend(things(links.held_by(Thing::Function(*then))));
                    }
                    held
                }
                data @ Thing::Data(_) => things(links.held_by(data)),
            }
        };
        // Who calls what wasm-bindgen made, or put into the table, is not known: it stays.
        let own = facts.imported..facts.types.len() as u32;
        let made = own.filter(|function| !facts.linked.contains_key(function));
        let put = facts.slots.iter().filter(|(slot, function)| {
            let then = facts.linked.get(function);
            then.is_none() || then != links.slots.get(slot)
        });
        let outside = facts.outside.iter().copied();
        let ahead: Vec<Thing> = outside
            .chain(made)
            .chain(put.map(|(_, function)| *function))
            .map(Thing::Function)
            .chain(things(&links.loose))
            .collect();
        let stay = reached(ahead, &held, &BTreeSet::from([Thing::Function(door)]));
        let go = reached(vec![Thing::Function(door)], &held, &stay);

        let functions = |things: &BTreeSet<Thing>| -> BTreeSet<u32> {
            let functions = things.iter().filter_map(|thing| match thing {
                Thing::Function(function) => Some(*function),
                Thing::Data(_) => None,
            });
            functions
                .filter(|function| *function >= facts.imported)
                .collect()
        };
        let data = |things: &BTreeSet<Thing>| {
            Addresses::of(things.iter().filter_map(|thing| match thing {
                Thing::Function(_) => None,
                Thing::Data(at) => Some(links.data[*at].clone()),
            }))
        };
        let known = Addresses::of(links.data.iter().cloned());
        let (data_stays, data_goes) = (data(&stay), data(&go));
        let (stay, go) = (functions(&stay), functions(&go));
        let mut needed: BTreeMap<u32, String> = BTreeMap::new();
        let going = go
            .iter()
            .filter(|function| !never_called(facts.name(**function)));
        for function in going {
            for called in facts.called_by(*function) {
                if !go.contains(called) {
                    needed.insert(*called, String::new());
                }
            }
        }
        for (at, name) in needed.values_mut().enumerate() {
            *name = format!("${}", short_name(at));
        }
        Ok(Self {
            door,
            slot: facts.lengths[facts.table as usize],
            stay,
            go,
            needed,
            data_stays,
            data_goes,
            known,
        })
    }

    /// Whether only what goes uses the data at that address.
    pub(crate) fn data_moves(&self, address: u32) -> bool {
        self.data_goes.contains(address) && !self.data_stays.contains(address)
    }
}

/// The one function that is the door.
fn door(facts: &Facts) -> Result<u32> {
    let mut doors = facts.names.iter().filter(|(_, name)| *name == DOOR);
    match (doors.next(), doors.next()) {
        (Some((door, _)), None) => Ok(*door),
        (None, _) => bail!("there is no function {DOOR}: was it inlined?"),
        _ => bail!("there is more than one function {DOOR}"),
    }
}

/// Makes sure that the door is called in one place, and in no other way.
fn guarded(facts: &Facts, links: &Links, door: u32) -> Result<()> {
    let calls = facts.calls.iter().flatten();
    let times = calls.filter(|called| **called == door).count();
    ensure!(
        times == 1,
        "{DOOR} must be called in one place, it is in {times}"
    );
    let then = facts.linked.get(&door).copied();
    ensure!(
        facts.slots.values().all(|function| *function != door)
            && links.slots.values().all(|function| Some(*function) != then)
            && !facts.outside.contains(&door),
        "{DOOR} can be called through a table or from outside"
    );
    Ok(())
}

/// What the things ahead get to, without what is behind `walls`.
fn reached(
    mut ahead: Vec<Thing>,
    held: &dyn Fn(Thing) -> Vec<Thing>,
    walls: &BTreeSet<Thing>,
) -> BTreeSet<Thing> {
    let mut reached = BTreeSet::new();
    while let Some(thing) = ahead.pop() {
        if !walls.contains(&thing) && reached.insert(thing) {
            ahead.extend(held(thing));
        }
    }
    reached
}

/// Addresses of data.
#[derive(Debug)]
pub(crate) struct Addresses(Vec<Range<u32>>);

impl Addresses {
    fn of(ranges: impl Iterator<Item = Range<u32>>) -> Self {
        let mut sorted: Vec<Range<u32>> = ranges.collect();
        sorted.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<u32>> = Vec::new();
        for range in sorted {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        Self(apart)
    }

    pub(crate) fn contains(&self, address: u32) -> bool {
        let after = self.0.partition_point(|range| range.start <= address);
        after > 0 && self.0[after - 1].contains(&address)
    }
}
