//! Takes the app's wasm apart. A second wasm follows once the first has drawn something: it has the screens that nobody
//! needs to log in and to see the first lists; `reach.rs` says what belongs where. It has functions and data only: memory,
//! tables and globals are the first's.
//!
//! In the first wasm the door to those screens is called through the function table. Its place there, and those of everything
//! that moved, are filled by the second wasm.

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, ImportSection, Instruction, Module, NameMap,
    NameSection, TableSection, TypeSection,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, DataSectionReader, ElementSectionReader,
    ExportSectionReader, FunctionBody, KnownCustom, Operator, Parser, Payload, TableSectionReader,
};

use crate::links::{self, Links};
use crate::never::never_called;
use crate::reach::{Facts, Plan};

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

impl Plan {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::links::Thing;
    use crate::reach::DOOR;
    use wasm_encoder::{
        GlobalSection, GlobalType, MemorySection, MemoryType, RefType, TableType, ValType,
    };

    const START: u32 = 0;
    const BEHIND: u32 = 1;
    const SCREEN: u32 = 2;
    const HELPER: u32 = 3;
    const LISTENER: u32 = 4;
    const SHARED: u32 = 5;

    /// An app: its start calls the door and a helper; the door calls a screen, and that the helper too. A listener and a shared
    /// function stand in the table.
    fn app(calls: &[(u32, u32)]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut names = NameMap::new();
        for (function, name) in (0..).zip(["start", DOOR, "screen", "helper", "listener", "shared"])
        {
            functions.function(0);
            let mut body = Function::new([]);
            for (_, called) in calls.iter().filter(|(caller, _)| *caller == function) {
                body.instructions().call(*called);
            }
            body.instructions()
                .i32_const(function.cast_signed())
                .drop()
                .end();
            code.function(&body);
            names.append(function, &format!("{name}.#{function}"));
        }
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 3,
            maximum: Some(3),
            table64: false,
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let stack = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(stack, &ConstExpr::i32_const(1024));
        let mut exports = ExportSection::new();
        exports
            .export("memory", ExportKind::Memory, 0)
            .export("start", ExportKind::Func, START);
        let mut elements = ElementSection::new();
        let place = ConstExpr::i32_const(1);
        elements.active(
            None,
            &place,
            Elements::Functions((&[LISTENER, SHARED][..]).into()),
        );
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(16), [1, 1, 9, 9, 2, 2]);
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&tables)
            .section(&memories)
            .section(&globals)
            .section(&exports)
            .section(&elements)
            .section(&code)
            .section(&data)
            .section(&section);
        module.finish()
    }

    const CALLS: [(u32, u32); 4] = [
        (START, BEHIND),
        (START, HELPER),
        (BEHIND, SCREEN),
        (SCREEN, HELPER),
    ];

    /// The screen has the address of data with the listener's; both the screen and the start have that of data with the shared
    /// function's. Between those is something that nobody knows.
    fn links() -> Links {
        let function = Thing::Function;
        Links {
            held: BTreeMap::from([
                (function(START), vec![Thing::Data(1)]),
                (function(SCREEN), vec![Thing::Data(0), Thing::Data(1)]),
                (Thing::Data(0), vec![function(LISTENER)]),
                (Thing::Data(1), vec![function(SHARED)]),
            ]),
            loose: Vec::new(),
            data: vec![16..18, 20..22],
            slots: BTreeMap::from([(1, LISTENER), (2, SHARED)]),
        }
    }

    /// What each function does, what stands in the table, and the data with its addresses.
    type Seen = (Vec<String>, BTreeMap<u32, u32>, Vec<(u32, Vec<u8>)>);

    fn seen(wasm: &[u8]) -> Seen {
        wasmparser::validate(wasm).unwrap();
        let mut seen = Seen::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::CodeSectionEntry(body) => {
                    let operators = body.get_operators_reader().unwrap().into_iter();
                    let operators: Vec<_> = operators.map(Result::unwrap).collect();
                    seen.0.push(format!("{operators:?}"));
                }
                Payload::ElementSection(elements) => seen.1 = links::slots(elements).unwrap(),
                Payload::DataSection(data) => {
                    for segment in data {
                        let segment = segment.unwrap();
                        let address = links::address(&segment.kind).unwrap();
                        seen.2.push((address, segment.data.to_vec()));
                    }
                }
                _ => {}
            }
        }
        seen
    }

    const STOP: &str = "[Unreachable, End]";

    #[test]
    fn what_only_the_door_leads_to_moves_whether_called_or_held_by_data() {
        let (first, second) = split(&app(&CALLS), &links()).unwrap();
        let (bodies, table, data) = seen(&first);
        let door = "[I32Const { value: 3 }, CallIndirect { type_index: 0, table_index: 0 }";
        assert!(bodies[0].starts_with(door), "{bodies:?}");
        for moved in [BEHIND, SCREEN, LISTENER] {
            assert_eq!(bodies[moved as usize], STOP);
        }
        for stays in [HELPER, SHARED] {
            assert_ne!(bodies[stays as usize], STOP);
        }
        assert_eq!(table, BTreeMap::from([(1, BEHIND), (2, SHARED)]));
        assert_eq!(data, [(16, vec![0, 0, 9, 9, 2, 2])]);

        // The helper is imported, so it has the first number; the door, the screen and the listener follow.
        let (bodies, table, data) = seen(&second);
        assert_eq!(bodies.len(), 3);
        assert!(
            bodies[0].starts_with("[Call { function_index: 2 }"),
            "{bodies:?}"
        );
        assert!(
            bodies[1].starts_with("[Call { function_index: 0 }"),
            "{bodies:?}"
        );
        assert_eq!(table, BTreeMap::from([(1, 3), (3, 1)]));
        assert_eq!(data, [(16, vec![1, 1])]);
    }

    #[test]
    fn what_has_another_way_to_it_stays() {
        let mut links = links();
        links.loose.push(Thing::Function(LISTENER));
        let (first, _) = split(&app(&CALLS), &links).unwrap();
        assert_ne!(seen(&first).0[LISTENER as usize], STOP);

        let calls = [&CALLS[..], &[(HELPER, SCREEN)]].concat();
        let (first, _) = split(&app(&calls), &super::tests::links()).unwrap();
        let (bodies, table, data) = seen(&first);
        assert_eq!(
            bodies[BEHIND as usize], STOP,
            "only the door is left behind it"
        );
        assert_ne!(bodies[SCREEN as usize], STOP);
        assert_eq!(table, BTreeMap::from([(1, LISTENER), (2, SHARED)]));
        assert_eq!(data, [(16, vec![1, 1, 9, 9, 2, 2])]);
    }

    #[test]
    fn a_place_in_the_table_that_the_linker_did_not_fill_keeps_its_function() {
        let mut links = links();
        links.slots.insert(1, SHARED);
        let (first, _) = split(&app(&CALLS), &links).unwrap();
        assert_ne!(seen(&first).0[LISTENER as usize], STOP);
    }

    #[test]
    fn the_door_has_one_caller_and_no_address() {
        let twice = [&CALLS[..], &[(HELPER, BEHIND)]].concat();
        assert!(split(&app(&twice), &links()).is_err());
        assert!(split(&app(&CALLS[1..]), &links()).is_err());
        let mut held = links();
        held.slots.insert(7, BEHIND);
        assert!(split(&app(&CALLS), &held).is_err());
    }
}
