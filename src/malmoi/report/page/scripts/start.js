// The page works without this; from here on its controls are shown.

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
