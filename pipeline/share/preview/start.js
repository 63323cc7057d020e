startTheme();
showProblems(data.problems);
if (typeof startLive === "function") startLive();
startSheets();
startViewer();
startTakingOut();
