//! Takes the app's wasm apart. A second wasm follows once the first has drawn something: it has the screens that nobody
//! needs to log in and to see the first lists. It has functions and data only: memory, tables and globals are the first's.
//!
//! One function is the door to those screens, [`DOOR`], and one place of the app calls it, after it asked whether the second
//! wasm is here. What an export leads to without the door stays: its calls, the addresses in its code, and those in the data
//! at these addresses, as the linker tells them ([`Links`]). What only the door leads to moves. So nothing that moved can
//! be called before it is here, in the page or in the worker.
//!
//! In the first wasm the door is called through the function table. Its place there, and those of everything that moved, are
//! filled by the second wasm.

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::ops::Range;

use anyhow::{Result, anyhow, bail, ensure};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, ImportSection, Instruction, Module, NameMap,
    NameSection, TableSection, TableType, TypeSection,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, DataSectionReader, ElementSectionReader,
    ExportSectionReader, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
    TableSectionReader, TypeRef,
};

use crate::glue::short_name;
use crate::links::{self, Links, Thing};
use crate::never::{never_called, without_hashes};

/// The function that leads to the screens that follow (`src/ui/follow.rs`).
const DOOR: &str = "anjangsana::ui::follow::behind";

/// Under this name the second wasm imports everything from the first.
const FIRST: &str = "w";

/// The two wasms, with names. Functions that are never called are in neither.
///
/// # Errors
/// When the wasm is not of a build that can be split soundly: the message says why.
pub(crate) fn split(wasm: &[u8], links: &Links) -> Result<(Vec<u8>, Vec<u8>)> {
    let facts = Facts::of(wasm)?;
    let plan = Plan::of(&facts, links)?;
    let second = plan.second(&facts, wasm)?;
    let mut first = Module::new();
    First {
        facts: &facts,
        plan: &plan,
    }
    .parse_core_module(&mut first, Parser::new(0), wasm)
    .map_err(|error| anyhow!("splitting the wasm: {error}"))?;
    Ok((first.finish(), second))
}

/// What there is.
#[derive(Default)]
struct Facts {
    imported: u32,
    /// The type of each function, imported ones first.
    types: Vec<u32>,
    calls: Vec<Vec<u32>>,
    /// The functions' names, and which numbers they had when they were linked.
    names: BTreeMap<u32, String>,
    linked: BTreeMap<u32, u32>,
    /// What is called from outside.
    outside: Vec<u32>,
    /// What stands in the function table, which one of the tables that is, and how long they are.
    slots: BTreeMap<u32, u32>,
    table: u32,
    lengths: Vec<u32>,
    globals: Vec<wasmparser::GlobalType>,
}

impl Facts {
    fn of(wasm: &[u8]) -> Result<Self> {
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

    fn name(&self, function: u32) -> &str {
        self.names.get(&function).map_or("", String::as_str)
    }

    /// The type of a table; the one of functions gets one more place, for the door.
    fn longer(&self, table: u32, mut kind: TableType) -> TableType {
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
struct Plan {
    door: u32,
    /// The place of the door in the function table.
    slot: u32,
    stay: BTreeSet<u32>,
    go: BTreeSet<u32>,
    /// What those that go call in the first wasm, and the names it is exported under.
    needed: BTreeMap<u32, String>,
    /// Addresses of the data that what stays may use, and what goes.
    data_stays: Addresses,
    data_goes: Addresses,
    /// Addresses that the linker knows something at.
    known: Addresses,
}

impl Plan {
    fn of(facts: &Facts, links: &Links) -> Result<Self> {
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
        // What wasm-bindgen made or put into the table may hold any address: it stays.
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
        for function in &go {
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

    /// The second wasm.
    fn second(&self, facts: &Facts, wasm: &[u8]) -> Result<Vec<u8>> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for (number, function) in self.needed.keys().chain(&self.go).enumerate() {
            numbers.insert(*function, number as u32);
        }
        let mut moved = Moved { numbers };
        let failed = |error: Error<Infallible>| anyhow!("splitting the wasm: {error}");
        let mut types = TypeSection::new();
        let mut imports = ImportSection::new();
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut data = DataSection::new();
        let mut function = facts.imported;
        for (function, name) in &self.needed {
            let kind = facts.types[*function as usize];
            imports.import(FIRST, name, EntityType::Function(kind));
        }
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    moved
                        .parse_type_section(&mut types, section)
                        .map_err(failed)?;
                }
                Payload::TableSection(section) => {
                    for (number, table) in (0..).zip(section) {
                        let kind =
                            facts.longer(number, moved.table_type(table?.ty).map_err(failed)?);
                        imports.import(FIRST, &format!("$t{number}"), EntityType::Table(kind));
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        let kind = moved.memory_type(memory?).map_err(failed)?;
                        imports.import(FIRST, "memory", EntityType::Memory(kind));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    if self.go.contains(&function) {
                        functions.function(facts.types[function as usize]);
                        if never_called(facts.name(function)) {
                            code.function(&stop());
                        } else {
                            moved.parse_function_body(&mut code, body).map_err(failed)?;
                        }
                    }
                    function += 1;
                }
                Payload::DataSection(section) => {
                    for segment in section {
                        let segment = segment?;
                        let start = links::address(&segment.kind)?;
                        for (address, bytes) in self.moved_data(start, segment.data) {
                            let at = ConstExpr::i32_const(address.cast_signed());
                            data.active(0, &at, bytes.iter().copied());
                        }
                    }
                }
                _ => {}
            }
        }
        for (number, global) in facts.globals.iter().enumerate() {
            let kind = moved.global_type(*global).map_err(failed)?;
            imports.import(FIRST, &format!("$g{number}"), EntityType::Global(kind));
        }
        let mut elements = ElementSection::new();
        let mut names = NameMap::new();
        let mut places = facts.slots.clone();
        places.insert(self.slot, self.door);
        places.retain(|_, function| self.go.contains(function));
        for (start, run) in runs(places) {
            let run: Vec<u32> = run.iter().map(|function| moved.numbers[function]).collect();
            elements.active(
                Some(facts.table),
                &ConstExpr::i32_const(start.cast_signed()),
                Elements::Functions(run.into()),
            );
        }
        for (function, number) in &moved.numbers {
            names.append(*number, facts.name(*function));
        }
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&elements)
            .section(&code)
            .section(&data)
            .section(&section);
        Ok(module.finish())
    }

    /// What moves of a segment: each run with its address. A gap in which the linker knows nothing is no gap.
    fn moved_data<'b>(&self, start: u32, segment: &'b [u8]) -> Vec<(u32, &'b [u8])> {
        let moves = |at: &usize| self.data_moves(start + *at as u32);
        let nothing = |at: &usize| !self.known.contains(start + *at as u32);
        let mut runs = Vec::new();
        let mut at = 0;
        while let Some(begin) = (at..segment.len()).find(moves) {
            let mut end = begin;
            let inside = |at: &usize| moves(at) || nothing(at);
            for here in (begin..segment.len()).take_while(inside) {
                if moves(&here) {
                    end = here + 1;
                }
            }
            runs.push((start + begin as u32, &segment[begin..end]));
            at = end;
        }
        runs
    }

    fn data_moves(&self, address: u32) -> bool {
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
struct Addresses(Vec<Range<u32>>);

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

    fn contains(&self, address: u32) -> bool {
        let after = self.0.partition_point(|range| range.start <= address);
        after > 0 && self.0[after - 1].contains(&address)
    }
}

/// Places that follow each other, with what stands in them.
fn runs(places: impl IntoIterator<Item = (u32, u32)>) -> Vec<(u32, Vec<u32>)> {
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for (place, function) in places {
        match runs.last_mut() {
            Some((start, run)) if *start + run.len() as u32 == place => run.push(function),
            _ => runs.push((place, vec![function])),
        }
    }
    runs
}

/// What stands in place of a function that is elsewhere, or never called.
fn stop() -> Function {
    let mut stop = Function::new([]);
    stop.instructions().unreachable().end();
    stop
}

/// What is left of the first wasm.
struct First<'p> {
    facts: &'p Facts,
    plan: &'p Plan,
}

impl Reencode for First<'_> {
    type Error = Infallible;

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: TableSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (number, table) in (0..).zip(section) {
            let kind = self.table_type(table?.ty)?;
            tables.table(self.facts.longer(number, kind));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        for (function, name) in &self.plan.needed {
            exports.export(name, ExportKind::Func, *function);
        }
        for number in 0..self.facts.lengths.len() as u32 {
            exports.export(&format!("$t{number}"), ExportKind::Table, number);
        }
        for number in 0..self.facts.globals.len() as u32 {
            exports.export(&format!("$g{number}"), ExportKind::Global, number);
        }
        Ok(())
    }

    /// In the places of what is not here stands the door, which is not here either.
    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        _: ElementSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let here =
            |function: &u32| *function < self.facts.imported || self.plan.stay.contains(function);
        for (start, run) in runs(self.facts.slots.clone()) {
            let standing = run.iter().map(|function| match function {
                function if here(function) => *function,
                _ => self.plan.door,
            });
            elements.active(
                Some(self.facts.table),
                &ConstExpr::i32_const(start.cast_signed()),
                Elements::Functions(standing.collect::<Vec<_>>().into()),
            );
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (function, body) in (self.facts.imported..).zip(section) {
            let body: FunctionBody<'_> = body?;
            if !self.plan.stay.contains(&function) || never_called(self.facts.name(function)) {
                code.function(&stop());
                continue;
            }
            let mut rest = self.new_function_with_parsed_locals(&body)?;
            for operator in body.get_operators_reader()? {
                match operator? {
                    Operator::Call { function_index } if function_index == self.plan.door => {
                        rest.instruction(&Instruction::I32Const(self.plan.slot.cast_signed()));
                        rest.instruction(&Instruction::CallIndirect {
                            type_index: self.facts.types[function_index as usize],
                            table_index: self.facts.table,
                        });
                    }
                    other => {
                        rest.instruction(&self.instruction(other)?);
                    }
                }
            }
            code.function(&rest);
        }
        Ok(())
    }

    /// What nothing here uses is left empty, so that addresses stay.
    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for segment in section {
            let mut segment = segment?;
            let start = links::address(&segment.kind).unwrap_or_default();
            let bytes = (start..).zip(segment.data).map(|(address, byte)| {
                let used = self.plan.data_stays.contains(address);
                if used || !self.plan.known.contains(address) {
                    *byte
                } else {
                    0
                }
            });
            let bytes: Vec<u8> = bytes.collect();
            segment.data = &bytes;
            self.parse_data(data, segment)?;
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        if let KnownCustom::Name(_) = section.as_known() {
            let mut names = NameMap::new();
            for (function, name) in &self.facts.names {
                names.append(*function, name);
            }
            let mut section = NameSection::new();
            section.functions(&names);
            module.section(&section);
        }
        Ok(())
    }
}

/// Numbers the functions of the second wasm.
struct Moved {
    numbers: BTreeMap<u32, u32>,
}

impl Reencode for Moved {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.numbers[&function])
    }
}
