//! Near duplicates among any texts: groups begin with their first text, the same at any number of threads.

use malmoi_core::duplicates::similar::{similar_texts, Settings, NONE};

pub fn run(bytes: &[u8]) {
    let [threshold, first, rest @ ..] = bytes else { return };
    let Ok(input) = std::str::from_utf8(rest) else { return };
    let texts: Vec<&str> = input.split('\n').collect();
    let threshold = 0.5 + f64::from(threshold % 51) / 100.0;
    let settings = Settings { threshold, first: usize::from(*first) % (texts.len() + 1), threads: 1 };
    let found = similar_texts(&texts, settings, &mut || true).expect("not stopped");
    for text in 0..texts.len() {
        assert!(found.equal[text] as usize <= text && found.groups[text] as usize <= text);
        let earlier = found.earlier[text];
        assert!(earlier == NONE || (earlier as usize) < text);
        assert!((0.0..=1.0).contains(&found.similarities[text]));
    }
}
