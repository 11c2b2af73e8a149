//! Takes the screens that nobody needs to log in, fill a visit and send it out of the app's wasm, into a second one that
//! follows once the first has drawn something. The second has functions only: memory, tables and globals are the first's.
//!
//! In the first wasm such a function is called through the function table, where its place stays empty until the second
//! wasm fills it. Whoever shows one of these screens waits for that (`ui/layout.rs`, `Later`).

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use anyhow::{Result, anyhow, bail};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, ImportSection, Instruction, Module, TableSection, TypeSection,
};
use wasmparser::{
    CodeSectionReader, ElementItems, ElementKind, ExportSectionReader, FunctionBody, KnownCustom,
    Name, Operator, Parser, Payload, TableSectionReader, TypeRef,
};

use crate::glue::short_name;
use crate::never::without_hashes;

/// Where the screens of the second wasm are, and what others show only once it is here (`followed` in `ui/state.rs`).
const LATER: [&str; 20] = [
    "anjangsana::ui::admin::",
    "anjangsana::ui::backup::",
    "anjangsana::ui::officer::conflict::",
    "anjangsana::ui::officer::queue::",
    "anjangsana::ui::settings::",
    "anjangsana::ui::supervisor::",
    // On the screens of a visit and of a cooperative: photos taken, the score, the minutes, what happened before.
    "anjangsana::ui::components::picture::Picture",
    "anjangsana::ui::components::score::Line",
    "anjangsana::ui::components::score::ScorePanel",
    "anjangsana::ui::components::visit::HistoryList",
    "anjangsana::ui::components::visit::NotChosenList",
    "anjangsana::ui::form::answers::Minutes",
    "anjangsana::ui::form::overview::Discard",
    "anjangsana::ui::form::overview::ReturnNotes",
    "anjangsana::ui::form::score::VisitScore",
    "anjangsana::ui::officer::profile::FollowUps",
    "anjangsana::ui::officer::profile::LastScore",
    // Kinds of questions that the office's own sheets do not ask (`ui/form/control.rs`).
    "anjangsana::ui::form::place::Points",
    "anjangsana::ui::form::range::Range",
    "anjangsana::ui::form::rank::Rank",
];

/// A smaller function stays: the compiler makes one out of several that do the same, and names it after any of them. A larger
/// one has texts of its own.
const SMALL: usize = 600;

/// Under this name the second wasm imports everything from the first.
const FIRST: &str = "w";

/// The two wasms; the first keeps its names.
///
/// # Errors
/// When the wasm is none, has no names, or is not laid out as a compiler does it.
pub(crate) fn split(wasm: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut facts = Facts::of(wasm)?;
    facts.choose();
    let second = facts.second(wasm)?;
    let mut first = Module::new();
    facts
        .parse_core_module(&mut first, Parser::new(0), wasm)
        .map_err(|error| anyhow!("splitting the wasm: {error}"))?;
    Ok((first.finish(), second))
}

#[derive(Default)]
struct Facts {
    imported: u32,
    /// The type of each function, imported ones first.
    types: Vec<u32>,
    sizes: Vec<usize>,
    calls: Vec<Vec<u32>>,
    names: BTreeMap<u32, String>,
    exported: Vec<u32>,
    /// What stands in the function table, which one of the tables that is, and how long they are.
    slots: BTreeMap<u32, u32>,
    table: u32,
    tables: u32,
    lengths: Vec<u32>,
    globals: Vec<wasmparser::GlobalType>,
    /// The functions that move, each with its places in the table; the first place is the one that is called.
    moved: BTreeMap<u32, Vec<u32>>,
    /// What those call in the first wasm, and the names it is exported under.
    needed: BTreeMap<u32, String>,
    /// How many places the table gets more.
    added: u32,
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
                    facts.tables = tables.count();
                    for table in tables {
                        facts.lengths.push(table?.ty.initial as u32);
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
                            facts.exported.push(export.index);
                        }
                    }
                }
                Payload::ElementSection(elements) => facts.read_elements(elements)?,
                Payload::CodeSectionEntry(body) => {
                    facts.sizes.push(body.range().len());
                    let mut called = Vec::new();
                    for operator in body.get_operators_reader()? {
                        match operator? {
                            Operator::Call { function_index } => called.push(function_index),
                            Operator::RefFunc { .. } | Operator::ReturnCall { .. } => {
                                bail!(
                                    "the wasm refers to a function in a way that is not known here"
                                )
                            }
                            _ => {}
                        }
                    }
                    facts.calls.push(called);
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for name in names {
                            if let Name::Function(functions) = name? {
                                for function in functions {
                                    let function = function?;
                                    facts
                                        .names
                                        .insert(function.index, without_hashes(function.name));
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(facts)
    }

    fn read_elements(&mut self, elements: wasmparser::ElementSectionReader<'_>) -> Result<()> {
        for element in elements {
            let element = element?;
            let (
                ElementKind::Active {
                    table_index,
                    offset_expr,
                },
                ElementItems::Functions(functions),
            ) = (element.kind, element.items)
            else {
                bail!("a table is not made of functions");
            };
            let Operator::I32Const { value: start } = offset_expr.get_operators_reader().read()?
            else {
                bail!("a table begins at an unknown place");
            };
            self.table = table_index.unwrap_or(0);
            for (slot, function) in (start as u32..).zip(functions) {
                self.slots.insert(slot, function?);
            }
        }
        Ok(())
    }

    /// Chooses what moves: the large functions of those screens, and what only they call.
    fn choose(&mut self) {
        let roots: BTreeSet<u32> = (0..self.sizes.len())
            .filter(|own| self.sizes[*own] > SMALL)
            .map(|own| self.imported + own as u32)
            .filter(|function| {
                let name = self.names.get(function).map_or("", String::as_str);
                // Code of other crates that is made for such a screen may be the same for another one.
                let name = name.trim_start_matches('<');
                LATER.iter().any(|later| name.starts_with(later))
            })
            .filter(|function| !self.exported.contains(function))
            .collect();
        let ahead = self.exported.iter().chain(self.slots.values()).copied();
        let stay = self.reached(ahead.collect(), &roots);
        let go = self.reached(roots.iter().copied().collect(), &stay);
        let length = self.lengths[self.table as usize];
        let mut more = length;
        for function in go {
            let mut places: Vec<u32> = Vec::new();
            for (slot, standing) in &self.slots {
                if *standing == function {
                    places.push(*slot);
                }
            }
            if places.is_empty() && roots.contains(&function) {
                places.push(more);
                more += 1;
            }
            for called in self.called_by(function).to_vec() {
                if stay.contains(&called) || called < self.imported {
                    self.needed.insert(called, String::new());
                }
            }
            self.moved.insert(function, places);
        }
        self.added = more - length;
        for (at, name) in self.needed.values_mut().enumerate() {
            *name = format!("${}", short_name(at));
        }
    }

    fn called_by(&self, function: u32) -> &[u32] {
        match function.checked_sub(self.imported) {
            Some(own) => &self.calls[own as usize],
            None => &[],
        }
    }

    /// What the functions ahead get to, without what is behind `walls`.
    fn reached(&self, mut ahead: Vec<u32>, walls: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut reached = BTreeSet::new();
        while let Some(function) = ahead.pop() {
            if function >= self.imported && !walls.contains(&function) && reached.insert(function) {
                ahead.extend(self.called_by(function));
            }
        }
        reached
    }

    /// The second wasm.
    fn second(&self, wasm: &[u8]) -> Result<Vec<u8>> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for (number, function) in self.needed.keys().chain(self.moved.keys()).enumerate() {
            numbers.insert(*function, number as u32);
        }
        let mut moved = Moved { numbers };
        let failed = |error: Error<Infallible>| anyhow!("splitting the wasm: {error}");
        let mut types = TypeSection::new();
        let mut imports = ImportSection::new();
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut at = 0;
        for (function, name) in &self.needed {
            imports.import(
                FIRST,
                name,
                EntityType::Function(self.types[*function as usize]),
            );
        }
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    moved
                        .parse_type_section(&mut types, section)
                        .map_err(failed)?;
                }
                Payload::TableSection(section) => {
                    for (number, table) in section.into_iter().enumerate() {
                        let mut kind = moved.table_type(table?.ty).map_err(failed)?;
                        if number as u32 == self.table {
                            kind.minimum += u64::from(self.added);
                            kind.maximum = kind.maximum.map(|most| most + u64::from(self.added));
                        }
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
                    let function = self.imported + at;
                    at += 1;
                    if self.moved.contains_key(&function) {
                        functions.function(self.types[function as usize]);
                        moved.parse_function_body(&mut code, body).map_err(failed)?;
                    }
                }
                _ => {}
            }
        }
        for (number, global) in self.globals.iter().enumerate() {
            let kind = moved.global_type(*global).map_err(failed)?;
            imports.import(FIRST, &format!("$g{number}"), EntityType::Global(kind));
        }
        let mut elements = ElementSection::new();
        for (function, places) in &self.moved {
            for place in places {
                let number = moved.numbers[function];
                elements.active(
                    Some(self.table),
                    &ConstExpr::i32_const(*place as i32),
                    Elements::Functions((&[number][..]).into()),
                );
            }
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&elements)
            .section(&code);
        Ok(module.finish())
    }
}

/// What is left of the first wasm.
impl Reencode for Facts {
    type Error = Infallible;

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: TableSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (number, table) in section.into_iter().enumerate() {
            let mut kind = self.table_type(table?.ty)?;
            if number as u32 == self.table {
                kind.minimum += u64::from(self.added);
                kind.maximum = kind.maximum.map(|most| most + u64::from(self.added));
            }
            tables.table(kind);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        for (function, name) in &self.needed {
            exports.export(name, ExportKind::Func, *function);
        }
        for number in 0..self.tables {
            exports.export(&format!("$t{number}"), ExportKind::Table, number);
        }
        for number in 0..self.globals.len() {
            exports.export(&format!("$g{number}"), ExportKind::Global, number as u32);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for (function, body) in (self.imported..).zip(section) {
            let body: FunctionBody<'_> = body?;
            if self.moved.contains_key(&function) {
                let mut stop = Function::new([]);
                stop.instructions().unreachable().end();
                code.function(&stop);
                continue;
            }
            let mut rest = self.new_function_with_parsed_locals(&body)?;
            for operator in body.get_operators_reader()? {
                match operator? {
                    Operator::Call { function_index }
                        if self.moved.contains_key(&function_index) =>
                    {
                        let place = self.moved[&function_index]
                            .first()
                            .copied()
                            .unwrap_or_default();
                        rest.instruction(&Instruction::I32Const(place as i32));
                        rest.instruction(&Instruction::CallIndirect {
                            type_index: self.types[function_index as usize],
                            table_index: self.table,
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
    use wasm_encoder::{
        GlobalSection, GlobalType, MemorySection, MemoryType, NameMap, NameSection, RefType,
        TableType, ValType,
    };

    /// An exported function calls one under `called`, large enough to move, which calls a helper of its own and one that the
    /// exported function calls too.
    fn wasm(called: &str) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0).function(0).function(0);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 2,
            maximum: Some(2),
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
            .export("start", ExportKind::Func, 0);
        let mut elements = ElementSection::new();
        elements.active(
            None,
            &ConstExpr::i32_const(1),
            Elements::Functions((&[3][..]).into()),
        );
        let mut code = CodeSection::new();
        let calling = |callees: &[u32], blanks: usize| {
            let mut function = Function::new([]);
            for callee in callees {
                function.instructions().call(*callee);
            }
            for _ in 0..blanks {
                function.instructions().nop();
            }
            function.instructions().end();
            function
        };
        code.function(&calling(&[1, 3], 0))
            .function(&calling(&[2, 3], SMALL));
        code.function(&calling(&[], 0)).function(&calling(&[], 1));
        let mut map = NameMap::new();
        for (at, name) in [
            "app::start",
            called,
            "app::own_helper",
            "app::shared_helper",
        ]
        .iter()
        .enumerate()
        {
            map.append(at as u32, name);
        }
        let mut names = NameSection::new();
        names.functions(&map);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&tables)
            .section(&memories)
            .section(&globals);
        module
            .section(&exports)
            .section(&elements)
            .section(&code)
            .section(&names);
        module.finish()
    }

    /// What each function does.
    fn bodies(wasm: &[u8]) -> Vec<String> {
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                let operators: Vec<_> = body
                    .get_operators_reader()
                    .unwrap()
                    .into_iter()
                    .map(Result::unwrap)
                    .collect();
                bodies.push(format!("{operators:?}"));
            }
        }
        bodies
    }

    #[test]
    fn a_screen_moves_with_what_only_it_calls_and_is_called_through_the_table() {
        let (first, second) =
            split(&wasm("anjangsana[0123456789abcdef]::ui::admin::Forms")).unwrap();
        wasmparser::validate(&first).unwrap();
        wasmparser::validate(&second).unwrap();
        let first = bodies(&first);
        let stub = "[Unreachable, End]";
        assert!(
            first[0].starts_with(
                "[I32Const { value: 2 }, CallIndirect { type_index: 0, table_index: 0 }"
            ),
            "{first:?}"
        );
        assert_eq!([first[1].as_str(), first[2].as_str()], [stub, stub]);
        assert_ne!(first[3], stub, "what both call stays");
        let second = bodies(&second);
        assert_eq!(second.len(), 2);
        // The shared helper is imported, so it has the first number; the screen and its own helper follow.
        assert!(
            second[0].starts_with("[Call { function_index: 2 }, Call { function_index: 0 }"),
            "{second:?}"
        );
    }

    #[test]
    fn a_screen_of_the_first_load_stays() {
        let (first, second) =
            split(&wasm("anjangsana[0123456789abcdef]::ui::form::Runner")).unwrap();
        assert_eq!(bodies(&first), bodies(&wasm("")));
        assert!(bodies(&second).is_empty());
    }
}
