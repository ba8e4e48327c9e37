//! Any bytes are refused or read as a text file of vectors, compressed or not, with the same result by both readers.
//!
//! The first byte gives the compression, the second the dimension.

use malmoi_core::counting::table::{TokenTable, Waiting};
use malmoi_core::foundation::compression::Compression;
use malmoi_core::text::token::Token;
use malmoi_core::vectors::blocks::Blocks;
use malmoi_core::vectors::rows::{longest_line, scan, RowReader};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static PATH: OnceLock<PathBuf> = OnceLock::new();

/// A file in memory, if the system supports it.
fn file_of(content: &[u8]) -> File {
    let path = PATH.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        folder.join(format!("malmoi-fuzz-text-{}", std::process::id()))
    });
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(path).expect("a folder");
    std::fs::remove_file(path).expect("made just now");
    file.write_all(content).expect("some space");
    file.rewind().expect("a file");
    file
}

fn compression_of(kind: u8, content: &[u8]) -> Compression {
    let length = content.len() as u64;
    let mut crc = flate2::Crc::new();
    crc.update(content);
    match kind % 6 {
        0 => Compression::None,
        1 => Compression::Gzip,
        2 => Compression::Zstandard,
        3 => Compression::Zip { offset: 0, compressed: length, size: length, crc: crc.sum(), stored: true },
        kind => Compression::Zip { offset: 0, compressed: length, size: length * 3, crc: 0, stored: kind == 4 },
    }
}

pub fn run(bytes: &[u8]) {
    let [kind, dimension, content @ ..] = bytes else { return };
    let dimension = usize::from(dimension % 8) + 1;
    let compression = compression_of(*kind, content);
    let open = || Blocks::open(file_of(content), compression, 0, longest_line(dimension));
    let Ok(blocks) = open() else { return };
    let mut reader = RowReader { blocks, dimension, threads: 1, lines: 0 };
    let (mut words, mut values) = (Vec::new(), Vec::new());
    loop {
        match reader.next(2, |_| true) {
            Err(_) => return,
            Ok(None) => return,
            Ok(Some(parts)) if parts.is_empty() => break,
            Ok(Some(parts)) => {
                for rows in parts {
                    let mut start = 0;
                    for &end in &rows.ends {
                        words.push(rows.words[start..end].to_vec());
                        start = end;
                    }
                    assert!(rows.values.len() == rows.ends.len() * dimension);
                    values.extend(rows.values);
                }
            }
        }
    }
    assert!(values.iter().all(|number: &f32| number.is_finite()));
    let (mut table, mut waiting, mut numbers) = (TokenTable::default(), Waiting::default(), Vec::new());
    for word in &words {
        table.wait(Token::of(word), &mut waiting);
        table.count_waiting(&mut waiting, 0, |token| numbers.push(token.number() as usize));
    }
    let found = scan(&open().expect("opened before"), &table, dimension, 1, |_| true);
    let found = found.expect("read before").expect("not stopped");
    assert!(found.lines == words.len() as u64 && found.repeated == (words.len() - table.len()) as u64);
    let mut seen = vec![false; table.len()];
    for (row, &number) in numbers.iter().enumerate() {
        if !std::mem::replace(&mut seen[number], true) {
            let scanned = &found.matrix[number * dimension..(number + 1) * dimension];
            assert!(scanned
                .iter()
                .zip(&values[row * dimension..])
                .all(|(one, other)| one.to_bits() == other.to_bits()));
        }
    }
}
