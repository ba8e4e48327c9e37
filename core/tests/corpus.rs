//! Every input of the fuzz targets' corpora is run again: faults found once stay fixed, without `cargo fuzz`.

#[path = "../fuzz/src/guard.rs"]
mod guard;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::path::{Path, PathBuf};

#[global_allocator]
static ALLOCATOR: guard::Counting = guard::Counting;

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> =
        folder.read_dir().expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
}

#[test]
fn every_input_of_the_corpora_passes_its_target() {
    for (name, target) in targets::ALL {
        for path in inputs(name) {
            let bytes = std::fs::read(&path).expect("a file");
            let passed = std::panic::catch_unwind(|| guard::limited(target, &bytes));
            assert!(passed.is_ok(), "{} fails", path.display());
        }
    }
}
