//! A pattern is refused or finds tokens: spans are within the text, not empty, and as many as tokens.

use malmoi_core::text::prepare::Prepare;
use malmoi_core::text::splitter::Splitter;

pub fn run(bytes: &[u8]) {
    let Ok(input) = std::str::from_utf8(bytes) else { return };
    let (pattern, text) = input.split_once('\n').unwrap_or((input, "The cat's 3 hats: 고양이 모자 <b>x</b> 🎉"));
    let Ok(splitter) = Splitter::pattern(Prepare::default(), pattern) else { return };
    let (tokens, spans) = (splitter.tokens(text), splitter.spans(text));
    assert_eq!(tokens.len(), spans.len());
    let characters = text.chars().count() as u32;
    for (token, (start, end)) in tokens.iter().zip(spans) {
        assert!(!token.is_empty() && start < end && end <= characters);
    }
}
