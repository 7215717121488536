//! `completions` and `man`: what shells and `man` want to know about the command.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    args::Args,
    exit::{Exit, Outcome},
    output::Output,
};

pub(crate) fn completions(shell: Shell) -> Outcome {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    write(&script)
}

pub(crate) fn man(directory: Option<&Path>) -> Outcome {
    if let Some(directory) = directory {
        return clap_mangen::generate_to(Args::command(), directory).map_err(|error| {
            Exit::local_file(format!(
                "{} cannot be written to: {error}",
                directory.display()
            ))
        });
    }
    let mut page = Vec::new();
    // A vector takes everything.
    let _ = clap_mangen::Man::new(Args::command()).render(&mut page);
    write(&page)
}

fn write(text: &[u8]) -> Outcome {
    let mut output = Output::stdout();
    output.write(text)?;
    output.finish()
}
