//! The build driver.
fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(out)) = (args.next(), args.next()) else { anyhow::bail!("input out") };
    wasm_bindgen_cli_support::Bindgen::new().input_path(&input).out_name("anjangsana").web(true)?.typescript(false)
        .omit_default_module_path(true).remove_name_section(true).remove_producers_section(true).generate(&out)
}
