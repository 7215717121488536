//! `completions` and `man`: what shells and `man` want to know about the command.

use std::{fs, path::Path};

use clap_complete::Shell;
use clap_mangen::Man;

use crate::{
    args,
    exit::{Exit, Outcome},
    output::Output,
};

pub(crate) fn completions(shell: Shell) -> Outcome {
    let mut command = args::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    if shell == Shell::Bash {
        // clap#6421: a dash in the command's name is taken for a step to a subcommand in one half
        // of the script, and not in the other, which never meet then.
        let text = String::from_utf8_lossy(&script);
        let text = text.replace("slack__subcmd__audit__subcmd__logs", "slack__audit__logs");
        script = text.into_bytes();
    }
    write(&script)
}

pub(crate) fn man(directory: Option<&Path>) -> Outcome {
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let Some(directory) = directory else {
        return write(page(command).as_bytes());
    };
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let path = directory.join(Man::new(command.clone()).get_filename());
        let written = fs::write(&path, page(command));
        written.map_err(|error| Exit::unwritable(path.display(), &error))?;
    }
    Ok(())
}

/// A manual page in which no word is broken, and examples keep their lines.
fn page(command: clap::Command) -> String {
    let mut page = Vec::new();
    // A vector takes everything.
    let _ = Man::new(command).render(&mut page);
    let page = String::from_utf8_lossy(&page);
    let (head, body) = page.split_once(".SH NAME\n").unwrap_or(("", &page));
    let (before, extra) = body.split_once(".SH EXTRA\n").unwrap_or((body, ""));
    // `.nh` breaks no word, `.ad l` spreads none, `.nf` fills no line.
    let mut text = format!("{head}.nh\n.ad l\n.SH NAME\n{before}");
    if !extra.is_empty() {
        let end = extra.find("\n.SH ").map_or(extra.len(), |at| at + 1);
        let (extra, rest) = extra.split_at(end);
        for part in [".SH EXAMPLES AND NOTES\n.nf\n", extra, ".fi\n", rest] {
            text.push_str(part);
        }
    }
    text
}

fn write(text: &[u8]) -> Outcome {
    let mut output = Output::stdout();
    output.write(text)?;
    output.finish()
}
