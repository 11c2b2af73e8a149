//! Rewrites the finished wasm so that it compresses better; what it does stays the same. A compressor sees what is alike
//! when it stands near: functions are put beside those of their type and name, and in each function the locals used most
//! get the small numbers. About 20 kB less over the wire.

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use anyhow::{Result, anyhow, bail};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, MemArg, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ElementItems, ExternalKind, FunctionBody,
    FunctionSectionReader, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// Functions of more bytes than this stand behind all others: a kilobyte.
const LARGE: usize = 200;

/// The wasm in the new order, without its names.
///
/// # Errors
/// When it is no wasm, or has no names.
pub(crate) fn order(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut facts = Facts::of(wasm)?;
    let kept = facts.reached(wasm)?;
    facts.sort(&kept);
    let mut module = Module::new();
    facts
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow!("rewriting the wasm: {error}"))?;
    Ok(module.finish())
}

/// What must be known before a function can be moved.
#[derive(Default)]
struct Facts {
    /// How many parameters each type has.
    parameters: Vec<u32>,
    imported: u32,
    /// The type, the size and the name of each function that is not imported.
    types: Vec<u32>,
    sizes: Vec<usize>,
    names: BTreeMap<u32, String>,
    /// The old places of the functions in their new order, and the new place of each.
    order: Vec<usize>,
    places: Vec<u32>,
}

impl Facts {
    fn of(wasm: &[u8]) -> Result<Self> {
        let mut facts = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for kind in types.into_iter_err_on_gc_types() {
                        facts.parameters.push(kind?.params().len() as u32);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        facts.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => {
                    facts.types = functions.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => facts.sizes.push(body.range().len()),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        facts.read_names(names)?;
                    }
                }
                _ => {}
            }
        }
        if facts.names.is_empty() {
            bail!("the wasm has no names to order its functions by");
        }
        Ok(facts)
    }

    fn read_names(&mut self, names: wasmparser::NameSectionReader<'_>) -> Result<()> {
        for name in names {
            if let Name::Function(functions) = name? {
                for function in functions {
                    let function = function?;
                    self.names.insert(function.index, stem(function.name));
                }
            }
        }
        Ok(())
    }

    /// Functions that something can get to: what is exported or stands in a table, and what those call.
    fn reached(&self, wasm: &[u8]) -> Result<BTreeSet<u32>> {
        let mut calls: Vec<Vec<u32>> = Vec::new();
        let mut ahead: Vec<u32> = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            ahead.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => ahead.push(func),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        match element?.items {
                            ElementItems::Functions(functions) => {
                                for function in functions {
                                    ahead.push(function?);
                                }
                            }
                            ElementItems::Expressions(..) => {
                                bail!("a table is not made of functions")
                            }
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut called = Vec::new();
                    for operator in body.get_operators_reader()? {
                        match operator? {
                            Operator::Call { function_index }
                            | Operator::ReturnCall { function_index }
                            | Operator::RefFunc { function_index } => called.push(function_index),
                            _ => {}
                        }
                    }
                    calls.push(called);
                }
                _ => {}
            }
        }
        let mut reached = BTreeSet::new();
        while let Some(function) = ahead.pop() {
            if let Some(own) = function.checked_sub(self.imported)
                && reached.insert(function)
            {
                ahead.extend(&calls[own as usize]);
            }
        }
        Ok(reached)
    }

    fn sort(&mut self, kept: &BTreeSet<u32>) {
        self.order = (0..self.types.len())
            .filter(|at| kept.contains(&(self.imported + *at as u32)))
            .collect();
        self.order.sort_by_key(|at| {
            let size = self.sizes.get(*at).copied().unwrap_or_default();
            let name = self.names.get(&(self.imported + *at as u32));
            (size > LARGE, self.types.get(*at), name, size)
        });
        self.places = vec![0; self.types.len()];
        for (new, old) in self.order.iter().enumerate() {
            self.places[*old] = new as u32;
        }
    }

    fn body(
        &mut self,
        body: &FunctionBody<'_>,
        parameters: u32,
    ) -> Result<Function, Error<Infallible>> {
        let mut kinds = Vec::new();
        for locals in body.get_locals_reader()? {
            let (count, kind) = locals?;
            kinds.extend(std::iter::repeat_n(self.val_type(kind)?, count as usize));
        }
        let mut uses = vec![0_u32; kinds.len()];
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            if let Operator::LocalGet { local_index: local }
            | Operator::LocalSet { local_index: local }
            | Operator::LocalTee { local_index: local } = operators.read()?
                && let Some(local) = local.checked_sub(parameters)
            {
                uses[local as usize] += 1;
            }
        }
        // Locals of one type are declared together; the type of the most used one comes first.
        let mut locals: Vec<usize> = (0..kinds.len()).filter(|local| uses[*local] > 0).collect();
        locals.sort_by_key(|local| Reverse(uses[*local]));
        let mut groups = Vec::new();
        for local in &locals {
            if !groups.contains(&kinds[*local]) {
                groups.push(kinds[*local]);
            }
        }
        locals.sort_by_key(|local| groups.iter().position(|group| *group == kinds[*local]));
        let mut numbers = vec![0; kinds.len()];
        for (number, local) in locals.iter().enumerate() {
            numbers[*local] = parameters + number as u32;
        }
        let renumber = |local: u32| match local.checked_sub(parameters) {
            Some(own) => numbers[own as usize],
            None => local,
        };
        let mut function =
            Function::new_with_locals_types(locals.iter().map(|local| kinds[*local]));
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&match operators.read()? {
                Operator::LocalGet { local_index } => Instruction::LocalGet(renumber(local_index)),
                Operator::LocalSet { local_index } => Instruction::LocalSet(renumber(local_index)),
                Operator::LocalTee { local_index } => Instruction::LocalTee(renumber(local_index)),
                other => self.instruction(other)?,
            });
        }
        Ok(function)
    }
}

impl Reencode for Facts {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(match function.checked_sub(self.imported) {
            Some(own) => self.imported + self.places[own as usize],
            None => function,
        })
    }

    /// How far an address is aligned is a hint that engines do not need; a wrong one is no mistake. Now it follows from the
    /// instruction alone: 3 kB less.
    fn mem_arg(&mut self, arg: wasmparser::MemArg) -> Result<MemArg, Error<Infallible>> {
        Ok(MemArg {
            offset: arg.offset,
            align: u32::from(arg.max_align),
            memory_index: arg.memory,
        })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        _: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for old in &self.order {
            functions.function(self.types[*old]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies: Vec<FunctionBody<'_>> = section.into_iter().collect::<Result<_, _>>()?;
        for old in self.order.clone() {
            let parameters = self.parameters[self.types[old] as usize];
            code.function(&self.body(&bodies[old], parameters)?);
        }
        Ok(())
    }

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }
}

/// A function's name without the types it is made for and the hashes of crates.
fn stem(name: &str) -> String {
    let mut depth = 0_usize;
    let mut stem = String::new();
    for c in name.chars() {
        match c {
            '<' | '[' => depth += 1,
            '>' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => stem.push(c),
            _ => {}
        }
    }
    stem
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use wasm_encoder::{ExportKind, ExportSection, NameMap, NameSection, TypeSection, ValType};

    /// Two functions: the first has three locals, uses the last one most, and calls the second.
    fn wasm(names: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut exports = ExportSection::new();
        exports.export("calls", ExportKind::Func, 0);
        let mut calls = Function::new_with_locals_types([ValType::I64, ValType::I32, ValType::I32]);
        calls
            .instructions()
            .local_get(0)
            .local_tee(3)
            .local_get(3)
            .i32_add()
            .local_get(3)
            .i32_add()
            .local_set(2);
        calls.instructions().local_get(2).call(1).end();
        let mut adds = Function::new([]);
        adds.instructions()
            .local_get(0)
            .i32_const(7)
            .i32_add()
            .end();
        let mut code = CodeSection::new();
        code.function(&calls).function(&adds);
        let mut functions_names = NameMap::new();
        for (at, name) in names.iter().enumerate() {
            functions_names.append(at as u32, name);
        }
        let mut section = NameSection::new();
        section.functions(&functions_names);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&exports)
            .section(&code);
        if !names.is_empty() {
            module.section(&section);
        }
        module.finish()
    }

    /// What each function does, in the order in which they stand.
    fn bodies(wasm: &[u8]) -> Vec<String> {
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                let operators: Vec<_> = body.get_operators_reader().unwrap().into_iter().collect();
                bodies.push(format!("{operators:?}"));
            }
        }
        bodies
    }

    #[test]
    fn functions_stand_by_name_and_calls_and_exports_follow_them() {
        let ordered = order(&wasm(&["z<of anything>::calls", "a<of anything>::adds"])).unwrap();
        wasmparser::validate(&ordered).unwrap();
        let bodies = bodies(&ordered);
        assert!(bodies[0].contains("I32Const { value: 7 }"), "{bodies:?}");
        assert!(
            bodies[1].contains("Call { function_index: 0 }"),
            "{bodies:?}"
        );
        let exported = Parser::new(0)
            .parse_all(&ordered)
            .any(|payload| match payload.unwrap() {
                Payload::ExportSection(exports) => {
                    exports.into_iter().all(|one| one.unwrap().index == 1)
                }
                _ => false,
            });
        assert!(exported);
    }

    #[test]
    fn the_local_used_most_is_the_first_after_the_parameters() {
        let ordered = order(&wasm(&["calls", "d"])).unwrap();
        wasmparser::validate(&ordered).unwrap();
        let calls = &bodies(&ordered)[0];
        assert!(calls.contains("LocalTee { local_index: 1 }"), "{calls}");
        assert!(calls.contains("LocalSet { local_index: 2 }"), "{calls}");
    }

    #[test]
    fn without_names_there_is_no_order() {
        assert!(order(&wasm(&[])).is_err());
    }
}
