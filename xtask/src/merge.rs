//! Makes one function out of those that do the same. The compiler writes a small function of the standard library out again
//! in every part of the program, and a generic one for every type, also where the types make no difference. It can merge
//! such functions by itself, but then their names are chance, see `never.rs`. Here every function keeps its number and its
//! name; calls and places in the table go to the first of those that are alike. What nobody gets to any more is left out
//! later, see `order.rs`.
//!
//! A place in the table stays a place of its own, so addresses of functions differ as before.

// Every index was read out of the same wasm; a wrong one stops the build.
#![allow(clippy::indexing_slicing)]

use std::collections::HashMap;
use std::convert::Infallible;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ElementSection, Encode, Function, Module};
use wasmparser::{
    CodeSectionReader, ElementSectionReader, FunctionBody, KnownCustom, Name, Parser, Payload,
    TypeRef,
};

use crate::links;
use crate::never::never_called;

/// What goes to the first of the functions that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Calls; the table stays as the linker made it.
    Calls,
    /// Calls and places in the table.
    CallsAndPlaces,
}

/// The wasm in which functions that do the same are one.
///
/// # Errors
/// When it is no wasm.
pub(crate) fn merge(wasm: &[u8], which: Which) -> Result<Vec<u8>> {
    let mut alike = Alike::of(wasm, which)?;
    let mut module = Module::new();
    alike
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow!("merging functions: {error}"))?;
    Ok(module.finish())
}

/// The first function that does the same, for every function.
struct Alike {
    first: Vec<u32>,
    which: Which,
    /// Whether what is read now goes to the first ones.
    here: bool,
}

impl Alike {
    fn of(wasm: &[u8], which: Which) -> Result<Self> {
        let mut types = Vec::new();
        let mut imported = 0;
        let mut bodies = Vec::new();
        let mut never = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(functions) => {
                    types = functions.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for name in names {
                            if let Name::Function(functions) = name? {
                                for function in functions {
                                    let function = function?;
                                    // A trap will stand in its place, so it is like no other.
                                    if never_called(links::untag(function.name).0) {
                                        never.push(function.index);
                                    }
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let mut alike = Self {
            first: (0..imported + types.len() as u32).collect(),
            which,
            here: false,
        };
        // Two that call different functions may turn out to be alike once those are one.
        loop {
            let mut firsts: HashMap<(u32, Vec<u8>), u32> = HashMap::new();
            let mut changed = false;
            for (function, (kind, body)) in (imported..).zip(types.iter().zip(&bodies)) {
                let own = alike.first[function as usize] == function;
                if !own || never.contains(&function) {
                    continue;
                }
                let mut bytes = Vec::new();
                alike
                    .body(body)
                    .map_err(|error| anyhow!("merging functions: {error}"))?
                    .encode(&mut bytes);
                let first = *firsts.entry((*kind, bytes)).or_insert(function);
                changed |= first != function;
                alike.first[function as usize] = first;
            }
            if !changed {
                break;
            }
            for function in 0..alike.first.len() {
                alike.first[function] = alike.first[alike.first[function] as usize];
            }
        }
        Ok(alike)
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<Function, Error<Infallible>> {
        self.here = true;
        let mut function = self.new_function_with_parsed_locals(body)?;
        for operator in body.get_operators_reader()? {
            function.instruction(&self.instruction(operator?)?);
        }
        self.here = false;
        Ok(function)
    }
}

impl Reencode for Alike {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        Ok(match self.here {
            true => self.first[function as usize],
            false => function,
        })
    }

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: ElementSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        self.here = self.which == Which::CallsAndPlaces;
        utils::parse_element_section(self, elements, section)?;
        self.here = false;
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for body in section {
            code.function(&self.body(&body?)?);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, Elements, FunctionSection, NameMap, NameSection, RefType, TableSection,
        TableType, TypeSection,
    };
    use wasmparser::Operator;

    /// Functions with these names: each has a number that it drops and, perhaps, one that it calls. All stand in the table.
    fn wasm(functions: &[(&str, i32, Option<u32>)]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut section = FunctionSection::new();
        let mut code = CodeSection::new();
        let mut names = NameMap::new();
        for (at, (name, number, called)) in (0..).zip(functions) {
            section.function(0);
            let mut body = Function::new([]);
            body.instructions().i32_const(*number).drop();
            if let Some(called) = called {
                body.instructions().call(*called);
            }
            body.instructions().end();
            code.function(&body);
            names.append(at, name);
        }
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: functions.len() as u64,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut elements = ElementSection::new();
        let all: Vec<u32> = (0..functions.len() as u32).collect();
        elements.active(
            None,
            &ConstExpr::i32_const(0),
            Elements::Functions(all.into()),
        );
        let mut named = NameSection::new();
        named.functions(&names);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&section)
            .section(&tables)
            .section(&elements)
            .section(&code)
            .section(&named);
        module.finish()
    }

    /// What each function calls, and the functions in the table.
    fn seen(wasm: &[u8]) -> (Vec<Option<u32>>, Vec<u32>) {
        wasmparser::validate(wasm).unwrap();
        let (mut calls, mut table) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::CodeSectionEntry(body) => {
                    let mut operators = body.get_operators_reader().unwrap().into_iter();
                    calls.push(operators.find_map(|operator| match operator.unwrap() {
                        Operator::Call { function_index } => Some(function_index),
                        _ => None,
                    }));
                }
                Payload::ElementSection(elements) => {
                    table = links::slots(elements).unwrap().into_values().collect();
                }
                _ => {}
            }
        }
        (calls, table)
    }

    #[test]
    fn functions_that_do_the_same_are_one_and_so_are_those_that_call_them() {
        let app = wasm(&[
            ("push", 7, None),
            ("push.1", 7, None),
            ("other", 8, None),
            ("calls", 1, Some(0)),
            ("calls.1", 1, Some(1)),
            ("start", 2, Some(4)),
        ]);
        let (calls, table) = seen(&merge(&app, Which::Calls).unwrap());
        assert_eq!(calls, [None, None, None, Some(0), Some(0), Some(3)]);
        assert_eq!(table, [0, 1, 2, 3, 4, 5]);
        let (_, table) = seen(&merge(&app, Which::CallsAndPlaces).unwrap());
        assert_eq!(table, [0, 0, 2, 3, 3, 5]);
    }

    #[test]
    fn a_function_that_is_never_called_is_like_no_other() {
        let app = wasm(&[
            ("rustc_demangle::d.#0", 7, None),
            ("used.#1", 7, None),
            ("start.#2", 1, Some(1)),
        ]);
        let (calls, table) = seen(&merge(&app, Which::CallsAndPlaces).unwrap());
        assert_eq!((calls, table), (vec![None, None, Some(1)], vec![0, 1, 2]));
    }
}
