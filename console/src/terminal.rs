//! Text for people at a terminal: nothing that comes from outside may move its cursor or turn the direction of what it shows.

/// Whether a letter only shows itself. Letters that turn the direction of a text would show another text than there is.
pub(crate) fn is_printable(letter: char) -> bool {
    !letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text from outside, with a replacement character in the place of what is not printable.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if is_printable(letter) { letter } else { '\u{fffd}' }).collect()
}

/// A table without spaces at the ends of its lines, with a line at the end.
pub(crate) fn lines(table: &comfy_table::Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_moves_a_cursor_or_turns_a_text_is_replaced() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\u{2066}d\u{7f}한"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}한");
    }
}
