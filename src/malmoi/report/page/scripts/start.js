// The page works without scripts; this shows the controls.

document.documentElement.classList.add("with-js");
setUpTheme();
setUpPrinting();
setUpDownloads();
setUpTables();
setUpConfusion();
setUpThresholds();
setUpMistakes();
setUpSuspects();
setUpWordMap();
