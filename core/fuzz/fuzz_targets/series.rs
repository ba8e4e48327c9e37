#![no_main]

malmoi_core_fuzz::fuzz!("series");
